use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[hash_key]
#[index(unique)]
struct User {
    #[hash_key]
    id: String,
    #[repository(index)]
    email: String,
}

fn main() {}
