use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: Option<String>,
    #[range_key]
    year: Option<u32>,
    #[index]
    team: Option<Option<String>>,
    age: u32,
}

fn main() {
    let _ = User::get("u1", 2024);
}
