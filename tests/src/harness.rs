//! What a case of the conformance suite is run on, and how it is run.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::brought::Client;
use crate::metered::{self, Together};
use crate::report;
use crate::servers::Target;
use reposit::backend::Backend;
use reposit::backend::memory::Memory;
use reposit::clock::ManualClock;
use reposit::config::MemorySettings;
use reposit::layer::{Faults, Meter};
use reposit::{Config, Database, Error, ErrorKind, Repository};

/// Where the clock of every case stands at first: in 2096, well ahead of the servers' own clocks,
/// so that none of them takes a record away before the case says so.
pub const START: i64 = 4_000_000_000;

/// A server that starts on a busy machine is slow, and that is no failure of a case.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a case is run on: an empty database that nobody else has, and its clock.
pub struct Test {
    /// The database.
    pub db: Database,
    /// Its clock, which stands until the case moves it.
    pub clock: Arc<ManualClock>,
    /// The URL that it was opened by.
    pub url: String,
    /// The backend itself, where no URL leads to it: a store of this process, and a client that was brought.
    store: Option<Arc<dyn Backend>>,
}

impl Test {
    /// An empty database of a target, and the label under which the report counts it.
    pub async fn on(target: Target) -> (Self, String) {
        Self::on_under(target, "").await
    }

    /// The same, under a table prefix.
    pub async fn on_under(target: Target, prefix: &str) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let memory = || Arc::new(Memory::new(&MemorySettings::default())) as Arc<dyn Backend>;
        let store = target.is_of_one_handle().then(memory);
        let db = open(&url, store.clone(), clock.clone(), prefix).await;
        (Self { db, clock, url, store }, label)
    }

    /// The same database under another table prefix.
    pub async fn under(&self, prefix: &str) -> Database {
        open(&self.url, self.store.clone(), self.clock.clone(), prefix).await
    }

    /// An empty database over a client that a program brings.
    pub async fn over(client: Client, prefix: &str) -> (Self, String) {
        let (backend, url, label) = client.fresh().await;
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let store = Some(backend);
        let db = open(&url, store.clone(), clock.clone(), prefix).await;
        (Self { db, clock, url, store }, label)
    }

    /// Lets so many seconds pass.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Every value of a model has its record, and every record its values, or this panics.
    pub async fn is_sound<M: Repository>(&self) {
        assert_eq!(self.db.verify::<M>().await.unwrap(), Vec::<String>::new());
    }

    /// Defines a model, and gives the database to use it on.
    pub async fn with<M: Repository>(&self) -> &Database {
        self.db.define::<M>().await.expect("an empty database takes any model");
        &self.db
    }
}

async fn open(url: &str, store: Option<Arc<dyn Backend>>, clock: Arc<ManualClock>, prefix: &str) -> Database {
    let opened = match store {
        Some(store) => {
            let db = Database::builder().backend(store).clock(clock).table_prefix(prefix);
            db.timeout(PATIENCE).connect_timeout(PATIENCE).open().await
        }
        None => {
            let config = Config::from_url(url).expect("the server's own URL is a configuration");
            let config = config.connect_timeout(PATIENCE).timeout(PATIENCE).table_prefix(prefix);
            config.clock(clock).open().await
        }
    };
    opened.expect("the server answers")
}

/// Modules of which every third case is under a table prefix: none of them names a table to the server itself.
const PREFIXED: [&str; 24] = [
    "automatic_fields",
    "batches",
    "bulk_writes",
    "claims",
    "conditional_writes",
    "create_get_delete",
    "cursors",
    "error_messages",
    "expired",
    "expired_records",
    "keys",
    "locks",
    "many",
    "pages",
    "queries",
    "removal",
    "schema",
    "transaction_results",
    "transactions",
    "transfer",
    "ttl_field",
    "values",
    "versions",
    "what_was_there",
];

/// The table prefix of a case.
fn prefix_of(path: &str) -> &'static str {
    let counted = counted_as(path);
    let may_be = counted.split("::").any(|module| PREFIXED.contains(&module));
    let sum: usize = counted.bytes().map(usize::from).sum();
    if may_be && sum.is_multiple_of(3) { "staging-" } else { "" }
}

/// Runs a case on a backend, and counts it. Its path ends in the module of the backend and its name.
///
/// On DynamoDB Local it runs under a meter, and once more on the embedded backend, which must cost the same.
pub async fn run<F: Future<Output = ()>>(target: Target, path: &str, case: impl Fn(Test) -> F) {
    let (test, label) = Test::on_under(target, prefix_of(path)).await;
    if target == Target::DynamodbLocal {
        let mut costs = run_metered(test, path, &case).await;
        // A server that stalls is asked twice: then the case is run again.
        for _ in 0..2 {
            if costs.is_err() {
                let (test, _) = Test::on_under(target, prefix_of(path)).await;
                costs = run_metered(test, path, &case).await;
            }
        }
        costs.unwrap_or_else(|differ| panic!("{differ}"));
    } else {
        case(test).await;
    }
    report::ran(&counted_as(path), &label);
}

/// Runs a case under a meter, there and on the embedded backend; returns what it costs more or less here.
async fn run_metered<F: Future<Output = ()>>(
    mut test: Test,
    path: &str,
    case: impl Fn(Test) -> F,
) -> Result<(), String> {
    let (here, there, together) = (Meter::new(), Meter::new(), Together::default());
    test.db = test.db.layer(there.clone()).layer(together.clone());
    case(test).await;
    let (mut test, _) = Test::on_under(Target::Memory, prefix_of(path)).await;
    test.db = test.db.layer(here.clone());
    case(test).await;
    metered::compare(&counted_as(path), &here.total(), &there.total(), &together)
}

/// Runs a case over a client that a program brings, and counts it.
pub async fn run_over<F: Future<Output = ()>>(client: Client, path: &str, case: impl FnOnce(Test) -> F) {
    let (test, label) = Test::over(client, prefix_of(path)).await;
    case(test).await;
    report::ran(&counted_as(path), &label);
}

/// Runs a case in memory, behind faults of which none happens.
pub async fn run_behind_no_faults<F: Future<Output = ()>>(path: &str, case: impl FnOnce(Test) -> F) {
    let (mut test, _) = Test::on_under(Target::Memory, prefix_of(path)).await;
    // An index that lags behind by no time at all is asked like one that does.
    test.db = test.db.layer(Faults::seeded(0).lag_indexes(Duration::ZERO));
    case(test).await;
}

/// `suite::module::memory::name` as the report has it: `module::name`.
fn counted_as(path: &str) -> String {
    let segments: Vec<&str> = path.split("::").collect();
    match segments.as_slice() {
        [_suite, modules @ .., _backend, name] if !modules.is_empty() => format!("{}::{name}", modules.join("::")),
        _ => path.to_owned(),
    }
}

/// The kind of an error that must be one.
#[track_caller]
pub fn kind<T: Debug>(result: Result<T, Error>) -> ErrorKind {
    result.expect_err("an error").kind()
}
