//! Numbers that other programs stored in DynamoDB as range values, between the integers and instants of a
//! model: a range that they are in says so, as on MongoDB, and does not leave them out.

use std::collections::HashMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use chrono::{DateTime, Utc};
use reposit::{Database, Error, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "steps")]
struct Step {
    #[hash_key]
    way: String,
    #[range_key]
    at: i64,
    #[index(range = "seen")]
    place: String,
    seen: DateTime<Utc>,
}

fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).expect("an instant")
}

/// Stores a record as another program does.
async fn store(client: &Client, way: &str, at: &str, seen: &str) {
    let text = |text: &str| A::S(text.to_owned());
    let item = [("way", text(way)), ("at", A::N(at.to_owned())), ("place", text(way)), ("seen", A::N(seen.to_owned()))];
    let item: HashMap<String, A> = item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    client.put_item().table_name("steps").set_item(Some(item)).send().await.expect("a put");
}

/// What a range has, read at once, record by record, and from its end; all the same.
async fn steps(db: &Database, way: &str, low: Bound<i64>, high: Bound<i64>) -> Result<Vec<i64>, Error> {
    let query = || Step::query(way).range((low, high));
    let all = query().all(db).await.map(|found| found.into_iter().map(|step| step.at).collect::<Vec<_>>());
    let mut paged = Ok(Vec::new());
    let mut after = None;
    loop {
        let page = match after.take() {
            Some(after) => query().limit(1).after(after).exec(db).await,
            None => query().limit(1).exec(db).await,
        };
        match (page, &mut paged) {
            (Ok(page), Ok(found)) => {
                found.extend(page.items.into_iter().map(|step| step.at));
                after = page.next;
            }
            (Err(error), _) => paged = Err(error),
            _ => {}
        }
        if after.is_none() {
            break;
        }
    }
    let kinds = |found: &Result<Vec<i64>, Error>| found.clone().map_err(|error| error.kind());
    assert_eq!(kinds(&all), kinds(&paged), "{way}: {low:?} to {high:?}");
    let reverse = query().descending().all(db).await.map(|found| found.into_iter().rev().map(|step| step.at).collect());
    assert_eq!(kinds(&all), kinds(&reverse), "{way}: {low:?} to {high:?}");
    all
}

#[track_caller]
fn is_codec(found: Result<Vec<i64>, Error>, field: &str) {
    let error = found.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
    assert!(error.to_string().contains(field), "{error}");
}

async fn what_lies_between_integers_is_told(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Step>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    for n in [-1, 0, 1, 3, 4, 5] {
        store(&client, "whole", &n.to_string(), &n.to_string()).await;
        store(&client, "odd", &n.to_string(), &n.to_string()).await;
    }
    store(&client, "odd", "4.5", "1").await;
    store(&client, "odd", "0.25", "2").await;
    for (low, high, wanted) in [
        (Unbounded, Excluded(5), vec![-1, 0, 1, 3, 4]),
        (Excluded(3), Unbounded, vec![4, 5]),
        (Included(3), Excluded(5), vec![3, 4]),
        (Excluded(3), Included(5), vec![4, 5]),
        (Excluded(-1), Excluded(1), vec![0]),
        (Excluded(0), Excluded(3), vec![1]),
        (Included(-1), Excluded(0), vec![-1]),
        (Excluded(0), Included(1), vec![1]),
        (Excluded(4), Excluded(5), vec![]),
        (Included(3), Excluded(3), vec![]),
    ] {
        assert_eq!(steps(&db, "whole", low, high).await.expect("a range"), wanted, "{low:?} to {high:?}");
    }
    for (low, high) in [
        (Unbounded, Excluded(5)),
        (Excluded(4), Unbounded),
        (Included(4), Excluded(5)),
        (Excluded(4), Included(5)),
        (Excluded(4), Excluded(5)),
        (Excluded(0), Excluded(1)),
        (Included(0), Excluded(1)),
        (Included(0), Included(1)),
    ] {
        is_codec(steps(&db, "odd", low, high).await, "at");
    }
    assert_eq!(steps(&db, "odd", Excluded(0), Excluded(0)).await.expect("a range"), Vec::<i64>::new());
    assert_eq!(steps(&db, "odd", Included(-1), Excluded(0)).await.expect("a range"), [-1]);
    assert_eq!(steps(&db, "odd", Included(1), Excluded(4)).await.expect("a range"), [1, 3]);
    report::ran("foreign_data::what_lies_between_integers_is_told", &label);
}

async fn what_lies_between_instants_is_told(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Step>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    for n in [1, 2, 3] {
        store(&client, "w", &n.to_string(), &n.to_string()).await;
    }
    store(&client, "w", "4", "2.5").await;
    let seen = async |low: Bound<i64>, high: Bound<i64>| {
        let range = (low.map(instant), high.map(instant));
        let found = Step::find_by_place("w").range(range).all(&db).await;
        found.map(|found| found.into_iter().map(|step| step.at).collect::<Vec<_>>())
    };
    for (low, high) in
        [(Unbounded, Excluded(3)), (Excluded(2), Unbounded), (Included(1), Excluded(3)), (Excluded(2), Excluded(3))]
    {
        is_codec(seen(low, high).await, "seen");
    }
    assert_eq!(seen(Included(1), Excluded(2)).await.expect("a range"), [1]);
    assert_eq!(seen(Excluded(1), Included(2)).await.expect("a range"), [2]);
    report::ran("foreign_data::what_lies_between_instants_is_told", &label);
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    what_lies_between_integers_is_told: super::what_lies_between_integers_is_told,
    what_lies_between_instants_is_told: super::what_lies_between_instants_is_told,
);
