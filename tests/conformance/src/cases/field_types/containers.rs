//! Sets, arrays, tuples and maps of every type.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::sync::Arc;

use chrono::{DateTime, Local, NaiveDate, Utc};
use reposit::{FieldType, Key, Repository};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::test::Test;

use super::found;

cases!(
    sets_have_members_of_every_kind,
    arrays_and_tuples_compare,
    maps_have_keys_of_every_kind,
    maps_come_back_sorted_by_their_names,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time_day(ordinal: u16) -> time::Date {
    time::Date::from_ordinal_date(2024, ordinal).unwrap()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sets {
    #[hash_key]
    id: u64,
    days: HashSet<NaiveDate>,
    time_days: BTreeSet<time::Date>,
    numbers: BTreeSet<NonZeroU8>,
    hosts: HashSet<IpAddr>,
    texts: HashSet<Arc<str>>,
    locals: BTreeSet<DateTime<Local>>,
}

async fn sets_have_members_of_every_kind(t: Test) {
    let db = t.with::<Sets>().await;
    let host: IpAddr = "::1".parse().unwrap();
    let at: DateTime<Local> = DateTime::from_timestamp_millis(1_500).unwrap().into();
    let sets = Sets {
        id: 1,
        days: HashSet::from([day("2024-01-01"), day("2024-01-02")]),
        time_days: BTreeSet::from([time_day(2), time_day(1)]),
        numbers: BTreeSet::from([NonZeroU8::MAX, NonZeroU8::MIN]),
        hosts: HashSet::from([host]),
        texts: HashSet::from(["b".into(), "a".into()]),
        locals: BTreeSet::from([at]),
    };
    Sets::create(&sets).exec(db).await.unwrap();
    assert_eq!(Sets::get(1).exec(db).await.unwrap().as_ref(), Some(&sets));
    let filter =
        Sets::DAYS.contains(day("2024-01-02")) & Sets::TIME_DAYS.contains(time_day(1)) & Sets::DAYS.eq(&sets.days);
    let filter = filter & Sets::HOSTS.contains(host) & Sets::TEXTS.contains("a") & Sets::LOCALS.contains(at);
    assert_eq!(found(db, filter & Sets::NUMBERS.size().eq(2)).await, [1]);
    let changed = Sets::update(1)
        .insert(Sets::TIME_DAYS, [time_day(3)])
        .discard(Sets::DAYS, [day("2024-01-01")])
        .discard(Sets::NUMBERS, [NonZeroU8::MIN]);
    let changed = changed.insert(Sets::TEXTS, ["c"]).discard(Sets::HOSTS, [host]).exec(db).await.unwrap();
    assert_eq!((changed.time_days.len(), changed.days.len(), changed.numbers.len()), (3, 1, 1));
    assert_eq!((changed.texts.len(), changed.hosts.len()), (3, 0));
    assert_eq!(Sets::get(1).exec(db).await.unwrap(), Some(changed));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Shape {
    #[hash_key]
    id: u64,
    point: (f64, f64),
    named: Option<(String, u8, Option<bool>)>,
    corners: [i32; 3],
    maybe: [Option<u8>; 2],
    at: [DateTime<Utc>; 2],
    pairs: Vec<(u32, u32)>,
    empty: [String; 0],
}

async fn arrays_and_tuples_compare(t: Test) {
    let db = t.with::<Shape>().await;
    let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
    let shape = |id: u64| Shape {
        id,
        point: (id as f64, 0.5),
        named: Some(("x".into(), 255, None)),
        corners: [1, 2, id as i32],
        maybe: [None, Some(1)],
        at: [at(1), at(id as i64)],
        pairs: vec![(1, 2), (3, id as u32)],
        empty: [],
    };
    Shape::put_many(&[shape(5), shape(6)]).exec(db).await.unwrap();
    let one = shape(5);
    for filter in [
        Shape::POINT.eq(&(5.0, 0.5)),
        Shape::CORNERS.eq(&[1, 2, 5]),
        Shape::CORNERS.contains(5),
        Shape::AT.eq(&one.at),
        Shape::AT.contains(at(5)),
        Shape::PAIRS.contains(&(3, 5)),
        Shape::PAIRS.eq(&one.pairs) & Shape::NAMED.eq(one.named.as_ref().unwrap()),
        Shape::MAYBE.eq(&[None, Some(1)]) & Shape::EMPTY.eq(&[]) & Shape::POINT.ne(&(6.0, 0.5)),
    ] {
        assert_eq!(found(db, filter.clone()).await, [5], "{filter:?}");
    }
    let changed = Shape::update(6).set(Shape::POINT, &(0.0, -1.0)).set(Shape::CORNERS, &[7; 3]);
    let changed = changed.append(Shape::PAIRS, [&(9, 9)]).exec(db).await.unwrap();
    assert_eq!((changed.point, changed.corners, changed.pairs[2]), ((0.0, -1.0), [7; 3], (9, 9)));
    assert_eq!(Shape::get(6).exec(db).await.unwrap(), Some(changed));
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Key)]
struct Player(u64);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Key)]
#[serde(rename_all = "kebab-case")]
enum Colour {
    DarkRed,
    Blue,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Maps {
    #[hash_key]
    id: u64,
    numbers: BTreeMap<i64, u32>,
    players: HashMap<Player, Vec<u8>>,
    uuids: HashMap<Uuid, String>,
    days: BTreeMap<NaiveDate, DateTime<Utc>>,
    colours: BTreeMap<Colour, Option<bool>>,
    flags: Option<BTreeMap<bool, u8>>,
    hosts: HashMap<IpAddr, (u8, u8)>,
}

async fn maps_have_keys_of_every_kind(t: Test) {
    let db = t.with::<Maps>().await;
    let uuid = Uuid::from_u128(7);
    let at = DateTime::from_timestamp_millis(1_500).unwrap();
    let host: IpAddr = "::1".parse().unwrap();
    let maps = Maps {
        id: 1,
        numbers: BTreeMap::from([(-10, 1), (i64::MIN, 2), (9, 3)]),
        players: HashMap::from([(Player(u64::MAX), vec![1])]),
        uuids: HashMap::from([(uuid, "x".into())]),
        days: BTreeMap::from([(day("2024-02-29"), at)]),
        colours: BTreeMap::from([(Colour::DarkRed, Some(true)), (Colour::Blue, None)]),
        flags: Some(BTreeMap::from([(true, 1)])),
        hosts: HashMap::from([(host, (1, 2))]),
    };
    Maps::create(&maps).exec(db).await.unwrap();
    assert_eq!(Maps::get(1).exec(db).await.unwrap().as_ref(), Some(&maps));
    for filter in [
        Maps::NUMBERS.eq(&maps.numbers) & Maps::PLAYERS.eq(&maps.players) & Maps::HOSTS.eq(&maps.hosts),
        Maps::NUMBERS.entry(-10).eq(1) & Maps::NUMBERS.entry(i64::MIN).lt(3) & Maps::NUMBERS.entry(0).missing(),
        Maps::PLAYERS.entry(&Player(u64::MAX)).eq(&[1]),
        Maps::UUIDS.entry(uuid).begins_with("x") & Maps::UUIDS.size().eq(1),
        Maps::DAYS.entry(day("2024-02-29")).ge(at),
        Maps::COLOURS.entry(&Colour::DarkRed).eq(true) & Maps::FLAGS.entry(true).exists(),
        Maps::HOSTS.entry(host).eq(&(1, 2)),
    ] {
        assert_eq!(found(db, filter.clone()).await, [1], "{filter:?}");
    }
    let changed = Maps::update(1)
        .add(Maps::NUMBERS.entry(9), 4)
        .set(Maps::NUMBERS.entry(10), 5)
        .remove(Maps::UUIDS.entry(uuid))
        .set(Maps::DAYS.entry(day("2024-03-01")), at)
        .set(Maps::COLOURS.entry(&Colour::Blue), false);
    let changed = changed.exec(db).await.unwrap();
    assert_eq!((changed.numbers[&9], changed.numbers[&10], changed.uuids.len()), (7, 5, 0));
    assert_eq!((changed.days[&day("2024-03-01")], changed.colours[&Colour::Blue]), (at, Some(false)));
    assert_eq!(Maps::get(1).exec(db).await.unwrap(), Some(changed));
}

/// A map that keeps the order in which it is written and read, as `IndexMap` does.
#[derive(Debug, Clone, PartialEq, FieldType)]
struct InOrder(Vec<(String, u8)>);

impl Serialize for InOrder {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> serde::de::Visitor<'de> for Entries {
            type Value = InOrder;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(InOrder(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Ranking {
    #[hash_key]
    id: u64,
    points: InOrder,
}

async fn maps_come_back_sorted_by_their_names(t: Test) {
    let db = t.with::<Ranking>().await;
    let map = |names: &[&str]| InOrder(names.iter().map(|name| ((*name).into(), 1)).collect());
    Ranking::create(&Ranking { id: 1, points: map(&["b", "a", "10", "9", "B"]) }).exec(db).await.unwrap();
    let read = Ranking::get(1).exec(db).await.unwrap().unwrap();
    assert_eq!(read.points, map(&["10", "9", "B", "a", "b"]));
    // So two maps of the same entries are equal.
    assert_eq!(found(db, Ranking::POINTS.eq(&map(&["9", "10", "a", "B", "b"]))).await, [1]);
}
