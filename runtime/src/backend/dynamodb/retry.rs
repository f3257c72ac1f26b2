//! The attempts of one call: how long each may take, and the pause before the next.

use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;

use super::besides::{Besides, asking_for_capacity};
use super::failure::Failure;
use super::sender::Sender;
use super::sender::target::Target;
use crate::backend::support::outcome;
use crate::backend::support::retry::{Backoff, least_attempt};
use crate::error::{Error, Result};
use crate::request::{Attempt, Call};

/// The longest an attempt may take, however far the deadline.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);
/// An attempt is not given less time than this, unless no more is left: it would hardly be answered.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(700);
/// The most time that a write keeps back for finding out whether it was applied.
const VERIFY_RESERVE: Duration = Duration::from_secs(1);

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    call: &'a Call,
    backoff: Backoff,
    /// What is kept back at the end of the call.
    reserve: Duration,
    least: Duration,
    /// Whether an attempt may have been applied though its answer did not come.
    pub(super) ambiguous: bool,
    /// How many were made.
    made: u32,
}

impl<'a> Attempts<'a> {
    /// The attempts of a read, or of a write that may be done twice.
    pub(super) fn new(call: &'a Call) -> Self {
        let backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        Self { call, backoff, reserve: Duration::ZERO, least: least_attempt(call), ambiguous: false, made: 0 }
    }

    /// The attempts of a write. They end early enough to read once more what is stored, because a write
    /// whose answer was lost can only be told from another's by that.
    pub(super) fn of_write(call: &'a Call) -> Self {
        Self { reserve: VERIFY_RESERVE.min(call.left() / 5), ..Self::new(call) }
    }

    /// The time that is left for attempts.
    pub(super) fn left(&self) -> Duration {
        self.call.left().saturating_sub(self.reserve)
    }

    /// The pauses from here on.
    pub(super) fn backoff(&self) -> Backoff {
        self.backoff.clone()
    }

    /// Sends a body and reads what it is answered with, for no longer than leaves time to find out what came of it.
    pub(super) async fn exchange<T>(
        &mut self,
        sender: &dyn Sender,
        target: Target,
        body: &Bytes,
        read: impl FnOnce(Bytes) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        if self.call.is_watched() {
            return self.exchange_watched(sender, target, body, read).await;
        }
        let answer = sender.send(target, body.clone());
        self.make(async { read(answer.await?) }).await
    }

    /// The same, with what the answer tells besides, for those that watch the call.
    async fn exchange_watched<T>(
        &mut self,
        sender: &dyn Sender,
        target: Target,
        body: &Bytes,
        read: impl FnOnce(Bytes) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let body = if self.call.wants_capacity() { asking_for_capacity(body) } else { body.clone() };
        let answer = sender.send(target, body);
        let mut besides = Besides::default();
        let made = self.make(async {
            let answer = answer.await?;
            besides = Besides::of(target, &answer);
            read(answer)
        });
        let result = made.await;
        let server = sender.server();
        let mut attempt = self.attempt(target.name(), result.as_ref().err());
        if !target.is_read() && result.as_ref().is_err_and(|failure| failure.class.may_be_applied()) {
            attempt = attempt.lost();
        }
        if let Some((host, port)) = &server {
            attempt = attempt.server(host, *port);
        }
        if let Some(examined) = besides.examined {
            attempt = attempt.examined(examined);
        }
        self.call.report_attempt(&attempt.undone(besides.undone).consumed(&besides.consumed));
        result
    }

    /// Makes an attempt, for no longer than leaves time to find out what came of it.
    pub(super) async fn send<T>(
        &mut self,
        operation: &str,
        request: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let result = self.make(request).await;
        self.call.report_attempt(&self.attempt(operation, result.as_ref().err()));
        result
    }

    /// The attempt that was made last, as it is reported.
    fn attempt<'b>(&self, operation: &'b str, failure: Option<&'b Failure>) -> Attempt<'b> {
        let attempt = Attempt::new(operation).numbered(self.made);
        let Some(failure) = failure else { return attempt };
        let attempt = attempt.failed(failure.kind());
        if failure.code().is_empty() { attempt } else { attempt.status(failure.code()) }
    }

    async fn make<T>(&mut self, request: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, Failure> {
        // Two fifths of what is left, so that a second attempt has time after one that was silent.
        let left = self.left();
        let budget = (left * 2 / 5).max(left.min(SHORTEST_ATTEMPT)).min(LONGEST_ATTEMPT);
        self.made += 1;
        let failure = match tokio::time::timeout(budget, request).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::timed_out(),
        };
        self.ambiguous |= failure.class.may_be_applied();
        Err(failure)
    }

    /// Waits a moment before the next attempt. Returns false, at once, if too little would be left for it.
    pub(super) async fn pause(&mut self) -> bool {
        let left = self.left().saturating_sub(self.least);
        self.backoff.pause(left).await
    }

    /// The error of a write that is not tried again after this failure: unknown if any attempt may have
    /// been applied.
    pub(super) fn deadline_error(&self, failure: Failure) -> Error {
        if self.ambiguous { failure.into_unknown() } else { failure.into_error() }
    }

    /// The error of a refusal. If an attempt before it may have been applied, the refusal may be the
    /// effect of that very attempt, and the outcome is unknown.
    pub(super) fn refused_after_loss(&self, refusal: Error) -> Error {
        outcome::refused(refusal, self.ambiguous)
    }
}

/// A request that the SDK's client sends. It is boxed, since the SDK's futures are large.
pub(super) async fn of_sdk<T, E>(
    request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
) -> Result<T, Failure>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
{
    Box::pin(request).await.map_err(Failure::from_sdk)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};

    use super::*;
    use crate::error::ErrorKind;
    use crate::request::Watch;

    type Answer = Result<GetItemOutput, SdkError<GetItemError, HttpResponse>>;

    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<(String, Option<ErrorKind>)>>);

    impl Watch for Seen {
        fn attempt(&self, _: &Call, attempt: &Attempt<'_>) {
            self.0.lock().unwrap().push((attempt.request.to_owned(), attempt.failure));
        }
    }

    /// Answers with these bytes, whatever it is sent.
    #[derive(Debug)]
    struct Canned(Bytes);

    impl Sender for Canned {
        fn send(&self, _: Target, _: Bytes) -> crate::backend::BoxFuture<'_, Result<Bytes, Failure>> {
            Box::pin(async { Ok(self.0.clone()) })
        }
    }

    #[tokio::test]
    async fn each_attempt_is_reported_with_its_failure() {
        let seen = Arc::new(Seen::default());
        let call = Call::new("get", 0, Duration::from_secs(5)).watched_by(seen.clone());
        let mut attempts = Attempts::new(&call);
        assert!(attempts.send("GetItem", of_sdk(async { Answer::Ok(GetItemOutput::builder().build()) })).await.is_ok());
        assert!(!attempts.ambiguous);
        let incomplete = Canned(Bytes::from_static(b"{}"));
        let read = |_: Bytes| Result::<(), _>::Err(Failure::incomplete("Item"));
        let sent = attempts.exchange(&incomplete, Target::GetItem, &Bytes::new(), read).await;
        assert!(sent.is_err() && attempts.ambiguous);
        let lost = of_sdk(async { Answer::Err(SdkError::timeout_error("no answer")) });
        assert!(attempts.send("GetItem", lost).await.is_err());
        let failures: Vec<_> = seen.0.lock().unwrap().iter().map(|(_, failure)| *failure).collect();
        assert_eq!(failures, [None, Some(ErrorKind::Unavailable), Some(ErrorKind::Timeout)]);
        assert!(seen.0.lock().unwrap().iter().all(|(request, _)| request == "GetItem"));
    }

    #[tokio::test]
    async fn a_write_keeps_time_back_and_an_attempt_has_a_least() {
        let call = Call::new("put", 0, Duration::from_millis(500));
        assert!(Attempts::of_write(&call).left() <= Duration::from_millis(400));
        let late = Call::new("put", 0, Duration::ZERO);
        assert!(!Attempts::new(&late).pause().await);
    }
}
