use std::time::Duration;

use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    pause: Duration,
    #[index]
    pair: (u8, u8),
    #[index(range = "limits")]
    name: String,
    limits: [u32; 2],
}

fn main() {}
