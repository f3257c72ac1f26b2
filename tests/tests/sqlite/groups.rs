//! Writes that wait are committed together, and each has its own answer.

use std::path::Path;
use std::time::Duration;

use reposit::{Database, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::{Letter, Member, letter, member};

use crate::child::url;

/// How many commits are in a file's write-ahead log: the last page of each says so in its head.
fn commits(file: &Path) -> usize {
    let log = std::fs::read(format!("{}-wal", file.display())).expect("a log");
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"));
    let page = number(8) as usize + 24;
    (32..log.len()).step_by(page).filter(|at| at + page <= log.len() && number(at + 4) != 0).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_a_commit() {
    let file = fresh_file();
    let db = Database::open(&url(&file, "commit")).await.unwrap();
    db.define::<Letter>().await.unwrap();
    let before = commits(&file);
    // Another process is in the way, so that the writes wait.
    let other = reposit::rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = |n: usize| {
        let db = db.clone();
        tokio::spawn(async move { Letter::create(&letter(&format!("l{n}"))).exec(&db).await })
    };
    let created: Vec<_> = (0..64).map(create).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute_batch("COMMIT").unwrap();
    for one in created {
        one.await.unwrap().unwrap();
    }
    assert_eq!(Letter::scan().count(&db).await.unwrap(), 64);
    let made = commits(&file) - before;
    assert!(made < 32, "{made} commits of 64 writes");
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
