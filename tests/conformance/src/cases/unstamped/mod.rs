//! Models of which nothing but their own attributes is written.

pub(crate) mod expiry;
pub(crate) mod operations;
