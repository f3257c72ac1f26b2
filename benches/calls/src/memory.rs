//! What is no single call in memory: the bytes of a record, a stream, and gets on several threads. Prints names and numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use bench_harness::allocations::{live, pause};
use bench_harness::user::id;
use bench_harness::worker::thread_cpu;
use futures_util::TryStreamExt as _;
use reposit::Database;

use crate::user::{User, user};
use crate::{median, runtime};

const RECORDS: usize = 200_000;

/// How often each is measured; the median counts.
const TIMES: usize = 5;

/// How long the threads run each time, and how often the writer writes.
const SPAN: Duration = Duration::from_millis(400);
const WRITES_EVERY: Duration = Duration::from_millis(10);

pub(crate) fn run() {
    let runtime = runtime();
    let db = runtime.block_on(async {
        let db = Database::open("memory:").await.expect("it opens");
        db.define::<User>().await.expect("it can be defined");
        let before = live();
        for n in 0..RECORDS {
            User::put(&user(id(n), &format!("team-{:05}", n / 10))).exec(&db).await.expect("it is put");
        }
        println!("memory/bytes {}", (live() - before) / i64::try_from(RECORDS).expect("small"));
        db
    });
    pause();
    let mut ratios: Vec<f64> = (0..TIMES).map(|_| runtime.block_on(stream_to_gets(&db))).collect();
    println!("memory/stream {:.3}", median(&mut ratios));
    let (mut still, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let one = gets_on(&db, 1, false);
        still.push(gets_on(&db, 2, false) / one);
        busy.push(gets_on(&db, 2, true) / one);
    }
    println!("memory/two-threads {:.3}", median(&mut still));
    println!("memory/two-threads-and-writer {:.3}", median(&mut busy));
}

/// CPU time of a stream of all records, to that of a get of each.
async fn stream_to_gets(db: &Database) -> f64 {
    let began = thread_cpu();
    for n in 0..RECORDS {
        let found = User::get(&id(n)).exec(db).await.expect("an answer");
        assert!(found.is_some());
    }
    let gets = thread_cpu() - began;
    let began = thread_cpu();
    let mut stream = std::pin::pin!(User::scan().stream(db));
    let mut count = 0;
    while let Some(user) = stream.try_next().await.expect("a record") {
        count += usize::from(user.active);
    }
    assert_eq!(count, RECORDS);
    (thread_cpu() - began) as f64 / gets as f64
}

/// Gets a second on some threads, beside a writer of transactions or not.
fn gets_on(db: &Database, threads: usize, writer: bool) -> f64 {
    let (stop, gets) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut running = Vec::new();
    for at in 0..threads {
        let (db, stop, gets) = (db.clone(), stop.clone(), gets.clone());
        running.push(thread::spawn(move || {
            runtime().block_on(async {
                let (mut n, mut made) = (at, 0);
                while !stop.load(Relaxed) {
                    n += 7919;
                    let found = User::get(&id(n % RECORDS)).exec(&db).await.expect("an answer");
                    assert!(found.is_some());
                    made += 1;
                }
                gets.fetch_add(made, Relaxed);
            });
        }));
    }
    if writer {
        let (db, stop) = (db.clone(), stop.clone());
        running.push(thread::spawn(move || runtime().block_on(write(&db, &stop))));
    }
    let began = Instant::now();
    thread::sleep(SPAN);
    stop.store(true, Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    running.into_iter().for_each(|thread| thread.join().expect("it ends well"));
    gets.load(Relaxed) as f64 / seconds
}

async fn write(db: &Database, stop: &AtomicBool) {
    let mut n = 0;
    while !stop.load(Relaxed) {
        let users: Vec<User> =
            (n..n + 100).map(|n| user(id(n % RECORDS), &format!("team-{:05}", n % RECORDS / 10))).collect();
        let transaction = users.iter().fold(db.transaction(), |transaction, user| transaction.add(User::put(user)));
        transaction.commit().await.expect("it is written");
        n += 100;
        tokio::time::sleep(WRITES_EVERY).await;
    }
}
