//! Sending the body of a request: signed and sent here, or by a client of the SDK.

pub(crate) mod clock;
pub(crate) mod connections;
pub(crate) mod endpoint;
pub(crate) mod identity;
pub(crate) mod over_client;
pub(crate) mod own;
#[cfg(test)]
mod published;
pub(crate) mod signature;
pub(crate) mod target;

use std::fmt;

use bytes::Bytes;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::sender::target::Target;

/// What sends the body of a request and gives the body of its answer.
pub(crate) trait Sender: fmt::Debug + Send + Sync {
    /// Sends a request once. The answer is one of status 200, with the bytes that DynamoDB sent; anything else
    /// is a failure.
    fn send(&self, target: Target, body: Bytes) -> BoxFuture<'_, Result<Bytes, Failure>>;

    /// The host and the port that requests went to last, if that is known.
    fn server(&self) -> Option<(String, u16)> {
        None
    }
}
