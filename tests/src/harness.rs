//! What a case of the conformance suite is run on, and how it is run.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::report;
use crate::servers::Target;
use aws_sdk_dynamodb::Client;
use reposit::backend::dynamodb::DynamoDb;
use reposit::clock::ManualClock;
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
}

impl Test {
    /// An empty database of a target, and the label under which the report counts it.
    pub async fn on(target: Target) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let config = Config::from_url(&url).expect("the server's own URL is a configuration");
        let config = config.connect_timeout(PATIENCE).timeout(PATIENCE);
        let db = config.clock(clock.clone()).open().await.expect("the server answers");
        (Self { db, clock, url }, label)
    }

    /// The same on DynamoDB Local, where a client of the SDK sends everything.
    pub async fn over_client() -> (Self, String) {
        let (test, label) = Self::on(Target::DynamodbLocal).await;
        let client = test.db.raw::<Client>().expect("DynamoDB's client").clone();
        let backend = DynamoDb::over_client(client).expect("a runtime to send it on");
        let db = Database::builder().backend(backend).clock(test.clock.clone()).timeout(PATIENCE);
        let db = db.open().await.expect("the server answers");
        (Self { db, ..test }, format!("over-client {label}"))
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

/// Runs a case on a backend, and counts it. Its path ends in the module of the backend and its name.
pub async fn run<F: Future<Output = ()>>(target: Target, path: &str, case: impl FnOnce(Test) -> F) {
    let (test, label) = Test::on(target).await;
    case(test).await;
    report::ran(&counted_as(path), &label);
}

/// Runs a case on DynamoDB over a client of the SDK, and counts it.
pub async fn run_over_client<F: Future<Output = ()>>(path: &str, case: impl FnOnce(Test) -> F) {
    let (test, label) = Test::over_client().await;
    case(test).await;
    report::ran(&counted_as(path), &label);
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
