//! What is sent for ObjectIds and for instants in another form: no more than for text and numbers.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use mongodb::bson::oid::ObjectId;
use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "jobs")]
struct Job {
    #[hash_key(auto)]
    id: ObjectId,
    #[index(range = "text")]
    queue: ObjectId,
    #[stored(as = "rfc3339")]
    text: SystemTime,
    #[stored(as = "seconds")]
    seconds: Option<SystemTime>,
    #[stored(as = "milliseconds")]
    millis: Option<SystemTime>,
    #[stored(as = "date")]
    date: SystemTime,
}

/// `create`, `put`, `get`, `query` and `delete` are the names of the requests, `update` is what an update sends.
pub(crate) async fn on(c: &Counted, [create, put, get, query, delete]: [&str; 5], update: &[(&str, usize)]) {
    let db = c.db.clone();
    db.define::<Job>().await.unwrap();
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let queue = ObjectId::from_bytes([7; 12]);
    let job =
        Job { id: ObjectId::from_bytes([0; 12]), queue, text: at(5), seconds: Some(at(6)), millis: None, date: at(7) };
    sends!(c, "create with an ObjectId that is filled in", Job::create(&job).exec(&db), [(create, 1)]);
    let stored = Job { id: ObjectId::from_bytes([1; 12]), ..job };
    sends!(c, "put", Job::put(&stored).exec(&db), [(put, 1)]);
    sends!(c, "get by an ObjectId", Job::get(stored.id).exec(&db), [(get, 1)]);
    let range = Job::find_by_queue(queue).range(at(1)..at(9)).filter(Job::SECONDS.eq(at(6)) & Job::DATE.lt(at(8)));
    sends!(c, "range over text, with a filter", range.exec(&db), [(query, 1)]);
    let changed = Job::update(stored.id).set(Job::TEXT, at(8)).set(Job::DATE, at(9)).only_if(Job::SECONDS.le(at(6)));
    sends!(c, "update of instants", changed.exec(&db), *update);
    sends!(c, "delete", Job::delete(stored.id).exec(&db), [(delete, 1)]);
}
