use std::time::{Duration, SystemTime};

use reposit::{ErrorKind, Key, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{START, Test, kind};

cases!(
    unsigned_keys_keep_identity_and_order,
    signed_keys_keep_identity_and_order,
    text_keys_keep_identity_and_order,
    byte_keys_keep_identity_and_order,
    uuid_keys,
    instant_keys,
    newtype_and_enum_keys,
    sparse_indexes_leave_records_out,
    several_range_fields_give_a_total_order,
    no_two_keys_become_one,
    every_integer_type_is_a_key,
);

macro_rules! ranged {
    ($name:ident, $table:literal, $hash:ty, $range:ty) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = $table)]
        struct $name {
            #[hash_key]
            hash: $hash,
            #[range_key]
            range: $range,
            #[index(range = "range")]
            group: $hash,
        }
    };
}

ranged!(Unsigned, "unsigned", u64, u64);
ranged!(Signed, "signed", i64, i64);
ranged!(Text, "text", String, String);
ranged!(Bytes, "bytes", Vec<u8>, Vec<u8>);

/// Puts the records in, and takes them out again by key, in order, by index, backwards and in pages.
macro_rules! check_order {
    ($db:ident, $model:ident, $hash:expr, $ranges:expr) => {{
        let (owned, ranges) = ($hash, $ranges);
        let mut sorted = ranges.clone();
        sorted.sort();
        for range in &ranges {
            let record = $model { hash: owned.clone(), range: range.clone(), group: owned.clone() };
            $model::create(&record).exec($db).await.unwrap();
        }
        for range in &ranges {
            let key = (owned.clone(), range.clone());
            let got = reposit::operation::Get::<$model>::new($model::key_parts(&key)).exec($db).await.unwrap();
            assert_eq!(got.map(|r| r.range), Some(range.clone()));
        }
        let hash = reposit::Key::arg(&owned);
        let found: Vec<_> = $model::query(hash).all($db).await.unwrap().into_iter().map(|r| r.range).collect();
        assert_eq!(found, sorted, "the primary key");
        let found: Vec<_> = $model::find_by_group(hash).all($db).await.unwrap().into_iter().map(|r| r.range).collect();
        assert_eq!(found, sorted, "the index");
        let found: Vec<_> =
            $model::find_by_group(hash).descending().all($db).await.unwrap().into_iter().map(|r| r.range).collect();
        assert_eq!(found, sorted.iter().rev().cloned().collect::<Vec<_>>(), "the index backwards");
        for (at, range) in sorted.iter().enumerate() {
            let from = reposit::Key::arg(range);
            let found: Vec<_> =
                $model::query(hash).range(from..).all($db).await.unwrap().into_iter().map(|r| r.range).collect();
            assert_eq!(found, sorted[at..], "from {range:?}");
            let found: Vec<_> = $model::find_by_group(hash)
                .range(..from)
                .all($db)
                .await
                .unwrap()
                .into_iter()
                .map(|r| r.range)
                .collect();
            assert_eq!(found, sorted[..at], "to {range:?}");
        }
        let (mut found, mut cursor) = (Vec::new(), None::<reposit::Cursor>);
        loop {
            let mut q = $model::query(hash).limit(2);
            if let Some(cursor) = cursor.take() {
                q = q.after(cursor);
            }
            let page = q.exec($db).await.unwrap();
            found.extend(page.items.into_iter().map(|r| r.range));
            let Some(next) = page.next else { break };
            cursor = Some(next);
        }
        assert_eq!(found, sorted, "in pages");
    }};
}

async fn unsigned_keys_keep_identity_and_order(t: Test) {
    let db = t.with::<Unsigned>().await;
    let ranges = vec![
        0,
        1,
        9,
        10,
        255,
        256,
        i64::MAX as u64,
        i64::MAX as u64 + 1,
        u64::MAX - 1,
        u64::MAX,
        (1 << 53) + 1,
        1 << 53,
    ];
    check_order!(db, Unsigned, u64::MAX, ranges);
}

async fn signed_keys_keep_identity_and_order(t: Test) {
    let db = t.with::<Signed>().await;
    let ranges = vec![0, -1, 1, i64::MIN, i64::MAX, i64::MIN + 1, -10, -9, 10, 9, -(1 << 53) - 1];
    check_order!(db, Signed, i64::MIN, ranges);
}

async fn text_keys_keep_identity_and_order(t: Test) {
    let db = t.with::<Text>().await;
    let texts = [
        "a", "A", "a\0", "a\0b", "\0", "ab", "a b", "a#b", "a|b", "a/b", "ä", "a\u{308}", "ß", "\u{ffff}", "😀", "~",
        "1", "10", "2", "\u{7f}",
    ];
    check_order!(db, Text, String::from("h\0#/|"), texts.map(String::from).to_vec());
}

async fn byte_keys_keep_identity_and_order(t: Test) {
    let db = t.with::<Bytes>().await;
    let ranges: Vec<Vec<u8>> = vec![
        vec![0],
        vec![0, 0],
        vec![0, 1],
        vec![1],
        vec![255],
        vec![255, 0],
        vec![254, 255, 255],
        vec![127],
        vec![128],
        vec![97],
    ];
    check_order!(db, Bytes, vec![0u8, 255, 10], ranges);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Ticket {
    #[hash_key]
    id: uuid::Uuid,
    #[index]
    parent: Option<uuid::Uuid>,
}

async fn uuid_keys(t: Test) {
    let db = t.with::<Ticket>().await;
    let (a, b) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(u128::MAX));
    Ticket::create(&Ticket { id: a, parent: None }).exec(db).await.unwrap();
    Ticket::create(&Ticket { id: b, parent: Some(a) }).exec(db).await.unwrap();
    assert_eq!(Ticket::get(b).exec(db).await.unwrap(), Some(Ticket { id: b, parent: Some(a) }));
    assert_eq!(Ticket::find_by_parent(a).all(db).await.unwrap(), [Ticket { id: b, parent: Some(a) }]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Reading {
    #[hash_key]
    sensor: u32,
    #[range_key]
    at: SystemTime,
    #[index(range = "chrono")]
    kind: String,
    chrono: chrono::DateTime<chrono::Utc>,
    time: time::OffsetDateTime,
    jiff: jiff::Timestamp,
    #[ttl]
    until: Option<SystemTime>,
}

async fn instant_keys(t: Test) {
    let db = t.with::<Reading>().await;
    let reading = |millis: i64| {
        // serde writes no SystemTime before the epoch, so these are a while later than the others.
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis((millis + 10_000) as u64);
        Reading {
            sensor: 1,
            at,
            kind: "k".into(),
            chrono: chrono::DateTime::from_timestamp_millis(millis).unwrap(),
            time: time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap(),
            jiff: jiff::Timestamp::from_millisecond(millis).unwrap(),
            until: None,
        }
    };
    let millis = [START * 1000 + 500, START * 1000, START * 1000 + 50, -1, 0, -1500];
    for millis in millis {
        Reading::create(&reading(millis)).exec(db).await.unwrap();
    }
    let mut sorted = millis;
    sorted.sort();
    let expected: Vec<_> = sorted.into_iter().map(reading).collect();
    assert_eq!(Reading::query(1).all(db).await.unwrap(), expected);
    assert_eq!(Reading::find_by_kind("k").all(db).await.unwrap(), expected);
    let recent =
        Reading::find_by_kind("k").range(chrono::DateTime::from_timestamp_millis(0).unwrap()..).all(db).await.unwrap();
    assert_eq!(recent, expected[2..]);
    let filtered = Reading::query(1)
        .filter(Reading::JIFF.lt(jiff::Timestamp::UNIX_EPOCH) & Reading::TIME.ne(time::OffsetDateTime::UNIX_EPOCH));
    assert_eq!(filtered.count(db).await.unwrap(), 2);
    assert_eq!(Reading::get(1, expected[0].at).exec(db).await.unwrap(), Some(expected[0].clone()));

    let soon = SystemTime::UNIX_EPOCH + Duration::from_millis(START as u64 * 1000 + 100);
    let changed = Reading::update(1, expected[0].at).set(Reading::UNTIL, soon).exec(db).await.unwrap();
    assert_eq!(changed.until, Some(soon));
    t.clock.advance(Duration::from_millis(999));
    assert!(Reading::get(1, expected[0].at).exec(db).await.unwrap().is_some(), "expiry is rounded up to the second");
    t.clock.advance(Duration::from_millis(1));
    assert_eq!(Reading::get(1, expected[0].at).exec(db).await.unwrap(), None);
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Key)]
struct Isbn(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Key)]
#[serde(rename_all = "kebab-case")]
enum Shelf {
    TopLeft,
    BottomRight,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Book {
    #[hash_key]
    isbn: Isbn,
    #[index]
    shelf: Shelf,
}

async fn newtype_and_enum_keys(t: Test) {
    let db = t.with::<Book>().await;
    let book = Book { isbn: Isbn("978".into()), shelf: Shelf::TopLeft };
    Book::create(&book).exec(db).await.unwrap();
    assert_eq!(Book::get(&book.isbn).exec(db).await.unwrap(), Some(book.clone()));
    assert_eq!(Book::find_by_shelf(&Shelf::TopLeft).all(db).await.unwrap(), std::slice::from_ref(&book));
    assert_eq!(Book::find_by_shelf(&Shelf::BottomRight).all(db).await.unwrap(), []);
    let moved = Book::update(&book.isbn)
        .set(Book::SHELF, &Shelf::BottomRight)
        .only_if(Book::SHELF.eq(&Shelf::TopLeft))
        .exec(db)
        .await;
    assert_eq!(moved.unwrap().shelf, Shelf::BottomRight);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Task {
    #[hash_key]
    id: u32,
    #[index(range = "due")]
    owner: Option<String>,
    due: Option<i64>,
}

async fn sparse_indexes_leave_records_out(t: Test) {
    let db = t.with::<Task>().await;
    let task = |id, owner: Option<&str>, due| Task { id, owner: owner.map(Into::into), due };
    for task in [
        task(1, Some("ada"), Some(5)),
        task(2, None, Some(6)),
        task(3, Some("ada"), None),
        task(4, Some("ada"), Some(1)),
    ] {
        Task::create(&task).exec(db).await.unwrap();
    }
    let ids = async || Task::find_by_owner("ada").all(db).await.unwrap().into_iter().map(|t| t.id).collect::<Vec<_>>();
    assert_eq!(ids().await, [4, 1]);
    assert_eq!(Task::find_by_owner("ada").count(db).await.unwrap(), 2);
    Task::update(3).set(Task::DUE, 3).exec(db).await.unwrap();
    Task::update(4).remove(Task::OWNER).exec(db).await.unwrap();
    assert_eq!(ids().await, [3, 1]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(index(name = "by_league", hash = "league", range = ["points", "name"]))]
struct Team {
    #[hash_key]
    id: u32,
    league: String,
    points: i32,
    name: String,
}

async fn several_range_fields_give_a_total_order(t: Test) {
    let db = t.with::<Team>().await;
    for (id, points, name) in [(1, 5, "b"), (2, -5, "z"), (3, 5, "a"), (4, 5, "a\0"), (5, 40, "a")] {
        Team::create(&Team { id, league: "l".into(), points, name: name.into() }).exec(db).await.unwrap();
    }
    let ids = async |q: reposit::operation::Query<Team, _, _>| {
        q.all(db).await.unwrap().into_iter().map(|t| t.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Team::find_by_league("l")).await, [2, 3, 4, 1, 5]);
    assert_eq!(ids(Team::find_by_league("l").descending()).await, [5, 1, 4, 3, 2]);
    assert_eq!(ids(Team::find_by_league("l").range(5..=5)).await, [3, 4, 1]);
    assert_eq!(ids(Team::find_by_league("l").range(..5)).await, [2]);
    assert_eq!(ids(Team::find_by_league("l").range(6..)).await, [5]);
    Team::update(3).set(Team::NAME, "c").exec(db).await.unwrap();
    assert_eq!(ids(Team::find_by_league("l").range(5..=5)).await, [4, 1, 3]);
    let page = Team::find_by_league("l").limit(2).exec(db).await.unwrap();
    let rest = Team::find_by_league("l").after(page.next.unwrap()).all(db).await.unwrap();
    assert_eq!(rest.into_iter().map(|t| t.id).collect::<Vec<_>>(), [1, 3, 5]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pairs", index(name = "by_pair", hash = "left", range = "right", unique))]
struct Pair {
    #[hash_key]
    id: String,
    left: String,
    right: String,
}

async fn no_two_keys_become_one(t: Test) {
    let db = t.with::<Pair>().await;
    let pairs = [
        ("a", "bc"),
        ("ab", "c"),
        ("a\0", "b"),
        ("a", "\0b"),
        ("a#", "b"),
        ("a", "#b"),
        ("A", "bc"),
        ("a.b", "c"),
        ("a", "b.c"),
    ];
    for (n, (left, right)) in pairs.into_iter().enumerate() {
        Pair::create(&Pair { id: n.to_string(), left: left.into(), right: right.into() }).exec(db).await.unwrap();
    }
    for (n, (left, right)) in pairs.into_iter().enumerate() {
        let found = Pair::find_by_pair(left, right).consistent().exec(db).await.unwrap();
        assert_eq!(found.map(|p| p.id), Some(n.to_string()));
    }
    let again = Pair { id: "x".into(), left: "a".into(), right: "bc".into() };
    assert_eq!(kind(Pair::create(&again).exec(db).await), ErrorKind::UniqueViolation);
}

macro_rules! integer_keys {
    ($($model:ident $ty:ty),*) => {
        $(
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
            struct $model {
                #[hash_key]
                id: $ty,
                #[index]
                twin: $ty,
            }
        )*

        async fn every_integer_type_is_a_key(t: Test) {
            $(
                let db = t.with::<$model>().await;
                for id in [<$ty>::MIN, <$ty>::MAX, 7] {
                    $model::create(&$model { id, twin: id }).exec(db).await.unwrap();
                    assert_eq!($model::get(id).exec(db).await.unwrap(), Some($model { id, twin: id }));
                    assert_eq!($model::find_by_twin(id).all(db).await.unwrap(), [$model { id, twin: id }]);
                }
            )*
        }
    };
}

integer_keys!(KeyI8 i8, KeyI16 i16, KeyI32 i32, KeyU8 u8, KeyU16 u16, KeyU32 u32);
