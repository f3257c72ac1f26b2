//! What errors say: the same cause in the same words on every backend, and never at great length.

use std::fmt::Debug;

use reposit::{Error, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::Test;

cases!(
    adding_to_what_is_no_number_says_what_it_is,
    appending_to_what_is_no_list_says_what_it_is,
    a_long_value_makes_no_long_message,
);

/// The counters as another program has written them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "counters")]
struct Written {
    #[hash_key]
    id: String,
    visits: serde_json::Value,
    weight: serde_json::Value,
    notes: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "counters")]
struct Counter {
    #[hash_key]
    id: String,
    visits: u64,
    weight: f64,
    notes: Vec<String>,
}

async fn written(t: &Test, value: serde_json::Value) {
    let db = t.with::<Written>().await;
    let all = Written { id: "c".into(), visits: value.clone(), weight: value.clone(), notes: value };
    Written::put(&all).exec(db).await.unwrap();
}

#[track_caller]
fn says<T: Debug>(result: Result<T, Error>, kind: ErrorKind, words: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.message().contains(words), "`{words}` is not in: {error}");
    assert_eq!(error.repository(), Some("counters"));
}

/// Of an integer, the sum is outside what the field holds, as any other that does not fit.
async fn adding_to_what_is_no_number_says_what_it_is(t: Test) {
    for (value, name) in [("many".into(), "text"), (true.into(), "a bool"), (vec![1].into(), "a list")] {
        written(&t, value).await;
        let visits = Counter::update("c").add(Counter::VISITS, 1).exec(&t.db).await;
        says(visits, ErrorKind::InvalidInput, &format!("visits is stored as {name}, not as a number"));
        let less = Counter::update("c").add(Counter::VISITS, -1).exec(&t.db).await;
        says(less, ErrorKind::InvalidInput, &format!("visits is stored as {name}, not as a number"));
        let weight = Counter::update("c").add(Counter::WEIGHT, 0.5).exec(&t.db).await;
        says(weight, ErrorKind::Codec, &format!("weight is stored as {name}, not as a number"));
        let together = t.db.transaction().add(Counter::update("c").add(Counter::VISITS, 1)).commit().await;
        says(together, ErrorKind::InvalidInput, &format!("visits is stored as {name}, not as a number"));
    }
}

async fn appending_to_what_is_no_list_says_what_it_is(t: Test) {
    for (value, name) in [("many".into(), "text"), (false.into(), "a bool")] {
        written(&t, value).await;
        let notes = Counter::update("c").append(Counter::NOTES, ["n"]).exec(&t.db).await;
        says(notes, ErrorKind::Codec, &format!("notes is stored as {name}, not as a list"));
    }
}

/// Whatever an error shows of itself. A backend may take keys that are as long.
#[track_caller]
fn is_short_or_done<T>(t: &Test, result: Result<T, Error>) {
    if t.limits().hash_key < 2_000_000 || result.is_err() {
        is_short(result);
    }
}

#[track_caller]
fn is_short<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("an error") };
    assert!(error.to_string().len() < 6_000, "{} bytes of text", error.to_string().len());
    assert!(format!("{error:?}").len() < 12_000, "{} bytes of {:?}", format!("{error:?}").len(), error.kind());
}

async fn a_long_value_makes_no_long_message(t: Test) {
    let long = "\u{1F980}".repeat(500_000);
    let counter = Counter { id: long.clone(), visits: 1, weight: 0.5, notes: vec![] };
    let db = t.with::<Counter>().await;
    is_short_or_done(&t, Counter::create(&counter).exec(db).await);
    is_short_or_done(&t, Counter::put_many(&[counter.clone(), counter.clone()]).exec(db).await);
    is_short_or_done(&t, Counter::get(&long).exec(db).await);
    is_short_or_done(&t, Counter::get_many([&long]).exec(db).await);
    is_short_or_done(&t, Counter::update(&long).add(Counter::VISITS, 1).exec(db).await);
    is_short_or_done(&t, db.lock(&long).acquire().await.map(drop));
    is_short_or_done(&t, t.db.transaction().add(Counter::put(&counter)).commit().await);
    // What is stored is quoted where it does not fit, in part.
    written(&t, "\u{1F980}".repeat(25_000).into()).await;
    is_short(Counter::get("c").exec(db).await);
    is_short(Counter::scan().all(db).await);
    is_short(Counter::update("c").add(Counter::VISITS, 1).exec(db).await);
    is_short(Counter::update("c").append(Counter::NOTES, ["n"]).exec(db).await);
}
