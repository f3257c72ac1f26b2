//! DynamoDB's JSON: items from it and to it, straight between the bytes and a record.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod item;
mod names;
pub(crate) mod read;
pub(crate) mod scan;
pub(crate) mod write;
