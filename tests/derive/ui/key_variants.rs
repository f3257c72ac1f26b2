use reposit::Key;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Key)]
#[serde(rename_all = "snake_case")]
enum Shelf {
    TopLeft,
    #[serde(rename = "top_left")]
    Upper,
    #[serde(rename = "")]
    Bottom,
    #[serde(skip)]
    Hidden,
    #[serde(rename(serialize = "a", deserialize = "b"))]
    Moved,
}

#[derive(Clone, Serialize, Deserialize, Key)]
enum Last {
    One,
    #[serde(untagged)]
    Other,
}

fn main() {}
