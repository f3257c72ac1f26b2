//! What a backend says that it cannot do is refused, and leaves what is there as it was.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reposit::{Database, DropForGood, Error, ErrorKind, Repository, Result, StaleReads};
use serde::{Deserialize, Serialize};

use crate::capabilities::Capability;
use crate::models::{Note, note};
use crate::test::{START, Test, kind};

/// Asks for a thing that the backend cannot do, and panics unless it is refused.
pub(crate) async fn is_refused(capability: Capability, t: &Test) {
    let db = &t.db;
    match capability {
        Capability::UnstampedSeconds => return seconds(db).await,
        Capability::UnstampedInstants => return instants(db).await,
        Capability::SetsApart | Capability::LastPageKnown | Capability::UniqueValuesFree => {
            panic!("{capability:?} is no thing to be refused")
        }
        _ => {}
    }
    let db = t.with::<Note>().await;
    Note::put_many(&[note("a"), note("b"), note("c")]).exec(db).await.unwrap();
    let refusal = match capability {
        Capability::DropRepository => kind(db.drop_repository::<Note>(DropForGood).await),
        Capability::Truncate => kind(db.truncate::<Note>(DropForGood).await),
        Capability::ListRepositories => kind(db.repositories().await),
        Capability::Snapshot => kind(db.snapshot((Note::get("a"), Note::get("b"))).await),
        Capability::Explain => kind(Note::get("a").explain(db)),
        Capability::ScanBack => scan_back(db).await,
        _ => bounded_staleness(db),
    };
    assert_eq!(refusal, ErrorKind::Unsupported, "{capability:?}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 3);
}

async fn scan_back(db: &Database) -> ErrorKind {
    let first = Note::scan().limit(1).exec(db).await.unwrap();
    assert_eq!(first.previous, None);
    let second = Note::scan().limit(1).after(&first.next).exec(db).await.unwrap();
    let back = || Note::scan().before(&second.previous);
    assert_eq!(kind(back().count(db).await), ErrorKind::Unsupported);
    assert_eq!(kind(back().all(db).await), ErrorKind::Unsupported);
    kind(back().limit(1).exec(db).await)
}

fn bounded_staleness(db: &Database) -> ErrorKind {
    let bounded = StaleReads::nearest().max_staleness(Duration::from_secs(120));
    let error = db.stale_reads(bounded).unwrap_err();
    assert_eq!(error.operation(), Some("stale_reads"));
    error.kind()
}

/// What expires in whole seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits", stamp = false)]
struct Visit {
    #[hash_key]
    id: String,
    #[ttl]
    until: Option<i64>,
}

/// What expires at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "stays", stamp = false)]
struct Stay {
    #[hash_key]
    id: String,
    #[ttl(seconds = 60)]
    since: SystemTime,
}

/// A refusal that names the field, of which it says all that would help.
#[track_caller]
fn names<T: Debug>(result: Result<T>, field: &str) {
    let error: Error = result.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains(field), "{error}");
}

/// The same repositories of programs that stamp what they write: they are defined, and no write goes through even so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct StampedVisit {
    #[hash_key]
    id: String,
    #[ttl]
    until: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "stays")]
struct StampedStay {
    #[hash_key]
    id: String,
    #[ttl(seconds = 60)]
    since: SystemTime,
}

async fn seconds(db: &Database) {
    let mine = Visit { id: "a".into(), until: Some(START) };
    names(db.define::<Visit>().await, "until");
    names(db.plan::<Visit>().await, "until");
    db.define::<StampedVisit>().await.unwrap();
    names(Visit::create(&mine).exec(db).await, "until");
    names(Visit::put(&mine).exec(db).await, "until");
    names(Visit::update("a").set(Visit::UNTIL, START).exec(db).await, "until");
    names(Visit::upsert("a").set(Visit::UNTIL, START).exec(db).await, "until");
    names(db.transaction().add(Visit::put(&mine)).commit().await, "until");
    assert_eq!(StampedVisit::scan().count(db).await.unwrap(), 0);
}

async fn instants(db: &Database) {
    let mine = Stay { id: "a".into(), since: UNIX_EPOCH + Duration::from_secs(START.unsigned_abs()) };
    names(db.define::<Stay>().await, "since");
    names(db.plan::<Stay>().await, "since");
    db.define::<StampedStay>().await.unwrap();
    names(Stay::create(&mine).exec(db).await, "since");
    names(Stay::put(&mine).exec(db).await, "since");
    names(Stay::update("a").set(Stay::SINCE, mine.since).exec(db).await, "since");
    names(Stay::upsert("a").set(Stay::SINCE, mine.since).exec(db).await, "since");
    names(db.transaction().add(Stay::put(&mine)).commit().await, "since");
    assert_eq!(StampedStay::scan().count(db).await.unwrap(), 0);
}
