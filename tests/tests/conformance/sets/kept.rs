//! What is stored of sets, and read again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::SystemTime;

use ::mongodb::bson::{Bson, Document, doc};
use aws_sdk_dynamodb::types::AttributeValue;
use reposit::{Embedded, ErrorKind, FieldType, Projection, Repository};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Guest, Level, at, empty, full, texts};
use reposit_tests::harness::{Test, kind};

reposit_tests::cases!(
    sets_come_back_as_they_were,
    nothing_is_stored_of_an_empty_set,
    empty_sets_beside_instants_and_days_are_read_as_empty,
    sets_are_kept_as_such,
    defaults_and_projections_of_sets,
    other_sets_are_lists,
    empty_bytes_cannot_be_in_a_set,
);

async fn sets_come_back_as_they_were(t: Test) {
    let db = t.with::<Guest>().await;
    let (a, b) = (full("a"), empty("b"));
    Guest::create(&a).exec(db).await.unwrap();
    Guest::put(&b).exec(db).await.unwrap();
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(a.clone()));
    assert_eq!(Guest::get("b").exec(db).await.unwrap(), Some(b.clone()));
    let mut all = Guest::scan().all(db).await.unwrap();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(all, [a.clone(), b.clone()]);
    assert_eq!(Guest::get_many(["b", "a"]).exec(db).await.unwrap(), [Some(b.clone()), Some(a.clone())]);
    Guest::put_many(&[Guest { id: "a".into(), ..b.clone() }, Guest { id: "b".into(), ..a.clone() }])
        .exec(db)
        .await
        .unwrap();
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(Guest { id: "a".into(), ..b }));
    assert_eq!(Guest::get("b").exec(db).await.unwrap(), Some(Guest { id: "b".into(), ..a }));
}

/// The attributes of a record by name.
async fn stored_names(t: &Test, id: &str) -> Option<Vec<String>> {
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::S(id.to_owned());
        let found = client.get_item().table_name("guests_with_sets").key("id", key).send().await.unwrap();
        return Some(found.item.unwrap().into_keys().collect());
    }
    let database = t.db.raw::<::mongodb::Database>()?;
    let guests = database.collection::<Document>("guests_with_sets");
    Some(guests.find_one(doc! { "_id": id }).await.unwrap().unwrap().into_iter().map(|(name, _)| name).collect())
}

async fn nothing_is_stored_of_an_empty_set(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&empty("e")).exec(db).await.unwrap();
    let is_there = |names: &[String], name: &str| names.iter().any(|other| other == name);
    if let Some(names) = stored_names(&t, "e").await {
        assert!(!is_there(&names, "roles") && !is_there(&names, "numbers") && is_there(&names, "inner"), "{names:?}");
    }
    // An option of a set is none if nothing is stored.
    let some = Guest { maybe: Some(BTreeSet::new()), ..empty("s") };
    Guest::create(&some).exec(db).await.unwrap();
    assert_eq!(Guest::get("s").exec(db).await.unwrap(), Some(empty("s")));
    // A set that is set to an empty one is taken away.
    Guest::create(&full("f")).exec(db).await.unwrap();
    let none = HashSet::new();
    let changed = Guest::update("f").set(Guest::ROLES, &BTreeSet::new()).set(Guest::NUMBERS, &none).exec(db).await;
    let expected = Guest { roles: BTreeSet::new(), numbers: none, ..full("f") };
    assert_eq!(changed.unwrap(), expected);
    if let Some(names) = stored_names(&t, "f").await {
        assert!(!is_there(&names, "roles") && is_there(&names, "large"), "{names:?}");
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Stay {
    until: SystemTime,
    rooms: BTreeSet<u64>,
}

/// A struct of which a part is not stored as serde writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Visit {
    at: Option<SystemTime>,
    day: time::Date,
    tags: BTreeSet<String>,
    times: HashSet<SystemTime>,
    maybe: Option<BTreeSet<u64>>,
    stay: Option<Stay>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visitors")]
struct Visitor {
    #[hash_key]
    id: String,
    visit: Visit,
    more: Option<Visit>,
    all: Vec<Visit>,
    named: BTreeMap<String, Visit>,
}

/// What another program keeps of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visitors")]
struct VisitorAsJson {
    #[hash_key]
    id: String,
    visit: serde_json::Value,
    all: Vec<u8>,
    named: BTreeMap<String, u8>,
}

async fn empty_sets_beside_instants_and_days_are_read_as_empty(t: Test) {
    let db = t.with::<Visitor>().await;
    let day = time::Date::from_ordinal_date(2024, 60).unwrap();
    let empty =
        Visit { at: Some(at(1_500)), day, tags: BTreeSet::new(), times: HashSet::new(), maybe: None, stay: None };
    let full = Visit { tags: texts(&["x"]), times: HashSet::from([at(1), at(2)]), ..empty.clone() };
    let stay = Some(Stay { until: at(7), rooms: BTreeSet::new() });
    let deep = Visit { stay, maybe: Some(BTreeSet::from([7])), ..full.clone() };
    let visitor = Visitor {
        id: "a".into(),
        visit: empty.clone(),
        more: Some(deep.clone()),
        all: vec![full.clone(), empty.clone()],
        named: BTreeMap::from([("x".into(), empty.clone()), ("y".into(), deep)]),
    };
    Visitor::create(&visitor).exec(db).await.unwrap();
    assert_eq!(Visitor::get("a").exec(db).await.unwrap().as_ref(), Some(&visitor));
    let update = Visitor::update("a").set(Visitor::VISIT, &full).set(Visitor::MORE, &empty);
    let update = update.discard(Visitor::ALL.nth(0).at(Visit::TAGS), ["x"]);
    let mut wanted = Visitor { visit: full, more: Some(empty.clone()), ..visitor };
    wanted.all[0].tags.clear();
    assert_eq!(update.exec(db).await.unwrap(), wanted);
    assert_eq!(Visitor::scan().filter(Visitor::MORE.eq(&empty)).all(db).await.unwrap(), [wanted]);

    // A null is no member either.
    let visit = json!({"day": "2024-02-29", "tags": null, "times": null, "maybe": null});
    let other = VisitorAsJson { id: "b".into(), visit, all: vec![], named: BTreeMap::new() };
    VisitorAsJson::create(&other).exec(db).await.unwrap();
    let read = Visitor::get("b").exec(db).await.unwrap().unwrap();
    assert_eq!(read.visit, Visit { at: None, ..empty });
}

async fn sets_are_kept_as_such(t: Test) {
    let db = t.with::<Guest>().await;
    Guest::create(&full("a")).exec(db).await.unwrap();
    let inserted = Guest::update("a").insert(Guest::ROLES, ["c"]).discard(Guest::NUMBERS, [10]).exec(db).await.unwrap();
    assert_eq!(inserted.roles, texts::<BTreeSet<_>>(&["b", "a", "", "ä", "a b", "c"]));
    if let Some(client) = t.db.raw::<aws_sdk_dynamodb::Client>() {
        let key = AttributeValue::S("a".to_owned());
        let found = client.get_item().table_name("guests_with_sets").key("id", key).send().await.unwrap();
        let item = found.item.unwrap();
        for (name, count) in [("roles", 6), ("levels", 2), ("badges", 2), ("ids", 2), ("maybe", 1)] {
            assert_eq!(item[name].as_ss().map(Vec::len).ok(), Some(count), "{name}");
        }
        for (name, count) in [("numbers", 5), ("large", 3), ("small", 3), ("seen", 3)] {
            assert_eq!(item[name].as_ns().map(Vec::len).ok(), Some(count), "{name}");
        }
        for (name, count) in [("data", 4), ("pairs", 2)] {
            assert_eq!(item[name].as_bs().map(Vec::len).ok(), Some(count), "{name}");
        }
        let inner = item["inner"].as_m().unwrap();
        assert!(inner["tags"].is_ss() && inner["marks"].is_ns());
        let listed = item["listed"].as_l().unwrap();
        assert!(listed[0].is_ns() && listed[1].is_l() && listed[2].is_ns());
        assert!(item["named"].as_m().unwrap()["x.$"].is_ss());
    }
    if let Some(database) = t.db.raw::<::mongodb::Database>() {
        let guests = database.collection::<Document>("guests_with_sets");
        let document = guests.find_one(doc! { "_id": "a" }).await.unwrap().unwrap();
        let texts = |items: &[&str]| Bson::from(items.iter().map(|item| Bson::from(*item)).collect::<Vec<_>>());
        assert_eq!(document["roles"], texts(&["", "a", "a b", "b", "c", "ä"]), "sorted, also by the server");
        assert_eq!(document["levels"], texts(&["HIGH", "Low"]));
        assert_eq!(document["seen"].as_array().unwrap().len(), 3);
        assert!(document["seen"].as_array().unwrap().iter().all(|at| matches!(at, Bson::DateTime(_))));
        let numbers: Vec<_> = document["numbers"].as_array().unwrap().iter().filter_map(Bson::as_i64).collect();
        assert_eq!(numbers, [i64::MIN, -1, 0, 3, i64::MAX]);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Defaulted {
    #[hash_key]
    id: String,
    #[serde(default = "admin", rename = "r")]
    roles: BTreeSet<String>,
    #[serde(default)]
    levels: HashSet<Level>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    skipped: BTreeSet<u32>,
    #[serde(alias = "old")]
    named: BTreeSet<String>,
}

fn admin() -> BTreeSet<String> {
    texts(&["admin"])
}

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = Defaulted)]
#[serde(deny_unknown_fields)]
struct Part {
    id: String,
    named: BTreeSet<String>,
}

async fn defaults_and_projections_of_sets(t: Test) {
    let db = t.with::<Defaulted>().await;
    let none = Defaulted {
        id: "1".into(),
        roles: BTreeSet::new(),
        levels: HashSet::new(),
        skipped: BTreeSet::new(),
        named: BTreeSet::new(),
    };
    Defaulted::create(&none).exec(db).await.unwrap();
    assert_eq!(
        Defaulted::get("1").exec(db).await.unwrap(),
        Some(none.clone()),
        "empty, and not what serde has for nothing"
    );
    assert_eq!(Defaulted::scan().filter(Defaulted::ROLES.eq(&BTreeSet::new())).count(db).await.unwrap(), 1);
    let missing = Defaulted::LEVELS.missing() & Defaulted::SKIPPED.missing() & Defaulted::NAMED.missing();
    assert_eq!(Defaulted::scan().filter(missing & Defaulted::ROLES.exists()).count(db).await.unwrap(), 1);
    let changed = Defaulted::update("1").insert(Defaulted::ROLES, ["x"]).insert(Defaulted::NAMED, ["n"]).exec(db).await;
    let some = Defaulted { roles: texts(&["x"]), named: texts(&["n"]), ..none.clone() };
    assert_eq!(changed.unwrap(), some);
    let parts = Defaulted::scan().select::<Part>().all(db).await.unwrap();
    assert_eq!(parts, [Part { id: "1".into(), named: texts(&["n"]) }]);
    let emptied = Defaulted::update("1").set(Defaulted::ROLES, &BTreeSet::new()).discard(Defaulted::NAMED, ["n"]);
    assert_eq!(emptied.exec(db).await.unwrap(), none);
    let parts = Defaulted::scan().select::<Part>().all(db).await.unwrap();
    assert_eq!(parts, [Part { id: "1".into(), named: BTreeSet::new() }]);
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, FieldType)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Plot {
    #[hash_key]
    id: String,
    points: BTreeSet<Point>,
    flags: BTreeSet<bool>,
}

async fn other_sets_are_lists(t: Test) {
    let db = t.with::<Plot>().await;
    let points = BTreeSet::from([Point { x: 1, y: 2 }, Point { x: 0, y: 5 }]);
    let plot = Plot { id: "1".into(), points, flags: BTreeSet::from([true, false]) };
    Plot::create(&plot).exec(db).await.unwrap();
    assert_eq!(Plot::get("1").exec(db).await.unwrap(), Some(plot.clone()));
    let same = Plot::POINTS.eq(&plot.points) & Plot::FLAGS.eq(&plot.flags);
    assert_eq!(Plot::scan().filter(same).count(db).await.unwrap(), 1);
    let empty = Plot { points: BTreeSet::new(), flags: BTreeSet::new(), ..plot };
    Plot::put(&empty).exec(db).await.unwrap();
    assert_eq!(Plot::get("1").exec(db).await.unwrap(), Some(empty));
    let exists = Plot::POINTS.exists() & Plot::FLAGS.exists();
    assert_eq!(Plot::scan().filter(exists).count(db).await.unwrap(), 1, "an empty list is there");
}

async fn empty_bytes_cannot_be_in_a_set(t: Test) {
    let db = t.with::<Guest>().await;
    let guest = Guest { data: BTreeSet::from([vec![], vec![1]]), ..empty("a") };
    let error = Guest::create(&guest).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("data"), "{error}");
    Guest::create(&empty("a")).exec(db).await.unwrap();
    let none: &[u8] = &[];
    for update in [
        Guest::update("a").insert(Guest::DATA, [none]),
        Guest::update("a").discard(Guest::DATA, [&[1], none]),
        Guest::update("a").set(Guest::DATA, &guest.data),
    ] {
        assert_eq!(kind(update.exec(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Guest::get("a").exec(db).await.unwrap(), Some(empty("a")));
}
