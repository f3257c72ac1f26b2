use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[serde(rename = "id")]
    other: String,
    #[serde(rename = "a.b")]
    dotted: u32,
    #[serde(rename = "$set")]
    dollar: u32,
    #[serde(rename = "")]
    empty: u32,
    _reposit_stamp: u32,
    _id: u32,
    #[serde(rename(serialize = "in", deserialize = "out"))]
    twofold: u32,
}

#[derive(Serialize, Deserialize, Repository)]
#[serde(rename_all(serialize = "camelCase"))]
struct Half {
    #[hash_key]
    the_id: String,
}

fn main() {}
