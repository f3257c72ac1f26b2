//! Attempts of one call: the least time one is worth, and the pause before the next.

use std::time::Duration;

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
use crate::request::Call;

/// An attempt with less time than this would most likely time out and leave the outcome unknown.
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
const LEAST_ATTEMPT: Duration = Duration::from_millis(100);

/// The least time that an attempt of this call is started with: 100 milliseconds, or a tenth of a
/// shorter call. Ask at the beginning of the call, since what is left shrinks.
#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) fn least_attempt(call: &Call) -> Duration {
    LEAST_ATTEMPT.min(call.left() / 10)
}

/// Pauses between attempts: each about twice as long as the one before, up to a longest, and never the
/// same for two callers, so that those who met once do not meet again.
///
/// ```text
/// let mut backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(500));
/// while backoff.pause(call.left()).await { /* try again */ }
/// ```
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses that begin with about `first` and grow to about `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// Pauses that are all about as long.
    pub(crate) const fn steady(pause: Duration) -> Self {
        Self::new(pause, pause)
    }

    /// The next pause: half to one and a half of its length.
    pub(crate) fn next_pause(&mut self) -> Duration {
        let pause = self.next.mul_f64(0.5 + fastrand::f64());
        self.next = self.next.saturating_mul(2).min(self.longest);
        pause
    }

    /// Waits for the next pause, unless that would take all of `left`: returns false at once then.
    #[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
    pub(crate) async fn pause(&mut self, left: Duration) -> bool {
        let pause = self.next_pause();
        if pause >= left {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_differ() {
        let (first, longest) = (Duration::from_millis(10), Duration::from_millis(100));
        let mut backoff = Backoff::new(first, longest);
        let pauses: Vec<_> = (0..20).map(|_| backoff.next_pause()).collect();
        assert!(pauses[0] >= first / 2 && pauses[0] < first * 3 / 2);
        assert!(pauses[4..].iter().all(|pause| *pause >= longest / 2 && *pause < longest * 3 / 2));
        assert!(pauses[4..].iter().any(|pause| *pause != pauses[4]));
        let mut steady = Backoff::steady(first);
        assert!((0..20).all(|_| steady.next_pause() < first * 3 / 2));
    }

    #[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
    #[tokio::test]
    async fn no_pause_takes_all_that_is_left() {
        let mut backoff = Backoff::steady(Duration::from_millis(10));
        assert!(!backoff.pause(Duration::from_millis(4)).await);
        assert!(backoff.pause(Duration::from_secs(1)).await);
    }
}
