//! What is sent to DynamoDB, as values: each can be sent, or shown as text.

pub(crate) mod batch_get;
pub(crate) mod batch_write;
pub(crate) mod get;
pub(crate) mod item;
pub(crate) mod page;
pub(crate) mod projection;
pub(crate) mod read;
pub(crate) mod text;
pub(crate) mod transact;
pub(crate) mod transact_get;
