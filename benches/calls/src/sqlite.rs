//! What is no single call on SQLite: many writers that wait for the disk together. Prints names and numbers.

use std::time::{Duration, Instant};

use reposit::Database;

use crate::user::{User, user};
use crate::{fresh_id, median, runtime};

/// How often each is measured; the median counts.
const TIMES: usize = 5;

/// How long the writers write each time.
const SPAN: Duration = Duration::from_millis(700);

/// A file that nobody else has, gone with the folder of temporary files.
pub(crate) fn url(durability: &str) -> String {
    let folder = std::env::var("BENCH_FOLDER").map_or_else(|_| std::env::temp_dir(), Into::into);
    let file = folder.join(format!("reposit-bench-{}.db", std::process::id()));
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    format!("sqlite:{}?durability={durability}", file.display())
}

pub(crate) fn run() {
    let mut made = 0;
    let mut ratios: Vec<f64> = (0..TIMES)
        .map(|_| {
            runtime().block_on(async {
                let db = Database::open(&url("commit")).await.expect("it opens");
                db.define::<User>().await.expect("it can be defined");
                let one = creates(&db, 1, &mut made).await;
                creates(&db, 64, &mut made).await / one
            })
        })
        .collect();
    println!("sqlite/commits {:.3}", median(&mut ratios));
}

/// Creates a second by so many writers at once.
async fn creates(db: &Database, writers: usize, made: &mut usize) -> f64 {
    let began = Instant::now();
    let first = *made;
    while began.elapsed() < SPAN {
        let each = (0..writers).map(|at| {
            let user = user(fresh_id(*made + at), "new");
            async move { User::create(&user).exec(db).await }
        });
        let done = futures_util::future::join_all(each).await;
        done.into_iter().for_each(|done| done.expect("it is new"));
        *made += writers;
    }
    (*made - first) as f64 / began.elapsed().as_secs_f64()
}
