//! The clock: what decides whether a record has expired. It can be injected for tests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time. [`Config::clock`](crate::Config::clock) gives a database another clock than the
/// machine's.
///
/// ```
/// # use reposit::clock::{Clock, SystemClock};
/// /// A clock that is an hour ahead.
/// #[derive(Debug)]
/// struct Ahead;
///
/// impl Clock for Ahead {
///     fn now_millis(&self) -> i64 {
///         SystemClock.now_millis() + 3_600_000
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// let db = reposit::Config::from_url("memory:")?.clock(Ahead).open().await?;
/// # Ok(()) }
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now, in milliseconds since the epoch.
    fn now_millis(&self) -> i64;
}

// A clock that is shared, so that a test can move it, is given to a database as it is.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_millis(&self) -> i64 {
        (**self).now_millis()
    }
}

/// The machine's clock: the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        }
    }
}

/// A clock that stands until it is moved, for tests.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use reposit::clock::{Clock, ManualClock};
///
/// let clock = Arc::new(ManualClock::at_millis(1_700_000_000_000));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now_millis(), 1_700_000_060_000);
/// ```
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at these milliseconds since the epoch.
    pub fn at_millis(millis: i64) -> Self {
        Self(AtomicI64::new(millis))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Puts the clock at these milliseconds since the epoch.
    pub fn set_millis(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}
