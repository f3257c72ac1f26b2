//! A hundred gets at the same time, gathered, to a hundred one after another, at a round trip of 2 ms. Prints names and numbers.

use std::time::{Duration, Instant};

use bench_harness::user::{TEAM, id};
use bench_harness::worker::thread_cpu;
use futures_util::future::join_all;
use reposit::Database;

use crate::user::{User, user};
use crate::{dynamodb, mongodb, runtime};

/// How often each is measured; the median counts.
const TIMES: usize = 5;

/// How long a get waits for others.
const WINDOW: Duration = Duration::from_millis(1);

pub(crate) fn run() {
    for (store, url) in [("dynamodb", dynamodb::url()), ("mongodb", mongodb::url())] {
        runtime().block_on(measure(store, &url));
    }
}

async fn measure(store: &str, url: &str) {
    let db = Database::open(url).await.expect("the server answers");
    User::create(&user(id(0), "core")).exec(&db).await.expect("it is new");
    let gathering = db.coalesced(WINDOW);
    one_by_one(&db).await;
    at_once(&gathering).await;
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let began = (thread_cpu(), Instant::now());
        one_by_one(&db).await;
        let single = (thread_cpu() - began.0, began.1.elapsed());
        let began = (thread_cpu(), Instant::now());
        at_once(&gathering).await;
        let gathered = (thread_cpu() - began.0, began.1.elapsed());
        cpu.push(gathered.0 as f64 / single.0 as f64);
        wall.push(gathered.1.as_secs_f64() / single.1.as_secs_f64());
    }
    println!("{store}/coalesced-cpu {:.3}", crate::median(&mut cpu));
    println!("{store}/coalesced-wall {:.3}", crate::median(&mut wall));
}

async fn one_by_one(db: &Database) {
    for n in 0..TEAM {
        let found = User::get(&id(n)).exec(db).await.expect("an answer");
        assert!(found.is_some());
    }
}

async fn at_once(db: &Database) {
    let ids: Vec<String> = (0..TEAM).map(id).collect();
    let found = join_all(ids.iter().map(|id| User::get(id).exec(db))).await;
    assert!(found.into_iter().all(|found| found.expect("an answer").is_some()));
}
