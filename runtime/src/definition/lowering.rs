//! How the stored form of a field's type differs from what serde writes: the functions between the two.

use crate::error::Result;
use crate::value::Value;

/// From one form to another.
pub(crate) type Convert = fn(Value) -> Result<Value>;

/// From what serde writes to what is stored, and back.
#[derive(Debug, Clone, Copy)]
pub struct Lowering {
    /// From what serde wrote to what is stored.
    pub(crate) lower: Convert,
    /// From what is stored to what serde reads.
    pub(crate) raise: Convert,
    /// Makes integers instants where instants are stored; all else stays.
    #[cfg_attr(not(feature = "dynamodb"), allow(dead_code, reason = "the servers of the others keep instants"))]
    pub(crate) restore: Convert,
    /// Whether there is an instant in it, which serde's own form would not keep.
    pub(crate) has_instant: bool,
}

/// Whether a type's values hold instants, which have to be lowered wherever they are.
pub const fn has_instant(lowering: Option<Lowering>) -> bool {
    match lowering {
        Some(lowering) => lowering.has_instant,
        None => false,
    }
}
