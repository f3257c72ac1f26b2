//! Whether a connection has been silent for too long while something waited for its answer.
//!
//! Many calls share a connection, and its answers come in the order of the requests. If the network holds one up, all that are
//! sent after it would wait as well, each for its own time: they are sent over another connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A connection that has answered nothing for so long is not used for what comes next.
const LONGEST: Duration = Duration::from_secs(2);
/// The same if someone has given up waiting meanwhile.
const LONGEST_GIVEN_UP: Duration = Duration::from_millis(200);

/// What waits on a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Silence(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    count: usize,
    /// When the first of them was sent, or an answer came after that.
    since: Option<Instant>,
    /// Whether someone has given up after a while, and nothing came since.
    is_doubted: bool,
}

impl Waiting {
    fn is_silent_for(&self, time: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() > time)
    }
}

/// One request that waits. It waits no longer when this is dropped.
pub(super) struct Wait<'a>(&'a Silence);

impl Silence {
    /// Notes that a request is sent.
    pub(super) fn wait(&self) -> Wait<'_> {
        self.change(|waiting| {
            if waiting.count == 0 {
                waiting.since = Some(Instant::now());
            }
            waiting.count += 1;
        });
        Wait(self)
    }

    /// Whether nothing has come for too long.
    pub(super) fn is_too_long(&self) -> bool {
        self.change(|waiting| waiting.is_doubted || (waiting.count > 0 && waiting.is_silent_for(LONGEST)))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wait<'_> {
    /// Notes that an answer came.
    pub(super) fn end(self) {
        self.0.change(|waiting| {
            waiting.since = Some(Instant::now());
            waiting.is_doubted = false;
        });
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.change(|waiting| {
            waiting.count = waiting.count.saturating_sub(1);
            waiting.is_doubted |= waiting.is_silent_for(LONGEST_GIVEN_UP);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_ago(silence: &Silence) {
        silence.change(|waiting| waiting.since = Instant::now().checked_sub(LONGEST * 2));
    }

    #[test]
    fn only_what_waits_is_silent() {
        let silence = Silence::default();
        assert!(!silence.is_too_long());
        let (first, second) = (silence.wait(), silence.wait());
        assert!(!silence.is_too_long());
        long_ago(&silence);
        assert!(silence.is_too_long());
        first.end();
        assert!(!silence.is_too_long());
        drop(second);
        assert!(!silence.is_too_long(), "it was given up at once");
        long_ago(&silence);
        let third = silence.wait();
        assert!(!silence.is_too_long(), "what was before it does not count");
        long_ago(&silence);
        drop(third);
        assert!(silence.is_too_long(), "it was given up after a while");
        silence.wait().end();
        assert!(!silence.is_too_long());
    }
}
