//! What is sent to DynamoDB, as values: each is sent, or shown as text.

pub(crate) mod item;
pub(crate) mod json;
