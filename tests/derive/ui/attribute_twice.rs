use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = "users")]
#[repository(name = "people", read_capacity = 1, write_capacity = 1, read_capacity = 2)]
struct User {
    #[hash_key]
    #[hash_key]
    id: String,
    #[index(unique, unique)]
    email: String,
}

fn main() {}
