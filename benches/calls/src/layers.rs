//! What the layers cost in memory, where a call costs least: calls under each, to calls under none. Prints names and numbers.

use bench_harness::user::{id, records};
use bench_harness::worker::thread_cpu;
use reposit::Database;
use reposit::layer::{Cache, Faults, Meter, Metrics, Trace};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::user::{User, user};
use crate::{median, runtime};

/// How often each is measured; the median counts.
const TIMES: usize = 15;

const CALLS: usize = 5_000;

/// Takes every span and event of `INFO` and above, and keeps nothing.
struct Takes;

impl Subscriber for Takes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

pub(crate) fn run() {
    runtime().block_on(async {
        let bare = Database::open("memory:").await.expect("it opens");
        bare.define::<User>().await.expect("it can be defined");
        for n in 0..records() {
            User::put(&user(id(n), "core")).exec(&bare).await.expect("it is put");
        }
        let trace = bare.layer(Trace::new());
        measure(&bare, &bare.clone(), "none").await;
        measure(&bare, &trace, "trace-untaken").await;
        measure(&bare, &bare.layer(Metrics::new()), "metrics").await;
        measure(&bare, &bare.layer(Meter::new()), "meter").await;
        measure(&bare, &bare.layer(Cache::new()), "cache").await;
        measure(&bare, &bare.layer(Faults::seeded(1)), "faults").await;
        let unheard = trace.layer(Metrics::new()).layer(Faults::seeded(1));
        measure(&bare, &unheard, "unheard").await;
        let guard = tracing::subscriber::set_default(Takes);
        measure(&bare, &trace, "trace").await;
        measure(&bare, &trace.layer(Metrics::new()).layer(Meter::new()), "all").await;
        drop(guard);
    });
}

async fn measure(bare: &Database, layered: &Database, name: &str) {
    let (mut gets, mut puts) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        gets.push(get(layered).await / get(bare).await);
        puts.push(put(layered).await / put(bare).await);
    }
    println!("layers/{name}-get {:.3}", median(&mut gets));
    println!("layers/{name}-put {:.3}", median(&mut puts));
}

async fn get(db: &Database) -> f64 {
    let began = thread_cpu();
    for n in 0..CALLS {
        let found = User::get(&id(n % records())).exec(db).await.expect("an answer");
        assert!(found.is_some());
    }
    (thread_cpu() - began) as f64
}

async fn put(db: &Database) -> f64 {
    let began = thread_cpu();
    for n in 0..CALLS {
        User::put(&user(id(n % records()), "core")).exec(db).await.expect("it is put");
    }
    (thread_cpu() - began) as f64
}
