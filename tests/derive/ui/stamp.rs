use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
#[repository(stamp)]
struct User {
    #[hash_key]
    id: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(stamp = "no")]
struct Page {
    #[hash_key]
    path: String,
}

#[derive(Serialize, Deserialize, Repository)]
#[repository(stamp = false, stamp = true)]
struct Note {
    #[hash_key]
    id: String,
}

fn main() {}
