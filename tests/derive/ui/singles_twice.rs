use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[ttl]
    expires: i64,
    #[ttl(seconds = 60)]
    made: i64,
    #[version]
    revision: u64,
    #[version]
    edition: u32,
    #[created_at]
    first: i64,
    #[created_at]
    second: i64,
}

fn main() {}
