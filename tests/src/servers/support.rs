//! What all files of the servers need: how a failure is told, the variables, names that are new, and work off the runtime.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What went wrong on the way to a server, in words for the person who runs the tests.
pub type Result<T> = std::result::Result<T, String>;

/// A MongoDB to use in place of the suite's own: `mongodb://host:port/?options`.
pub const MONGODB_VARIABLE: &str = "REPOSIT_TEST_MONGODB";
/// A DynamoDB endpoint to use in place of DynamoDB Local: `http://host:port`.
pub const DYNAMODB_VARIABLE: &str = "REPOSIT_TEST_DYNAMODB";
/// A PostgreSQL to use in place of the suite's own: `postgres://user:password@host:port/database?options`.
pub const POSTGRES_VARIABLE: &str = "REPOSIT_TEST_POSTGRES";
/// A Redis to use in place of the suite's own: `redis://host:port/number?options`.
pub const REDIS_VARIABLE: &str = "REPOSIT_TEST_REDIS";
/// Another folder for the fetched servers than `.cache` in the workspace.
pub const CACHE_VARIABLE: &str = "REPOSIT_CACHE";

/// A database name that no other test, process or run uses: letters and digits.
pub fn fresh_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("t{:x}p{:x}n{next:x}", since.as_micros(), std::process::id())
}

/// Finding a server waits for files, processes and locks, so it stays off the runtime of the test.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
