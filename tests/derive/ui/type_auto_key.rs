use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key(auto)]
    id: u64,
    name: String,
}

fn main() {}
