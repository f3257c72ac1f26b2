//! What is written comes back, whatever serde makes of it; what could not come back is refused.

use std::collections::{BTreeMap, HashMap};

use reposit::{ErrorKind, FieldType, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    what_is_nothing_to_serde_comes_back,
    a_variant_that_holds_nothing_comes_back,
    nulls_inside_maps_and_json_come_back,
    bytes_come_back_from_buffered_forms,
    lists_of_small_numbers_are_lists,
    names_that_are_data_are_checked,
    a_name_that_is_written_twice_is_refused,
    a_default_stands_for_what_is_missing,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(Option<i32>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Nothing,
    Text(String),
}

mod upper {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        text.as_ref().map(|text| text.to_uppercase()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(|text| text.to_lowercase()))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    marker: Marker,
    wrapped: Wrapped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Nothings {
    #[hash_key]
    id: String,
    unit: (),
    marker: Marker,
    phantom: std::marker::PhantomData<u8>,
    wrapped: Wrapped,
    either: Either,
    json: serde_json::Value,
    #[serde(with = "upper")]
    upper: Option<String>,
    inner: Inner,
    list: Vec<Inner>,
    #[serde(default)]
    defaulted: u8,
}

async fn what_is_nothing_to_serde_comes_back(t: Test) {
    let db = t.with::<Nothings>().await;
    let inner = Inner { marker: Marker, wrapped: Wrapped(None) };
    let nothings = Nothings {
        id: "1".into(),
        unit: (),
        marker: Marker,
        phantom: std::marker::PhantomData,
        wrapped: Wrapped(None),
        either: Either::Nothing,
        json: serde_json::Value::Null,
        upper: None,
        inner: inner.clone(),
        list: vec![inner.clone(), Inner { wrapped: Wrapped(Some(1)), ..inner }],
        defaulted: 3,
    };
    Nothings::create(&nothings).exec(db).await.unwrap();
    assert_eq!(Nothings::get("1").exec(db).await.unwrap(), Some(nothings.clone()));
    let full = Nothings { either: Either::Text("x".into()), upper: Some("y".into()), ..nothings };
    Nothings::put(&full).exec(db).await.unwrap();
    assert_eq!(Nothings::scan().all(db).await.unwrap(), [full]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
enum Variant {
    One(Option<i32>),
    Two(Option<i32>, ()),
    Three { a: Option<i32> },
    Unit(()),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Holds { variant: Variant, next: Option<Box<Tagged>> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    One(Option<i32>),
    Unit,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Variants {
    #[hash_key]
    id: u32,
    variant: Variant,
    list: Vec<Variant>,
    tagged: Tagged,
    adjacent: Adjacent,
}

async fn a_variant_that_holds_nothing_comes_back(t: Test) {
    let db = t.with::<Variants>().await;
    let all = [Variant::One(None), Variant::Two(None, ()), Variant::Three { a: None }, Variant::Unit(())];
    for (id, variant) in (0..).zip(all.clone()) {
        let record = Variants {
            id,
            variant: variant.clone(),
            list: all.to_vec(),
            tagged: Tagged::Holds { variant: variant.clone(), next: None },
            adjacent: if id == 0 { Adjacent::Unit } else { Adjacent::One(None) },
        };
        Variants::create(&record).exec(db).await.unwrap();
        assert_eq!(Variants::get(id).exec(db).await.unwrap(), Some(record.clone()));
        let found = Variants::scan().filter(Variants::VARIANT.eq(&variant)).all(db).await.unwrap();
        assert_eq!(found, [record]);
        let set = Variants::update(id).set(Variants::VARIANT, &Variant::One(None)).exec(db).await.unwrap();
        assert_eq!(set.variant, Variant::One(None));
        Variants::update(id).set(Variants::VARIANT, &Variant::Three { a: Some(1) }).exec(db).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Maps {
    #[hash_key]
    id: String,
    map: BTreeMap<String, Option<i64>>,
    deep: HashMap<u8, BTreeMap<String, Option<String>>>,
    json: serde_json::Value,
    list: Vec<Option<BTreeMap<String, Option<bool>>>>,
}

async fn nulls_inside_maps_and_json_come_back(t: Test) {
    let db = t.with::<Maps>().await;
    let maps = Maps {
        id: "1".into(),
        map: BTreeMap::from([("a".into(), None), ("b".into(), Some(1))]),
        deep: HashMap::from([(1, BTreeMap::from([("x".into(), None)])), (2, BTreeMap::new())]),
        json: serde_json::json!({ "a": null, "b": [null, { "c": null }], "d": {} }),
        list: vec![None, Some(BTreeMap::from([("y".into(), None)]))],
    };
    Maps::create(&maps).exec(db).await.unwrap();
    assert_eq!(Maps::get("1").exec(db).await.unwrap(), Some(maps.clone()));
    let count = async |condition| Maps::scan().filter(condition).count(db).await.unwrap();
    assert_eq!(count(Maps::MAP.eq(&maps.map)).await, 1);
    assert_eq!(count(Maps::MAP.entry("a").missing()).await, 1);
    assert_eq!(count(Maps::MAP.entry("a").exists()).await, 0);
    assert_eq!(count(Maps::MAP.entry("a").ne(1)).await, 1);
    assert_eq!(count(Maps::MAP.entry("a").lt(1)).await, 0);
    assert_eq!(count(Maps::MAP.size().eq(2)).await, 1);
    let changed = Maps::update("1").add(Maps::MAP.entry("a"), 3).exec(db).await.unwrap();
    assert_eq!(changed.map, BTreeMap::from([("a".into(), Some(3)), ("b".into(), Some(1))]));
    Maps::put(&maps).exec(db).await.unwrap();
    let changed = Maps::update("1").remove(Maps::MAP.entry("a")).exec(db).await.unwrap();
    assert_eq!(changed.map, BTreeMap::from([("b".into(), Some(1))]));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Blob {
    bytes: Vec<u8>,
    float: f64,
    big: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Kept {
    Blob(Blob),
    Three { three: [u8; 3] },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Bytes(Vec<u8>),
    Blob(Blob),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Buffered {
    #[hash_key]
    id: u32,
    #[serde(flatten)]
    blob: Blob,
    kept: Vec<Kept>,
    loose: Vec<Loose>,
}

async fn bytes_come_back_from_buffered_forms(t: Test) {
    let db = t.with::<Buffered>().await;
    for (id, bytes) in (0..).zip([vec![], vec![7], vec![0, 255, 3]]) {
        let blob = Blob { bytes: bytes.clone(), float: 2.0, big: u64::MAX };
        let record = Buffered {
            id,
            blob: blob.clone(),
            kept: vec![Kept::Blob(blob.clone()), Kept::Three { three: [1, 2, 255] }],
            loose: vec![Loose::Bytes(bytes), Loose::Blob(blob)],
        };
        Buffered::create(&record).exec(db).await.unwrap();
        assert_eq!(Buffered::get(id).exec(db).await.unwrap(), Some(record));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(transparent)]
struct Level(u8);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Levels {
    #[hash_key]
    id: String,
    levels: Vec<Level>,
    deep: Vec<Vec<Level>>,
}

async fn lists_of_small_numbers_are_lists(t: Test) {
    let db = t.with::<Levels>().await;
    let levels = Levels { id: "1".into(), levels: vec![Level(1), Level(2)], deep: vec![vec![Level(3)]] };
    Levels::create(&levels).exec(db).await.unwrap();
    let count = async |condition| Levels::scan().filter(condition).count(db).await.unwrap();
    assert_eq!(count(Levels::LEVELS.contains(&Level(2))).await, 1);
    assert_eq!(count(Levels::LEVELS.contains(&Level(3))).await, 0);
    assert_eq!(count(Levels::LEVELS.nth(0).eq(&Level(1))).await, 1);
    assert_eq!(count(Levels::LEVELS.eq(&[Level(1), Level(2)])).await, 1);
    assert_eq!(count(Levels::DEEP.contains(&[Level(3)])).await, 1);
    let changed = Levels::update("1")
        .append(Levels::LEVELS, [&Level(9)])
        .set(Levels::DEEP.nth(0).nth(0), &Level(4))
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.levels, [Level(1), Level(2), Level(9)]);
    assert_eq!(changed.deep, [[Level(4)]]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Open {
    #[hash_key]
    id: String,
    count: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

async fn names_that_are_data_are_checked(t: Test) {
    let db = t.with::<Open>().await;
    for name in ["", "$set", "a.b", "_reposit_expires", "_reposit_stamp", "_id", "a\0b", &"x".repeat(256)] {
        let open = Open { id: "1".into(), count: 0, rest: BTreeMap::from([(name.to_owned(), "v".to_owned())]) };
        let error = Open::put(&open).exec(db).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}: {error}");
    }
    Open::create(&Open { id: "1".into(), count: 0, rest: BTreeMap::new() }).exec(db).await.unwrap();
    for name in ["", "$set", "a.b", "_reposit_expires", "_reposit_stamp", "_id", "a\0b", "id", "count"] {
        let error = Open::update("1").set(Open::REST.entry(name), "x").exec(db).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}: {error}");
    }
    let changed = Open::update("1").set(Open::REST.entry("größe"), "x").exec(db).await.unwrap();
    assert_eq!(changed.rest, BTreeMap::from([("größe".into(), "x".into())]));
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Number(u32),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Doubled {
    #[hash_key]
    id: String,
    names: BTreeMap<Name, u8>,
}

async fn a_name_that_is_written_twice_is_refused(t: Test) {
    let db = t.with::<Open>().await;
    let open = Open { id: "1".into(), count: 0, rest: BTreeMap::from([("id".into(), "2".into())]) };
    let error = Open::create(&open).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(Open::scan().count(db).await.unwrap(), 0);
    let db = t.with::<Doubled>().await;
    let names = BTreeMap::from([(Name::Number(1), 1), (Name::Text("1".into()), 2)]);
    assert_eq!(kind(Doubled::create(&Doubled { id: "1".into(), names }).exec(db).await), ErrorKind::InvalidInput);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "grown")]
struct Young {
    #[hash_key]
    id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "grown")]
struct Grown {
    #[hash_key]
    id: String,
    #[serde(default = "seven")]
    count: i64,
    note: Option<String>,
    #[serde(default)]
    marker: Option<Marker>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "grown")]
struct Stricter {
    #[hash_key]
    id: String,
    text: String,
}

fn seven() -> i64 {
    7
}

async fn a_default_stands_for_what_is_missing(t: Test) {
    let db = t.with::<Young>().await;
    Young::create(&Young { id: "1".into() }).exec(db).await.unwrap();
    let grown = Grown { id: "1".into(), count: 7, note: None, marker: None };
    assert_eq!(Grown::get("1").exec(db).await.unwrap(), Some(grown));
    let error = Stricter::get("1").exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!(error.message().contains("text is missing"), "{error}");
}
