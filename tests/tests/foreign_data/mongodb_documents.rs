//! What other programs stored on MongoDB: it is read and found by its value, or told to be nothing that a
//! field is read from, with the record and the field, on every path.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{self, Binary, Bson, Document, doc, oid::ObjectId};
use reposit::{Condition, Database, Embedded, Error, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Embedded)]
struct Inner {
    a: Option<i64>,
    b: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "odd")]
struct Odd {
    #[hash_key]
    id: String,
    #[index(range = "rank")]
    team: String,
    rank: i64,
    seen: Option<DateTime<Utc>>,
    owner: Option<Uuid>,
    price: Option<f64>,
    count: Option<i64>,
    blob: Option<Vec<u8>>,
    name: Option<String>,
    inner: Option<Inner>,
    many: Option<Vec<Inner>>,
}

/// A model that does not have the odd fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "odd")]
struct Plain {
    #[hash_key]
    id: String,
    team: String,
}

/// One whose fields serde buffers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "odd")]
struct Flat {
    #[hash_key]
    id: String,
    #[serde(flatten)]
    of: Of,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Of {
    team: String,
}

async fn open() -> (Database, mongodb::Database, String) {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let raw = db.raw::<mongodb::Database>().expect("MongoDB's").clone();
    (db, raw, label)
}

async fn insert(raw: &mongodb::Database, collection: &str, document: Document) {
    raw.collection(collection).insert_one(document).await.expect("an insert");
}

fn binary(subtype: BinarySubtype, bytes: &[u8]) -> Bson {
    Bson::Binary(Binary { subtype, bytes: bytes.to_vec() })
}

fn date(millis: i64) -> Bson {
    bson::DateTime::from_millis(millis).into()
}

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().expect("a decimal"))
}

/// Asserts that every way to read the record "x" tells the same of it.
async fn told_on_every_path(db: &Database, says: &str) {
    let by_team = || Odd::find_by_team("t");
    let errors: Vec<Option<Error>> = vec![
        Odd::get("x").exec(db).await.err(),
        Odd::get("x").consistent().exec(db).await.err(),
        Odd::get_many(["y", "x"]).exec(db).await.err(),
        db.snapshot((Odd::get("y"), Odd::get("x"))).await.err(),
        by_team().limit(1).exec(db).await.err(),
        by_team().all(db).await.err(),
        by_team().first(db).await.err(),
        by_team().range(..=1).all(db).await.err(),
        by_team().stream(db).try_collect::<Vec<_>>().await.err(),
        Odd::scan().limit(1).exec(db).await.err(),
        Odd::scan().all(db).await.err(),
        Odd::scan().filter(Odd::TEAM.eq("t")).all(db).await.err(),
        Odd::update("x").set(Odd::TEAM, "t").exec(db).await.err(),
    ];
    for (path, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("path {path} reads what is {says}"));
        assert_eq!((error.kind(), error.repository()), (ErrorKind::Codec, Some("odd")), "path {path}: {error}");
        assert!(error.to_string().contains(&format!("record \"x\": {says}")), "path {path}: {error}");
    }
}

#[tokio::test]
async fn what_no_field_is_read_from_is_told_on_every_path() {
    let (db, raw, label) = open().await;
    db.define::<Odd>().await.expect("an empty database takes any model");
    let own = Odd { id: "y".into(), team: "t".into(), rank: 2, ..Odd::default() };
    Odd::create(&own).exec(&db).await.expect("a create");
    let uuid = Uuid::from_u128(5);
    for (field, value, says) in [
        ("seen", Bson::Int64(5), "seen is stored as an integer, not as an instant"),
        ("seen", Bson::from("1970"), "seen is stored as text, not as an instant"),
        ("count", date(5), "count is stored as an instant, not as i64"),
        ("name", date(5), "name is stored as an instant, not as a string"),
        ("owner", binary(BinarySubtype::Uuid, uuid.as_bytes()), "owner is stored as a UUID in binary data (subtype 4)"),
        (
            "owner",
            binary(BinarySubtype::UuidOld, uuid.as_bytes()),
            "owner is stored as a UUID in binary data (subtype 3)",
        ),
        ("owner", binary(BinarySubtype::Generic, uuid.as_bytes()), "owner is stored as bytes, not as"),
        ("price", decimal("0.1"), "price is stored as a Decimal128 that no number here is exactly, not as f64"),
        ("price", Bson::Double(f64::NAN), "price is stored as NaN, not as f64"),
        ("price", Bson::Double(f64::NEG_INFINITY), "price is stored as an infinity, not as f64"),
        ("count", Bson::Double(2.5), "count is stored as a number, not as i64"),
        (
            "count",
            Bson::Timestamp(bson::Timestamp { time: 1, increment: 1 }),
            "count is stored as a timestamp of replication",
        ),
        ("blob", binary(BinarySubtype::Md5, &[1]), "blob is stored as binary data of a subtype that is not generic"),
        ("blob", binary(BinarySubtype::Generic, &[]), "blob is stored as empty binary data"),
        ("name", ObjectId::new().into(), "name is stored as an ObjectId, not as a string"),
        ("name", Bson::Symbol("x".into()), "name is stored as a symbol, not as a string"),
        ("name", Bson::JavaScriptCode("x".into()), "name is stored as JavaScript code"),
        ("inner", doc! { "a": Bson::MinKey }.into(), "inner.a is stored as a MinKey, not as i64"),
        ("many", vec![doc! {}, doc! { "b": Bson::MaxKey }].into(), "many[1].b is stored as a MaxKey"),
        ("many", doc! { "a": 1 }.into(), "many is stored as a map"),
    ] {
        insert(&raw, "odd", doc! { "_id": "x", "team": "t", "rank": 1, field: value }).await;
        told_on_every_path(&db, says).await;
        // It is there, and no reader fails who does not ask for it.
        assert_eq!(Odd::scan().count(&db).await.expect("a count"), 2);
        let plain = |id: &str| Plain { id: id.into(), team: "t".into() };
        assert_eq!(Plain::scan().all(&db).await.expect("a scan"), [plain("x"), plain("y")], "{says}");
        let flat = Flat { id: "x".into(), of: Of { team: "t".into() } };
        assert_eq!(Flat::get("x").exec(&db).await.expect("a get"), Some(flat), "{says}");
        // Nothing is compared with it, and nothing is made of it.
        let refused = Odd::delete("x").only_if(Odd::TEAM.eq("other")).exec(&db).await.expect_err("another team");
        assert_eq!(refused.kind(), ErrorKind::ConditionFailed);
        let put = Odd { id: "x".into(), ..own.clone() };
        Odd::put(&put).exec(&db).await.expect("a put");
        assert_eq!(Odd::get("x").exec(&db).await.expect("a get"), Some(put));
        assert!(Odd::delete("x").exec(&db).await.expect("a delete"));
    }
    report::ran("foreign_data::what_no_field_is_read_from_is_told_on_every_path", &label);
}

#[tokio::test]
async fn what_is_read_as_a_value_is_found_as_it() {
    let (db, raw, label) = open().await;
    db.define::<Odd>().await.expect("an empty database takes any model");
    let inner = |a, b: &str| Inner { a: Some(a), b: Some(b.into()) };
    let pair = [inner(1, "x"), inner(2, "y")];
    let cases: Vec<(&str, Bson, Vec<Condition<Odd>>)> = vec![
        ("count", Bson::Int32(7), vec![Odd::COUNT.eq(7), Odd::COUNT.is_in([7]), Odd::COUNT.between(7, 7)]),
        ("count", Bson::Double(7.0), vec![Odd::COUNT.eq(7), !Odd::COUNT.ne(7), Odd::COUNT.lt(8)]),
        ("count", decimal("7.0"), vec![Odd::COUNT.eq(7), Odd::COUNT.gt(6), !Odd::COUNT.lt(7)]),
        ("price", decimal("2.5"), vec![Odd::PRICE.eq(2.5), Odd::PRICE.le(2.5), Odd::PRICE.is_in([2.5])]),
        ("price", decimal("-0.0078125"), vec![Odd::PRICE.eq(-0.007_812_5), Odd::PRICE.ge(-0.007_812_5)]),
        ("price", Bson::Double(-0.0), vec![Odd::PRICE.eq(0.0), !Odd::PRICE.lt(0.0)]),
        ("price", Bson::Int64(4), vec![Odd::PRICE.eq(4.0), Odd::PRICE.gt(3.5)]),
        ("seen", date(-5), vec![Odd::SEEN.eq(at(-5)), Odd::SEEN.lt(at(0)), Odd::SEEN.is_in([at(-5)])]),
        ("blob", binary(BinarySubtype::Generic, &[1, 0]), vec![Odd::BLOB.eq(&[1, 0]), Odd::BLOB.size().eq(2)]),
        ("name", Bson::Null, vec![Odd::NAME.missing(), Odd::NAME.ne("x")]),
        // A map is the same in whatever order its names were written.
        (
            "inner",
            doc! { "b": "x", "a": 1 }.into(),
            vec![Odd::INNER.eq(&pair[0]), !Odd::INNER.ne(&pair[0]), Odd::INNER.is_in([&pair[1], &pair[0]])],
        ),
        (
            "many",
            vec![doc! { "b": "x", "a": 1 }, doc! { "a": 2, "b": "y" }].into(),
            vec![Odd::MANY.eq(&pair), Odd::MANY.contains(&pair[0]), !Odd::MANY.contains(&inner(1, "y"))],
        ),
    ];
    for (field, value, conditions) in cases {
        insert(&raw, "odd", doc! { "_id": "x", "team": "t", "rank": 1, field: value.clone() }).await;
        let read = Odd::get("x").exec(&db).await.expect("a get").expect("the record");
        for condition in conditions {
            let found = Odd::scan().filter(condition.clone()).all(&db).await.expect("a scan");
            assert_eq!(found, std::slice::from_ref(&read), "{value}: {condition:?}");
            let not = Odd::scan().filter(!condition.clone()).count(&db).await.expect("a count");
            assert_eq!(not, 0, "{value}: not {condition:?}");
            let kept = Odd::update("x").set(Odd::TEAM, "t").only_if(condition.clone()).exec(&db).await;
            assert_eq!(kept.expect("an update"), read, "{value}: {condition:?}");
        }
        assert!(Odd::delete("x").exec(&db).await.expect("a delete"));
    }
    report::ran("foreign_data::what_is_read_as_a_value_is_found_as_it", &label);
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).expect("an instant")
}

#[tokio::test]
async fn nothing_is_added_to_what_is_no_number() {
    let (db, raw, label) = open().await;
    db.define::<Odd>().await.expect("an empty database takes any model");
    for (value, found) in [
        (date(5), "an instant"),
        (ObjectId::new().into(), "an ObjectId"),
        (decimal("0.1"), "a Decimal128 that no number here is exactly"),
        (Bson::Double(f64::NAN), "NaN"),
    ] {
        let stored = doc! { "_id": "x", "team": "t", "rank": 1, "count": value.clone(), "price": value };
        insert(&raw, "odd", stored.clone()).await;
        for (field, update) in
            [("count", Odd::update("x").add(Odd::COUNT, 1)), ("price", Odd::update("x").add(Odd::PRICE, 1.0))]
        {
            let error = update.exec(&db).await.expect_err("it is no number");
            assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
            assert_eq!(error.message(), format!("{field} is stored as {found}, not as a number"));
        }
        let left = raw.collection::<Document>("odd").find_one(doc! {}).await.expect("a find").expect("the record");
        assert_eq!(left.to_string(), stored.to_string(), "nothing was written");
        raw.collection::<Document>("odd").delete_one(doc! {}).await.expect("a delete");
    }
    report::ran("foreign_data::nothing_is_added_to_what_is_no_number", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pairs")]
struct Pair {
    #[hash_key]
    h: String,
    #[range_key]
    part: Vec<u8>,
}

/// Only the part that is no key.
#[derive(Debug, Clone, PartialEq, Deserialize, reposit::Projection)]
#[projection(of = Odd)]
#[allow(dead_code, reason = "it is read")]
struct Team {
    team: String,
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let (db, raw, label) = open().await;
    db.define::<(Odd, Pair)>().await.expect("an empty database takes any model");
    insert(&raw, "odd", doc! { "_id": ObjectId::new(), "team": "t", "rank": 1 }).await;
    insert(&raw, "odd", doc! { "_id": "y", "team": "t", "rank": 2 }).await;
    for error in [
        Odd::scan().all(&db).await.err(),
        Odd::find_by_team("t").all(&db).await.err(),
        Odd::find_by_team("t").limit(1).exec(&db).await.err(),
        Odd::find_by_team("t").limit(1).select::<Team>().exec(&db).await.err(),
    ] {
        let error = error.expect("no key finds it");
        assert_eq!(error.kind(), ErrorKind::Codec);
        assert!(error.message().contains("id is stored as an ObjectId"), "{error}");
    }
    let other_id = "an _id that is not a document of h and r";
    for (id, found) in [
        (doc! { "r": "0a", "h": "a" }.into(), format!("h is stored as {other_id}")),
        (doc! { "h": "a", "r": "0a", "x": 1 }.into(), format!("h is stored as {other_id}")),
        (Bson::from("a"), format!("h is stored as {other_id}")),
        (doc! { "h": "a", "r": "0A" }.into(), "part is stored as text that is not bytes in lower-case hex".to_owned()),
        (
            doc! { "h": "a", "r": binary(BinarySubtype::Generic, &[10]) }.into(),
            "part is stored as binary data in place of hex text".to_owned(),
        ),
    ] {
        let id: Bson = id;
        insert(&raw, "pairs", doc! { "_id": id.clone() }).await;
        let error = Pair::scan().all(&db).await.expect_err("no key finds it");
        assert_eq!(error.kind(), ErrorKind::Codec, "{id}");
        assert!(error.message().contains(&found), "{id}: {error}");
        assert_eq!(Pair::get("a", &[10]).exec(&db).await.expect("a get"), None, "{id}");
        raw.collection::<Document>("pairs").delete_one(doc! {}).await.expect("a delete");
    }
    report::ran("foreign_data::a_key_that_is_none_is_told", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "ordered")]
struct Ordered {
    #[hash_key]
    id: String,
    #[index(range = "tag")]
    team: String,
    tag: Option<Vec<u8>>,
}

#[tokio::test]
async fn bytes_that_an_index_does_not_order_are_told() {
    let (db, raw, label) = open().await;
    db.define::<Ordered>().await.expect("an empty database takes any model");
    let tag = binary(BinarySubtype::Generic, &[7]);
    insert(&raw, "ordered", doc! { "_id": "x", "team": "t", "tag": tag.clone() }).await;
    let error = Ordered::get("x").exec(&db).await.expect_err("the index does not have it");
    let says = "record \"x\": tag is stored as bytes that do not agree with the text an index orders them by";
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!(error.message().starts_with(says), "{error}");
    assert!(Ordered::scan().all(&db).await.is_err());
    // A definition brings the text.
    db.define::<Ordered>().await.expect("a definition");
    let whole = Ordered { id: "x".into(), team: "t".into(), tag: Some(vec![7]) };
    assert_eq!(Ordered::get("x").exec(&db).await.expect("a get").as_ref(), Some(&whole));
    assert_eq!(Ordered::find_by_team("t").limit(1).all(&db).await.expect("a query"), [whole]);
    // Who writes the one without the other is told of, too.
    let set = doc! { "$set": { "tag": binary(BinarySubtype::Generic, &[9]) } };
    raw.collection::<Document>("ordered").update_one(doc! {}, set).await.expect("an update");
    assert_eq!(Ordered::find_by_team("t").all(&db).await.expect_err("two values").kind(), ErrorKind::Codec);
    report::ran("foreign_data::bytes_that_an_index_does_not_order_are_told", &label);
}
