use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Reading {
    #[hash_key]
    celsius: f64,
}

fn main() {
    let _ = Reading::get(20.5);
}
