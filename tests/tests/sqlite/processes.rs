//! Several processes at work on one file at the same time.

use std::time::{Duration, Instant};

use reposit::{Config, Database, DropForGood, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::{Kept, Letter, Member, Tally, Told, letter};

use crate::child::{Writer, url};
use crate::kills::open;

pub(crate) async fn define(db: &Database) {
    db.define::<(Letter, Member, Tally, Kept)>().await.expect("the file takes the models of the writers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_turn_and_loses_nothing() {
    for durability in ["commit", "os"] {
        let url = url(&fresh_file(), durability);
        let mut told = [Told::default(), Told::default(), Told::default()];
        let writers = [1, 2, 3].map(|run| Writer::start(&url, run, 4, 0, None));
        assert!(writers.iter().all(Writer::is_ready));
        let db = open(&url).await;
        let until = Instant::now() + Duration::from_secs(2);
        let mut read = 0;
        while Instant::now() < until {
            // A reader beside them waits for nobody.
            read += usize::from(Letter::get("1-0-0").exec(&db).await.unwrap().is_some());
            tokio::task::yield_now().await;
        }
        let mut all = Told::default();
        for (writer, told) in writers.into_iter().zip(&mut told) {
            writer.kill(told);
            assert!(told.done > 20, "each has its turn: {} writes in two seconds", told.done);
            all.merge(told);
        }
        assert!(read > 0);
        assert_eq!((all.refused, all.unknown), (0, 0));
        all.check(&db).await;
    }
    report::ran("sqlite::three_processes_write_at_once", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_defines_the_others_know() {
    let url = url(&fresh_file(), "os");
    let (one, other) = (open(&url).await, open(&url).await);
    define(&one).await;
    Letter::create(&letter("a")).exec(&other).await.unwrap();
    assert!(Letter::get("a").exec(&one).await.unwrap().is_some());
    one.drop_repository::<Letter>(DropForGood).await.unwrap();
    let gone = Letter::create(&letter("b")).exec(&other).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::SchemaMismatch, "{gone}");
    define(&one).await;
    Letter::create(&letter("b")).exec(&other).await.unwrap();
    assert_eq!(Letter::scan().count(&one).await.unwrap(), 1);
    report::ran("sqlite::what_one_defines_the_others_know", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_stays_is_a_timeout_and_nothing_is_done() {
    let file = fresh_file();
    let db = Config::from_url(&url(&file, "os")).unwrap().timeout(Duration::from_millis(300)).open().await.unwrap();
    define(&db).await;
    let other = reposit::rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let error = Letter::create(&letter("a")).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    assert_eq!(Letter::get("a").exec(&db).await.unwrap(), None, "a read waits for nobody");
    other.execute_batch("COMMIT").unwrap();
    Letter::create(&letter("b")).exec(&db).await.unwrap();
    assert_eq!(Letter::get("a").exec(&db).await.unwrap(), None, "what timed out never happens");
    report::ran("sqlite::a_lock_that_stays_is_a_timeout", "sqlite");
}
