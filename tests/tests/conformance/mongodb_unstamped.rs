//! Models without stamps on MongoDB: what needs a field of the library's own is refused, a check in a transaction holds all
//! the same, and of many writes each is told for itself.

use std::time::{Duration, SystemTime};

use mongodb::Database as Raw;
use mongodb::bson::{Document, doc};
use reposit::{Error, ErrorKind, Repository};
use reposit_conformance::Trial;
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

use reposit_tests::harness::{START, Test, kind};

/// Its tests.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(
            "mongodb_unstamped::what_needs_a_field_of_the_librarys_own_is_refused",
            what_needs_a_field_of_the_librarys_own_is_refused,
        ),
        Trial::new(
            "mongodb_unstamped::a_check_waits_for_another_transaction_and_leaves_nothing",
            a_check_waits_for_another_transaction_and_leaves_nothing,
        ),
        Trial::new("mongodb_unstamped::of_many_writes_each_is_told", of_many_writes_each_is_told),
    ]
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "seats", stamp = false)]
struct Seat {
    #[hash_key]
    id: String,
    count: i64,
    #[ttl(seconds = 60)]
    held: Option<SystemTime>,
}

fn seat(id: &str) -> Seat {
    Seat { id: id.into(), count: 1, held: None }
}

/// Its ttl counts seconds, which MongoDB's index reads no instant from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "counted", stamp = false)]
struct Counted {
    #[hash_key]
    id: String,
    #[ttl]
    until: i64,
}

/// Its index is ordered by bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "badges", stamp = false)]
struct Badge {
    #[hash_key]
    id: String,
    #[index(range = "code")]
    team: String,
    code: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "drafts", stamp = false)]
struct Draft {
    #[hash_key]
    id: String,
    text: String,
    #[version]
    revision: u64,
}

#[track_caller]
fn is_unsupported(error: &Error, names: &str) {
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.message().contains(names) && error.message().contains("stamp = false"), "{error}");
}

async fn what_needs_a_field_of_the_librarys_own_is_refused() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = &t.db;
    is_unsupported(&db.define::<Counted>().await.unwrap_err(), "until");
    is_unsupported(&db.plan::<Counted>().await.unwrap_err(), "until");
    is_unsupported(&db.define::<Badge>().await.unwrap_err(), "code");
    assert!(db.raw::<Raw>().unwrap().list_collection_names().await.unwrap().is_empty(), "nothing was made");

    // Another program made the collection, and wrote down what it is: no write goes through either.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    #[repository(name = "counted")]
    struct Theirs {
        #[hash_key]
        id: String,
        #[ttl]
        until: i64,
    }
    db.define::<Theirs>().await.unwrap();
    let own = Counted { id: "a".into(), until: START + 60 };
    for error in [
        Counted::create(&own).exec(db).await.unwrap_err(),
        Counted::put(&own).exec(db).await.unwrap_err(),
        Counted::update("a").set(Counted::UNTIL, 1).exec(db).await.unwrap_err(),
        Counted::upsert("a").set(Counted::UNTIL, 1).exec(db).await.unwrap_err(),
        Counted::delete("a").exec(db).await.unwrap_err(),
        db.transaction().add(Counted::put(&own)).commit().await.unwrap_err(),
        Counted::put_many(std::slice::from_ref(&own)).exec(db).await.unwrap_err().failures()[0].error.clone(),
    ] {
        is_unsupported(&error, "until");
    }
    assert_eq!(Counted::get("a").exec(db).await.unwrap(), None);
    report::ran("mongodb_unstamped::what_needs_a_field_of_the_librarys_own_is_refused", &label);
}

async fn a_check_waits_for_another_transaction_and_leaves_nothing() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Seat>().await;
    let raw = db.raw::<Raw>().unwrap();
    let seats = raw.collection::<Document>("seats");
    Seat::put_many(&[seat("a"), seat("b")]).exec(db).await.unwrap();
    let checked = || {
        let check = Seat::check("a").only_if(Seat::COUNT.eq(1));
        db.transaction().add(check).add(Seat::update("b").add(Seat::COUNT, 1)).commit()
    };
    checked().await.unwrap();
    let found = seats.find_one(doc! { "_id": "a" }).await.unwrap().unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["_id", "count"]);

    // A check that wrote nothing would see the record as it was, and be done.
    let mut theirs = raw.client().start_session().await.unwrap();
    theirs.start_transaction().await.unwrap();
    let two = doc! { "$set": { "count": 2_i64 } };
    seats.update_one(doc! { "_id": "a" }, two).session(&mut theirs).await.unwrap();
    let ours = checked();
    tokio::pin!(ours);
    let early = tokio::time::timeout(Duration::from_millis(500), &mut ours).await;
    assert!(early.is_err(), "the other transaction is not done: {early:?}");
    theirs.commit_transaction().await.unwrap();
    assert_eq!(kind(ours.await), ErrorKind::ConditionFailed);
    assert_eq!(Seat::get("b").exec(db).await.unwrap().unwrap().count, 2);
    report::ran("mongodb_unstamped::a_check_waits_for_another_transaction_and_leaves_nothing", &label);
}

async fn of_many_writes_each_is_told() {
    let (t, label) = Test::on(Target::Mongodb).await;
    let db = t.with::<Draft>().await;
    let draft = |id: usize| Draft { id: id.to_string(), text: "first".into(), revision: 0 };
    let mut drafts: Vec<_> = (0..6).map(draft).collect();
    Draft::save_many(&mut drafts).exec(db).await.unwrap();
    Draft::update("1").set(Draft::TEXT, "other").exec(db).await.unwrap();
    Draft::delete("4").version(1_u64).exec(db).await.unwrap();
    let error = Draft::save_many(&mut drafts).exec(db).await.unwrap_err();
    let told: Vec<_> = error.failures().iter().map(|failure| (failure.position, failure.error.kind())).collect();
    assert_eq!(told, [(1, ErrorKind::VersionConflict), (4, ErrorKind::NotFound)]);
    let versions: Vec<_> = drafts.iter().map(|draft| draft.revision).collect();
    assert_eq!(versions, [2, 1, 2, 2, 1, 2]);
    let error = Draft::create_many(&[draft(0), draft(9)]).exec(db).await.unwrap_err();
    assert_eq!((error.failures().len(), error.failures()[0].error.kind()), (1, ErrorKind::AlreadyExists));
    let changed = Draft::scan().update_all(db, |found| found.set(Draft::TEXT, "all")).await.unwrap();
    assert_eq!(changed, 6);
    let all = Draft::scan().all(db).await.unwrap();
    assert!(all.iter().all(|draft| draft.text == "all"), "{all:?}");
    let gone = Draft::scan().filter(Draft::ID.ne("0")).delete_all(db).await.unwrap();
    assert_eq!((gone, Draft::scan().count(db).await.unwrap()), (5, 1));
    report::ran("mongodb_unstamped::of_many_writes_each_is_told", &label);
}
