//! Sizes to the byte: the largest record that the embedded store takes is the largest that DynamoDB
//! Local takes, whatever is in it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use reposit::{Database, Error, ErrorKind, Repository};
use reposit_tests::harness::{Test, kind};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

const RECORD: usize = 400 * 1024;
const TRANSACTION: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Bytes(#[serde(with = "bytes")] Vec<u8>),
    Json(Json),
}

/// Bytes as bytes: an untagged enum would try them as text first.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Vec::deserialize(deserializer)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "sized_records")]
struct Measured {
    #[hash_key]
    id: String,
    value: Any,
    #[serde(default = "nothing")]
    none: Option<u8>,
    at: std::time::SystemTime,
    filler: String,
}

/// Not what is stored, so that a null is.
fn nothing() -> Option<u8> {
    Some(1)
}

fn record(id: usize, value: &Any, filler: usize) -> Measured {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_234_567 * id as u64);
    Measured { id: format!("{id:04}"), value: value.clone(), none: None, at, filler: "x".repeat(filler) }
}

/// Values of every type, and numbers of every shape.
fn values() -> Vec<Any> {
    let mut values: Vec<Json> = vec![
        Json::Null,
        json!(true),
        json!(""),
        json!("größe \u{1F980}"),
        json!([]),
        json!({}),
        json!([null, false, "", [], {}, [[[1]]]]),
        json!({ "a": 1, "größe": { "b": [1, 2.5, null] }, "c": "text" }),
    ];
    values.extend([0_i64, 1, 9, 10, 11, 99, 100, 101, 110, 1000, 1001, 1100, 12_345, 123_456].map(|n| json!(n)));
    values.extend([-1_i64, -10, -11, -100, -101, i64::MIN, i64::MAX].map(|n| json!(n)));
    values.push(json!(u64::MAX));
    let floats = [
        0.5,
        0.05,
        0.005,
        0.12,
        0.012,
        1.5,
        12.5,
        123.5,
        -0.5,
        -1.25,
        1e20,
        1e21,
        1.5e30,
        1.5e31,
        1e-10,
        1e-11,
        1.5e-10,
        1.5e-11,
        1e125,
        1e-130,
        1.797_693_134_862_315_7e100,
        1.797_693_134_862_315_7e101,
        0.1 + 0.2,
        55_000.000_000_000_01,
        5_500.000_000_000_001,
    ];
    values.extend(floats.map(|x| json!(x)));
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..8 {
        let number = |rng: &mut fastrand::Rng| match rng.u8(0..4) {
            0 => json!(rng.i64(..) >> rng.u32(0..64)),
            1 => json!(f64::from(rng.i32(..)) * 1.1),
            2 => json!(rng.f64() * 10_f64.powi(rng.i32(-120..120))),
            _ => json!(f64::from(rng.i32(-5000..5000)) / 100.0),
        };
        values.push((0..300).map(|_| number(&mut rng)).collect());
    }
    let bytes = [vec![0], vec![1, 2, 3], vec![7; 1000]].map(Any::Bytes);
    values.into_iter().map(Any::Json).chain(bytes).collect()
}

/// What is too much of a record, from the error that says it.
fn excess(error: &Error) -> usize {
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let figures: Vec<usize> =
        error.message().split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let [size, limit] = figures[..] else { panic!("two figures: {error}") };
    size - limit
}

/// Whether the server takes the record that is stored, made longer by so much.
async fn takes_longer(client: &Client, id: &str, more: usize) -> bool {
    let get = client.get_item().table_name("sized_records").key("id", AttributeValue::S(id.into()));
    let mut item = get.send().await.unwrap().item.unwrap();
    let filler = item["filler"].as_s().unwrap().clone() + &"x".repeat(more);
    item.insert("filler".into(), AttributeValue::S(filler));
    client.put_item().table_name("sized_records").set_item(Some(item)).send().await.is_ok()
}

async fn on(target: Target) -> (Test, String) {
    let (test, label) = Test::on(target).await;
    test.with::<Measured>().await;
    (test, label)
}

#[tokio::test]
async fn the_largest_record_is_the_same() {
    let (memory, _) = on(Target::Memory).await;
    let (server, label) = on(Target::DynamodbLocal).await;
    let client = server.db.raw::<Client>().expect("DynamoDB's client");
    for (id, value) in values().iter().enumerate() {
        let over = Measured::put(&record(id, value, RECORD)).exec(&memory.db).await.unwrap_err();
        let most = RECORD - excess(&over);
        let (fits, too_large) = (record(id, value, most), record(id, value, most + 1));
        for db in [&memory.db, &server.db] {
            Measured::put(&fits).exec(db).await.unwrap_or_else(|e| panic!("{value:?} on {}: {e}", db.backend_name()));
            assert_eq!(kind(Measured::put(&too_large).exec(db).await), ErrorKind::InvalidInput, "{value:?}");
        }
        assert!(takes_longer(client, &fits.id, 0).await, "{value:?}");
        assert!(!takes_longer(client, &fits.id, 1).await, "the server takes more of {value:?}");
    }
    report::ran("sizes::the_largest_record_is_the_same", &label);
}

#[tokio::test]
async fn the_largest_update_is_the_same() {
    let (memory, _) = on(Target::Memory).await;
    let (server, label) = on(Target::DynamodbLocal).await;
    for (id, value) in [Any::Json(json!([1.5, -100])), Any::Bytes(vec![1, 2])].iter().enumerate() {
        let over = Measured::put(&record(id, value, RECORD)).exec(&memory.db).await.unwrap_err();
        let most = RECORD - excess(&over);
        for db in [&memory.db, &server.db] {
            let small = record(id, value, 1);
            Measured::put(&small).exec(db).await.unwrap();
            let set = |length: usize| Measured::update(&small.id).set(Measured::FILLER, &"x".repeat(length)).exec(db);
            assert_eq!(kind(set(most + 1).await), ErrorKind::InvalidInput, "{}", db.backend_name());
            assert_eq!(set(most).await.unwrap().filler.len(), most);
        }
    }
    report::ran("sizes::the_largest_update_is_the_same", &label);
}

#[tokio::test]
async fn the_largest_transaction_is_the_same() {
    let (memory, _) = on(Target::Memory).await;
    let (server, label) = on(Target::DynamodbLocal).await;
    let value = Any::Json(json!(1));
    let put_all = async |db: &Database, lengths: &[usize]| {
        let records: Vec<_> =
            lengths.iter().enumerate().map(|(id, length)| record(1000 + id, &value, *length)).collect();
        let all = records.iter().fold(db.transaction(), |all, record| all.add(Measured::put(record)));
        all.commit().await
    };
    let mut lengths = vec![TRANSACTION / 11; 11];
    let over = put_all(&memory.db, &lengths).await.unwrap_err();
    lengths[0] -= excess(&over);
    for db in [&memory.db, &server.db] {
        put_all(db, &lengths).await.unwrap_or_else(|e| panic!("{}: {e}", db.backend_name()));
    }
    lengths[0] += 1;
    for db in [&memory.db, &server.db] {
        assert_eq!(kind(put_all(db, &lengths).await), ErrorKind::InvalidInput, "{}", db.backend_name());
    }
    report::ran("sizes::the_largest_transaction_is_the_same", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "sized_keys")]
struct Keyed {
    #[hash_key]
    hash: String,
    #[range_key]
    range: Vec<u8>,
    labels: BTreeMap<String, String>,
}

#[tokio::test]
async fn the_longest_key_is_the_same() {
    let (memory, _) = Test::on(Target::Memory).await;
    let (server, label) = Test::on(Target::DynamodbLocal).await;
    for db in [memory.with::<Keyed>().await, server.with::<Keyed>().await] {
        let put = async |hash: usize, range: usize| {
            let keyed = Keyed { hash: "x".repeat(hash), range: vec![7; range], labels: BTreeMap::new() };
            Keyed::put(&keyed).exec(db).await
        };
        put(2048, 1024).await.unwrap();
        assert_eq!(kind(put(2049, 1).await), ErrorKind::InvalidInput);
        assert_eq!(kind(put(1, 1025).await), ErrorKind::InvalidInput);
        assert_eq!(kind(put(0, 1).await), ErrorKind::InvalidInput);
        assert_eq!(kind(put(1, 0).await), ErrorKind::InvalidInput);
    }
    report::ran("sizes::the_longest_key_is_the_same", &label);
}
