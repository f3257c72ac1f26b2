//! Requests that change nothing: they are sent until they are answered.

use bytes::Bytes;

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::request::text::to_text;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::sender::target::Target;
use crate::error::Result;
use crate::request::Call;

/// A request that changes nothing, so that it may be sent again whatever became of it.
pub(crate) trait ReadRequest: Sync {
    /// What it is answered with.
    type Answer: Send;

    /// Its operation.
    fn target(&self) -> Target;

    /// Its body.
    fn body(&self) -> Bytes;

    /// Reads the body of an answer.
    fn read(&self, answer: &Bytes) -> Result<Self::Answer, Failure>;

    /// Whether it is sent again after such a failure.
    fn is_retried(class: Class) -> bool {
        class.is_transient()
    }

    /// It as text.
    fn to_text(&self) -> String {
        to_text(self.target(), &self.body())
    }
}

/// Sends a read until it is answered or the deadline passes.
pub(crate) async fn send_read<R: ReadRequest>(db: &Context, call: &Call, request: &R) -> Result<R::Answer> {
    send_read_unless(db, call, request, |_| false).await.map_err(Failure::into_error)
}

/// The same, until a failure `ends` it; the failure is returned.
pub(crate) async fn send_read_unless<R: ReadRequest>(
    db: &Context,
    call: &Call,
    request: &R,
    ends: impl Fn(Class) -> bool + Send,
) -> Result<R::Answer, Failure> {
    let mut attempts = Attempts::new(call);
    let (target, body) = (request.target(), request.body());
    loop {
        match attempts.exchange(&*db.sender, target, &body, |answer| request.read(&answer)).await {
            Ok(answer) => return Ok(answer),
            Err(failure) if ends(failure.class) => return Err(failure),
            Err(failure) if R::is_retried(failure.class) && attempts.pause().await => {}
            Err(failure) => return Err(failure),
        }
    }
}
