//! Looking for what a write left behind, after its answer was lost.
//!
//! What is found proves that the write was applied. What is not found proves nothing, since the
//! request may still be on its way.

use std::time::{Duration, Instant};

use super::retry::Backoff;
use crate::error::Result;

/// A write whose answer was lost, and that would be known by what it leaves.
pub(crate) trait Applied: Sync {
    /// What the write would have returned.
    type Written: Send;

    /// Reads what is stored, and returns what the write did if it was the last to write there.
    fn find(&self) -> impl Future<Output = Result<Option<Self::Written>>> + Send;
}

/// How long to look, within the call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// So many reads, whether or not they were answered.
    Reads(u32),
    /// So long after the first read that was answered: no request comes through a broken connection
    /// later than that.
    Grace(Duration),
    /// To the deadline: a server that was silent may do the request at any time.
    Deadline,
}

/// Reads until what the write left is found, or there is no more reason to look, or a pause would take
/// all that `left` returns.
pub(crate) async fn find_applied<A: Applied>(
    write: &A,
    until: Until,
    mut backoff: Backoff,
    left: impl Fn() -> Duration + Send,
) -> Option<A::Written> {
    let mut answered: Option<Instant> = None;
    for reads in 1_u32.. {
        match write.find().await {
            Ok(Some(written)) => return Some(written),
            Ok(None) => drop(answered.get_or_insert_with(Instant::now)),
            // A read that fails says nothing about the write.
            Err(_) => {}
        }
        let is_enough = match until {
            Until::Reads(most) => reads >= most,
            Until::Grace(grace) => answered.is_some_and(|since| since.elapsed() >= grace),
            Until::Deadline => false,
        };
        if is_enough || !backoff.pause(left()).await {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::error::Error;

    /// Answers with an error first, then so many times with nothing.
    struct Late(AtomicU32, u32);

    impl Applied for Late {
        type Written = u32;

        async fn find(&self) -> Result<Option<u32>> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Error::codec("lost")),
                reads => Ok((reads >= self.1).then_some(reads)),
            }
        }
    }

    async fn look(after: u32, until: Until, left: Duration) -> Option<u32> {
        let backoff = Backoff::steady(Duration::from_micros(100));
        find_applied(&Late(AtomicU32::default(), after), until, backoff, || left).await
    }

    #[tokio::test]
    async fn it_is_looked_for_as_long_as_there_is_reason_to() {
        let long = Duration::from_secs(1);
        assert_eq!(look(3, Until::Deadline, long).await, Some(3));
        assert_eq!(look(3, Until::Deadline, Duration::ZERO).await, None);
        assert_eq!(look(3, Until::Reads(4), long).await, Some(3));
        assert_eq!(look(3, Until::Reads(3), long).await, None);
        assert_eq!(look(1, Until::Grace(Duration::ZERO), long).await, Some(1));
        assert_eq!(look(2, Until::Grace(Duration::ZERO), long).await, None);
    }
}
