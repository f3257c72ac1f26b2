//! Whether a connection still answers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Without an answer for so long, while some are waited for, a connection is no longer given to others: those who wait on
/// it go on to, and a call that comes makes another.
const STALLED: Duration = Duration::from_secs(1);

/// The requests on a connection that wait for their answers.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    requests: usize,
    /// When an answer came last, or the first of those that wait was sent.
    since: Option<Instant>,
}

/// A request that waits, until it is dropped.
pub(super) struct Request<'a>(&'a Waiting);

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait.
    pub(super) fn begin(&self) -> Request<'_> {
        let mut state = self.state();
        if state.requests == 0 {
            state.since = Some(Instant::now());
        }
        state.requests += 1;
        Request(self)
    }

    /// Whether answers are waited for, and none has come for long.
    pub(super) fn is_stalled(&self) -> bool {
        let state = self.state();
        state.requests > 0 && state.since.is_some_and(|since| since.elapsed() > STALLED)
    }
}

impl Request<'_> {
    /// The answer is there.
    pub(super) fn note(&self) {
        self.0.state().since = Some(Instant::now());
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests = state.requests.saturating_sub(1);
    }
}
