use std::time::SystemTime;

use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    id: String,
    #[stored(as = "second")]
    begun: SystemTime,
    #[stored(form = "seconds")]
    ended: SystemTime,
    #[stored]
    paused: SystemTime,
    #[stored(as = "milliseconds")]
    #[stored(as = "seconds")]
    resumed: SystemTime,
    #[ttl]
    #[stored(as = "rfc3339")]
    until: SystemTime,
    #[stored(as = "seconds")]
    #[serde(with = "other")]
    other: SystemTime,
    #[version]
    #[stored(as = "seconds")]
    revision: u64,
    #[stored(as = "dates")]
    paid: SystemTime,
}

#[derive(Clone, Serialize, Deserialize, Embedded)]
struct Step {
    #[stored(as = iso)]
    done: SystemTime,
    #[stored(as = "date")]
    #[serde(skip)]
    seen: Option<SystemTime>,
}

fn main() {}
