//! What is stored of sets, and read again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::SystemTime;

use reposit::{Embedded, ErrorKind, FieldType, Projection, Repository};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Guest, Level, at, empty, full, texts};
use crate::test::{Test, kind};

cases!(
    sets_come_back_as_they_were,
    empty_sets_beside_instants_and_days_are_read_as_empty,
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
