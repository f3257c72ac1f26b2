use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Token {
    #[hash_key]
    token: String,
    #[ttl(seconds = 0)]
    made: i64,
}

fn main() {}
