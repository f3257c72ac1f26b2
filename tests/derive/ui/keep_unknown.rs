use std::collections::BTreeMap;

use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(keep_unknown)]
struct User {
    #[hash_key]
    id: String,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(keep_unknown = true)]
struct Page {
    #[hash_key]
    path: String,
}

fn main() {}
