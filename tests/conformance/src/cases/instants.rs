use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use reposit::{Database, Embedded, ErrorKind, Key, Repository};
use serde::{Deserialize, Serialize};

use crate::Capability;
use crate::test::Test;

cases!(
    instants_are_found_by_their_value,
    instants_order_keys_and_pages,
    instants_far_from_the_epoch_are_exact,
    a_unique_instant_is_one_record_s,
    what_is_no_instant_is_told_on_every_path,
);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Key)]
pub struct Moment(pub DateTime<Utc>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub struct Stay {
    pub from: SystemTime,
    pub pauses: Vec<jiff::Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
pub struct Visit {
    #[hash_key]
    pub who: String,
    #[range_key]
    pub at: DateTime<Utc>,
    #[index(range = "left")]
    pub room: String,
    pub left: Option<Moment>,
    #[index(unique)]
    pub badge: Option<SystemTime>,
    pub stay: Stay,
    pub log: Vec<DateTime<Utc>>,
    pub by_day: BTreeMap<String, DateTime<Utc>>,
}

pub fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

/// serde writes no SystemTime before 1970.
pub fn system(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}

pub fn visit(who: &str, millis: i64) -> Visit {
    Visit {
        who: who.into(),
        at: at(millis),
        room: "lab".into(),
        left: Some(Moment(at(millis + 1))),
        badge: Some(system(millis)),
        stay: Stay { from: system(millis), pauses: vec![jiff::Timestamp::from_millisecond(millis).unwrap()] },
        log: vec![at(millis), at(0)],
        by_day: BTreeMap::from([("mon".into(), at(millis))]),
    }
}

/// How many visits a filter finds.
async fn found(db: &Database, filter: reposit::Condition<Visit>) -> u64 {
    let all = Visit::scan().filter(filter.clone()).all(db).await.unwrap();
    let count = Visit::scan().filter(filter).count(db).await.unwrap();
    assert_eq!(all.len() as u64, count);
    count
}

async fn instants_are_found_by_their_value(t: Test) {
    let db = t.with::<Visit>().await;
    for millis in [-1_500, 1_000, 1_001] {
        Visit::create(&visit("ada", millis)).exec(db).await.unwrap();
    }
    let from = || Visit::STAY.at(Stay::FROM);
    for (filter, count) in [
        (Visit::AT.eq(at(1_000)), 1),
        (Visit::AT.ne(at(1_000)), 2),
        (Visit::AT.lt(at(1_000)), 1),
        (Visit::AT.le(at(1_000)), 2),
        (Visit::AT.gt(at(-1_500)), 2),
        (Visit::AT.between(at(-1_500), at(1_000)), 2),
        (Visit::AT.is_in([at(1_001), at(5)]), 1),
        (Visit::LEFT.ge(&Moment(at(1_001))), 2),
        (Visit::LEFT.eq(&Moment(at(-1_499))), 1),
        (from().lt(system(1_001)), 1),
        (from().is_in([system(1_000), system(1_001)]), 2),
        (Visit::LOG.contains(at(1_001)), 1),
        (Visit::LOG.nth(0).gt(at(0)), 2),
        (Visit::LOG.eq(&[at(1_000), at(0)]), 1),
        (Visit::BY_DAY.entry("mon").eq(at(-1_500)), 1),
        (!Visit::BY_DAY.entry("mon").lt(at(1_001)), 1),
        (Visit::STAY.eq(&visit("", 1_000).stay), 1),
        (Visit::BADGE.exists(), 3),
    ] {
        assert_eq!(found(db, filter.clone()).await, count, "{filter:?}");
    }
    let moved = Visit::update("ada", at(1_000))
        .set(Visit::LEFT, &Moment(at(9)))
        .set(from(), system(7))
        .append(Visit::LOG, [at(-8)])
        .append(Visit::STAY.at(Stay::PAUSES), [jiff::Timestamp::from_millisecond(6).unwrap()])
        .set(Visit::BY_DAY.entry("tue"), at(5))
        .only_if(Visit::LEFT.eq(&Moment(at(1_001))) & Visit::LOG.contains(at(0)) & from().ge(system(1_000)));
    let moved = moved.exec(db).await.unwrap();
    assert_eq!((moved.left, moved.stay.from, moved.log[2]), (Some(Moment(at(9))), system(7), at(-8)));
    assert_eq!(moved.by_day["tue"], at(5));
    assert_eq!(Visit::get("ada", at(1_000)).exec(db).await.unwrap(), Some(moved));
    let refused = Visit::delete("ada", at(1_000)).only_if(Visit::LEFT.gt(&Moment(at(9)))).exec(db).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
    assert!(Visit::delete("ada", at(1_000)).only_if(Visit::LEFT.le(&Moment(at(9)))).exec(db).await.unwrap());
}

async fn instants_order_keys_and_pages(t: Test) {
    let db = t.with::<Visit>().await;
    let times = [-62_135_596_800_000, -1_001, -999, 0, 1, 998, 1_000, 253_402_207_199_000];
    let mut shuffled: Vec<_> = times.iter().map(|millis| visit("ada", *millis)).collect();
    fastrand::shuffle(&mut shuffled);
    Visit::put_many(&shuffled).exec(db).await.unwrap();
    for descending in [false, true] {
        let mut wanted: Vec<_> = times.iter().map(|millis| at(*millis)).collect();
        if descending {
            wanted.reverse();
        }
        let (mut own, mut indexed) = (Visit::query("ada").limit(1), Visit::find_by_room("lab").limit(3));
        if descending {
            (own, indexed) = (own.descending(), indexed.descending());
        }
        let mut seen = Vec::new();
        let mut next = own.clone();
        loop {
            let page = next.exec(db).await.unwrap();
            seen.extend(page.items.iter().map(|visit| visit.at));
            let Some(after) = page.next else { break };
            next = own.clone().after(after);
        }
        assert_eq!(seen, wanted);
        let through_index: Vec<_> = indexed.all(db).await.unwrap().iter().map(|visit| visit.at).collect();
        assert_eq!(through_index[..], wanted[..through_index.len()]);
    }
    assert_eq!(Visit::query("ada").range(at(-999)..at(1_000)).count(db).await.unwrap(), 4);
    let beyond = (std::ops::Bound::Excluded(at(-999)), std::ops::Bound::Excluded(at(1_000)));
    assert_eq!(Visit::query("ada").range(beyond).count(db).await.unwrap(), 3);
    let left = Visit::find_by_room("lab").range(&Moment(at(1))..=&Moment(at(1_000)));
    assert_eq!(left.count(db).await.unwrap(), 3);
    assert_eq!(Visit::query("ada").range(at(5)..at(5)).count(db).await.unwrap(), 0);
    let keys = [("ada".to_owned(), at(-1_001)), ("ada".to_owned(), at(3)), ("ada".to_owned(), at(-1_001))];
    let many = Visit::get_many(&keys).exec(db).await.unwrap();
    assert_eq!(many.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    Visit::delete_many(&keys).exec(db).await.unwrap();
    assert_eq!(Visit::query("ada").range(..at(-999)).count(db).await.unwrap(), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Far {
    #[hash_key]
    at: jiff::Timestamp,
    #[index(range = "then")]
    other: SystemTime,
    then: SystemTime,
}

async fn instants_far_from_the_epoch_are_exact(t: Test) {
    let db = t.with::<Far>().await;
    let most = (i64::MAX / 1_000) * 1_000;
    for (at, other) in
        [(253_402_207_199_000, 0), (-377_705_023_201_000, most), (0, 1_000_000_000_000_001), (1, (1 << 53) + 1)]
    {
        let far = Far { at: jiff::Timestamp::from_millisecond(at).unwrap(), other: system(other), then: system(other) };
        Far::create(&far).exec(db).await.unwrap();
        assert_eq!(Far::get(far.at).exec(db).await.unwrap().as_ref(), Some(&far));
        let found = Far::find_by_other(far.other).range(far.then..=far.then).all(db).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&far));
        assert_eq!(Far::scan().filter(Far::THEN.eq(far.then) & Far::AT.ge(far.at)).all(db).await.unwrap(), [far]);
    }
    assert_eq!(Far::scan().all(db).await.unwrap().len(), 4);
}

async fn a_unique_instant_is_one_record_s(t: Test) {
    let db = t.with::<Visit>().await;
    Visit::create(&visit("ada", 7)).exec(db).await.unwrap();
    let clash = Visit::create(&visit("eve", 7)).exec(db).await.unwrap_err();
    assert_eq!((clash.kind(), clash.index()), (ErrorKind::UniqueViolation, Some("by_badge")));
    let moved = Visit::update("ada", at(7)).set(Visit::BADGE, system(8)).exec(db).await.unwrap();
    Visit::create(&visit("eve", 7)).exec(db).await.unwrap();
    assert_eq!(Visit::find_by_badge(system(8)).consistent().exec(db).await.unwrap(), Some(moved));
    assert_eq!(db.verify::<Visit>().await.unwrap(), Vec::<String>::new());
}

/// The same repository of a program that keeps the time as it likes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "logins")]
struct TextLogin {
    #[hash_key]
    id: String,
    at: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "logins")]
struct Login {
    #[hash_key]
    id: String,
    at: DateTime<Utc>,
}

async fn what_is_no_instant_is_told_on_every_path(t: Test) {
    let db = t.with::<TextLogin>().await;
    TextLogin::create(&TextLogin { id: "ada".into(), at: "1970-01-01T00:00:01Z".into() }).exec(db).await.unwrap();
    let mut errors = vec![
        Login::get("ada").exec(db).await.unwrap_err(),
        Login::get_many(["ada"]).exec(db).await.unwrap_err(),
        Login::scan().all(db).await.unwrap_err(),
        Login::scan().limit(1).exec(db).await.unwrap_err(),
        Login::scan().filter(Login::AT.ne(at(1_000))).first(db).await.unwrap_err(),
    ];
    if t.can(Capability::Snapshot) {
        errors.push(db.snapshot(Login::get("ada")).await.unwrap_err());
    }
    for error in errors.drain(..) {
        assert_eq!((error.kind(), error.repository()), (ErrorKind::Codec, Some("logins")));
        assert_eq!(error.message(), "record \"ada\": at is stored as text, not as an instant", "{error}");
    }
    assert_eq!(Login::scan().filter(Login::AT.eq(at(1_000))).count(db).await.unwrap(), 0);
    let refused = Login::update("ada").set(Login::AT, at(1)).only_if(Login::AT.lt(at(1_000))).exec(db).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
    // Written anew, it is one.
    let set = Login::update("ada").set(Login::AT, at(1_000)).exec(db).await.unwrap();
    assert_eq!(Login::scan().filter(Login::AT.eq(at(1_000))).all(db).await.unwrap(), [set]);
}
