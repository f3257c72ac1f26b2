//! The servers take expired records away by themselves: seen with their own clients, by their own clocks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use mongodb::bson::{Document, doc};
use reposit::{Database, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "passes")]
struct Pass {
    #[hash_key]
    id: String,
    #[index(unique)]
    number: String,
    #[ttl]
    until: u64,
}

/// Its ttl is a date on MongoDB, by which the server itself expires it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct Visit {
    #[hash_key]
    id: String,
    #[ttl(seconds = 3)]
    at: SystemTime,
}

/// Far longer than either server takes: DynamoDB Local looks every few seconds, mongod here every second.
const PATIENCE: Duration = Duration::from_secs(120);

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

/// What the server has, looked at past the library.
async fn ids_stored(db: &Database, url: &str, table: &str) -> Vec<String> {
    if let Some(client) = db.raw::<aws_sdk_dynamodb::Client>() {
        let items = client.scan().table_name(table).consistent_read(true).send().await.expect("a scan").items;
        let id = |item: &std::collections::HashMap<String, AttributeValue>| match item.get("id") {
            Some(AttributeValue::S(id)) => id.clone(),
            _ => format!("{item:?}"),
        };
        return items.unwrap_or_default().iter().map(id).collect();
    }
    if let Some(client) = db.raw::<redis::Client>() {
        return ids_in_redis(client, url, table).await;
    }
    if let Some(pool) = db.raw::<reposit::deadpool_postgres::Pool>() {
        let client = pool.get().await.expect("a connection");
        // The case has a database of its own, of which only the schema is not known here.
        let find = format!("SELECT doc->>'id' FROM {}", postgres_table(&client, table).await);
        return client.query(&find, &[]).await.expect("a find").iter().map(|row| row.get(0)).collect();
    }
    let mut ids = Vec::new();
    let database = db.raw::<mongodb::Database>().expect("one of the three");
    let mut found = database.collection::<Document>(table).find(doc! {}).await.expect("a find");
    while found.advance().await.expect("a batch") {
        let document = found.deserialize_current().expect("a document");
        ids.push(document.get_str("_id").expect("a text").to_owned());
    }
    ids
}

/// The table that was made last under this name, with its schema.
async fn postgres_table(client: &reposit::deadpool_postgres::Object, table: &str) -> String {
    let newest = "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relname = $1 ORDER BY c.oid DESC LIMIT 1";
    client.query_one(newest, &[&table]).await.expect("a table").get(0)
}

/// The records have keys of their own, which end in the key's text and what ends a text.
async fn ids_in_redis(client: &redis::Client, url: &str, table: &str) -> Vec<String> {
    let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
    let prefix = url.split_once("prefix=").expect("a database is a prefix").1;
    let pattern = format!("{prefix}{{{table}}}:r:*");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.expect("the keys");
    let id = |key: &Vec<u8>| {
        let text = key.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        String::from_utf8_lossy(text).trim_matches(|c: char| !c.is_ascii_lowercase()).to_owned()
    };
    keys.iter().map(id).collect()
}

async fn until_gone(db: &Database, url: &str, table: &str, left: &[&str]) {
    let began = std::time::Instant::now();
    loop {
        let mut stored = ids_stored(db, url, table).await;
        stored.sort();
        if stored == left {
            println!("{table}: taken away after {:?}", began.elapsed());
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{table} still has {stored:?} after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn expired_records_are_taken_away(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Pass>().await.expect("an empty database takes any model");
    let pass = |id: &str, until| Pass { id: id.into(), number: format!("number of {id}"), until };
    let lasting = pass("lasting", now() + 86_400);
    Pass::create(&lasting).exec(&db).await.expect("a create");
    // The field keeps its value: what the server goes by stands beside it.
    Pass::create(&pass("short", now() + 4)).exec(&db).await.expect("a create");
    Pass::put_many(&[pass("gone", now() - 60)]).exec(&db).await.expect("a put of what has expired already");
    let stored = ids_stored(&db, &url, "passes").await;
    assert!(["lasting", "short"].iter().all(|id| stored.iter().any(|stored| stored == id)), "{stored:?}");

    until_gone(&db, &url, "passes", &["lasting"]).await;
    assert_eq!(Pass::scan().all(&db).await.expect("a scan"), [lasting]);
    // Their values are free, whether or not what held them is gone already.
    for id in ["short", "gone"] {
        let heir = Pass { id: format!("heir of {id}"), ..pass(id, now() + 86_400) };
        Pass::create(&heir).exec(&db).await.expect("the value is free");
    }
    assert_eq!(db.verify::<Pass>().await.expect("a check"), Vec::<String>::new());
    report::ran("expired_deletion::expired_records_are_taken_away", &label);
}

#[tokio::test]
async fn mongodb_takes_expired_records_away() {
    expired_records_are_taken_away(Target::Mongodb).await;
}

#[tokio::test]
async fn mongodb_takes_records_away_by_the_models_own_date() {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Visit>().await.expect("an empty database takes any model");
    let visit = |id: &str, at: SystemTime| Visit { id: id.into(), at };
    let (now, day) = (SystemTime::now(), Duration::from_secs(86_400));
    Visit::create(&visit("short", now)).exec(&db).await.expect("a create");
    Visit::create(&visit("lasting", now + day)).exec(&db).await.expect("a create");
    // An older release left its index, and a mark by which the server would delete what is prolonged here.
    let raw = db.raw::<mongodb::Database>().expect("MongoDB");
    let index = doc! { "key": { "_reposit_expires": 1 }, "name": "_reposit_expires", "expireAfterSeconds": 0 };
    raw.run_command(doc! { "createIndexes": "visits", "indexes": [index] }).await.expect("an index");
    let soon = mongodb::bson::DateTime::from_system_time(now + Duration::from_secs(3));
    let marked =
        doc! { "_id": "prolonged", "at": mongodb::bson::DateTime::from_system_time(now), "_reposit_expires": soon };
    raw.collection::<Document>("visits").insert_one(marked).await.expect("an insert");
    Visit::update("prolonged").set(Visit::AT, now + day).exec(&db).await.expect("an update");

    until_gone(&db, &url, "visits", &["lasting", "prolonged"]).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ids_stored(&db, &url, "visits").await.len(), 2);
    report::ran("expired_deletion::mongodb_takes_records_away_by_the_models_own_date", &label);
}

#[tokio::test]
async fn dynamodb_local_takes_expired_records_away() {
    expired_records_are_taken_away(Target::DynamodbLocal).await;
}

#[tokio::test]
async fn redis_takes_expired_records_away() {
    expired_records_are_taken_away(Target::Redis).await;
}

#[tokio::test]
async fn postgres_takes_expired_records_away() {
    expired_records_are_taken_away(Target::Postgres).await;
}
