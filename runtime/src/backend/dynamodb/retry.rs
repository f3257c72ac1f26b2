//! One call: attempts until the deadline, with a pause between them that grows and is never the same.

use std::error::Error as StdError;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use futures_util::{StreamExt as _, stream};

use crate::backend::BoxFuture;
use crate::backend::dynamodb::failure::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// The longest an attempt may take, however far the deadline.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);
/// An attempt shorter than this is hardly worth it, unless no more is left.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// An attempt that would have less time than this, or than a tenth of the call, is not made: it would
/// leave nothing but a doubt.
const LEAST_ATTEMPT: Duration = Duration::from_millis(100);
/// The most that is kept back for finding out what came of a write.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    call: &'a Call,
    made: u32,
    /// What is kept back at the end of the call.
    reserve: Duration,
    least: Duration,
    /// Whether an attempt may have been applied though its answer did not come.
    pub(super) ambiguous: bool,
}

impl<'a> Attempts<'a> {
    /// The attempts of a read, or of a write that may be done twice.
    pub(super) fn new(call: &'a Call) -> Self {
        let least = least(call);
        Self { call, made: 0, reserve: Duration::ZERO, least, ambiguous: false }
    }

    /// The attempts of a write, which leave time for a last look at what is stored.
    pub(super) fn of_write(call: &'a Call) -> Self {
        Self { reserve: LONGEST_LOOK.min(call.left() / 5), ..Self::new(call) }
    }

    fn left(&self) -> Duration {
        self.call.left().saturating_sub(self.reserve)
    }

    /// Sends a request, for no longer than leaves time to find out what came of it.
    pub(super) async fn send<T, E>(
        &mut self,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
    {
        self.made += 1;
        let left = self.left();
        let budget = (left * 2 / 5).max(left.min(SHORTEST_ATTEMPT)).min(LONGEST_ATTEMPT);
        let failure = match tokio::time::timeout(budget, Box::pin(request)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Failure::of(error),
            Err(_) => Failure::timed_out(),
        };
        self.ambiguous |= failure.class.may_be_applied();
        Err(failure)
    }

    /// The same, where the answer is one only with what `has` looks for. An answer without it says
    /// nothing: not that there is nothing, and not that all was done.
    pub(super) async fn send_for<T, E>(
        &mut self,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        what: &str,
        has: impl Fn(&T) -> bool + Send,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
    {
        let answer = self.send(request).await?;
        if has(&answer) {
            return Ok(answer);
        }
        self.ambiguous = true;
        Err(Failure::incomplete(what))
    }

    /// Counts an attempt that was made otherwise.
    pub(super) fn count(&mut self) {
        self.made += 1;
    }

    /// Waits a moment before the next attempt; false where the deadline would pass meanwhile.
    pub(super) async fn pause(&self) -> bool {
        let longest = FIRST_PAUSE.saturating_mul(1 << self.made.min(10)).min(LONGEST_PAUSE);
        let pause = longest.mul_f64(0.25 + 0.75 * fastrand::f64());
        if pause + self.least >= self.left() {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// The time that an attempt must have, for a call of as long as this one has left.
pub(super) fn least(call: &Call) -> Duration {
    LEAST_ATTEMPT.min(call.left() / 10)
}

/// Sends a read until it is answered or the deadline passes.
pub(super) async fn read<T, E, R>(call: &Call, request: impl FnMut() -> R + Send) -> Result<T>
where
    T: Send,
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
{
    read_for(call, request, "", |_| true).await
}

/// The same, of an answer that always has something: see [`Attempts::send_for`].
pub(super) async fn read_for<T, E, R>(
    call: &Call,
    mut request: impl FnMut() -> R + Send,
    what: &str,
    has: impl Fn(&T) -> bool + Send + Sync,
) -> Result<T>
where
    T: Send,
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
{
    let mut attempts = Attempts::new(call);
    loop {
        match attempts.send_for(request(), what, &has).await {
            Ok(answer) => return Ok(answer),
            Err(failure) if failure.class.passes() && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

/// Does several things at once, but no more than `most` at a time.
pub(super) async fn side_by_side<T: Send>(things: Vec<BoxFuture<'_, T>>, most: usize) -> Vec<T> {
    stream::iter(things).buffer_unordered(most).collect().await
}

/// The error of a write that gave up at the deadline: what it is depends on whether an attempt may
/// have been applied.
pub(super) fn gave_up(attempts: &Attempts<'_>, failure: Failure) -> Error {
    if attempts.ambiguous { failure.into_unknown() } else { failure.into_error() }
}

/// The error of a refusal that comes after an attempt which may have been applied: the record may
/// have been changed by that very attempt, so the refusal says nothing of it.
pub(super) fn refused(attempts: &Attempts<'_>, refusal: Error) -> Error {
    if !attempts.ambiguous {
        return refusal;
    }
    let message = format!(
        "the write may or may not have happened: an answer was lost, and then it was refused ({}: {})",
        refusal.kind(),
        refusal.message()
    );
    Error::new(ErrorKind::OutcomeUnknown, message)
}

/// The deadline passed with nothing sent that could have changed anything.
pub(super) fn timed_out(what: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("the deadline passed {what}"))
}
