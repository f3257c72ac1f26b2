use reposit::{Projection, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[serde(rename = "years")]
    age: u32,
}

#[derive(Deserialize, Projection)]
struct NoModel {
    id: String,
}

#[derive(Deserialize, Projection)]
#[projection(off = User)]
struct Mistyped {
    id: String,
}

#[derive(Deserialize, Projection)]
#[projection(of = 5)]
struct NoPath {
    id: String,
}

#[derive(Deserialize, Projection)]
#[projection(of = User)]
struct Tuple(String);

#[derive(Deserialize, Projection)]
#[projection(of = User)]
struct Flat {
    #[serde(flatten)]
    id: String,
}

fn main() {}
