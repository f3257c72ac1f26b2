//! Unique values: who may have one, which are different, how they change hands, and when they are free.

pub(crate) mod claims;
pub(crate) mod expired;
pub(crate) mod many_values;
pub(crate) mod transfer;
pub(crate) mod values;
