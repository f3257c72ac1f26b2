//! A process that is killed at any moment loses no write that it was told of, and leaves none half done.

use std::time::{Duration, Instant};

use reposit::{Config, Database};
use reposit_tests::report;
use reposit_tests::servers::fresh_file;
use reposit_tests::sqlite_load::Told;

use crate::child::{Writer, url};

/// How many kills there are; and in the long mode, for each durability.
const KILLS: usize = 12;
const LONG: usize = 100;

/// After so long no more processes are begun in the short mode.
const SPAN: Duration = Duration::from_secs(20);

const WRITERS: usize = 8;

/// The longest that a process lives, in milliseconds.
const LONGEST: u64 = 250;

async fn killed_again_and_again(durability: &str) {
    let file = fresh_file();
    let url = url(&file, durability);
    let is_long = std::env::var("REPOSIT_SQLITE").is_ok_and(|mode| mode == "long");
    let (kills, began) = (if is_long { LONG } else { KILLS }, Instant::now());
    let mut told = Told::default();
    for run in 0..kills {
        if !is_long && run >= 3 && began.elapsed() > SPAN {
            break;
        }
        let writer = Writer::start(&url, run, WRITERS, 0, None);
        assert!(writer.is_ready(), "the file opens after {run} kills");
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..LONGEST)));
        writer.kill(&mut told);
        if run % 10 == 9 {
            told.check(&open(&url).await).await;
        }
    }
    told.check(&open(&url).await).await;
    assert!(told.done > kills, "{told:?}");
    assert_eq!((told.refused, told.unknown), (0, 0), "nothing went wrong but the kills");
    println!("{durability}: {} writes were told to be done", told.done);
}

pub(crate) async fn open(url: &str) -> Database {
    Config::from_url(url).unwrap().timeout(Duration::from_secs(60)).open().await.expect("the file opens")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_commit_on_the_disk() {
    killed_again_and_again("commit").await;
    report::ran("sqlite::killed_with_every_commit_on_the_disk", "sqlite");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_commits_that_the_operating_system_has() {
    killed_again_and_again("os").await;
    report::ran("sqlite::killed_with_commits_that_the_system_has", "sqlite");
}
