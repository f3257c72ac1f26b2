use reposit::Repository;
use serde::{Deserialize, Serialize};

const SHORT: &str = "x";
const TWICE: &str = "by_age";

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = SHORT)]
struct User {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = concat!("users", ".unique"))]
struct Guard {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
struct Person {
    #[hash_key]
    id: String,
    #[index(name = TWICE)]
    team: String,
    #[index]
    age: u32,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(name = 7)]
struct Number {
    #[hash_key]
    id: String,
}

fn main() {}
