use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(range = "team")]
    team: String,
    #[index(range = ["age", "age"])]
    city: String,
    age: u32,
}

fn main() {}
