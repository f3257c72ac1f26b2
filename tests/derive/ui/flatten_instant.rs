use std::time::SystemTime;

use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Times {
    at: SystemTime,
}

#[derive(Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    id: String,
    #[serde(flatten)]
    times: Times,
}

fn main() {}
