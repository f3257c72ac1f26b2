use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(name = "by team")]
    team: String,
    #[index(name = "by-city")]
    city: String,
    #[index(name = "x")]
    age: u32,
    #[index]
    größe: u32,
}

fn main() {}
