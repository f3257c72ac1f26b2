//! Guards against their records: finding what others broke, repairing it, and guards for records that
//! were there before their unique index.

pub(crate) mod backfill;
pub(crate) mod guard_state;
pub(crate) mod verify;
