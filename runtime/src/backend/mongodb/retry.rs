//! Deadlines: how long one attempt may take, and when to try again.

use std::time::{Duration, Instant};

use super::errors::Trouble;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// Below this, what is left goes into one last attempt.
const LAST: Duration = Duration::from_millis(100);

/// How often a server is looked for: for as long as a call may take where it is not for ever, as a
/// definition's may.
const MOST_LOOKS: u32 = 5;

/// How long an attempt may take, so that time is left to do it again or find out what became of it.
pub(super) fn attempt(call: &Call) -> Duration {
    let left = call.left();
    if left <= LAST { left } else { left.mul_f64(0.6) }
}

/// The time that is left below which nothing more of a batch is sent.
pub(super) fn least(call: &Call) -> Duration {
    LAST.min(call.left() / 10)
}

/// Waits for the driver, but not for ever.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result.map_err(Trouble::Driver),
        Err(_) => Err(Trouble::Silence),
    }
}

/// Pauses between attempts: short at first, longer each time, and never the same for two callers.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    most: Duration,
    /// How often no server was found.
    in_vain: u32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: Duration::from_millis(5), most: Duration::from_millis(500), in_vain: 0 }
    }

    /// Whether to look for a server again, after an attempt that took so long to find none: not in one
    /// that is too short to hear the same, which would leave nothing but a doubt.
    pub(super) fn looks_again(&mut self, call: &Call, took: Duration) -> bool {
        self.in_vain += 1;
        self.in_vain < MOST_LOOKS && attempt(call) > took.mul_f64(1.1)
    }

    /// Waits; false where the deadline comes first.
    pub(super) async fn pause(&mut self, call: &Call) -> bool {
        let pause = self.next.mul_f64(0.5 + fastrand::f64());
        self.next = (self.next * 2).min(self.most);
        if call.left() <= pause {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// Does a read, again and again where it fails in a way that passes, until the deadline.
pub(super) async fn read<T, F, W>(call: &Call, mut work: F) -> Result<T>
where
    F: FnMut(Duration) -> W,
    W: Future<Output = mongodb::error::Result<T>>,
{
    let mut backoff = Backoff::new();
    loop {
        let (time, began) = (attempt(call), Instant::now());
        let trouble = match within(time, work(time)).await {
            Ok(done) => return Ok(done),
            Err(trouble) => trouble,
        };
        let in_vain = trouble.is_unreached() && !backoff.looks_again(call, began.elapsed());
        if !trouble.is_passing() || in_vain || !backoff.pause(call).await {
            return Err(trouble.into_error(call.operation));
        }
    }
}

/// The deadline came while others were in the way.
pub(super) fn out_of_time(call: &Call) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the {} met with other writes until its deadline; nothing was changed", call.operation),
    )
}
