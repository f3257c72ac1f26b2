use std::collections::{BTreeMap, HashMap};

use reposit::{Embedded, FieldType, Repository};
use serde::{Deserialize, Serialize};

use crate::test::Test;

cases!(
    serde_decides_the_names,
    everything_serde_writes_comes_back,
    flattened_fields_are_stored_beside_the_others,
    numbers_keep_their_digits,
    a_null_is_a_missing_field,
    enums_of_every_representation_compare,
    hostile_field_names_are_only_names,
    nested_instants_keep_their_order,
);

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(n: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{n:08x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[hash_key]
    #[serde(rename = "pk")]
    id: String,
    #[index(range = "made_at")]
    owner_name: String,
    made_at: i64,
    #[serde(with = "hex")]
    color: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip)]
    cached: u32,
    r#type: String,
}

async fn serde_decides_the_names(t: Test) {
    let names: Vec<_> = Named::definition().fields().iter().map(|f| f.name).collect();
    assert_eq!(names, ["pk", "ownerName", "madeAt", "color", "notes", "type"]);
    let db = t.with::<Named>().await;
    let named = Named {
        id: "1".into(),
        owner_name: "ada".into(),
        made_at: 3,
        color: 0xff,
        notes: vec![],
        cached: 0,
        r#type: "t".into(),
    };
    Named::create(&Named { cached: 9, ..named.clone() }).exec(db).await.unwrap();
    assert_eq!(Named::get("1").exec(db).await.unwrap(), Some(named.clone()));
    assert_eq!(Named::find_by_owner_name("ada").range(3..).all(db).await.unwrap(), std::slice::from_ref(&named));
    assert_eq!(
        Named::scan()
            .filter(Named::COLOR.eq(0xff) & Named::TYPE.eq("t") & Named::NOTES.missing())
            .count(db)
            .await
            .unwrap(),
        1
    );
    assert_eq!(Named::scan().filter(Named::COLOR.is_in([1, 2])).count(db).await.unwrap(), 0);
    let changed = Named::update("1").set(Named::COLOR, 0xabc).append(Named::NOTES, ["x"]).exec(db).await.unwrap();
    assert_eq!((changed.color, changed.notes), (0xabc, vec!["x".to_owned()]));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Rect { w: u8, h: Option<u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Animal {
    Cat { lives: u8 },
    Dog { name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Real(f64),
    Text(String),
    List(Vec<Loose>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Bag {
    #[hash_key]
    id: String,
    shape: Shape,
    shapes: Vec<Shape>,
    animal: Animal,
    loose: Vec<Loose>,
    pair: (i32, String),
    array: [u16; 3],
    unit: Option<()>,
    optional_list: Vec<Option<i32>>,
    numbers: HashMap<u32, bool>,
    nested: BTreeMap<String, BTreeMap<String, Vec<i64>>>,
    letter: char,
    small: f32,
    bytes: Vec<u8>,
    no_bytes: Vec<u8>,
    boxed: Box<(u8, String)>,
    json: serde_json::Value,
}

async fn everything_serde_writes_comes_back(t: Test) {
    let db = t.with::<Bag>().await;
    let shapes = vec![Shape::Point, Shape::Circle(1.0), Shape::Line(-1, 2), Shape::Rect { w: 1, h: None }];
    for (n, shape) in shapes.iter().enumerate() {
        let bag = Bag {
            id: n.to_string(),
            shape: shape.clone(),
            shapes: shapes.clone(),
            animal: if n % 2 == 0 { Animal::Cat { lives: 9 } } else { Animal::Dog { name: "Rex".into() } },
            loose: vec![
                Loose::Number(1),
                Loose::Real(1.5),
                Loose::Text("1".into()),
                Loose::List(vec![Loose::Number(-1)]),
            ],
            pair: (-5, String::new()),
            array: [0, 1, 65535],
            unit: None,
            optional_list: vec![Some(1), None, Some(-1)],
            numbers: HashMap::from([(7, true), (u32::MAX, false)]),
            nested: BTreeMap::from([
                ("a".into(), BTreeMap::from([("b".into(), vec![i64::MIN, i64::MAX])])),
                (String::from("e"), BTreeMap::new()),
            ]),
            letter: 'ß',
            small: 0.1,
            bytes: vec![0, 255],
            no_bytes: vec![],
            boxed: Box::new((1, "in a box".into())),
            json: serde_json::json!({ "a": [1, "x", { "b": true }], "n": -3 }),
        };
        Bag::create(&bag).exec(db).await.unwrap();
        assert_eq!(Bag::get(&bag.id).exec(db).await.unwrap(), Some(bag.clone()));
        let same = Bag::scan()
            .filter(Bag::SHAPE.eq(shape) & Bag::BYTES.eq(&[0, 255]) & Bag::NO_BYTES.eq(&[]))
            .all(db)
            .await
            .unwrap();
        assert_eq!(same, [bag]);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Audit {
    made_by: String,
    #[serde(rename = "why")]
    reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Audited {
    #[hash_key]
    id: String,
    #[serde(flatten)]
    audit: Audit,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

async fn flattened_fields_are_stored_beside_the_others(t: Test) {
    let db = t.with::<Audited>().await;
    let record = Audited {
        id: "1".into(),
        audit: Audit { made_by: "ada".into(), reason: None },
        rest: BTreeMap::from([("other".into(), "x".into())]),
    };
    Audited::create(&record).exec(db).await.unwrap();
    assert_eq!(Audited::get("1").exec(db).await.unwrap(), Some(record.clone()));
    let by_ada = Audited::scan().filter(Audited::AUDIT.at(Audit::MADE_BY).eq("ada"));
    assert_eq!(by_ada.all(db).await.unwrap(), [record]);
    let changed = Audited::update("1").set(Audited::AUDIT.at(Audit::REASON), "because").exec(db).await.unwrap();
    assert_eq!(changed.audit.reason.as_deref(), Some("because"));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Numbers {
    #[hash_key]
    id: u64,
    i: i64,
    u: u64,
    f: f64,
    s: f32,
}

async fn numbers_keep_their_digits(t: Test) {
    let db = t.with::<Numbers>().await;
    let floats = [
        0.0,
        -0.0,
        0.1,
        1.0 / 3.0,
        1e125,
        -1e-130,
        123_456_789.123_456_79,
        9_007_199_254_740_993.0,
        1e20,
        5e-100,
        f64::from(f32::MAX),
        2.5,
    ];
    let ints = [0, 1, -1, i64::MAX, i64::MIN, (1 << 53) + 1, -(1 << 53) - 1];
    for (id, f) in floats.into_iter().enumerate() {
        let i = ints[id % ints.len()];
        let record = Numbers { id: id as u64, i, u: u64::MAX - id as u64, f, s: 0.1 * id as f32 };
        Numbers::create(&record).exec(db).await.unwrap();
        assert_eq!(Numbers::get(record.id).exec(db).await.unwrap(), Some(record.clone()));
        let found = Numbers::scan()
            .filter(Numbers::ID.eq(record.id) & Numbers::F.eq(f) & Numbers::I.eq(i) & Numbers::S.eq(record.s));
        assert_eq!(found.all(db).await.unwrap(), [record]);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Maybe {
    #[hash_key]
    id: String,
    a: Option<String>,
    b: Option<Vec<i32>>,
}

async fn a_null_is_a_missing_field(t: Test) {
    let db = t.with::<Maybe>().await;
    let none = Maybe { id: "1".into(), a: None, b: None };
    Maybe::create(&none).exec(db).await.unwrap();
    assert_eq!(Maybe::scan().filter(Maybe::A.missing() & Maybe::B.missing()).all(db).await.unwrap(), [none]);
    assert_eq!(Maybe::update("1").append(Maybe::B, [1]).exec(db).await.unwrap().b, Some(vec![1]));
    let some = Maybe { id: "1".into(), a: Some(String::new()), b: Some(vec![]) };
    Maybe::put(&some).exec(db).await.unwrap();
    assert_eq!(Maybe::get("1").exec(db).await.unwrap(), Some(some));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Visit {
    at: chrono::DateTime<chrono::Utc>,
    seen: Vec<std::time::SystemTime>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Visitor {
    #[hash_key]
    id: String,
    last: Visit,
    all: Vec<Visit>,
}

async fn nested_instants_keep_their_order(t: Test) {
    let db = t.with::<Visitor>().await;
    let visit = |millis| Visit {
        at: chrono::DateTime::from_timestamp_millis(millis).unwrap(),
        seen: vec![std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis as u64)],
    };
    for (id, millis) in [("a", 1_000), ("b", 1_050), ("c", 1_500)] {
        Visitor::create(&Visitor { id: id.into(), last: visit(millis), all: vec![visit(millis)] })
            .exec(db)
            .await
            .unwrap();
    }
    let early = Visitor::scan().filter(Visitor::LAST.at(Visit::AT).lt(visit(1_500).at)).count(db).await.unwrap();
    assert_eq!(early, 2);
    assert_eq!(Visitor::scan().filter(Visitor::LAST.eq(&visit(1_050))).count(db).await.unwrap(), 1);
    let changed = Visitor::update("a")
        .set(Visitor::LAST.at(Visit::AT), visit(2_000).at)
        .append(Visitor::ALL, [&visit(2_000)])
        .append(Visitor::LAST.at(Visit::SEEN), [visit(2_000).seen[0]])
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.last, Visit { at: visit(2_000).at, seen: vec![visit(1_000).seen[0], visit(2_000).seen[0]] });
    assert_eq!(changed.all, [visit(1_000), visit(2_000)]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    None,
    Some(String),
    Both { a: i64, b: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(tag = "kind")]
enum Internal {
    Cat { lives: u8 },
    Dog { name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Zoo {
    #[hash_key]
    id: u64,
    external: Shape,
    adjacent: Adjacent,
    internal: Internal,
    untagged: Untagged,
}

async fn enums_of_every_representation_compare(t: Test) {
    let db = t.with::<Zoo>().await;
    let zoos = [
        Zoo {
            id: 1,
            external: Shape::Rect { w: 1, h: None },
            adjacent: Adjacent::Both { a: -1, b: true },
            internal: Internal::Cat { lives: 9 },
            untagged: Untagged::Number(7),
        },
        Zoo {
            id: 2,
            external: Shape::Point,
            adjacent: Adjacent::Some("x".into()),
            internal: Internal::Dog { name: "Rex".into() },
            untagged: Untagged::Text("7".into()),
        },
    ];
    Zoo::put_many(&zoos).exec(db).await.unwrap();
    for zoo in &zoos {
        let all = Zoo::EXTERNAL.eq(&zoo.external)
            & Zoo::ADJACENT.eq(&zoo.adjacent)
            & Zoo::INTERNAL.eq(&zoo.internal)
            & Zoo::UNTAGGED.eq(&zoo.untagged)
            & Zoo::ADJACENT.is_in([&Adjacent::None, &zoo.adjacent])
            & Zoo::INTERNAL.ne(&Internal::Cat { lives: 1 });
        assert_eq!(Zoo::scan().filter(all).all(db).await.unwrap(), std::slice::from_ref(zoo));
    }
    // What was set is what it is compared with, and what comes back.
    let moved = Zoo::update(1)
        .set(Zoo::EXTERNAL, &Shape::Line(1, -2))
        .set(Zoo::ADJACENT, &Adjacent::None)
        .set(Zoo::INTERNAL, &Internal::Dog { name: "$x".into() })
        .set(Zoo::UNTAGGED, &Untagged::Text(String::new()))
        .only_if(Zoo::EXTERNAL.eq(&zoos[0].external));
    let moved = moved.exec(db).await.unwrap();
    let is_moved = Zoo::EXTERNAL.eq(&Shape::Line(1, -2)) & Zoo::ADJACENT.eq(&Adjacent::None);
    assert_eq!(Zoo::scan().filter(is_moved).all(db).await.unwrap(), [moved]);
}

/// Words of the servers' languages, and signs that mean something in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Hostile {
    #[hash_key]
    #[serde(rename = "size")]
    id: String,
    #[serde(rename = "hash")]
    #[index(range = "range")]
    hash: String,
    #[serde(rename = "range key")]
    range: u64,
    #[serde(rename = "#name")]
    pound: i64,
    #[serde(rename = ":value")]
    colon: String,
    #[serde(rename = "a$b")]
    dollar: Vec<String>,
    #[serde(rename = "quo'te\"d`")]
    quoted: Option<String>,
    #[serde(rename = "größe")]
    umlaut: u8,
    #[serde(rename = "attribute_exists")]
    function: bool,
}

async fn hostile_field_names_are_only_names(t: Test) {
    let db = t.with::<Hostile>().await;
    let one = Hostile {
        id: "$id".into(),
        hash: "#h".into(),
        range: 3,
        pound: 1,
        colon: ":c".into(),
        dollar: vec!["$a".into()],
        quoted: Some("' OR 1".into()),
        umlaut: 7,
        function: true,
    };
    Hostile::create(&one).exec(db).await.unwrap();
    let all = Hostile::ID.eq("$id")
        & Hostile::POUND.between(0, 2)
        & Hostile::COLON.begins_with(":")
        & Hostile::DOLLAR.contains("$a")
        & Hostile::QUOTED.exists()
        & Hostile::UMLAUT.is_in([7])
        & Hostile::FUNCTION.eq(true)
        & Hostile::RANGE.ge(3);
    assert_eq!(Hostile::scan().filter(all.clone()).all(db).await.unwrap(), std::slice::from_ref(&one));
    let found = Hostile::find_by_hash("#h").range(1..=3).filter(Hostile::COLON.ne("")).all(db).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&one));
    let changed = Hostile::update("$id")
        .add(Hostile::POUND, 4)
        .set(Hostile::COLON, "$colon")
        .append(Hostile::DOLLAR, ["#b"])
        .remove(Hostile::QUOTED)
        .set(Hostile::UMLAUT, 9)
        .only_if(all)
        .exec(db);
    let wanted = Hostile {
        pound: 5,
        colon: "$colon".into(),
        dollar: vec!["$a".into(), "#b".into()],
        quoted: None,
        umlaut: 9,
        ..one
    };
    assert_eq!(changed.await.unwrap(), wanted);
    assert_eq!(Hostile::get("$id").exec(db).await.unwrap(), Some(wanted));
}
