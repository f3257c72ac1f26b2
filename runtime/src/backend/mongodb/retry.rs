//! Attempts: how long one may take, when to make another, and reads that are repeated until the deadline.

use std::time::{Duration, Instant};

use super::failure::DriverFailure;
use crate::backend::support::attempt::report;
use crate::backend::support::outcome;
use crate::backend::support::retry::Backoff;
use crate::error::Result;
use crate::request::{Attempt, Call};

/// With no more than this left, all of it goes into one last attempt.
const LAST_ATTEMPT: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often to retry server selection. Bounded, since a `define` may have ten minutes.
const MOST_SELECTIONS: u32 = 5;

/// How long an attempt may take, so that time is left to make another or to find out what became of it.
pub(super) fn attempt_time(call: &Call) -> Duration {
    let left = call.left();
    if left <= LAST_ATTEMPT { left } else { left.mul_f64(0.6) }
}

/// Pauses between attempts.
pub(super) fn backoff() -> Backoff {
    Backoff::new(FIRST_PAUSE, LONGEST_PAUSE)
}

/// Makes one attempt of what changes nothing, or nothing by itself, for no longer than [`attempt_time`], and reports
/// it. `request` is the command's name.
pub(super) async fn attempt<T>(
    call: &Call,
    request: &str,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, DriverFailure> {
    attempt_within(call, attempt_time(call), request, work).await
}

/// The same, for no longer than `time`.
pub(super) async fn attempt_within<T>(
    call: &Call,
    time: Duration,
    request: &str,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, DriverFailure> {
    let result = within(time, work).await;
    report(call, Attempt::new(request), result.as_ref().err());
    result
}

/// Makes one attempt of a write, the how manieth, and reports it: lost, if it may have been applied all the same.
pub(super) async fn attempt_write<T>(
    call: &Call,
    request: &str,
    number: u32,
    is_lost: impl Fn(&DriverFailure) -> bool,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, DriverFailure> {
    attempt_writes(call, Attempt::new(request).numbered(number), is_lost, |_| 0, work).await
}

/// The same of many writes, of which the answer says how many were left `undone`.
pub(super) async fn attempt_writes<T>(
    call: &Call,
    attempt: Attempt<'_>,
    is_lost: impl Fn(&DriverFailure) -> bool,
    undone: impl Fn(&T) -> u64,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, DriverFailure> {
    let result = within(attempt_time(call), work).await;
    let attempt = match &result {
        Ok(answer) if call.is_watched() => attempt.undone(undone(answer)),
        Err(failure) if is_lost(failure) => attempt.lost(),
        _ => attempt,
    };
    report(call, attempt, result.as_ref().err());
    result
}

/// Waits for the driver, but no longer than `time`. For what sends no command of its own.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, DriverFailure> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result.map_err(DriverFailure::Driver),
        Err(_) => Err(DriverFailure::TimedOut),
    }
}

/// How often no server was found for the requests of one call.
#[derive(Debug, Default)]
pub(super) struct Selections(u32);

impl Selections {
    /// Whether to look for a server again, after an attempt that took `took` to find none. Not if the next
    /// attempt would be shorter: it would time out before the driver reports that nothing was sent, and
    /// leave the outcome unknown.
    pub(super) fn may_reselect(&mut self, call: &Call, took: Duration) -> bool {
        self.0 += 1;
        self.0 < MOST_SELECTIONS && attempt_time(call) > took.mul_f64(1.1)
    }
}

/// Makes a read, again and again if it fails for a reason that passes, until the deadline. `work` is given
/// the time that an attempt may take.
pub(super) async fn read<T, F, W>(call: &Call, request: &str, mut work: F) -> Result<T>
where
    F: FnMut(Duration) -> W,
    W: Future<Output = mongodb::error::Result<T>>,
{
    let (mut backoff, mut selections) = (backoff(), Selections::default());
    for number in 1_u32.. {
        let (time, began) = (attempt_time(call), Instant::now());
        let result = within(time, work(time)).await;
        report(call, Attempt::new(request).numbered(number), result.as_ref().err());
        let failure = match result {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let in_vain = failure.is_unreached() && !selections.may_reselect(call, began.elapsed());
        if !failure.is_transient() || in_vain || !backoff.pause(call.left()).await {
            return Err(failure.into_error(call.operation));
        }
    }
    Err(outcome::unanswered(call.operation))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::error::ErrorKind;
    use crate::request::Watch;

    #[derive(Debug, Default)]
    struct Reported(Mutex<Vec<(String, Option<ErrorKind>)>>);

    impl Watch for Reported {
        fn attempt(&self, _: &Call, attempt: &Attempt<'_>) {
            self.0.lock().unwrap().push((attempt.request.to_owned(), attempt.failure));
        }
    }

    fn error(message: &str) -> mongodb::error::Error {
        mongodb::error::Error::from(std::io::Error::other(message))
    }

    #[tokio::test]
    async fn each_attempt_is_reported() {
        let reported = Arc::new(Reported::default());
        let call = Call::new("get", 0, Duration::from_secs(1)).watched_by(reported.clone());
        let mut failing = 2;
        let work = |_| {
            failing -= 1;
            std::future::ready(if failing > 0 { Err(error("broken")) } else { Ok(failing) })
        };
        assert_eq!(read(&call, "find", work).await.unwrap(), 0);
        let silent = std::future::pending::<mongodb::error::Result<()>>();
        assert!(attempt_within(&call, Duration::ZERO, "ping", silent).await.is_err());
        let expected = [("find", Some(ErrorKind::Unavailable)), ("find", None), ("ping", Some(ErrorKind::Timeout))];
        assert_eq!(*reported.0.lock().unwrap(), expected.map(|(name, failure)| (name.to_owned(), failure)));
    }

    #[test]
    fn no_server_is_looked_for_in_too_short_a_time_or_for_ever() {
        let call = Call::new("get", 0, Duration::from_secs(1));
        assert!(!Selections::default().may_reselect(&call, Duration::from_secs(1)));
        let mut selections = Selections::default();
        let again = (0..10).filter(|_| selections.may_reselect(&call, Duration::ZERO)).count();
        assert_eq!(again, 4);
    }
}
