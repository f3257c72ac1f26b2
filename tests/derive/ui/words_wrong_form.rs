use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = users, read_capacity = "5", write_capacity = -1)]
struct User {
    #[hash_key = "id"]
    id: String,
    #[index(unique = true, range)]
    email: String,
    #[index(projection = ["age", 5])]
    team: String,
    age: u32,
    #[ttl(86400)]
    expires: i64,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository]
struct Token {
    #[hash_key]
    token: String,
    #[ttl(seconds = "60")]
    made: i64,
    #[index(range = "made" unique)]
    owner: String,
}

fn main() {}
