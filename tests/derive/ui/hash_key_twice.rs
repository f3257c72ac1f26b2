use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[hash_key]
    email: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Post {
    #[hash_key]
    blog: String,
    #[range_key]
    at: u64,
    #[hash_key]
    #[range_key]
    id: String,
}

fn main() {}
