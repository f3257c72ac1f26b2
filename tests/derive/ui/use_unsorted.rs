use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use reposit::Repository;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    host: IpAddr,
    pause: Duration,
    json: serde_json::Value,
    pair: (u8, u8),
    count: NonZeroU32,
    labels: BTreeMap<u64, String>,
    by_list: BTreeMap<Vec<u64>, String>,
}

fn main() {
    let _ = Job::HOST.lt(IpAddr::from([1, 2, 3, 4]));
    let _ = Job::PAUSE.gt(Duration::ZERO);
    let _ = Job::JSON.le(&serde_json::Value::Null);
    let _ = Job::PAIR.between(&(1, 2), &(3, 4));
    let _ = Job::update([1, 2, 3, 4].into()).add(Job::COUNT, 1);
    let _ = Job::LABELS.entry("a");
    let _ = Job::BY_LIST.entry("a");
}
