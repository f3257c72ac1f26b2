//! Calls that are dropped in the middle: the server is left with no transaction of theirs, and the pool with no connection that
//! is of no use.

use std::time::Duration;

use reposit::{Config, Database};
use reposit_tests::report;
use reposit_tests::servers::{PrivatePostgres, private_postgres};
use reposit_tests::workload::fixture::define;
use reposit_tests::workload::models::{Person, Thing, person, thing};
use tokio::time::{sleep, timeout};

use crate::client;

/// Statements that are cancelled, and connections that are closed, are so in the background.
const SOON: Duration = Duration::from_secs(10);

/// Waits until no session but the one that asks does anything, or has a transaction open.
async fn until_idle(db: &Database) {
    const OTHERS: &str = "SELECT COALESCE(string_agg(state || ': ' || query, E'\\n'), '') FROM pg_stat_activity \
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'";
    let client = client(db).await;
    let mut others = String::new();
    let idle = async {
        loop {
            others = client.query_one(OTHERS, &[]).await.expect("an answer").get(0);
            if others.is_empty() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let is_idle = timeout(SOON, idle).await.is_ok();
    assert!(is_idle, "still at it:\n{others}");
}

async fn open(server: &PrivatePostgres) -> Database {
    // Few connections: one that is spoilt is met by others soon.
    let url = format!("{}&pool=3", server.url("dropped"));
    Config::from_url(&url).expect("a URL").open().await.expect("the server answers")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_left_open() {
    let server = private_postgres().await;
    let (db, watch) = (open(&server).await, Database::open(&server.url("watch")).await.expect("it answers"));
    define(&db).await;
    Thing::create(&thing("a")).exec(&db).await.expect("an empty database");
    let mut dropped = 0;
    for n in 0..90_u64 {
        let id = format!("p{n}");
        let person = person(&id, &id);
        let both = db.transaction().add(Thing::update("a").add(Thing::COUNT, 1));
        let both = both.add(Person::create(&person)).commit();
        // From the first exchange to the last: a step at a time.
        match timeout(Duration::from_micros(n * 150), both).await {
            Ok(done) => drop(done.expect("nothing is in its way for long")),
            Err(_) => dropped += 1,
        }
    }
    assert!((1..90).contains(&dropped), "{dropped} of 90 futures were dropped");
    until_idle(&watch).await;
    // Each is whole: as many persons as were counted.
    let thing = Thing::get("a").exec(&db).await.expect("a read").expect("a thing");
    let persons = Person::scan().count(&db).await.expect("a count");
    assert_eq!(u64::try_from(thing.count - 10).expect("it grows"), persons);
    report::ran("postgres::no_transaction_is_left_open", &server.label());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_is_spoilt() {
    let server = private_postgres().await;
    let (db, watch) = (open(&server).await, Database::open(&server.url("watch")).await.expect("it answers"));
    define(&db).await;
    for n in 0..200_u64 {
        let (id, time) = (format!("t{}", n % 5), Duration::from_micros(n / 4 * 60));
        let one = thing(&id);
        match n % 4 {
            0 => drop(timeout(time, Thing::put(&one).exec(&db)).await.map(|done| done.expect("a put"))),
            1 => drop(timeout(time, Thing::get(&id).exec(&db)).await.map(|done| done.expect("a get"))),
            2 => drop(timeout(time, Thing::scan().all(&db)).await.map(|done| done.expect("a scan"))),
            _ => drop(
                timeout(time, db.snapshot((Thing::get(&id), Person::get("p")))).await.map(|done| done.expect("both")),
            ),
        }
        // An answer that was meant for another would show here.
        let name = format!("own{n}");
        Thing::put(&thing(&name)).exec(&db).await.expect("a put");
        assert_eq!(Thing::get(&name).exec(&db).await.expect("a get"), Some(thing(&name)));
    }
    until_idle(&watch).await;
    let status = db.raw::<reposit::deadpool_postgres::Pool>().expect("the pool").status();
    assert!(status.size <= 3, "{status:?}");
    report::ran("postgres::no_connection_is_spoilt", &server.label());
}
