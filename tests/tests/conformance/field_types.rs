//! Types of fields that are no keys, or keys without an order: what is found by `eq`, set, and reached into.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{NonZeroI32, NonZeroU8, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, Utc};
use reposit::{Condition, Database, ErrorKind, FieldType, Key, Model, Repository};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use reposit_tests::harness::{START, Test, kind};

reposit_tests::cases!(
    days_and_numbers_compare,
    sets_have_members_of_every_kind,
    texts_are_strings,
    durations_compare_equal,
    addresses_are_keys_without_an_order,
    arrays_and_tuples_compare,
    json_comes_back_as_it_was,
    maps_have_keys_of_every_kind,
    maps_come_back_sorted_by_their_names,
    what_would_not_sort_is_not_written,
    what_is_stored_in_another_form_is_not_read,
    local_instants_are_instants,
);

/// The ids of the records that a filter finds, by scans that count and by those that read.
async fn found<M: Model<Key = u64>>(db: &Database, filter: Condition<M>) -> Vec<u64> {
    let all = reposit::operation::Scan::<M>::new().filter(filter.clone()).all(db).await.unwrap();
    let count = reposit::operation::Scan::<M>::new().filter(filter).count(db).await.unwrap();
    assert_eq!(all.len() as u64, count);
    let mut ids: Vec<u64> = all.iter().map(M::own_key).collect();
    ids.sort_unstable();
    ids
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sorted {
    #[hash_key]
    id: u64,
    day: NaiveDate,
    local: Option<NaiveDateTime>,
    time_day: time::Date,
    civil: jiff::civil::Date,
    at: jiff::civil::DateTime,
    positive: NonZeroU32,
    signed: Option<NonZeroI32>,
    days: Vec<NaiveDate>,
    time_days: Vec<time::Date>,
    bytes: Vec<NonZeroU8>,
    when: DateTime<Local>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time_day(ordinal: u16) -> time::Date {
    time::Date::from_ordinal_date(2024, ordinal).unwrap()
}

fn sorted(id: u64) -> Sorted {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    let days = ["2023-12-31", "2024-01-01", "2024-01-02"];
    let text = days[id as usize - 1];
    Sorted {
        id,
        day: date(text),
        local: (id > 1).then(|| format!("{text}T10:00:05.500").parse().unwrap()),
        time_day: time_day(id as u16),
        civil: text.parse().unwrap(),
        at: format!("{text}T10:00:05.5").parse().unwrap(),
        positive: NonZeroU32::new(id as u32 * 9).unwrap(),
        signed: NonZeroI32::new(id as i32 - 2),
        days: vec![date(text), date("2000-01-01")],
        time_days: vec![time_day(id as u16)],
        bytes: vec![NonZeroU8::new(id as u8).unwrap()],
        when: DateTime::from_timestamp_millis(id as i64 * 1_000).unwrap().into(),
    }
}

async fn days_and_numbers_compare(t: Test) {
    let db = t.with::<Sorted>().await;
    Sorted::put_many(&[sorted(1), sorted(2), sorted(3)]).exec(db).await.unwrap();
    let two = sorted(2);
    let filters: [(Condition<Sorted>, &[u64]); 18] = [
        (Sorted::DAY.lt(two.day), &[1]),
        (Sorted::DAY.between(two.day, day("2024-01-02")), &[2, 3]),
        (Sorted::DAY.is_in([two.day, day("1999-01-01")]), &[2]),
        (Sorted::LOCAL.ge(two.local.unwrap()), &[2, 3]),
        (Sorted::LOCAL.missing(), &[1]),
        (Sorted::TIME_DAY.eq(two.time_day), &[2]),
        (Sorted::TIME_DAY.gt(two.time_day), &[3]),
        (Sorted::CIVIL.le(two.civil), &[1, 2]),
        (Sorted::AT.ne(two.at), &[1, 3]),
        (Sorted::POSITIVE.gt(two.positive), &[3]),
        (Sorted::SIGNED.lt(NonZeroI32::new(1).unwrap()), &[1]),
        (Sorted::SIGNED.missing(), &[2]),
        (Sorted::DAYS.contains(two.day), &[2]),
        (Sorted::DAYS.nth(1).eq(day("2000-01-01")), &[1, 2, 3]),
        (Sorted::TIME_DAYS.contains(two.time_day), &[2]),
        (Sorted::TIME_DAYS.eq(&[time_day(3)]), &[3]),
        (Sorted::BYTES.contains(NonZeroU8::new(3).unwrap()), &[3]),
        (Sorted::WHEN.gt(two.when), &[3]),
    ];
    for (filter, ids) in filters {
        assert_eq!(found(db, filter.clone()).await, ids, "{filter:?}");
    }
    let changed = Sorted::update(1)
        .set(Sorted::TIME_DAY, time_day(366))
        .set(Sorted::SIGNED, NonZeroI32::MIN)
        .append(Sorted::TIME_DAYS, [time_day(5)])
        .append(Sorted::BYTES, [NonZeroU8::MAX])
        .only_if(Sorted::TIME_DAYS.nth(0).lt(time_day(2)));
    let changed = changed.exec(db).await.unwrap();
    let wanted = Sorted {
        time_day: time_day(366),
        signed: Some(NonZeroI32::MIN),
        time_days: vec![time_day(1), time_day(5)],
        bytes: vec![NonZeroU8::MIN, NonZeroU8::MAX],
        ..sorted(1)
    };
    assert_eq!(changed, wanted);
    assert_eq!(Sorted::get(1).exec(db).await.unwrap(), Some(wanted));
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
struct Texts {
    #[hash_key]
    id: Box<str>,
    #[index(unique)]
    name: Arc<str>,
    kind: Cow<'static, str>,
    labels: Vec<Box<str>>,
}

async fn texts_are_strings(t: Test) {
    let db = t.with::<Texts>().await;
    let texts = Texts { id: "a".into(), name: "ada".into(), kind: "user".into(), labels: vec!["x".into()] };
    Texts::create(&texts).exec(db).await.unwrap();
    assert_eq!(Texts::find_by_name("ada").exec(db).await.unwrap(), Some(texts.clone()));
    assert_eq!(Texts::get_many(["a", "b"]).exec(db).await.unwrap(), [Some(texts), None]);
    let filter = Texts::KIND.begins_with("us") & Texts::NAME.contains("d") & Texts::LABELS.contains("x");
    let filter = filter & Texts::ID.is_in(&["a".to_owned()]) & Texts::KIND.lt("v") & Texts::NAME.ne("bob");
    let changed = Texts::update("a").set(Texts::KIND, "x").append(Texts::LABELS, ["y"]).only_if(filter);
    let changed = changed.exec(db).await.unwrap();
    assert_eq!((&*changed.kind, &*changed.labels[1]), ("x", "y"));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Job {
    #[hash_key]
    id: u64,
    pause: Duration,
    limit: Option<Duration>,
    steps: Vec<Duration>,
}

async fn durations_compare_equal(t: Test) {
    let db = t.with::<Job>().await;
    let pause = Duration::new(3, 500_000_000);
    let job = |id, pause| Job { id, pause, limit: Some(Duration::MAX), steps: vec![Duration::ZERO] };
    Job::put_many(&[job(1, pause), job(2, Duration::from_secs(3))]).exec(db).await.unwrap();
    assert_eq!(found(db, Job::PAUSE.eq(Duration::from_millis(3_500))).await, [1]);
    assert_eq!(found(db, Job::LIMIT.eq(Duration::MAX) & Job::STEPS.contains(Duration::ZERO)).await, [1, 2]);
    let changed = Job::update(2).set(Job::PAUSE, pause).append(Job::STEPS, [&pause]).remove(Job::LIMIT);
    let wanted = Job { limit: None, steps: vec![Duration::ZERO, pause], ..job(2, pause) };
    assert_eq!(changed.exec(db).await.unwrap(), wanted);
    assert_eq!(Job::get(2).exec(db).await.unwrap(), Some(wanted));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Machine {
    #[hash_key]
    address: IpAddr,
    #[index(unique)]
    v4: Ipv4Addr,
    #[index(range = "number")]
    gateway: Option<Ipv6Addr>,
    number: u8,
    hops: Vec<IpAddr>,
}

async fn addresses_are_keys_without_an_order(t: Test) {
    let db = t.with::<Machine>().await;
    let v6: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let machine = |address: IpAddr, number| Machine {
        address,
        v4: Ipv4Addr::new(10, 0, 0, number),
        gateway: Some(v6),
        number,
        hops: vec![address, v6.into()],
    };
    let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
    let plain: IpAddr = "10.0.0.1".parse().unwrap();
    let machines = [machine(plain, 1), machine(mapped, 2)];
    for one in &machines {
        Machine::create(one).exec(db).await.unwrap();
    }
    assert_eq!(Machine::get(mapped).exec(db).await.unwrap().as_ref(), Some(&machines[1]));
    let unique = Machine::find_by_v4(Ipv4Addr::new(10, 0, 0, 1)).exec(db).await.unwrap();
    assert_eq!(unique.as_ref(), Some(&machines[0]));
    assert_eq!(Machine::find_by_gateway(v6).descending().all(db).await.unwrap(), [1, 0].map(|at| machines[at].clone()));
    let filter = Machine::ADDRESS.eq(plain) & Machine::HOPS.contains(v6.into()) & Machine::V4.is_in([machines[0].v4]);
    assert_eq!(Machine::scan().filter(filter).all(db).await.unwrap(), machines[..1]);
    assert_eq!(Machine::get_many([mapped, plain]).exec(db).await.unwrap().iter().flatten().count(), 2);
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Event {
    #[hash_key]
    id: u64,
    payload: serde_json::Value,
    more: Option<serde_json::Value>,
    items: Vec<serde_json::Value>,
}

async fn json_comes_back_as_it_was(t: Test) {
    let db = t.with::<Event>().await;
    let values = [
        json!({"a": [1, "x", null, true], "b": {"c": -1.5, "d": u64::MAX, "e": i64::MIN}, "f": {}}),
        json!([1, 2, 3]),
        json!("text"),
        json!(7),
        json!(0.1),
        json!(false),
        json!([]),
        json!(null),
    ];
    for (id, payload) in (0..).zip(&values) {
        let event = Event { id, payload: payload.clone(), more: None, items: vec![payload.clone(), json!({"n": id})] };
        Event::create(&event).exec(db).await.unwrap();
        assert_eq!(Event::get(id).exec(db).await.unwrap(), Some(event));
        if !payload.is_null() {
            assert_eq!(found(db, Event::PAYLOAD.eq(payload)).await, [id], "{payload}");
            assert_eq!(found(db, Event::ITEMS.contains(payload) & Event::ID.eq(id)).await, [id], "{payload}");
        }
    }
    assert_eq!(found(db, Event::PAYLOAD.missing()).await, [7]);
    let changed = Event::update(7).set(Event::PAYLOAD, &values[0]).set(Event::MORE, &values[1]).exec(db).await.unwrap();
    assert_eq!((&changed.payload, changed.more.as_ref()), (&values[0], Some(&values[1])));
    // A whole float and an integer are one number, as everywhere.
    let changed = Event::update(7).set(Event::PAYLOAD, &json!(2.0)).exec(db).await.unwrap();
    assert_eq!(changed.payload, json!(2));
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

async fn what_would_not_sort_is_not_written(t: Test) {
    let db = t.with::<Sorted>().await;
    let late = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap();
    let early = NaiveDate::from_ymd_opt(-1, 12, 31).unwrap();
    for day in [late, early] {
        let error = Sorted::create(&Sorted { day, ..sorted(1) }).exec(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), "day is in a year outside of 0 to 9999, whose text would not sort");
        assert_eq!(kind(Sorted::scan().filter(Sorted::DAY.lt(day)).all(db).await), ErrorKind::InvalidInput);
        assert_eq!(kind(Sorted::update(1).set(Sorted::DAY, day).exec(db).await), ErrorKind::InvalidInput);
    }
    let time_day = time::Date::from_ordinal_date(-1, 1).unwrap();
    let civil = jiff::civil::date(-1, 1, 1);
    for wrong in [
        Sorted { time_day, ..sorted(1) },
        Sorted { civil, ..sorted(1) },
        Sorted { at: civil.at(1, 2, 3, 0), ..sorted(1) },
        Sorted { local: late.and_hms_opt(1, 2, 3), ..sorted(1) },
        Sorted { days: vec![late], ..sorted(1) },
        Sorted { time_days: vec![time_day], ..sorted(1) },
    ] {
        assert_eq!(kind(Sorted::create(&wrong).exec(db).await), ErrorKind::InvalidInput, "{wrong:?}");
    }
    assert_eq!(Sorted::scan().count(db).await.unwrap(), 0);
}

/// What another program stored, and a model that reads it.
macro_rules! disputed {
    ($($model:ident $ty:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "disputed")]
        struct $model {
            #[hash_key]
            id: u64,
            value: $ty,
        }
    )*};
}

disputed! {
    OfText String;
    OfJson serde_json::Value;
    OfDay NaiveDate;
    OfLocal NaiveDateTime;
    OfTimeDay time::Date;
    OfCivil jiff::civil::Date;
    OfCivilTime jiff::civil::DateTime;
    OfIp IpAddr;
    OfDuration Duration;
    OfNonZero NonZeroU32;
    OfNumbers BTreeMap<i64, u8>;
    OfArray [u16; 2];
}

async fn what_is_stored_in_another_form_is_not_read(t: Test) {
    let db = t.with::<OfJson>().await;
    macro_rules! refused {
        ($model:ident, $message:literal, $($value:expr),*) => {
            $(
                OfJson::put(&OfJson { id: 1, value: json!($value) }).exec(db).await.unwrap();
                let error = $model::get(1).exec(db).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Codec, "{}", $value);
                assert!(error.message().contains($message), "{}: {error}", $value);
            )*
        };
    }
    refused!(OfDay, "value is stored as text that is no day", "2024-1-5", "+12024-01-05", " 2024-01-05", "20240105");
    refused!(OfTimeDay, "value is stored as text that is no day", "2024-1-5", "2023-02-29", "2024-13-01");
    refused!(OfCivil, "value is stored as text that is no day", "20240105", "2024-01-05T00:00:00");
    refused!(OfLocal, "is no local time", "2024-01-05T10:00:00.5", "2024-01-05T10:00:00.000", "2024-01-05 10:00:00");
    refused!(OfCivilTime, "is no local time", "2024-01-05T10:00:00.50", "2024-01-05T10", "2024-01-05 10:00:00");
    refused!(OfIp, "value is stored as text that is no IP address", "::0:1", "0::1", "::FFFF");
    refused!(OfDuration, "a second or more", json!({"secs": 1, "nanos": 1_000_000_000}));
    refused!(OfNonZero, "value", 0, -1, "1");
    refused!(OfNumbers, "map key", json!({"007": 1}), json!({"+7": 1}), json!({"-0": 1}));
    refused!(OfArray, "value", json!([1]), json!([1, 2, 3]), json!([1, 70_000]));
    refused!(OfDay, "value is stored as an integer", 20_240_105);
    refused!(OfTimeDay, "value is stored as a list, not as text", json!([2024, 5]));

    OfText::put(&OfText { id: 1, value: "2024-01-05".into() }).exec(db).await.unwrap();
    assert_eq!(OfDay::get(1).exec(db).await.unwrap().unwrap().value, day("2024-01-05"));
    assert_eq!(OfTimeDay::get(1).exec(db).await.unwrap().unwrap().value, time_day(5));
    OfNumbers::put(&OfNumbers { id: 1, value: BTreeMap::from([(0, 1), (-7, 2)]) }).exec(db).await.unwrap();
    assert_eq!(OfJson::get(1).exec(db).await.unwrap().unwrap().value, json!({"-7": 2, "0": 1}));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "meetings")]
struct Meeting {
    #[hash_key]
    id: u64,
    #[index]
    at: DateTime<Local>,
    written: DateTime<FixedOffset>,
    #[ttl]
    until: Option<DateTime<Local>>,
    #[created_at]
    made: DateTime<Local>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "meetings")]
struct MeetingInUtc {
    #[hash_key]
    id: u64,
    #[index]
    at: DateTime<Utc>,
    written: DateTime<Utc>,
    #[ttl]
    until: Option<DateTime<Utc>>,
    #[created_at]
    made: DateTime<Utc>,
}

async fn local_instants_are_instants(t: Test) {
    let db = t.with::<Meeting>().await;
    let utc = |millis| DateTime::<Utc>::from_timestamp_millis(millis).unwrap();
    // chrono writes offsets to the minute, so what is written with seconds is moved, once.
    let odd = FixedOffset::east_opt(19 * 60 + 32).unwrap();
    let meeting = Meeting {
        id: 1,
        at: utc(-1_500).into(),
        written: utc(500).with_timezone(&odd),
        until: Some(utc((START + 60) * 1000).into()),
        made: utc(0).into(),
    };
    Meeting::create(&meeting).exec(db).await.unwrap();
    let read = Meeting::get(1).exec(db).await.unwrap().unwrap();
    assert_eq!((read.at, read.until), (meeting.at, meeting.until));
    assert_eq!(read.made, utc(START * 1000));
    assert_eq!(found(db, Meeting::WRITTEN.eq(meeting.written)).await, [1]);
    assert_eq!(found(db, Meeting::WRITTEN.eq(read.written)).await, [1]);
    Meeting::put(&read).exec(db).await.unwrap();
    assert_eq!(Meeting::get(1).exec(db).await.unwrap().as_ref(), Some(&read));
    let in_utc = MeetingInUtc::find_by_at(utc(-1_500)).all(db).await.unwrap();
    assert_eq!(in_utc[0].written, read.written);
    assert_eq!(Meeting::find_by_at(read.at).all(db).await.unwrap(), [read]);
    t.advance(60);
    assert_eq!(Meeting::get(1).exec(db).await.unwrap(), None);
}
