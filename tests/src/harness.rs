//! What the cases run on, and how each is run on every backend.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::brought::Client;
use crate::capabilities;
use crate::metered::{self, Together};
use crate::report;
use crate::servers::Target;
use reposit::backend::memory::Memory;
use reposit::backend::{Backend, BoxFuture};
use reposit::config::MemorySettings;
use reposit::layer::{Faults, Meter};
use reposit::{Config, Database, Result};
use reposit_conformance::{Case, Opening, Place, Trial};

pub use reposit_conformance::{START, kind};

/// What a case is run on: an empty database that nobody else has, its clock, and where it is.
#[derive(Debug)]
pub struct Test {
    inner: reposit_conformance::Test,
    /// The URL that it was opened by.
    pub url: String,
}

impl Deref for Test {
    type Target = reposit_conformance::Test;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Test {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

/// The way to a database. Each handle but those of a store of this process has a client of its own.
enum Here {
    Store(Arc<dyn Backend>),
    Url(String),
    Brought(Client, String),
}

impl Place for Here {
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Database>> {
        Box::pin(async move {
            match self {
                Self::Store(store) => opening.on(store.clone()).await,
                Self::Url(url) => opening.by(Config::from_url(url)?).await,
                Self::Brought(client, database) => opening.on(client.backend(database).await).await,
            }
        })
    }
}

impl Test {
    /// An empty database of a target, and the label under which the report counts it.
    pub async fn on(target: Target) -> (Self, String) {
        Self::on_under(target, "").await
    }

    /// The same, under a table prefix.
    pub async fn on_under(target: Target, prefix: &str) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let here = match target {
            Target::Memory => Here::Store(Arc::new(Memory::new(&MemorySettings::default()))),
            _ => Here::Url(url.clone()),
        };
        (Self::at(here, url, target, prefix).await, label)
    }

    /// An empty database over a client that a program brings.
    pub async fn over(client: Client, prefix: &str) -> (Self, String) {
        let (database, url, label) = client.fresh().await;
        (Self::at(Here::Brought(client, database), url, client.target(), prefix).await, label)
    }

    async fn at(here: Here, url: String, target: Target, prefix: &str) -> Self {
        let opened = reposit_conformance::Test::at(Arc::new(here), capabilities::of(target), prefix).await;
        Self { inner: opened.expect("the server answers"), url }
    }
}

/// A case on every backend, as tests of the names `module::backend::case`.
///
/// It runs twice more over a client that a program brings: on DynamoDB Local over one of the SDK, on MongoDB over one of the
/// driver. And once more in memory, behind faults of which none happens.
pub fn trials(case: Case) -> Vec<Trial> {
    let mut trials: Vec<_> =
        Target::ALL.iter().map(|&target| trial(case, &target.module(), move || run(target, case))).collect();
    trials.push(trial(case, "from_sdk_config", move || run_over(Client::SdkConfig, case)));
    trials.push(trial(case, "from_database", move || run_over(Client::Database, case)));
    trials.push(trial(case, "behind_no_faults", move || run_behind_no_faults(case)));
    trials
}

fn trial<F: Future<Output = ()>>(case: Case, backend: &str, run: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::new(case.path_on(backend), run)
}

/// Runs a case on a backend, and counts it.
///
/// On DynamoDB Local it runs under a meter, and once more on the embedded backend, which must cost the same if it can do what the
/// case needs.
async fn run(target: Target, case: Case) {
    let (test, label) = Test::on_under(target, case.prefix()).await;
    if target == Target::DynamodbLocal && case.needs().iter().all(|need| test.can(*need)) {
        let mut costs = run_metered(test, case).await;
        // A server that stalls is asked twice: then the case is run again.
        for _ in 0..2 {
            if costs.is_err() {
                let (test, _) = Test::on_under(target, case.prefix()).await;
                costs = run_metered(test, case).await;
            }
        }
        costs.unwrap_or_else(|differ| panic!("{differ}"));
    } else {
        case.run(test.inner).await;
    }
    report::ran(case.path(), &label);
}

/// Runs a case under a meter, there and on the embedded backend; returns what it costs more or less here.
async fn run_metered(mut test: Test, case: Case) -> Result<(), String> {
    let (here, there, together) = (Meter::new(), Meter::new(), Together::default());
    test.db = test.db.layer(there.clone()).layer(together.clone());
    case.run(test.inner).await;
    let (mut test, _) = Test::on_under(Target::Memory, case.prefix()).await;
    test.db = test.db.layer(here.clone());
    case.run(test.inner).await;
    metered::compare(case.path(), &here.total(), &there.total(), &together)
}

/// Runs a case over a client that a program brings, and counts it.
async fn run_over(client: Client, case: Case) {
    let (test, label) = Test::over(client, case.prefix()).await;
    case.run(test.inner).await;
    report::ran(case.path(), &label);
}

/// Runs a case in memory, behind faults of which none happens.
async fn run_behind_no_faults(case: Case) {
    let (mut test, _) = Test::on_under(Target::Memory, case.prefix()).await;
    // An index that lags behind by no time at all is asked like one that does.
    test.db = test.db.layer(Faults::seeded(0).lag_indexes(Duration::ZERO));
    case.run(test.inner).await;
}
