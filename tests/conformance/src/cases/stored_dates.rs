//! Instants that are said to be stored as the backend's own date: `#[stored(as = "date")]`.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reposit::{Embedded, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test};

cases!(a_date_is_the_backends_own);

type At = DateTime<Utc>;

fn at(millis: i64) -> At {
    DateTime::from_timestamp_millis(millis).unwrap()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Leg {
    #[stored(as = "date")]
    at: Option<At>,
}

/// A date wherever a form may stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "trips")]
struct Trip {
    #[hash_key]
    #[stored(as = "date")]
    day: At,
    #[range_key]
    #[stored(as = "date")]
    left: SystemTime,
    #[index(range = "back")]
    line: String,
    #[stored(as = "date")]
    back: jiff::Timestamp,
    #[index(unique)]
    #[stored(as = "date")]
    booked: Option<At>,
    legs: Vec<Leg>,
    by_name: std::collections::BTreeMap<String, Leg>,
    #[ttl(seconds = 60)]
    #[stored(as = "date")]
    seen: Option<At>,
    #[created_at]
    #[stored(as = "date")]
    made: At,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct PlainLeg {
    at: Option<At>,
}

/// The same table by a model that says nothing of forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "trips")]
struct PlainTrip {
    #[hash_key]
    day: At,
    #[range_key]
    left: SystemTime,
    #[index(range = "back")]
    line: String,
    back: jiff::Timestamp,
    #[index(unique)]
    booked: Option<At>,
    legs: Vec<PlainLeg>,
    by_name: std::collections::BTreeMap<String, PlainLeg>,
    #[ttl(seconds = 60)]
    seen: Option<At>,
    #[created_at]
    made: At,
}

async fn a_date_is_the_backends_own(t: Test) {
    let db = t.with::<Trip>().await;
    let leg = || Leg { at: Some(at(-5)) };
    let trip = |n: i64| Trip {
        day: at(86_400_000),
        left: SystemTime::UNIX_EPOCH + Duration::from_millis(n as u64),
        line: "s1".into(),
        back: jiff::Timestamp::from_millisecond(-n).unwrap(),
        booked: Some(at(n)),
        legs: vec![leg(), Leg { at: None }],
        by_name: [("home".to_owned(), leg())].into(),
        seen: Some(at(START * 1000 + n)),
        made: at(7),
    };
    Trip::put_many(&[trip(1), trip(20)]).exec(db).await.unwrap();
    assert_eq!(Trip::query(at(86_400_000)).range(trip(2).left..).all(db).await.unwrap(), [trip(20)]);
    assert_eq!(Trip::find_by_line("s1").all(db).await.unwrap(), [trip(20), trip(1)]);
    assert_eq!(Trip::find_by_line("s1").range(trip(1).back..).all(db).await.unwrap(), [trip(1)]);
    assert_eq!(Trip::find_by_booked(at(20)).consistent().exec(db).await.unwrap(), Some(trip(20)));
    let found = Trip::scan().filter(Trip::LEGS.nth(0).at(Leg::AT).lt(at(0)) & Trip::BACK.lt(trip(2).back));
    assert_eq!(found.all(db).await.unwrap(), [trip(20)]);
    let home = Trip::scan().filter(Trip::BY_NAME.entry("home").at(Leg::AT).eq(at(-5)) & Trip::BOOKED.eq(at(1)));
    assert_eq!(home.all(db).await.unwrap(), [trip(1)]);

    // What is stored is what a model stores that says nothing.
    db.define::<PlainTrip>().await.expect("the same table");
    let stored = PlainTrip::get(trip(1).day, trip(1).left).exec(db).await.unwrap().unwrap();
    assert_eq!((stored.back, stored.booked, stored.seen), (trip(1).back, trip(1).booked, trip(1).seen));
    assert_eq!((stored.legs[0].at, stored.by_name["home"].at), (Some(at(-5)), Some(at(-5))));
    PlainTrip::put(&PlainTrip { booked: Some(at(3)), ..stored }).exec(db).await.unwrap();
    let changed =
        Trip::update(trip(1).day, trip(1).left).set(Trip::LEGS.nth(0).at(Leg::AT), at(9)).exec(db).await.unwrap();
    assert_eq!((changed.booked, changed.legs[0].at), (Some(at(3)), Some(at(9))));
    t.advance(60);
    assert_eq!(Trip::scan().count(db).await.unwrap(), 2, "rounded up");
    t.advance(1);
    assert_eq!(Trip::scan().count(db).await.unwrap(), 0);
}
