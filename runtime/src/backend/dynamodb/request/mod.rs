//! What is sent to DynamoDB, as values: each can be sent, or shown as text.

pub(crate) mod batch_write;
pub(crate) mod get;
pub(crate) mod item;
pub(crate) mod json;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod transact;
