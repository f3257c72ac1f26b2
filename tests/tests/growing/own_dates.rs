//! A ttl on an instant on MongoDB, whose server expires records by that date itself: beside what an older release stored,
//! which marked each record with its expiry, and beside the indexes of other programs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mongodb::bson::{DateTime as Date, Document, doc};
use mongodb::{Collection, Database as Raw};
use reposit::{Config, Database, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, START, refused};

const MARK: &str = "_reposit_expires";
const OWN_INDEX: &str = "_reposit_ttl";

macro_rules! visit {
    ($name:ident, $(#[$at:meta])*) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "visits")]
        struct $name {
            #[hash_key]
            id: String,
            n: i64,
            $(#[$at])*
            at: Option<DateTime<Utc>>,
        }
    };
}

visit!(Lasting,);
visit!(Minute, #[ttl(seconds = 60)]);
visit!(Hour, #[ttl(seconds = 3600)]);
visit!(Indexed, #[ttl(seconds = 60)] #[index]);
visit!(Unique, #[ttl(seconds = 60)] #[index(unique)]);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits", keep_unknown)]
struct Keeping {
    #[hash_key]
    id: String,
    n: i64,
    #[ttl(seconds = 60)]
    at: Option<DateTime<Utc>>,
}

/// An instant that is so many seconds after the start.
fn after(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((START + seconds) * 1000)
}

fn minute(id: &str, seconds: i64) -> Minute {
    Minute { id: id.into(), n: 1, at: after(seconds) }
}

fn date(seconds: i64) -> Date {
    Date::from_millis((START + seconds) * 1000)
}

fn visits(db: &Database) -> Collection<Document> {
    db.raw::<Raw>().expect("MongoDB").collection("visits")
}

async fn stored(db: &Database, id: &str) -> Document {
    visits(db).find_one(doc! { "_id": id }).await.expect("a find").expect("the document")
}

/// The collection's TTL indexes, each with its name, its key and its seconds.
async fn ttl_indexes(db: &Database) -> Vec<(String, Document, i64)> {
    let list = doc! { "listIndexes": "visits" };
    let answer = db.raw::<Raw>().expect("MongoDB").run_command(list).await.expect("a list");
    let batch = answer.get_document("cursor").unwrap().get_array("firstBatch").unwrap().clone();
    let indexes = batch.into_iter().map(|index| index.as_document().unwrap().clone());
    let told = indexes.filter_map(|index| {
        let seconds = index.get_i32("expireAfterSeconds").ok()?;
        Some((index.get_str("name").ok()?.to_owned(), index.get_document("key").ok()?.clone(), seconds.into()))
    });
    told.collect()
}

async fn create_index(db: &Database, index: Document) {
    let command = doc! { "createIndexes": "visits", "indexes": [index] };
    db.raw::<Raw>().expect("MongoDB").run_command(command).await.expect("an index");
}

async fn start() -> (Fixture, String) {
    Fixture::on(Target::Mongodb).await
}

/// The same database by a handle that has not looked at it yet.
async fn reopened(fixture: &Fixture, url: &str) -> Database {
    let config = Config::from_url(url).expect("the server's own URL is a configuration");
    config.clock(fixture.clock.clone()).open().await.expect("the server answers")
}

#[tokio::test]
async fn nothing_is_marked() {
    let (Fixture { db, .. }, label) = start().await;
    db.define::<Minute>().await.expect("an empty database takes any model");
    assert_eq!(ttl_indexes(&db).await, [(OWN_INDEX.to_owned(), doc! { "at": 1 }, 60)]);
    assert!(db.plan::<Minute>().await.expect("a plan").remove(0).is_empty());
    Minute::create(&minute("a", 0)).exec(&db).await.expect("a create");
    Minute::put(&minute("b", 0)).exec(&db).await.expect("a put");
    Minute::put_many(&[minute("c", 0)]).exec(&db).await.expect("a put of many");
    Minute::upsert("d").add(Minute::N, 1).set(Minute::AT, after(0).unwrap()).exec(&db).await.expect("an upsert");
    Minute::update("a").set(Minute::AT, after(9).unwrap()).exec(&db).await.expect("an update");
    Minute::upsert("b").default(Minute::AT, after(9).unwrap()).add(Minute::N, 1).exec(&db).await.expect("an upsert");
    Minute::update("c").remove(Minute::AT).exec(&db).await.expect("an update");
    db.transaction().add(Minute::create(&minute("e", 0))).commit().await.expect("a transaction");
    for id in ["a", "b", "c", "d", "e"] {
        let names: Vec<_> = stored(&db, id).await.keys().cloned().collect();
        assert!(!names.contains(&MARK.to_owned()), "{id}: {names:?}");
    }
    report::ran("growing::own_dates::nothing_is_marked", &label);
}

/// Records, and an index, as a release before this one left them.
async fn leave_marks(db: &Database) {
    db.define::<Lasting>().await.expect("an empty database takes any model");
    create_index(db, doc! { "key": { MARK: 1 }, "name": MARK, "expireAfterSeconds": 0 }).await;
    let marked = |id: &str, at: i64, mark: i64| doc! { "_id": id, "n": 1_i64, "at": date(at), MARK: date(mark) };
    let prolonged = ["update", "upsert", "put", "keep", "many", "tx", "check", "if", "get"];
    // Another program moved the field on, and knows of no mark.
    let documents = prolonged.iter().map(|id| marked(id, 100, -5));
    let documents = documents.chain([marked("right", 0, 60), marked("late", -100, 500)]);
    visits(db).insert_many(documents).await.expect("an insert");
}

#[tokio::test]
async fn what_an_older_release_marked_expires_by_the_field() {
    let (url, label) = Target::Mongodb.fresh().await;
    let clock = std::sync::Arc::new(reposit::clock::ManualClock::at_millis(START * 1000));
    let config = Config::from_url(&url).expect("a configuration").clock(clock.clone());
    let db = config.open().await.expect("the server answers");
    leave_marks(&db).await;
    let fixture = Fixture { db, clock };
    let db = &fixture.db;

    // The new release is at work before it has defined its own index.
    let early = reopened(&fixture, &url).await;
    assert_eq!(Minute::get("get").exec(&early).await.expect("a get"), Some(minute("get", 100)));
    let plan = db.plan::<Minute>().await.expect("a plan").remove(0);
    let lines = plan.to_string();
    assert!(lines.contains("create time to live by at, also of the records that are there"), "{lines}");
    assert!(lines.contains(&format!("unused: index {MARK}")), "{lines}");
    db.define::<Minute>().await.expect("the index is added");
    assert_eq!(ttl_indexes(db).await.len(), 2, "the old one stays");
    assert!(db.plan::<Minute>().await.expect("a plan").remove(0).is_empty());

    let ids = || async {
        let mut ids: Vec<_> = Minute::scan().all(db).await.expect("a scan").into_iter().map(|visit| visit.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids().await, ["check", "get", "if", "keep", "many", "put", "right", "tx", "update", "upsert"]);
    assert_eq!(Minute::get("late").exec(db).await.expect("a get"), None);
    assert_eq!(Minute::update("late").add(Minute::N, 1).exec(db).await.unwrap_err().kind(), ErrorKind::NotFound);

    // Each write takes the mark away, also one that leaves the field as it is.
    Minute::update("update").add(Minute::N, 1).exec(db).await.expect("an update");
    Minute::upsert("upsert").add(Minute::N, 1).exec(db).await.expect("an upsert");
    Minute::put(&minute("put", 100)).exec(db).await.expect("a put");
    let kept = Keeping { id: "keep".into(), n: 1, at: after(100) };
    Keeping::put(&kept).exec(db).await.expect("a put that keeps what it does not know");
    Minute::put_many(&[minute("many", 100)]).exec(db).await.expect("a put of many");
    Minute::put(&minute("if", 100)).only_if(Minute::N.eq(1)).exec(db).await.expect("a put with a condition");
    db.transaction()
        .add(Minute::update("tx").set(Minute::AT, after(100).unwrap()))
        .add(Minute::check("check"))
        .commit()
        .await
        .expect("a transaction");
    for id in ["update", "upsert", "put", "keep", "many", "tx", "if"] {
        let found = stored(db, id).await;
        assert!(!found.contains_key(MARK) && found.get_datetime("at").ok() == Some(&date(100)), "{found}");
    }
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(Minute::get("right").exec(db).await.expect("a get"), None);
    fixture.clock.advance(Duration::from_secs(100));
    assert!(ids().await.is_empty());
    report::ran("growing::own_dates::what_an_older_release_marked_expires_by_the_field", &label);
}

#[tokio::test]
async fn an_index_of_another_program_serves_or_is_refused() {
    let (Fixture { db, .. }, label) = start().await;
    let raw = db.raw::<Raw>().expect("MongoDB");
    for direction in [1, -1] {
        visits(&db).drop().await.expect("a drop");
        let theirs = doc! { "key": { "at": direction }, "name": "at_1", "expireAfterSeconds": 60, "sparse": true };
        create_index(&db, theirs).await;
        db.define::<Minute>().await.expect("the same index under another name");
        let plan = db.plan::<Minute>().await.expect("a plan").remove(0);
        assert!(plan.is_empty() && plan.unused().is_empty(), "{plan}");
        assert_eq!(ttl_indexes(&db).await.len(), 1);
    }

    // Other seconds, or an index that expires nothing: what the message says mends it.
    for theirs in [
        doc! { "key": { "at": 1 }, "name": "at_1", "expireAfterSeconds": 3600 },
        doc! { "key": { "at": 1 }, "name": "at_1" },
    ] {
        visits(&db).drop().await.expect("a drop");
        create_index(&db, theirs).await;
        let error = db.define::<Minute>().await.expect_err("a refusal");
        let command = doc! { "collMod": "visits", "index": { "name": "at_1", "expireAfterSeconds": 60_i64 } };
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert!(error.message().contains(&command.to_string()), "{error}");
        raw.run_command(command).await.expect("what the message says");
        db.define::<Minute>().await.expect("it is mended");
        assert_eq!(ttl_indexes(&db).await, [("at_1".to_owned(), doc! { "at": 1 }, 60)]);
    }
    refused(db.define::<Hour>().await, ErrorKind::SchemaMismatch, "60 seconds after at");

    visits(&db).drop().await.expect("a drop");
    let partial = doc! { "n": { "$gt": 1 } };
    let theirs =
        doc! { "key": { "at": 1 }, "name": "some", "expireAfterSeconds": 60, "partialFilterExpression": partial };
    create_index(&db, theirs).await;
    refused(db.define::<Minute>().await, ErrorKind::SchemaMismatch, "not of all records");
    report::ran("growing::own_dates::an_index_of_another_program_serves_or_is_refused", &label);
}

#[tokio::test]
async fn a_release_without_the_ttl_or_with_other_seconds_is_refused() {
    let (Fixture { db, .. }, label) = start().await;
    db.define::<Minute>().await.expect("an empty database takes any model");
    refused(db.define::<Lasting>().await, ErrorKind::SchemaMismatch, OWN_INDEX);
    refused(db.define::<Hour>().await, ErrorKind::SchemaMismatch, "collMod");
    refused(db.define::<Unique>().await, ErrorKind::SchemaMismatch, OWN_INDEX);
    report::ran("growing::own_dates::a_release_without_the_ttl_or_with_other_seconds_is_refused", &label);
}

#[tokio::test]
async fn the_date_may_be_in_indexes_of_the_model() {
    let (Fixture { db, clock }, label) = start().await;
    db.define::<Indexed>().await.expect("an empty database takes any model");
    assert_eq!(ttl_indexes(&db).await, [(OWN_INDEX.to_owned(), doc! { "at": 1 }, 60)]);
    let visit = Indexed { id: "a".into(), n: 1, at: after(0) };
    Indexed::create(&visit).exec(&db).await.expect("a create");
    let found = Indexed::find_by_at(after(0).unwrap()).all(&db).await.expect("a query");
    assert_eq!(found, [visit]);
    clock.advance(Duration::from_secs(60));
    assert!(Indexed::find_by_at(after(0).unwrap()).all(&db).await.expect("a query").is_empty());

    // A unique index of the date alone is the one that MongoDB takes of it: the records are marked.
    let (Fixture { db, clock }, _) = start().await;
    db.define::<Unique>().await.expect("an empty database takes any model");
    assert_eq!(ttl_indexes(&db).await, [(MARK.to_owned(), doc! { MARK: 1 }, 0)]);
    let visit = Unique { id: "a".into(), n: 1, at: after(0) };
    Unique::create(&visit).exec(&db).await.expect("a create");
    assert_eq!(stored(&db, "a").await.get_datetime(MARK).ok(), Some(&date(60)));
    let taken = Unique::create(&Unique { id: "b".into(), ..visit.clone() }).exec(&db).await;
    refused(taken, ErrorKind::UniqueViolation, "by_at");
    assert_eq!(Unique::find_by_at(after(0).unwrap()).exec(&db).await.expect("a find"), Some(visit.clone()));
    clock.advance(Duration::from_secs(60));
    Unique::create(&Unique { id: "b".into(), ..visit }).exec(&db).await.expect("the value is free");
    report::ran("growing::own_dates::the_date_may_be_in_indexes_of_the_model", &label);
}
