use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(name = "EMAIL-index")]
    email: String,
    #[index(name = "TEAM-index", finder = "find_by_team")]
    team: String,
    #[index(finder = "by city")]
    city: String,
    #[index]
    age: u32,
    #[index(finder = "by_age")]
    size: u32,
}

fn main() {}
