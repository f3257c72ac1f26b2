//! Records that expire: the field that says when, and what is left of one that has.

pub(crate) mod expired_records;
pub(crate) mod ttl_field;
