use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use reposit::clock::ManualClock;
use reposit::{Config, Database, Error, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;

/// Where the clock of every case stands at first: in 2096, well ahead of the servers' own clocks,
/// so that none of them takes a record away before the case says so.
pub(crate) const START: i64 = 4_000_000_000;

/// What a case is run on: an empty database that nobody else has, and its clock.
pub(crate) struct Test {
    pub(crate) db: Database,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) url: String,
}

impl Test {
    pub(crate) async fn on(target: Target) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let config = Config::from_url(&url).expect("the server's own URL is a configuration");
        // A server that starts on a busy machine is slow, and that is no failure of a case.
        let config = config.connect_timeout(Duration::from_secs(60)).timeout(Duration::from_secs(60));
        let db = config.clock(clock.clone()).open().await.expect("the server answers");
        (Self { db, clock, url }, label)
    }

    /// Defines a model, and gives the database to use it on.
    pub(crate) async fn with<M: Repository>(&self) -> &Database {
        self.db.define::<M>().await.expect("an empty database takes any model");
        &self.db
    }
}

/// Runs a case on a backend, and counts it.
pub(crate) async fn run<F: Future<Output = ()>>(
    target: Target,
    module: &str,
    name: &str,
    case: impl FnOnce(Test) -> F,
) {
    let (test, label) = Test::on(target).await;
    case(test).await;
    let module = module.rsplit("::").next().unwrap_or(module);
    report::ran(&format!("{module}::{name}"), &label);
}

/// The kind of an error that must be one.
#[track_caller]
pub(crate) fn kind<T: Debug>(result: Result<T, Error>) -> ErrorKind {
    result.expect_err("an error").kind()
}

/// Makes a test of each case for each backend.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        cases!(@on memory Memory $($name)*);
        cases!(@on mongodb Mongodb $($name)*);
        cases!(@on dynamodb_local DynamodbLocal $($name)*);
        cases!(@on dynoxide Dynoxide $($name)*);
    };
    (@on $backend:ident $target:ident $($name:ident)*) => {
        mod $backend {
            $(
                #[tokio::test]
                async fn $name() {
                    let target = reposit_tests::servers::Target::$target;
                    crate::harness::run(target, super::MODULE, stringify!($name), super::$name).await;
                }
            )*
        }
    };
}
