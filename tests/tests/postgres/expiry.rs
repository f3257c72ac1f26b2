//! The column of expiries: what those see who read with SQL, and what happens to it as a model changes.

use std::time::Duration;

use reposit::{Database, Repository};
use reposit_tests::harness::{START, Test};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

use crate::client;

macro_rules! releases {
    ($($name:ident ($at:meta, $until:meta);)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "passes")]
        struct $name {
            #[hash_key]
            id: String,
            #[$at]
            at: i64,
            #[$until]
            until: u64,
        }
    )*};
}

releases! {
    Lasting(serde(default), serde(default));
    Minute(ttl(seconds = 60), serde(default));
    Hour(ttl(seconds = 3600), serde(default));
    Until(serde(default), ttl);
}

/// Its field is of milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct Visit {
    #[hash_key]
    id: String,
    #[ttl(seconds = 10)]
    at: std::time::SystemTime,
}

fn schema(t: &Test) -> &str {
    let (_, rest) = t.url.split_once("schema=").expect("a schema");
    rest.split('&').next().unwrap_or(rest)
}

/// The expiries in the order of the keys, in seconds since the epoch.
async fn expiries(db: &Database, table: &str) -> Vec<Option<String>> {
    let sql = format!("SELECT extract(epoch FROM expires)::float8::text FROM {table} ORDER BY h");
    let rows = client(db).await.query(&sql, &[]).await.expect("the expiries");
    rows.iter().map(|row| row.get(0)).collect()
}

fn seconds(list: &[i64]) -> Vec<Option<String>> {
    list.iter().map(|seconds| Some(seconds.to_string())).collect()
}

#[tokio::test]
async fn it_says_when_a_record_expires() {
    let (t, label) = Test::on(Target::Postgres).await;
    let (db, table) = (t.with::<Until>().await, format!("{}.passes", schema(&t)));
    let start = u64::try_from(START).expect("after 1970");
    for (id, until) in [("a", start + 10), ("b", 253_402_300_799), ("c", 253_402_300_800), ("d", u64::MAX)] {
        Until::put(&Until { id: id.into(), at: 0, until }).exec(db).await.expect("a put");
    }
    let infinity = Some("Infinity".to_owned());
    let first = [Some((START + 10).to_string()), Some("253402300799".to_owned())];
    let known = [&first[..], &[infinity.clone(), infinity.clone()]].concat();
    assert_eq!(expiries(db, &table).await, known);
    Until::update("a").set(Until::UNTIL, start + 20).exec(db).await.expect("an update of the field");
    // Records of others have no mark, or what is no instant, or one that no date shows.
    let theirs = [("e", "{\"until\": 7}"), ("f", "{\"until\": \"soon\"}"), ("g", "{}"), ("h", "{\"until\": 1e400}")];
    for (id, rest) in theirs.into_iter().chain([("i", "{\"until\": -1e300}")]) {
        let doc = format!("'{rest}'::jsonb || '{{\"id\": \"{id}\", \"at\": 0}}'");
        let insert = format!("INSERT INTO {table} (h, doc) VALUES ('{id}', {doc})");
        client(db).await.batch_execute(&insert).await.expect("an insert");
    }
    let found = expiries(db, &table).await;
    assert_eq!(found[0], Some((START + 20).to_string()));
    let past = Some("-Infinity".to_owned());
    assert_eq!(found[4..], [Some("7".to_owned()), None, None, infinity, past]);
    let visits = t.with::<Visit>().await;
    let at = std::time::UNIX_EPOCH + Duration::from_millis(1_700_000_000_001);
    Visit::put(&Visit { id: "v".into(), at }).exec(visits).await.expect("a put");
    let insert = "INSERT INTO visits (h, doc) VALUES ('w', '{\"id\": \"w\", \"at\": -1}')";
    let insert = insert.replace("visits", &format!("{}.visits", schema(&t)));
    client(visits).await.batch_execute(&insert).await.expect("an insert");
    // Rounded up.
    assert_eq!(expiries(visits, &format!("{}.visits", schema(&t))).await, seconds(&[1_700_000_011, 10]));
    report::ran("postgres::expiry::it_says_when_a_record_expires", &label);
}

#[tokio::test]
async fn it_follows_the_model() {
    let (t, label) = Test::on(Target::Postgres).await;
    let (db, table) = (t.with::<Lasting>().await, format!("{}.passes", schema(&t)));
    for n in 0..3 {
        Lasting::put(&Lasting { id: n.to_string(), at: START + n, until: 77 }).exec(db).await.expect("a put");
    }
    let is_there =
        format!("SELECT count(*) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'expires'");
    assert_eq!(client(db).await.query_one(&is_there, &[]).await.expect("a count").get::<_, i64>(0), 0);
    for wanted in [seconds(&[START + 60, START + 61, START + 62]), seconds(&[START + 3600, START + 3601, START + 3602])]
    {
        let is_minute = wanted == seconds(&[START + 60, START + 61, START + 62]);
        let plan = if is_minute { db.plan::<Minute>().await } else { db.plan::<Hour>().await };
        let plan = plan.expect("a plan").remove(0).to_string();
        assert!(plan.contains("time to live by at"), "{plan}");
        match is_minute {
            true => db.define::<Minute>().await.expect("a ttl is added"),
            false => db.define::<Hour>().await.expect("it gets other seconds"),
        }
        assert_eq!(expiries(db, &table).await, wanted);
    }
    assert!(db.plan::<Hour>().await.expect("a plan").remove(0).is_empty());
    // The older release goes on beside it, by its own seconds.
    let other = t.open(t.opening()).await.expect("it answers");
    t.clock.advance(Duration::from_secs(60));
    assert!(Minute::get("0").exec(&other).await.expect("a get").is_none());
    assert!(Hour::get("0").exec(db).await.expect("a get").is_some());
    db.define::<Until>().await.expect("another field");
    assert_eq!(expiries(db, &table).await, seconds(&[77, 77, 77]));
    let index =
        format!("SELECT indexdef FROM pg_indexes WHERE schemaname = '{}' AND indexdef LIKE '%expires%'", schema(&t));
    let index: String = client(db).await.query_one(&index, &[]).await.expect("one index").get(0);
    assert!(index.contains("(expires)"), "{index}");
    let error = db.define::<Lasting>().await.expect_err("its ttl is on").to_string();
    assert!(error.contains("drop the column `expires`"), "{error}");
    let off = format!(
        "ALTER TABLE {table} DROP COLUMN expires; UPDATE {}._reposit SET definition = definition - 'expires'",
        schema(&t)
    );
    client(db).await.batch_execute(&off).await.expect("what it says");
    db.define::<Lasting>().await.expect("it is off");
    assert!(db.plan::<Lasting>().await.expect("a plan").remove(0).is_empty());
    report::ran("postgres::expiry::it_follows_the_model", &label);
}
