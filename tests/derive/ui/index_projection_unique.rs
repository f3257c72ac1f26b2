use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique, projection = "keys_only")]
    email: String,
    #[index(projection = "keys-only")]
    team: String,
    #[index(projection = [])]
    city: String,
    #[index(projection = ["age", "age"])]
    country: String,
    age: u32,
}

fn main() {}
