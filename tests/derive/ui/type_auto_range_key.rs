use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Entry {
    #[hash_key]
    log: String,
    #[range_key(auto)]
    number: u64,
}

#[derive(Serialize, Deserialize, Repository)]
struct Other {
    #[hash_key]
    log: String,
    #[range_key(autom)]
    number: String,
}

fn main() {}
