//! DynamoDB's JSON: items from it and to it, straight between the bytes and a record.

pub(crate) mod answer;
mod attributes;
pub(crate) mod body;
pub(crate) mod item;
pub(crate) mod read;
pub(crate) mod scan;
mod shape;
mod special;
pub(crate) mod write;
