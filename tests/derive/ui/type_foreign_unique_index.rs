use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Email(String);

#[derive(Serialize, Deserialize, Repository)]
struct User {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: Email,
    #[index]
    second: Option<Email>,
}

fn main() {}
