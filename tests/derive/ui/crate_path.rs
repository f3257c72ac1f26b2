use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(crate = "not a path")]
struct User {
    #[hash_key]
    id: String,
}

fn main() {}
