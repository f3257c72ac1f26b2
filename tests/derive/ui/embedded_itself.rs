use reposit::{Embedded, FieldType, Repository};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Node {
    name: String,
    children: Vec<Node>,
    parent: Option<Box<Self>>,
    other: Vec<other::Node>,
}

mod other {
    use super::{Deserialize, FieldType, Serialize};

    #[derive(Clone, Serialize, Deserialize, FieldType)]
    pub struct Node {
        children: Vec<Node>,
    }
}

#[derive(Serialize, Deserialize, Repository)]
struct Tree {
    #[hash_key]
    id: String,
    root: Node,
    other: other::Node,
}

fn wrong(other: &other::Node) {
    let _ = Tree::ROOT.at(Node::NAME).eq("a");
    let _ = Tree::OTHER.eq(other);
}

fn main() {
    let _ = wrong;
}
