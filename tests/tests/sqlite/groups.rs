//! Writes that wait are committed together, and each has its own answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reposit::{Database, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::{Letter, Member, letter, member};

use crate::child::url;

/// How many writes are done in a second by so many writers.
async fn rate(db: &Database, run: usize, writers: usize) -> f64 {
    let done = Arc::new(AtomicUsize::new(0));
    let (began, span) = (Instant::now(), Duration::from_millis(1500));
    let write = |writer| {
        let (db, done) = (db.clone(), done.clone());
        tokio::spawn(async move {
            for round in 0.. {
                if began.elapsed() > span {
                    break;
                }
                Letter::create(&letter(&format!("{run}-{writer}-{round}"))).exec(&db).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for writer in (0..writers).map(write).collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_a_commit() {
    let db = Database::open(&url(&fresh_file(), "commit")).await.unwrap();
    db.define::<Letter>().await.unwrap();
    let (one, many) = (rate(&db, 1, 1).await, rate(&db, 64, 64).await);
    println!("one writer: {one:.0} a second; 64: {many:.0}; {:.1} times as many", many / one);
    // As far as it goes without the optimizer, on a machine that does other things too.
    assert!(many > 3.0 * one, "{many} is not many times {one}");
    report::ran("sqlite::many_writers_share_a_commit", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_a_commit_has_its_own_answer() {
    let db = Database::open(&url(&fresh_file(), "commit")).await.unwrap();
    db.define::<(Letter, Member)>().await.unwrap();
    let create = |n: usize| {
        let db = db.clone();
        // Ten of a name: one of each is done.
        tokio::spawn(async move {
            let who = member(&format!("m{}", n % 40));
            let member = Member { id: format!("{n}"), ..who };
            Member::create(&member).exec(&db).await
        })
    };
    let (mut done, mut taken) = (0, 0);
    for created in (0..400).map(create).collect::<Vec<_>>() {
        match created.await.unwrap() {
            Ok(()) => done += 1,
            Err(error) if error.kind() == ErrorKind::UniqueViolation => taken += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((done, taken), (40, 360));
    assert_eq!(Member::scan().count(&db).await.unwrap(), 40);
    report::ran("sqlite::each_of_a_commit_has_its_own_answer", "sqlite");
}
