//! Conditions: what must be true of a record for a write to happen, or for a query to return it.

mod builder;
mod check;
mod compare;
mod composed;
mod eval;
mod expr;
mod named;

pub use builder::{Condition, Size};
pub(crate) use check::{check_condition, check_size};
pub(crate) use composed::Composed;
pub(crate) use eval::find_foreign;
pub use expr::{Expr, Op};
