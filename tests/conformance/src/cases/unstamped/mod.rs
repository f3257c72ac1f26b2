//! Models of which nothing but their own attributes is written.

pub mod expiry;
pub(crate) mod operations;
