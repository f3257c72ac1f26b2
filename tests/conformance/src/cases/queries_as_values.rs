//! Conditions and queries that are put together at run time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::TryStreamExt;
use reposit::{Condition, Embedded, ErrorKind, Op, Repository, Value};
use serde::{Deserialize, Serialize};

use crate::models::{Event, User, event, user};
use crate::test::{Test, kind};

cases!(
    all_and_any_of_as_many_conditions_as_there_are,
    a_condition_on_a_write_may_be_of_none,
    a_condition_by_name_means_what_the_field_means,
    a_condition_by_name_reaches_into_fields,
    a_condition_by_name_that_cannot_be_is_refused,
    queries_of_several_finders_have_one_type,
);

fn seqs(mut events: Vec<Event>) -> Vec<u64> {
    events.sort_by_key(|event| event.seq);
    events.iter().map(|event| event.seq).collect()
}

async fn all_and_any_of_as_many_conditions_as_there_are(t: Test) {
    let db = t.with::<Event>().await;
    Event::put_many(&(0..5).map(|seq| event("s", seq, seq as i32)).collect::<Vec<_>>()).exec(db).await.unwrap();
    let of = |condition: Condition<Event>| async move {
        let found = seqs(Event::query("s").filter(condition.clone()).all(db).await.unwrap());
        assert_eq!(seqs(Event::scan().filter(condition.clone()).all(db).await.unwrap()), found);
        assert_eq!(Event::find_by_severity("s").filter(condition).count(db).await.unwrap(), found.len() as u64);
        found
    };
    let at = |n: i32| Event::SEVERITY.eq(n);
    assert_eq!(of(Condition::any([1, 3].map(at))).await, [1, 3]);
    assert_eq!(of(Condition::all([Event::SEVERITY.ge(1), Event::SEVERITY.lt(4), Event::TEXT.ne("s/2")])).await, [1, 3]);
    let none = Vec::<u64>::new();
    assert_eq!(of(Condition::all([])).await, [0, 1, 2, 3, 4]);
    assert_eq!(of(Condition::always()).await, [0, 1, 2, 3, 4]);
    assert_eq!(of(Condition::any([])).await, none);
    assert_eq!(of(Condition::always().not()).await, none);
    assert_eq!(of(!Condition::any([])).await, [0, 1, 2, 3, 4]);
    assert_eq!(of(Condition::always() & at(2)).await, [2]);
    assert_eq!(of(Condition::any([]) | at(2)).await, [2]);
    assert_eq!(of(Condition::always() | at(2)).await, [0, 1, 2, 3, 4]);
    assert_eq!(of(Condition::any([Condition::all([at(1), Event::TEXT.eq("s/1")]), at(4)])).await, [1, 4]);
    assert_eq!(of(Condition::all([Condition::any([]), at(1)])).await, none);
    let many = Condition::any((0..1000).map(at));
    assert_eq!(kind(Event::scan().filter(many).all(db).await), ErrorKind::InvalidInput);
}

async fn a_condition_on_a_write_may_be_of_none(t: Test) {
    let db = t.with::<Event>().await;
    Event::create(&event("s", 1, 1)).exec(db).await.unwrap();
    let update = || Event::update("s", 1).add(Event::SEVERITY, 1);
    assert_eq!(update().only_if(Condition::always()).exec(db).await.unwrap().severity, 2);
    assert_eq!(update().only_if(Condition::all([])).exec(db).await.unwrap().severity, 3);
    assert_eq!(kind(update().only_if(Condition::any([])).exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(kind(Event::update("s", 2).only_if(Condition::always()).exec(db).await), ErrorKind::NotFound);
    assert_eq!(kind(Event::delete("s", 1).only_if(Condition::any([])).exec(db).await), ErrorKind::ConditionFailed);
    assert!(Event::delete("s", 1).only_if(Condition::always()).exec(db).await.unwrap());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Place {
    city: String,
    zip: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, reposit::Key)]
enum Kind {
    Small,
    Large,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things")]
struct Thing {
    #[hash_key]
    id: String,
    #[serde(rename = "n_b")]
    count: i64,
    ratio: f32,
    done: bool,
    data: Vec<u8>,
    at: SystemTime,
    since: chrono::DateTime<chrono::Utc>,
    kind: Kind,
    place: Place,
    places: Vec<Place>,
    labels: BTreeMap<String, String>,
    marks: BTreeSet<u32>,
    nickname: Option<String>,
}

fn thing(id: &str, n: i64) -> Thing {
    let place = Place { city: format!("city {n}"), zip: (n != 1).then_some(n as u32) };
    Thing {
        id: id.into(),
        count: n,
        ratio: n as f32 / 10.0,
        done: n % 2 == 0,
        data: vec![n as u8],
        at: UNIX_EPOCH + Duration::from_millis(n as u64),
        since: chrono::DateTime::from_timestamp_millis(n * 1000).unwrap(),
        kind: if n < 2 { Kind::Small } else { Kind::Large },
        place: place.clone(),
        places: vec![place.clone(), Place { city: "second".into(), ..place }],
        labels: [("a.b".to_owned(), n.to_string())].into(),
        marks: (0..n as u32).collect(),
        nickname: (n == 3).then(|| "n".into()),
    }
}

async fn found(t: &Test, condition: reposit::Result<Condition<Thing>>) -> Vec<i64> {
    let mut found = Thing::scan().filter(condition.unwrap()).all(&t.db).await.unwrap();
    found.sort_by_key(|thing| thing.count);
    found.iter().map(|thing| thing.count).collect()
}

async fn a_condition_by_name_means_what_the_field_means(t: Test) {
    let db = t.with::<Thing>().await;
    Thing::put_many(&(0..4).map(|n| thing(&format!("t{n}"), n)).collect::<Vec<_>>()).exec(db).await.unwrap();
    let c = |name: &str, op, value: Value| Thing::condition(name, op, value);
    for (op, expected) in [
        (Op::Eq, vec![2]),
        (Op::Ne, vec![0, 1, 3]),
        (Op::Lt, vec![0, 1]),
        (Op::Le, vec![0, 1, 2]),
        (Op::Gt, vec![3]),
        (Op::Ge, vec![2, 3]),
    ] {
        assert_eq!(found(&t, c("n_b", op, 2.into())).await, expected, "{op:?}");
        assert_eq!(found(&t, c("id", op, "t2".into())).await, expected, "{op:?}");
        // Stored as the number nearest to 0.2 of those that an f32 has.
        assert_eq!(found(&t, c("ratio", op, 0.2.into())).await, expected, "{op:?}");
        assert_eq!(found(&t, c("at", op, Value::Instant(2))).await, expected, "{op:?}");
        assert_eq!(found(&t, c("since", op, "1970-01-01T00:00:02Z".into())).await, expected, "{op:?}");
    }
    assert_eq!(found(&t, c("done", Op::Eq, true.into())).await, [0, 2]);
    assert_eq!(found(&t, c("kind", Op::Ne, "Small".into())).await, [2, 3]);
    assert_eq!(found(&t, c("data", Op::Eq, Value::Bytes(vec![3]))).await, [3]);
    assert_eq!(found(&t, c("nickname", Op::Eq, "n".into())).await, [3]);
    assert_eq!(found(&t, c("nickname", Op::Ne, "n".into())).await, [0, 1, 2]);
    let both = c("n_b", Op::Ge, 1.into()).unwrap() & Thing::DONE.eq(true);
    assert_eq!(found(&t, Ok(both.clone())).await, [2]);
    assert_eq!(Thing::update("t2").set(Thing::COUNT, 20).only_if(both).exec(db).await.unwrap().count, 20);
}

async fn a_condition_by_name_reaches_into_fields(t: Test) {
    let db = t.with::<Thing>().await;
    Thing::put_many(&(0..4).map(|n| thing(&format!("t{n}"), n)).collect::<Vec<_>>()).exec(db).await.unwrap();
    let c = |name: &str, op, value: Value| Thing::condition(name, op, value);
    assert_eq!(found(&t, c("place.city", Op::Eq, "city 2".into())).await, [2]);
    assert_eq!(found(&t, c("place.zip", Op::Ge, 2.into())).await, [2, 3]);
    assert_eq!(found(&t, c("places.1.city", Op::Eq, "second".into())).await, [0, 1, 2, 3]);
    assert_eq!(found(&t, c("places.0.zip", Op::Lt, 2.into())).await, [0]);
    assert_eq!(found(&t, c("labels.a.b", Op::Gt, "1".into())).await, [2, 3]);
    let place = Value::Map([("city".to_owned(), "city 2".into()), ("zip".to_owned(), 2.into())].into_iter().collect());
    assert_eq!(found(&t, c("place", Op::Eq, place)).await, [2]);
    let marks = |members: &[i32]| Value::List(members.iter().map(|n| Value::from(*n)).collect());
    assert_eq!(found(&t, c("marks", Op::Eq, marks(&[1, 0, 1]))).await, [2]);
    assert_eq!(found(&t, c("marks", Op::Ne, marks(&[]))).await, [1, 2, 3]);
}

async fn a_condition_by_name_that_cannot_be_is_refused(_: Test) {
    let c = |name: &str, op, value: Value| Thing::condition(name, op, value);
    let refused: [(reposit::Result<Condition<Thing>>, &str); 20] = [
        (c("size", Op::Eq, 1.into()), "things has no field `size`; its fields are id, n_b, ratio"),
        (c("count", Op::Eq, 1.into()), "things has no field `count`"),
        (c("", Op::Eq, 1.into()), "no field"),
        (c("place.town", Op::Eq, "x".into()), "place has no field `town`; its fields are city, zip"),
        (c("place.city.x", Op::Eq, "x".into()), "place.city is text, in which there is no `x`"),
        (c("places.x", Op::Eq, "x".into()), "`x` is no position"),
        (c("n_b", Op::Eq, "1".into()), "n_b is an integer, and is not compared with text"),
        (c("n_b", Op::Eq, 0.5.into()), "n_b is an integer"),
        (c("n_b", Op::Lt, Value::Int(i128::MAX)), "outside the range"),
        (c("id", Op::Eq, 1.into()), "id is text"),
        (c("done", Op::Lt, true.into()), "done is a bool, which is not compared with `<`"),
        (c("data", Op::Ge, Value::Bytes(vec![1])), "data is bytes"),
        (c("kind", Op::Gt, "Small".into()), "kind is one of several names"),
        (c("labels", Op::Gt, "Small".into()), "labels is a map"),
        (c("marks.0", Op::Eq, 1.into()), "marks is a set, in which there is no `0`"),
        (
            c("marks", Op::Eq, Value::List(vec!["a".into()])),
            "an item of marks is an integer, and is not compared with text",
        ),
        (c("at", Op::Eq, "yesterday".into()), "at is an instant"),
        (c("ratio", Op::Eq, f64::NAN.into()), "not a number"),
        (c("nickname", Op::Eq, Value::Null), "null"),
        (c("place", Op::Eq, "Graz".into()), "place is a struct"),
    ];
    for (at, (condition, message)) in refused.into_iter().enumerate() {
        let error = condition.map(|condition| format!("{condition:?}")).unwrap_err();
        assert_eq!((error.kind(), error.repository()), (ErrorKind::InvalidInput, Some("things")), "{at}: {error}");
        assert!(error.message().contains(message), "{at}: {error}");
    }
}

async fn queries_of_several_finders_have_one_type(t: Test) {
    let db = t.with::<Event>().await;
    db.define::<User>().await.unwrap();
    let events: Vec<_> = (0..6).map(|seq| event("s", seq, (seq % 2) as i32)).collect();
    Event::put_many(&events).exec(db).await.unwrap();
    for n in 0..3 {
        User::create(&user(&format!("u{n}"), "core", n)).exec(db).await.unwrap();
    }
    let queries = [
        Event::query("s").range(2..).erased(),
        Event::find_by_severity("s").consistent().range(1..).erased(),
        Event::query("r").erased(),
    ];
    let mut counts = Vec::new();
    for query in queries {
        counts.push(query.clone().count(db).await.unwrap());
        let page = query.clone().limit(2).exec(db).await.unwrap();
        let rest = match &page.next {
            Some(next) => query.clone().after(next).all(db).await.unwrap(),
            None => Vec::new(),
        };
        let all = query.clone().all(db).await.unwrap();
        assert_eq!([page.items, rest].concat(), all);
        assert_eq!(query.clone().first(db).await.unwrap().as_ref(), all.first());
        assert_eq!(query.clone().stream(db).try_collect::<Vec<_>>().await.unwrap(), all);
        let turned = query.clone().descending().filter(Event::SEQ.lt(4)).all(db).await.unwrap();
        assert!(turned.iter().all(|event| event.seq < 4));
    }
    assert_eq!(counts, [4, 3, 0]);
    // A cursor of the one is a cursor of the other.
    let next = Event::query("s").limit(2).exec(db).await.unwrap().next;
    assert_eq!(seqs(Event::query("s").erased().after(&next).all(db).await.unwrap()), [2, 3, 4, 5]);
    let by_team = true;
    let users =
        if by_team { User::find_by_team("core").range(1..).erased() } else { User::find_by_team("ops").erased() };
    assert_eq!(users.count(db).await.unwrap(), 2);
}
