//! Unique values: who may have one, which are different, how they change hands, and when they are free.

mod claims;
mod expired;
mod expired_holder_deleted;
mod many_values;
mod transfer;
mod values;
