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
#[projection(of = User)]
struct OtherName {
    age: u32,
}

fn main() {}
