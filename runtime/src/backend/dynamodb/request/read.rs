//! Requests that change nothing: they are sent until they are answered.

use aws_sdk_dynamodb::Client;

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::retry::Attempts;
use crate::error::Result;
use crate::request::Call;

/// A request that changes nothing, so that it may be sent again whatever became of it.
pub(crate) trait ReadRequest: Sync {
    /// What it is answered with.
    type Answer: Send;

    /// Sends it once.
    fn send(
        &self,
        client: &Client,
        attempts: &mut Attempts<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;

    /// Whether it is sent again after such a failure.
    fn is_retried(class: Class) -> bool {
        class.is_transient()
    }
}

/// Sends a read until it is answered or the deadline passes.
pub(crate) async fn send_read<R: ReadRequest>(db: &Context, call: &Call, request: &R) -> Result<R::Answer> {
    let mut attempts = Attempts::new(call);
    loop {
        match request.send(&db.client, &mut attempts).await {
            Ok(answer) => return Ok(answer),
            Err(failure) if R::is_retried(failure.class) && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}
