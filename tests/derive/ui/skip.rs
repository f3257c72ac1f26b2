use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(skip(create, creat, find_by_email, create))]
struct User {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(skip = "create")]
struct Other {
    #[hash_key]
    id: String,
}

fn main() {}
