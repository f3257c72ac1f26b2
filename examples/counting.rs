//! A layer that counts the calls of each operation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reposit::backend::{Backend, Call, Forward, Layer};
use reposit::{Database, Repository, Result};
use serde::{Deserialize, Serialize};

/// How many calls each operation made. A clone counts with it.
#[derive(Debug, Clone, Default)]
struct Counter(Arc<Mutex<BTreeMap<&'static str, u64>>>);

/// A backend whose calls are counted.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn Backend>,
    counter: Counter,
}

impl Layer for Counter {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Counted { inner, counter: self })
    }
}

impl Forward for Counted {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn enter(&self, call: Call) -> Call {
        let mut counts = self.counter.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(call.operation).or_default() += 1;
        call
    }
}

#[derive(Serialize, Deserialize, Repository)]
struct Visit {
    #[hash_key]
    page: String,
    times: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let counter = Counter::default();
    let db = Database::open("memory:").await?.layer(counter.clone());
    db.define::<Visit>().await?;
    for page in ["home", "news", "home"] {
        Visit::upsert(page).add(Visit::TIMES, 1).exec(&db).await?;
    }
    let home = Visit::get("home").exec(&db).await?;
    println!("home was visited {} times", home.map_or(0, |visit| visit.times));
    for (operation, count) in counter.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{operation}: {count}");
    }
    Ok(())
}
