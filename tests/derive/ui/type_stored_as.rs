use std::time::SystemTime;

use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    id: String,
    #[index(range = "begun")]
    queue: String,
    #[stored(as = "seconds")]
    begun: i64,
    #[stored(as = "rfc3339")]
    ended: Option<String>,
    #[stored(as = "milliseconds")]
    all: Vec<SystemTime>,
    #[stored(as = "date")]
    day: String,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Step {
    #[stored(as = "seconds")]
    done: u32,
}

fn main() {}
