use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(local)]
    team: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "near", hash = "blog", local), read_capacity = 1, write_capacity = 1)]
struct Post {
    #[hash_key]
    #[index(local, name = "one")]
    blog: String,
    #[range_key]
    #[index(local, name = "two")]
    at: u64,
    #[index(local, unique)]
    title: String,
    #[index(local, range = "title")]
    likes: u64,
    #[index(local, read_capacity = 1, write_capacity = 1)]
    views: u64,
}

fn main() {}
