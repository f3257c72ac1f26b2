use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(index(name = "by_team", hash = "age"))]
struct User {
    #[hash_key]
    id: String,
    #[index]
    #[index(range = "age")]
    team: String,
    age: u32,
}

fn main() {}
