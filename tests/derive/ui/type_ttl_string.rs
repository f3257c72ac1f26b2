use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Token {
    #[hash_key]
    token: String,
    #[ttl(seconds = 60)]
    expires: String,
}

fn main() {}
