//! What every request carries: its operation, its time, its deadline, and who watches it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::attempt::Attempt;
use super::stale::StaleReads;

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
    /// The server that attempts go to, if they do not say otherwise.
    server: Option<Arc<(String, u16)>>,
    stale: Option<Arc<StaleReads>>,
}

impl Call {
    /// A call that begins at `now` and may take `within`.
    pub fn new(operation: &'static str, now: i64, within: Duration) -> Self {
        let start = Instant::now();
        let deadline = start.checked_add(within).unwrap_or(start);
        Self { operation, now, deadline, watch: None, server: None, stale: None }
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

    /// The same call, whose attempts go to the server of this host and port unless they say otherwise.
    #[must_use]
    pub fn to_server(self, host: impl Into<String>, port: u16) -> Self {
        Self { server: Some(Arc::new((host.into(), port))), ..self }
    }

    /// The same call, whose reads may be stale.
    #[must_use]
    pub(crate) fn stale(self, reads: Option<Arc<StaleReads>>) -> Self {
        Self { stale: reads, ..self }
    }

    /// Where its reads go, if they may be stale. A backend that reads the latest all the same breaks no promise; a layer
    /// that keeps what was read should keep nothing of it.
    pub fn stale_reads(&self) -> Option<&StaleReads> {
        self.stale.as_deref()
    }

    /// Reports an attempt to whoever watches the call; costs nothing if nobody does. A backend calls it
    /// once for each request that it sends.
    pub fn report_attempt(&self, attempt: &Attempt<'_>) {
        let Some(watch) = &self.watch else { return };
        match (attempt.server, &self.server) {
            (None, Some(server)) => watch.attempt(self, &attempt.server(&server.0, server.1)),
            _ => watch.attempt(self, attempt),
        }
    }

    /// Whether anyone watches the call. If not, a backend need not find out what it would report.
    pub fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    /// Whether one of those that watch the call wants to know what each request consumes: then a backend whose
    /// server tells it only if it is asked, asks.
    pub fn wants_capacity(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.wants_capacity())
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

    /// Whether it wants to know what each request [consumes](Attempt::consumed), which DynamoDB tells only if it
    /// is asked. By default it does not.
    fn wants_capacity(&self) -> bool {
        false
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

    fn wants_capacity(&self) -> bool {
        self.0.wants_capacity() || self.1.wants_capacity()
    }
}
