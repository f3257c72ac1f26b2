//! Random values of a model that has every attribute and every shape of the guide: put, get, update,
//! filter and scan agree with each other, and with serde_json.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reposit::{Embedded, FieldType, Repository};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::test::Test;

cases!(every_shape_is_read_as_it_was_written);

type Rng = fastrand::Rng;

fn ten() -> Option<u32> {
    Some(10)
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(n: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{n:08x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        u32::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "kebab-case")]
enum External {
    NoData,
    New(Option<i64>),
    Tuple(u8, String, Option<bool>),
    #[serde(rename = "Named")]
    Struct {
        #[serde(default = "ten")]
        limit: Option<u32>,
        #[serde(rename = "type")]
        kind: Box<External>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    New(Inner),
    Struct { list: Vec<Option<u16>>, bytes: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    New(BTreeMap<String, Option<u64>>),
    Tuple(i8, f64),
    Struct { wrapped: Wrapped, marker: Marker },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Real(f64),
    Text(String),
    List(Vec<Untagged>),
    Struct { inner: Option<Inner> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Wrapped(Option<u8>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Marker;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
enum Colour {
    Red,
    #[serde(rename = "blue green")]
    BlueGreen,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(default)]
struct Inner {
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    small: Vec<u8>,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<bool>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { limit: Some(7), small: Vec::new(), rest: BTreeMap::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
#[serde(rename_all = "camelCase")]
struct Nested {
    plain_option: Option<String>,
    #[serde(default = "ten")]
    with_default: Option<u32>,
    #[serde(with = "hex")]
    as_hex: u32,
    list: Vec<i16>,
    deeper: Option<Box<Inner>>,
    #[serde(skip)]
    skipped: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Beside {
    Nothing,
    Something(Option<u8>),
    Several { x: Option<i32>, y: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[serde(rename_all = "camelCase")]
#[repository(name = "everything")]
struct Everything {
    #[hash_key]
    id: u32,
    external: External,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    nested: Nested,
    optional_nested: Option<Nested>,
    nested_list: Vec<Nested>,
    nested_by_name: BTreeMap<String, Nested>,
    by_number: HashMap<i16, Option<Vec<u8>>>,
    by_truth: BTreeMap<bool, Wrapped>,
    by_colour: BTreeMap<Colour, Vec<Option<Colour>>>,
    set: BTreeSet<u8>,
    tuple: (i32, Option<String>, (u8, u8)),
    unit: (),
    marker: Marker,
    wrapped: Wrapped,
    letter: char,
    wide: i128,
    large: u64,
    small: f32,
    bytes: Vec<u8>,
    array: [u8; 3],
    numbers: Vec<u16>,
    #[serde(default = "ten")]
    with_default: Option<u32>,
    #[serde(with = "hex")]
    as_hex: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    mostly_empty: String,
    json: Json,
    #[serde(flatten)]
    beside: Beside,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

fn maybe<T>(rng: &mut Rng, value: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    rng.bool().then(|| value(rng))
}

fn several<T, C: FromIterator<T>>(rng: &mut Rng, value: impl Fn(&mut Rng) -> T) -> C {
    (0..rng.usize(0..4)).map(|_| value(rng)).collect()
}

fn text(rng: &mut Rng) -> String {
    const PARTS: [&str; 8] = ["", "a", "ß", "\u{1F980}", "$x", "a.b", " ", "null"];
    (0..rng.usize(0..4)).map(|_| PARTS[rng.usize(0..PARTS.len())]).collect()
}

/// A name that may stand in a map.
fn name(rng: &mut Rng) -> String {
    format!("x{}", rng.u8(0..9))
}

fn eighths(rng: &mut Rng) -> f64 {
    f64::from(rng.i32(-9999..9999)) / 8.0
}

fn json(rng: &mut Rng, depth: u32) -> Json {
    match rng.u32(0..if depth == 0 { 5 } else { 7 }) {
        0 => Json::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.u64(..)),
        4 => json!(text(rng)),
        5 => several::<Json, Vec<_>>(rng, |rng| json(rng, depth - 1)).into(),
        _ => Json::Object(several(rng, |rng| (name(rng), json(rng, depth - 1)))),
    }
}

fn external(rng: &mut Rng, depth: u32) -> External {
    match rng.u32(0..if depth == 0 { 3 } else { 4 }) {
        0 => External::NoData,
        1 => External::New(maybe(rng, |rng| rng.i64(..))),
        2 => External::Tuple(rng.u8(..), text(rng), maybe(rng, Rng::bool)),
        _ => External::Struct { limit: maybe(rng, |rng| rng.u32(..)), kind: Box::new(external(rng, depth - 1)) },
    }
}

fn inner(rng: &mut Rng) -> Inner {
    Inner {
        limit: maybe(rng, |rng| rng.u32(..)),
        small: several(rng, |rng| rng.u8(..)),
        rest: several(rng, |rng| (name(rng), maybe(rng, Rng::bool))),
    }
}

fn internal(rng: &mut Rng) -> Internal {
    match rng.u8(0..3) {
        0 => Internal::Unit,
        1 => Internal::New(inner(rng)),
        _ => Internal::Struct {
            list: several(rng, |rng| maybe(rng, |rng| rng.u16(..))),
            bytes: several(rng, |rng| rng.u8(..)),
        },
    }
}

fn adjacent(rng: &mut Rng) -> Adjacent {
    match rng.u8(0..4) {
        0 => Adjacent::Unit,
        1 => Adjacent::New(several(rng, |rng| (name(rng), maybe(rng, |rng| rng.u64(..))))),
        2 => Adjacent::Tuple(rng.i8(..), eighths(rng)),
        _ => Adjacent::Struct { wrapped: wrapped(rng), marker: Marker },
    }
}

fn untagged(rng: &mut Rng, depth: u32) -> Untagged {
    match rng.u32(0..if depth == 0 { 3 } else { 5 }) {
        0 => Untagged::Number(rng.i64(..)),
        1 => Untagged::Real(eighths(rng).floor() + 0.5),
        2 => Untagged::Text(text(rng)),
        3 => Untagged::List(several(rng, |rng| untagged(rng, depth - 1))),
        _ => Untagged::Struct { inner: maybe(rng, inner) },
    }
}

fn wrapped(rng: &mut Rng) -> Wrapped {
    Wrapped(maybe(rng, |rng| rng.u8(..)))
}

fn colour(rng: &mut Rng) -> Colour {
    if rng.bool() { Colour::Red } else { Colour::BlueGreen }
}

fn nested(rng: &mut Rng) -> Nested {
    Nested {
        plain_option: maybe(rng, text),
        with_default: maybe(rng, |rng| rng.u32(..)),
        as_hex: rng.u32(..),
        list: several(rng, |rng| rng.i16(..)),
        deeper: maybe(rng, |rng| Box::new(inner(rng))),
        skipped: 0,
    }
}

fn beside(rng: &mut Rng) -> Beside {
    match rng.u8(0..3) {
        0 => Beside::Nothing,
        1 => Beside::Something(maybe(rng, |rng| rng.u8(..))),
        _ => Beside::Several { x: maybe(rng, |rng| rng.i32(..)), y: rng.u8(..) },
    }
}

fn everything(rng: &mut Rng, id: u32) -> Everything {
    Everything {
        id,
        external: external(rng, 3),
        internal: internal(rng),
        adjacent: adjacent(rng),
        untagged: untagged(rng, 3),
        nested: nested(rng),
        optional_nested: maybe(rng, nested),
        nested_list: several(rng, nested),
        nested_by_name: several(rng, |rng| (name(rng), nested(rng))),
        by_number: several(rng, |rng| (rng.i16(..), maybe(rng, |rng| several(rng, |rng| rng.u8(..))))),
        by_truth: several(rng, |rng| (rng.bool(), wrapped(rng))),
        by_colour: several(rng, |rng| (colour(rng), several(rng, |rng| maybe(rng, colour)))),
        set: several(rng, |rng| rng.u8(..)),
        tuple: (rng.i32(..), maybe(rng, text), (rng.u8(..), rng.u8(..))),
        unit: (),
        marker: Marker,
        wrapped: wrapped(rng),
        letter: rng.char(..),
        wide: rng.i64(..).into(),
        large: rng.u64(..),
        small: eighths(rng) as f32,
        bytes: several(rng, |rng| rng.u8(..)),
        array: [rng.u8(..), 0, rng.u8(..)],
        numbers: several(rng, |rng| rng.u16(0..300)),
        with_default: maybe(rng, |rng| rng.u32(..)),
        as_hex: rng.u32(..),
        mostly_empty: text(rng),
        json: json(rng, 3),
        beside: beside(rng),
        rest: several(rng, |rng| (name(rng), json(rng, 2))),
    }
}

/// That a record is equal to this one in every field that can be compared.
fn same(one: &Everything) -> reposit::Condition<Everything> {
    let given = |option: &Option<Nested>| match option {
        Some(nested) => Everything::OPTIONAL_NESTED.eq(nested),
        None => Everything::OPTIONAL_NESTED.missing(),
    };
    let default = match one.with_default {
        Some(n) => Everything::WITH_DEFAULT.eq(n),
        None => Everything::WITH_DEFAULT.missing(),
    };
    Everything::EXTERNAL.eq(&one.external)
        & Everything::INTERNAL.eq(&one.internal)
        & Everything::ADJACENT.eq(&one.adjacent)
        & Everything::UNTAGGED.eq(&one.untagged)
        & Everything::NESTED.eq(&one.nested)
        & given(&one.optional_nested)
        & Everything::NESTED_LIST.eq(&one.nested_list)
        & Everything::NESTED_BY_NAME.eq(&one.nested_by_name)
        & Everything::LETTER.eq(one.letter)
        & Everything::LARGE.eq(one.large)
        & Everything::SMALL.eq(one.small)
        & Everything::BYTES.eq(&one.bytes)
        & Everything::ARRAY.eq(&one.array)
        & Everything::NUMBERS.eq(&one.numbers)
        & Everything::AS_HEX.eq(one.as_hex)
        & default
}

async fn every_shape_is_read_as_it_was_written(t: Test) {
    let db = t.with::<Everything>().await;
    let count = if t.is_embedded() { 300 } else { 25 };
    let mut rng = Rng::with_seed(20);
    let mut all = Vec::new();
    for id in 0..count {
        let one = everything(&mut rng, id);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Everything>(&text).unwrap(), one, "serde_json");
        if id % 2 == 0 {
            Everything::put(&one).exec(db).await.unwrap();
        } else {
            // What an update leaves is what a put stores.
            let (rest, beside) = (one.rest.clone(), one.beside.clone());
            let other = Everything { rest, beside, ..everything(&mut rng, id) };
            Everything::put(&other).exec(db).await.unwrap();
            update(db, &one).await;
        }
        let stored = Everything::get(id).exec(db).await.unwrap().unwrap();
        let one = if id % 2 == 0 { one } else { with_comparable(&stored, &one) };
        assert_eq!(stored, one, "get {id}");
        let found = Everything::scan().filter(Everything::ID.eq(id) & same(&one)).all(db).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&one), "filter {id}");
        all.push(one);
    }
    let mut scanned = Everything::scan().all(db).await.unwrap();
    scanned.sort_by_key(|one| one.id);
    assert_eq!(scanned, all);
}

/// What an update cannot set is as it is stored.
fn with_comparable(stored: &Everything, one: &Everything) -> Everything {
    Everything {
        by_number: stored.by_number.clone(),
        by_truth: stored.by_truth.clone(),
        by_colour: stored.by_colour.clone(),
        set: stored.set.clone(),
        tuple: stored.tuple.clone(),
        wide: stored.wide,
        mostly_empty: stored.mostly_empty.clone(),
        json: stored.json.clone(),
        ..one.clone()
    }
}

/// Sets every field that can be set.
async fn update(db: &reposit::Database, one: &Everything) {
    let update = Everything::update(one.id)
        .set(Everything::EXTERNAL, &one.external)
        .set(Everything::INTERNAL, &one.internal)
        .set(Everything::ADJACENT, &one.adjacent)
        .set(Everything::UNTAGGED, &one.untagged)
        .set(Everything::NESTED, &one.nested)
        .set(Everything::NESTED_LIST, &one.nested_list)
        .set(Everything::NESTED_BY_NAME, &one.nested_by_name)
        .set(Everything::MARKER, &one.marker)
        .set(Everything::WRAPPED, &one.wrapped)
        .set(Everything::LETTER, one.letter)
        .set(Everything::LARGE, one.large)
        .set(Everything::SMALL, one.small)
        .set(Everything::BYTES, &one.bytes)
        .set(Everything::ARRAY, &one.array)
        .set(Everything::NUMBERS, &one.numbers)
        .set(Everything::AS_HEX, one.as_hex);
    let update = match &one.optional_nested {
        Some(nested) => update.set(Everything::OPTIONAL_NESTED, nested),
        None => update.remove(Everything::OPTIONAL_NESTED),
    };
    let update = match one.with_default {
        Some(n) => update.set(Everything::WITH_DEFAULT, n),
        None => update.remove(Everything::WITH_DEFAULT),
    };
    update.exec(db).await.unwrap();
}
