//! What every request carries: its operation, its time, its deadline, and who watches it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::ErrorKind;

/// What every request carries.
///
/// It is passed by value where a backend takes it, and by reference within one. Cloning it is cheap.
///
/// ```
/// use std::time::Duration;
/// use reposit::backend::Call;
///
/// let call = Call::new("get", 1_500, Duration::from_secs(10));
/// assert_eq!((call.operation, call.now_seconds()), ("get", 1));
/// assert!(call.left() <= Duration::from_secs(10));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// The operation's name, for errors.
    pub operation: &'static str,
    /// The time by the database's clock, in milliseconds since the epoch.
    pub now: i64,
    /// When the caller stops waiting.
    pub deadline: Instant,
    watch: Option<Arc<dyn Watch>>,
}

impl Call {
    /// A call that begins at `now` and may take `within`.
    pub fn new(operation: &'static str, now: i64, within: Duration) -> Self {
        let start = Instant::now();
        Self { operation, now, deadline: start.checked_add(within).unwrap_or(start), watch: None }
    }

    /// The same call, watched by one more: each attempt that a backend makes for it is reported to
    /// `watch`, after those that watch it already.
    #[must_use]
    pub fn watched_by(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(match self.watch.take() {
            Some(first) => Arc::new(Both(first, watch)),
            None => watch,
        });
        self
    }

    /// Reports an attempt to whoever watches the call; costs nothing if nobody does. A backend calls it
    /// once for each request that it sends.
    pub fn report_attempt(&self, attempt: &Attempt<'_>) {
        if let Some(watch) = &self.watch {
            watch.attempt(self, attempt);
        }
    }

    /// The time that is left.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The time in whole seconds, rounded down: a record whose expiry is at most this has expired.
    pub fn now_seconds(&self) -> i64 {
        self.now.div_euclid(1000)
    }

    /// Whether what expires then has not expired yet.
    pub(crate) fn is_before(&self, expiry: Option<i64>) -> bool {
        expiry.is_none_or(|at| at > self.now_seconds())
    }
}

/// Hears of each request that a backend sends for a call, when its answer is there. A layer puts one on a
/// call with [`Call::watched_by`].
///
/// The backend waits for it, so it should be quick.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
/// use reposit::backend::{Attempt, Call, Watch};
///
/// #[derive(Debug, Default)]
/// struct Requests(AtomicU64);
///
/// impl Watch for Requests {
///     fn attempt(&self, _: &Call, _: &Attempt<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// let requests = Arc::new(Requests::default());
/// let call = Call::new("get", 0, Duration::from_secs(1)).watched_by(requests.clone());
/// call.report_attempt(&Attempt::new("GetItem"));
/// assert_eq!(requests.0.load(Ordering::Relaxed), 1);
/// ```
pub trait Watch: fmt::Debug + Send + Sync + 'static {
    /// An attempt for `call` came to its end.
    fn attempt(&self, call: &Call, attempt: &Attempt<'_>);
}

/// One request that a backend sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The request, by the name that the server's documentation gives it: `GetItem`, `find`.
    pub request: &'a str,
    /// Why it failed; nothing if it did not.
    pub failure: Option<ErrorKind>,
}

impl<'a> Attempt<'a> {
    /// An attempt that was answered.
    pub fn new(request: &'a str) -> Self {
        Self { request, failure: None }
    }

    /// The same attempt, failed.
    #[must_use]
    pub fn failed(self, kind: ErrorKind) -> Self {
        Self { failure: Some(kind), ..self }
    }
}

/// Two that watch one call.
#[derive(Debug)]
struct Both(Arc<dyn Watch>, Arc<dyn Watch>);

impl Watch for Both {
    fn attempt(&self, call: &Call, attempt: &Attempt<'_>) {
        self.0.attempt(call, attempt);
        self.1.attempt(call, attempt);
    }
}
