//! PostgreSQL: a row a record, which is in it as `jsonb`.

#[doc(hidden)]
pub mod sql;
