//! What is written is read as it was: nulls that are data, a `None` whose default is something else, and
//! types whose visitors take one kind of number.

use std::collections::BTreeMap;
use std::fmt;

use reposit::{Embedded, ErrorKind, FieldType, Repository};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::test::{Test, kind};

cases!(
    a_number_is_given_as_its_visitor_takes_it,
    a_flattened_variant_without_data_comes_back,
    nulls_of_flattened_maps_come_back,
    a_none_is_no_default,
    a_none_below_the_record_is_no_default,
    a_none_of_a_plain_struct_is_no_default,
    a_none_in_an_index_needs_no_default,
    an_upsert_keeps_nothing_too,
);

/// Reads `u64`s alone, as the types of many crates do.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Unsigned(u8);

/// Reads `i64`s alone.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Signed(i8);

macro_rules! picky {
    ($name:ident $inner:ty, $write:ident, $read:ident, $visit:ident $wide:ty) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Picky;
                impl Visitor<'_> for Picky {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(stringify!($wide))
                    }
                    fn $visit<E: de::Error>(self, n: $wide) -> Result<$name, E> {
                        <$inner>::try_from(n).map($name).map_err(E::custom)
                    }
                }
                deserializer.$read(Picky)
            }
        }
    };
}

picky!(Unsigned u8, serialize_u8, deserialize_u8, visit_u64 u64);
picky!(Signed i8, serialize_i8, deserialize_i8, visit_i64 i64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Bill {
    #[hash_key]
    id: String,
    month: time::Month,
    day: time::Weekday,
    months: Vec<time::Month>,
    by_month: BTreeMap<String, time::Month>,
    unsigned: Unsigned,
    unsigned_list: Vec<Unsigned>,
    signed: Signed,
    signed_list: Vec<Signed>,
    large: i128,
    huge: u128,
    either: Result<u8, i8>,
}

async fn a_number_is_given_as_its_visitor_takes_it(t: Test) {
    let db = t.with::<Bill>().await;
    let bill = Bill {
        id: "a".into(),
        month: time::Month::May,
        day: time::Weekday::Monday,
        months: vec![time::Month::January, time::Month::December],
        by_month: [("x".into(), time::Month::June)].into(),
        unsigned: Unsigned(200),
        unsigned_list: vec![Unsigned(0), Unsigned(255)],
        signed: Signed(100),
        signed_list: vec![Signed(-128), Signed(0), Signed(127)],
        large: i128::from(i64::MIN),
        huge: u128::from(u64::MAX),
        either: Err(-7),
    };
    Bill::put(&bill).exec(db).await.unwrap();
    assert_eq!(Bill::get("a").exec(db).await.unwrap(), Some(bill.clone()));
    assert_eq!(Bill::scan().all(db).await.unwrap(), [bill]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Draft,
    Live(String),
    Gone { why: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Post {
    #[hash_key]
    id: u32,
    title: Option<String>,
    #[serde(flatten)]
    state: State,
}

async fn a_flattened_variant_without_data_comes_back(t: Test) {
    let db = t.with::<Post>().await;
    let states = [State::Draft, State::Live("x".into()), State::Gone { why: None }];
    for (id, state) in (0..).zip(states) {
        let post = Post { id, title: None, state };
        Post::put(&post).exec(db).await.unwrap();
        assert_eq!(Post::get(id).exec(db).await.unwrap(), Some(post.clone()));
        let titled = Post::update(id).set(Post::TITLE, "t").exec(db).await.unwrap();
        assert_eq!(titled, Post { title: Some("t".into()), ..post.clone() });
        Post::put_many(std::slice::from_ref(&post)).exec(db).await.unwrap();
        assert_eq!(Post::scan().filter(Post::TITLE.missing() & Post::ID.eq(id)).all(db).await.unwrap(), [post]);
    }
}

/// A map that does not tell its length before it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Untold(BTreeMap<String, Option<u8>>);

impl Serialize for Untold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.end()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapper {
    note: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<u8>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Doc {
    #[hash_key]
    id: String,
    note: Option<String>,
    untold: Untold,
    wrapper: Wrapper,
    #[serde(flatten)]
    extra: BTreeMap<String, serde_json::Value>,
}

async fn nulls_of_flattened_maps_come_back(t: Test) {
    let db = t.with::<Doc>().await;
    let nulls: BTreeMap<_, _> = [("x".to_owned(), None), ("y".to_owned(), Some(1))].into();
    let doc = Doc {
        id: "a".into(),
        note: None,
        untold: Untold(nulls.clone()),
        wrapper: Wrapper { note: None, rest: nulls },
        extra: [("nick".into(), serde_json::Value::Null), ("n".into(), serde_json::json!({ "deep": null }))].into(),
    };
    Doc::create(&doc).exec(db).await.unwrap();
    assert_eq!(Doc::get("a").exec(db).await.unwrap(), Some(doc.clone()));
    assert_eq!(Doc::scan().filter(Doc::NOTE.missing()).all(db).await.unwrap(), std::slice::from_ref(&doc));
    let noted = Doc::update("a").set(Doc::NOTE, "n").exec(db).await.unwrap();
    assert_eq!(noted, Doc { note: Some("n".into()), ..doc.clone() });
    assert_eq!(Doc::update("a").remove(Doc::NOTE).exec(db).await.unwrap(), doc);
}

fn ten() -> Option<u32> {
    Some(10)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Plan {
    #[hash_key]
    id: String,
    #[serde(default = "ten")]
    limit: Option<u32>,
    #[serde(default)]
    plain: Option<u32>,
    other: Option<u32>,
}

async fn a_none_is_no_default(t: Test) {
    let db = t.with::<Plan>().await;
    let unlimited = Plan { id: "a".into(), limit: None, plain: None, other: None };
    let limited = Plan { id: "b".into(), limit: Some(3), plain: Some(0), other: Some(1) };
    Plan::put(&unlimited).exec(db).await.unwrap();
    Plan::put_many(std::slice::from_ref(&limited)).exec(db).await.unwrap();
    assert_eq!(Plan::get("a").exec(db).await.unwrap(), Some(unlimited.clone()));
    assert_eq!(Plan::scan().filter(Plan::LIMIT.missing()).all(db).await.unwrap(), std::slice::from_ref(&unlimited));
    assert_eq!(Plan::scan().filter(Plan::LIMIT.exists()).all(db).await.unwrap(), std::slice::from_ref(&limited));
    assert_eq!(Plan::scan().filter(Plan::LIMIT.lt(100)).count(db).await.unwrap(), 1);
    assert_eq!(Plan::scan().filter(Plan::LIMIT.ne(3)).count(db).await.unwrap(), 1);

    let removed = Plan::update("b").remove(Plan::LIMIT).remove(Plan::PLAIN).exec(db).await.unwrap();
    assert_eq!(removed, Plan { limit: None, plain: None, ..limited });
    assert_eq!(Plan::get("b").exec(db).await.unwrap(), Some(removed.clone()));
    assert_eq!(Plan::scan().filter(Plan::LIMIT.missing()).count(db).await.unwrap(), 2);
    // Nothing is what it counts from, and not the default.
    let added = Plan::update("b").add(Plan::LIMIT, 5).only_if(Plan::LIMIT.missing()).exec(db).await.unwrap();
    assert_eq!(added.limit, Some(5));
    db.transaction()
        .add(Plan::update("b").remove(Plan::LIMIT))
        .add(Plan::update("a").set(Plan::LIMIT, 1))
        .commit()
        .await
        .unwrap();
    assert_eq!(
        Plan::get_many(["a", "b"])
            .exec(db)
            .await
            .unwrap()
            .into_iter()
            .flatten()
            .map(|plan| plan.limit)
            .collect::<Vec<_>>(),
        [Some(1), None]
    );
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Quota {
    name: Option<String>,
    #[serde(default = "ten")]
    limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
#[serde(default)]
struct Settings {
    quota: Option<Quota>,
    level: Option<u32>,
    quiet: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { quota: None, level: Some(1), quiet: None }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Shop {
    #[hash_key]
    id: u32,
    quota: Quota,
    quotas: Vec<Quota>,
    settings: Settings,
    by_name: BTreeMap<String, Quota>,
    #[serde(flatten)]
    beside: Settings2,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Settings2 {
    #[serde(default = "ten")]
    size: Option<u32>,
    colour: Option<String>,
}

async fn a_none_below_the_record_is_no_default(t: Test) {
    let db = t.with::<Shop>().await;
    let quota = Quota { name: None, limit: None };
    let settings = Settings { quota: Some(quota.clone()), level: None, quiet: None };
    let beside = Settings2 { size: None, colour: None };
    let by_name = BTreeMap::from([("q".to_owned(), quota.clone())]);
    let shop = Shop { id: 1, quota: quota.clone(), quotas: vec![quota.clone()], settings, by_name, beside };
    Shop::put(&shop).exec(db).await.unwrap();
    assert_eq!(Shop::get(1).exec(db).await.unwrap(), Some(shop.clone()));
    let same = Shop::QUOTA.eq(&quota)
        & Shop::SETTINGS.eq(&shop.settings)
        & Shop::QUOTAS.contains(&quota)
        & Shop::BY_NAME.entry("q").eq(&quota)
        & Shop::QUOTA.at(Quota::LIMIT).missing()
        & Shop::BESIDE.at(Settings2::SIZE).missing();
    assert_eq!(Shop::scan().filter(same.clone()).all(db).await.unwrap(), std::slice::from_ref(&shop));

    let limit = || Shop::SETTINGS.at(Settings::QUOTA).at(Quota::LIMIT);
    let set = Shop::update(1)
        .set(Shop::QUOTA.at(Quota::LIMIT), 4)
        .set(Shop::QUOTA.at(Quota::NAME), "n")
        .set(Shop::SETTINGS.at(Settings::LEVEL), 9)
        .set(limit(), 3)
        .set(Shop::BESIDE.at(Settings2::SIZE), 8)
        .set(Shop::BESIDE.at(Settings2::COLOUR), "red")
        .exec(db)
        .await
        .unwrap();
    assert_eq!((set.quota.limit, set.settings.level, set.beside.size), (Some(4), Some(9), Some(8)));
    let back = Shop::update(1)
        .remove(Shop::QUOTA.at(Quota::LIMIT))
        .remove(Shop::QUOTA.at(Quota::NAME))
        .remove(Shop::SETTINGS.at(Settings::LEVEL))
        .remove(limit())
        .remove(Shop::BESIDE.at(Settings2::SIZE))
        .remove(Shop::BESIDE.at(Settings2::COLOUR))
        .exec(db)
        .await
        .unwrap();
    assert_eq!(back, shop);
    // What was removed is stored as what was put.
    assert_eq!(Shop::scan().filter(same).all(db).await.unwrap(), [shop]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Inner {
    #[serde(default = "ten")]
    limit: Option<u32>,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
enum Kind {
    Of {
        #[serde(default = "ten")]
        limit: Option<u32>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Plain {
    #[hash_key]
    id: u32,
    inner: Inner,
    kind: Kind,
    list: Vec<Inner>,
    pair: (Inner, Option<Inner>),
    #[serde(default)]
    spare: Option<Inner>,
}

async fn a_none_of_a_plain_struct_is_no_default(t: Test) {
    let db = t.with::<Plain>().await;
    let inner = Inner { limit: None, note: None };
    let plain = Plain {
        id: 1,
        inner: inner.clone(),
        kind: Kind::Of { limit: None },
        list: vec![inner.clone(), Inner { limit: Some(1), ..inner.clone() }],
        pair: (inner.clone(), None),
        spare: Some(inner.clone()),
    };
    Plain::put(&plain).exec(db).await.unwrap();
    assert_eq!(Plain::get(1).exec(db).await.unwrap(), Some(plain.clone()));
    let same = Plain::INNER.eq(&inner) & Plain::KIND.eq(&plain.kind) & Plain::LIST.contains(&inner);
    assert_eq!(Plain::scan().filter(same.clone()).all(db).await.unwrap(), std::slice::from_ref(&plain));
    let set = Plain::update(1).set(Plain::INNER, &inner).set(Plain::KIND, &plain.kind).only_if(same).exec(db).await;
    assert_eq!(set.unwrap(), plain);
}

fn nobody() -> Option<String> {
    Some("nobody".into())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Task {
    #[hash_key]
    id: u32,
    #[index]
    #[serde(default = "nobody")]
    owner: Option<String>,
    #[index(unique)]
    #[serde(default)]
    ticket: Option<String>,
}

async fn a_none_in_an_index_needs_no_default(t: Test) {
    let db = t.with::<Task>().await;
    let task = Task { id: 1, owner: Some("ada".into()), ticket: None };
    Task::create(&task).exec(db).await.unwrap();
    let orphan = Task { owner: None, ..task.clone() };
    let error = Task::put(&orphan).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::InvalidInput, Some("by_owner")));
    assert!(error.message().contains("owner is None"), "{error}");
    assert_eq!(kind(Task::update(1).remove(Task::OWNER).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Task::get(1).exec(db).await.unwrap(), Some(task.clone()));
    // A default that is None is what is read where nothing is stored.
    Task::update(1).set(Task::TICKET, "t").exec(db).await.unwrap();
    assert_eq!(Task::update(1).remove(Task::TICKET).exec(db).await.unwrap(), task);
}

async fn an_upsert_keeps_nothing_too(t: Test) {
    let db = t.with::<Plan>().await;
    let made = Plan::upsert("a").set(Plan::OTHER, 1).exec(db).await.unwrap();
    assert_eq!(made, Plan { id: "a".into(), limit: Some(10), plain: None, other: Some(1) });
    Plan::update("a").remove(Plan::LIMIT).exec(db).await.unwrap();
    let kept = Plan::upsert("a").set(Plan::OTHER, 2).exec(db).await.unwrap();
    assert_eq!((kept.limit, kept.other), (None, Some(2)));
    let filled = Plan::upsert("a").default(Plan::LIMIT, 7).exec(db).await.unwrap();
    assert_eq!(filled.limit, Some(7));
}
