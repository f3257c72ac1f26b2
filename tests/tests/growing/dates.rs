//! A ttl on an instant, which is a date on MongoDB, and one that comes after a version.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mongodb::bson::{Document, doc};
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, START, there, word};
use crate::page::Section;

/// A release of the model: its ttl, and its version where it has one.
macro_rules! release {
    ($name:ident, $ttl:meta $(, $version:ident)?) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "visits")]
        struct $name {
            #[hash_key]
            id: String,
            #[index]
            team: String,
            n: i64,
            #[$ttl]
            at: Option<DateTime<Utc>>,
            $(
                #[version]
                #[serde(default)]
                $version: u64,
            )?
        }

        impl $name {
            /// A record of an instant that is so many milliseconds after the start.
            fn at(id: &str, millis: i64) -> Self {
                let at = DateTime::from_timestamp_millis(START * 1000 + millis);
                Self { id: id.into(), team: "t".into(), n: 1, at, $($version: 0)? }
            }
        }
    };
}

release!(Lasting, serde(default));
release!(Minute, ttl(seconds = 60));
release!(Counted, serde(default), revision);
release!(CountedMinute, ttl(seconds = 60), revision);

/// So many milliseconds after the start.
fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(START * 1000 + millis).expect("an instant")
}

/// Whether a record is there, by every way of reading.
async fn is_there(db: &Database, id: &str) -> bool {
    let got = Minute::get(id).exec(db).await.expect("a get").is_some();
    let scanned = Minute::scan().all(db).await.expect("a scan").iter().any(|found| found.id == id);
    let queried = Minute::find_by_team("t").all(db).await.expect("a query").iter().any(|found| found.id == id);
    let updated = Minute::update(id).add(Minute::N, 1).exec(db).await.is_ok();
    assert_eq!((scanned, queried, updated), (got, got, got), "{id}");
    got
}

/// On MongoDB the field is a date, by which the server expires the record: there is no mark beside it.
async fn assert_dates(db: &Database, id: &str) {
    let Some(raw) = db.raw::<mongodb::Database>() else { return };
    let found = raw.collection::<Document>("visits").find_one(doc! { "_id": id }).await.expect("a find");
    let found = found.expect("the document");
    assert!(found.get_datetime("at").is_ok(), "{found}");
    assert!(!found.contains_key("_reposit_expires"), "{found}");
}

pub(crate) async fn a_ttl_on_an_instant_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Lasting>().await.expect("the old release");
    let records = [("past", -60_000), ("within", -59_500), ("soon", 0)];
    for (id, millis) in records {
        Lasting::put(&Lasting::at(id, millis)).exec(db).await.expect("a record");
        assert_dates(db, id).await;
    }
    Lasting::put(&Lasting { at: None, ..Lasting::at("never", 0) }).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Minute>().await));
    assert_dates(db, "soon").await;
    Minute::update("soon").set(Minute::AT, instant(0)).exec(db).await.expect("an update of the field");
    assert_dates(db, "soon").await;
    told.tell("a record that was there, past its time", there(is_there(db, "past").await));
    told.tell("one whose time is half a second from now", there(is_there(db, "within").await));
    told.tell("one before its time", there(is_there(db, "soon").await));
    told.tell("one with `None`", there(is_there(db, "never").await));
    Lasting::put(&Lasting::at("late", -60_000)).exec(db).await.expect("a put of the old release");
    assert_dates(db, "late").await;
    told.tell("written by the old release since, past its time", there(is_there(db, "late").await));
    told.tell("`create` over it", word(Minute::create(&Minute::at("late", 0)).exec(db).await));
    Lasting::put(&Lasting::at("due", -30_000)).exec(db).await.expect("a put of the old release");
    Lasting::put(&Lasting::at("moved", -30_000)).exec(db).await.expect("a put of the old release");
    told.tell("one before its time", there(is_there(db, "due").await));
    Minute::update("moved").set(Minute::AT, instant(0)).exec(db).await.expect("an update of the field");
    fixture.clock.advance(Duration::from_secs(30));
    told.tell("the same, past its time", there(is_there(db, "due").await));
    told.tell("one whose field was moved on by `.set`, past the time it had", there(is_there(db, "moved").await));
    told.tell("the one half a second from its time, past it", there(is_there(db, "within").await));
    fixture.clock.advance(Duration::from_secs(30));
    told.tell("past the time it was moved to", there(is_there(db, "moved").await));
    told.tell("the record that was there, past its time now", there(is_there(db, "soon").await));
    told.tell("one with `None`, then", there(is_there(db, "never").await));
    empty(db).await;
    let (old, new) = (|id: &str| Lasting::at(id, 60_000), |id: &str| Minute::at(id, 60_000));
    told.tell("both at work", beside!(db, put Lasting: old, put Minute: new));
    told
}

/// Deletes what is there, also what has expired, which a release without the ttl sees.
async fn empty(db: &Database) {
    for record in Lasting::scan().all(db).await.expect("a scan") {
        Lasting::delete(&record.id).exec(db).await.expect("a delete");
    }
}

pub(crate) async fn a_version_and_then_a_ttl_are_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Lasting>().await.expect("the first release");
    for id in ["a", "b"] {
        Lasting::put(&Lasting::at(id, -60_000)).exec(db).await.expect("a record");
    }
    told.tell("`define` by the release with the version", word(db.define::<Counted>().await));
    let mut a = Counted::get("a").exec(db).await.expect("a get").expect("a record");
    a.n = 2;
    told.tell("`save` of a record that was there", word(Counted::save(&mut a).exec(db).await));
    let (first, second) = (|id: &str| Lasting::at(id, 60_000), |id: &str| Counted::at(id, 60_000));
    told.tell("these two at work", beside!(db, put Lasting: first, save Counted: second));
    told.tell("`define` by the release with the ttl", word(db.define::<CountedMinute>().await));
    for id in ["a", "b"] {
        let got = CountedMinute::get(id).exec(db).await.expect("a get").is_some();
        told.tell(&format!("`{id}`, past its time"), there(got));
    }
    told.tell("`save` of what was read before", {
        let mut read = CountedMinute { revision: a.revision, ..CountedMinute::at("a", 0) };
        word(CountedMinute::save(&mut read).exec(db).await)
    });
    told.tell("`save` of a new one over it", {
        let mut fresh = CountedMinute::at("a", 0);
        word(CountedMinute::save(&mut fresh).exec(db).await.map(|()| fresh.revision))
    });
    empty(db).await;
    let (old, new) = (|id: &str| Counted::at(id, 60_000), |id: &str| CountedMinute::at(id, 60_000));
    told.tell(
        "the release with the version and that with both at work",
        beside!(db, save Counted: old, save CountedMinute: new),
    );
    told
}
