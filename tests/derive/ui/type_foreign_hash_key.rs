use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct UserId(String);

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: UserId,
    age: u32,
}

fn main() {}
