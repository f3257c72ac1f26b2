use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    #[index(range = "joined_at")]
    team: String,
    joined_at: i64,
    age: u32,
    name: String,
    nickname: Option<String>,
    tags: Vec<String>,
    #[version]
    revision: u64,
}

#[derive(Serialize, Deserialize, Repository)]
struct Team {
    #[hash_key]
    id: String,
    #[range_key]
    year: u32,
    members: u32,
}

fn main() {
    let _ = User::update("u1").append(User::NAME, ["a"]);
}
