//! Servers that are not reached: the error says why, and so does that of a database that is used where nothing answers it.

use std::error::Error as _;
use std::time::{Duration, Instant};

use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::models::{Note, note};
use reposit_tests::proxy::Proxy;
use reposit_tests::report;
use reposit_tests::servers::{self, Target, fresh_name};
use tokio::runtime::{Builder, Runtime};

/// A port that was free a moment ago: nobody listens.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn open(url: &str) -> Error {
    let config = Config::from_url(url).unwrap().connect_timeout(Duration::from_secs(2)).timeout(Duration::from_secs(2));
    config.open().await.expect_err("nobody is there")
}

/// It names the cause, has a source, and is no dump of the driver's.
#[track_caller]
fn assert_told(error: &Error, words: &[&str]) {
    for word in words {
        assert!(error.message().contains(word), "`{word}` is not in: {error}");
    }
    for dump in ["Topology", "ServerSelection", "labels: {", "Kind: "] {
        assert!(!error.message().contains(dump), "{error}");
    }
}

/// Opens a database on a server that then goes away, and holds what is said of that to these words; returns the error of a
/// get.
async fn goes_away(target: Target, words: &[&str]) -> Error {
    let server = target.server().await.expect("a server");
    let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
    let db = Config::from_url(&url).unwrap().timeout(Duration::from_secs(2)).open().await.unwrap();
    db.define::<Note>().await.unwrap();
    drop(proxy);
    let error = Note::get("a").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_told(&error, words);
    let many = Note::put_many(&[note("a"), note("b")]).exec(&db).await.unwrap_err();
    assert_told(&many.failures()[0].error, &["refused"]);
    report::ran("unreachable::goes_away", &server.label());
    error
}

#[tokio::test]
async fn a_mongodb_that_is_not_reached_is_told_by_its_cause() {
    let server = servers::mongodb().await;
    let (alive, gone) = (server.address("x"), free_port());
    let http = servers::dynamodb_local().await.address("x");
    let cases: [(String, &[&str]); 8] = [
        (format!("127.0.0.1:{gone}/x"), &["refused", "127.0.0.1"]),
        ("no-such-host.invalid/x".to_owned(), &["no-such-host.invalid", "no such host"]),
        (format!("{alive}/x?replicaSet=other"), &["\"rs0\"", "\"other\""]),
        (format!("{alive}/x?replicaSet=other&directConnection=true"), &["\"rs0\"", "\"other\""]),
        (format!("{alive}/x?tls=true&directConnection=true"), &["TLS"]),
        (format!("{http}/x"), &["does not speak as MongoDB does", "port"]),
        (format!("127.0.0.1:{gone},{alive}/x?replicaSet=other"), &["refused", "\"rs0\""]),
        (format!("{http}/x?tls=true"), &["TLS"]),
    ];
    for (rest, words) in cases {
        let began = Instant::now();
        let error = open(&format!("mongodb://ada:sesame@{rest}")).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{rest}: {error:?}");
        assert_told(&error, words);
        assert!(error.message().contains("was not reached within 2s"), "{rest}: {error}");
        assert!(error.source().is_some(), "{rest}: {error:?}");
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{rest}: the deadline is not waited over");
    }
    report::ran("unreachable::mongodb", &server.label());
}

#[tokio::test]
async fn a_mongodb_that_goes_away_is_told_by_its_cause() {
    let error = goes_away(Target::Mongodb, &["no server was found", "refused"]).await;
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_postgres_that_is_not_reached_is_told_by_its_cause() {
    let server = servers::postgres().await;
    let (alive, gone) = (server.address("x"), free_port());
    let http = servers::dynamodb_local().await.address("x");
    let cases: [(String, &[&str]); 5] = [
        (format!("127.0.0.1:{gone}/postgres"), &["refused", "127.0.0.1"]),
        ("no-such-host.invalid/postgres".to_owned(), &["no-such-host.invalid"]),
        (format!("{http}/postgres"), &[&http]),
        (format!("127.0.0.1:{gone},127.0.0.1:{gone}/postgres"), &["refused"]),
        (format!("{alive}/postgres?sslmode=require"), &["TLS"]),
    ];
    for (rest, words) in cases {
        let began = Instant::now();
        let error = open(&format!("postgres://ada:sesame@{rest}")).await;
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Config), "{rest}: {error:?}");
        assert_told(&error, words);
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{rest}: the deadline is not waited over");
    }
    report::ran("unreachable::postgres", &server.label());
}

#[tokio::test]
async fn a_postgres_that_goes_away_is_told_by_its_cause() {
    goes_away(Target::Postgres, &["refused"]).await;
}

#[tokio::test]
async fn a_redis_that_is_not_reached_is_told_by_its_cause() {
    let server = servers::redis().await;
    let (alive, gone) = (server.address("x"), free_port());
    let http = servers::dynamodb_local().await.address("x");
    let cases: [(String, &[&str]); 4] = [
        (format!("redis://ada:sesame@127.0.0.1:{gone}/0"), &["refused", "127.0.0.1"]),
        ("redis://ada:sesame@no-such-host.invalid/0".to_owned(), &["no-such-host.invalid", "no such host"]),
        (format!("rediss://ada:sesame@{alive}/0"), &["in time", "TLS"]),
        (format!("redis://ada:sesame@{http}/0"), &["does not speak as Redis does"]),
    ];
    for (url, words) in cases {
        let began = Instant::now();
        let error = open(&url).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{url}: {error:?}");
        assert_told(&error, words);
        assert!(error.message().contains("was not reached"), "{url}: {error}");
        assert!(error.source().is_some(), "{url}: {error:?}");
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{url}: the deadline is not waited over");
    }
    report::ran("unreachable::redis", &server.label());
}

#[tokio::test]
async fn a_redis_that_goes_away_is_told_by_its_cause() {
    let error = goes_away(Target::Redis, &["cannot be reached", "refused"]).await;
    assert!(error.source().is_some());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn opened(url: String) -> Database {
    let db = Database::open(&url).await.unwrap();
    db.define::<Note>().await.unwrap();
    Note::put(&note("n")).exec(&db).await.unwrap();
    db
}

/// A database is opened on one runtime, and used on another.
fn used_elsewhere(url: String, ends: bool) -> (Result<Option<Note>, Error>, Duration) {
    let first = runtime();
    let db = first.block_on(opened(url));
    let kept = match ends {
        true => {
            drop(first);
            None
        }
        false => Some(first),
    };
    let second = runtime();
    let began = Instant::now();
    let got = second.block_on(async { Note::get("n").exec(&db).await });
    drop(kept);
    (got, began.elapsed())
}

#[tokio::test]
async fn a_database_of_another_runtime_works_or_says_so() {
    for &target in Target::ALL {
        for ends in [true, false] {
            let (url, label) = target.fresh().await;
            let used = tokio::task::spawn_blocking(move || used_elsewhere(url, ends)).await.unwrap();
            let (got, took) = used;
            assert!(took < Duration::from_secs(4), "{target:?} {ends}: {took:?}");
            let state = match (target, ends) {
                (Target::Memory | Target::Sqlite, _) => None,
                (Target::Mongodb | Target::Postgres, true) => Some("has ended"),
                (_, true) => None,
                (_, false) => Some("does not run"),
            };
            match state {
                None => assert_eq!(got.unwrap(), Some(note("n")), "{target:?} {ends}"),
                Some(state) => {
                    let error = got.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                    assert!(error.message().contains("runtime") && error.message().contains(state), "{error}");
                }
            }
            report::ran("unreachable::another_runtime", &label);
        }
    }
}

#[tokio::test]
async fn a_runtime_that_still_runs_serves_others() {
    for &target in Target::ALL {
        let (url, label) = target.fresh().await;
        let db = opened(url).await;
        let elsewhere = move || runtime().block_on(async { Note::get("n").exec(&db).await });
        assert_eq!(tokio::task::spawn_blocking(elsewhere).await.unwrap().unwrap(), Some(note("n")));
        report::ran("unreachable::still_runs", &label);
    }
}

#[test]
fn a_server_outside_a_runtime_is_told() {
    for url in [
        "mongodb://127.0.0.1:1/x",
        "dynamodb://key:secret@us-east-1?endpoint=http://127.0.0.1:1",
        "postgres://ada@127.0.0.1:1/x",
        "redis://127.0.0.1:1/0",
    ] {
        let error = futures_util::FutureExt::now_or_never(Database::open(url));
        let error = error.expect("it is told at once").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("tokio runtime"), "{error}");
    }
}
