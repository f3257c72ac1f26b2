use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    #[version]
    id: u64,
}

#[derive(Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    id: String,
    #[range_key]
    #[created_at]
    at: i64,
    #[version]
    #[ttl]
    revision: u64,
    #[created_at]
    #[updated_at]
    touched: i64,
}

fn main() {}
