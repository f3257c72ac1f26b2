//! Expired records are deleted while the store is open, by the clock of the database alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reposit::backend::sqlite::Sqlite;
use reposit::clock::ManualClock;
use reposit::config::SqliteSettings;
use reposit::{Config, Database};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::Kept;

use crate::child::url;

/// In 2001: what is live then has long expired by the machine's clock.
const START: i64 = 1_000_000_000;

/// How many rows the file has: records, and entries by their expiry.
fn rows(db: &Database) -> i64 {
    let store = db.raw::<Sqlite>().unwrap();
    let count = "SELECT count(*) FROM reposit_entries WHERE key >= x'01'";
    store.connect().unwrap().query_row(count, [], |row| row.get(0)).unwrap()
}

async fn become_rows(db: &Database, wanted: i64) {
    let until = Instant::now() + Duration::from_secs(20);
    while rows(db) != wanted {
        assert!(Instant::now() < until, "{} rows, not {wanted}", rows(db));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn keep(db: &Database, count: i64) {
    db.define::<Kept>().await.unwrap();
    let kept: Vec<_> = (0..count).map(|n| Kept { id: n.to_string(), until: START + 10 + n % 2 * 1000 }).collect();
    Kept::put_many(&kept).exec(db).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_goes_and_what_lives_stays() {
    let clock = Arc::new(ManualClock::at_millis(START * 1000));
    let config = Config::from_url(&url(&fresh_file(), "os")).unwrap().clock(clock.clone());
    let db = config.open().await.unwrap();
    keep(&db, 1000).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(rows(&db), 2000, "by the clock of the database everything lives");
    clock.advance(Duration::from_secs(10));
    become_rows(&db, 1000).await;
    assert_eq!(Kept::scan().count(&db).await.unwrap(), 500);
    report::ran("sqlite::expired_records_are_deleted", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_knows_no_clock_goes_by_the_last_call() {
    let clock = Arc::new(ManualClock::at_millis(START * 1000));
    let store = Sqlite::open(&SqliteSettings::new(fresh_file())).await.unwrap();
    let db = Database::builder().backend(store).clock(clock.clone()).open().await.unwrap();
    keep(&db, 10).await;
    clock.advance(Duration::from_secs(10));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(rows(&db), 20, "no call has come since");
    assert_eq!(Kept::get("0").exec(&db).await.unwrap(), None);
    become_rows(&db, 10).await;
    report::ran("sqlite::expired_records_are_deleted_by_the_last_call", "sqlite");
}
