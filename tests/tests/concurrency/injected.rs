//! The checks over a memory on whose way things go wrong by a seed: what is told of each write must fit what all see of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reposit::backend::{Backend, Call, FindUnique, Forward, Get, Layer, Query, RecordPage, Reply};
use reposit::layer::Faults;
use reposit::{Database, Record, Result};
use reposit_tests::report;

use crate::arena::{Arena, Found, SPAN};

/// Reads again where a read got no answer: what the checks look for is in the writes.
#[derive(Debug)]
struct Patient(Arc<dyn Backend>);

struct Patience;

impl Layer for Patience {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Patient(inner))
    }
}

async fn again<T, F: Future<Output = Result<T>>>(read: impl Fn() -> F) -> Result<T> {
    loop {
        match read().await {
            Err(error) if error.kind().is_transient() => {}
            result => return result,
        }
    }
}

impl Forward for Patient {
    fn inner(&self) -> &dyn Backend {
        &*self.0
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(async move { again(|| self.inner().get(call.clone(), get.clone())).await })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Reply::later(async move { again(|| self.inner().find_unique(call.clone(), find.clone())).await })
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Reply::later(async move { again(|| self.inner().query(call.clone(), query.clone())).await })
    }
}

/// More would leave too much unknown to be searched.
fn faults() -> Faults {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let faults = Faults::seeded(now.as_micros() as u64);
    faults.lose_answers(0.015).drop_requests(0.01).throttle(0.03).conflict(0.03)
}

async fn holds<F: Future<Output = Found>>(name: &str, faults: Faults, check: impl FnOnce(Arena) -> F) {
    let db = Database::open("memory:").await.expect("a store in memory");
    let arena = Arena::on_database(db.layer(faults.clone()).layer(Patience), SPAN);
    // What a check sets up is there for certain.
    faults.pause();
    let goes_wrong = async {
        tokio::time::sleep(SPAN / 20).await;
        faults.resume();
    };
    let (found, ()) = tokio::join!(check(arena), goes_wrong);
    found.unwrap_or_else(|found| panic!("{name} under {faults}: {found}"));
    println!("{name} held under {faults}");
    assert!(faults.injected().total() > 0, "{faults}");
    report::ran(&format!("concurrency::injected_{name}"), "memory");
}

macro_rules! checks {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            holds(stringify!($name), faults(), crate::$name).await;
        }
    )*};
}

checks!(
    the_sum_holds,
    each_name_has_one_owner,
    every_add_counts_once,
    one_create_wins,
    no_save_is_lost,
    the_lock_is_exclusive,
    histories_are_linearizable,
);

/// Each request takes its time, so that others come between its parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_with_delays_are_linearizable() {
    let faults = faults().delay(..Duration::from_millis(2));
    holds("histories_with_delays_are_linearizable", faults, crate::histories_are_linearizable).await;
}
