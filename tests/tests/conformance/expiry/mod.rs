//! Records that expire: the field that says when, and what is left of one that has.

mod expired_records;
mod ttl_field;
