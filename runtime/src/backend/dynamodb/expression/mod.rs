//! Conditions, changes and key ranges as DynamoDB's expressions.

pub(crate) mod condition;
pub(crate) mod key_condition;
pub(crate) mod liveness;
pub(crate) mod placeholders;
pub(crate) mod update;
