use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[allow(non_snake_case)]
struct User {
    #[hash_key]
    id: String,
    age: u32,
    Age: u32,
}

fn main() {}
