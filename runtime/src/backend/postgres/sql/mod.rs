//! Conditions and changes as SQL over the `jsonb` of a record. Nothing of what a caller gives stands in the text: it is bound.
//!
//! A condition's text is true or false and never null, so that it may stand under `NOT`. PostgreSQL evaluates the parts of an
//! `AND` in whatever order it likes, so what could fail (a cast, the items of what may be no list) stands within a `CASE`.

mod change;
mod condition;
mod equal;
mod json;
mod number;
mod operand;
mod place;
mod set_change;

pub use change::{Changed, change};
pub use condition::condition;
pub use operand::{Operand, Operands};

pub use crate::path::{Path, Step};
