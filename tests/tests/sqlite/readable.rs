//! What a person with SQLite's own shell sees.

use std::collections::BTreeMap;

use reposit::backend::sqlite::Sqlite;
use reposit::{Database, DropForGood, Repository};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::child::url;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things")]
struct Thing {
    #[hash_key]
    id: String,
    small: i8,
    middle: i16,
    large: i32,
    huge: i64,
    unsigned: u64,
    real: f64,
    yes: bool,
    nothing: Option<String>,
    text: String,
    list: Vec<i64>,
    map: BTreeMap<String, Vec<f64>>,
}

fn thing(id: &str) -> Thing {
    Thing {
        id: id.into(),
        small: -128,
        middle: -300,
        large: -70_000,
        huge: i64::MIN,
        unsigned: u64::MAX,
        real: 0.1,
        yes: true,
        nothing: None,
        text: "a \"quoted\" text\nof Zoë, {not} [a] list".into(),
        list: vec![],
        map: BTreeMap::from([("one".into(), vec![1.0, -2.5]), ("x".repeat(300), vec![])]),
    }
}

fn read(db: &Database, sql: &str) -> Vec<Value> {
    let connection = db.raw::<Sqlite>().unwrap().connect().unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn each_repository_is_a_view_of_json() {
    let db = Database::open(&url(&fresh_file(), "os")).await.unwrap();
    db.define::<Thing>().await.unwrap();
    let numbers = [0, 1, -1, 127, 128, -129, 255, 256, 32767, -32769, 1 << 31, -(1 << 40), i64::MAX];
    let reals = [
        0.0,
        1.0,
        1.5,
        9.9e125,
        -1.1e-130,
        1e100,
        -1e-100,
        123456789.125,
        1.0 / 3.0,
        1e22,
        2e-7,
        3.4028234663852886e38,
    ];
    for (n, number) in numbers.into_iter().enumerate() {
        let real = reals[n % reals.len()];
        let thing =
            Thing { huge: number, list: vec![number; n], real, text: "z".repeat(n * 60), ..thing(&n.to_string()) };
        Thing::create(&thing).exec(&db).await.unwrap();
    }
    Thing::create(&thing("odd")).exec(&db).await.unwrap();
    let stored = Thing::scan().all(&db).await.unwrap();
    let seen = read(&db, "SELECT record FROM things");
    assert_eq!(seen.len(), stored.len());
    for thing in &stored {
        let seen = seen.iter().find(|seen| seen["id"] == thing.id.as_str()).unwrap();
        let seen: Thing = serde_json::from_value(seen.clone()).unwrap();
        // SQLite prints 15 digits that are right, and not always more.
        assert!((seen.real - thing.real).abs() <= thing.real.abs() * 1e-15, "{} {}", seen.real, thing.real);
        assert_eq!(&Thing { real: thing.real, ..seen }, thing);
    }
    let picked = read(&db, "SELECT json_object('n', record ->> '$.huge') FROM things WHERE record ->> '$.id' = 'odd'");
    assert_eq!(picked, [json!({ "n": i64::MIN })]);
    db.drop_repository::<Thing>(DropForGood).await.unwrap();
    assert_eq!(read(&db, "SELECT json_quote(name) FROM sqlite_schema WHERE name = 'things'"), Vec::<Value>::new());
    report::ran("sqlite::each_repository_is_a_view_of_json", "sqlite");
}
