//! Which values a field holds and how they compare, as data: for conditions that are made at run time.

use super::field::{FieldDef, Lowering};
use crate::value::Value;

/// The values that a field's type holds.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Form {
    /// Not known: those of a type of one's own, or what `serde(with)` writes.
    Unknown,
    /// Text.
    String,
    /// One of several names: text without an order.
    Name,
    /// An integer.
    Integer,
    /// A number; with what is read as the same one, if that is several.
    Float(Option<fn(&Value) -> Option<(Value, Value)>>),
    /// True or false.
    Bool,
    /// Bytes.
    Bytes,
    /// A point in time, and how it is made of what serde writes.
    Instant(&'static Lowering),
    /// A list of values.
    List(&'static Form),
    /// A set of values.
    Set(&'static Form),
    /// A map from text to values.
    Map(&'static Form),
    /// A struct of fields.
    Fields(&'static [FieldDef]),
}

impl Form {
    /// The values in words.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Unknown => "a type of its own",
            Self::String => "text",
            Self::Name => "one of several names",
            Self::Integer => "an integer",
            Self::Float(_) => "a number",
            Self::Bool => "a bool",
            Self::Bytes => "bytes",
            Self::Instant(_) => "an instant",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Fields(_) => "a struct",
        }
    }

    /// Whether one value can be less than another, and not only another one.
    pub(crate) const fn is_ordered(self) -> bool {
        matches!(self, Self::String | Self::Integer | Self::Float(_) | Self::Instant(_))
    }
}

/// What a field's type says of its stored form.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub(super) lowering: Option<&'static Lowering>,
    pub(super) form: Form,
}

impl Stored {
    #[doc(hidden)]
    pub const fn new(lowering: Option<&'static Lowering>, form: Form) -> Self {
        Self { lowering, form }
    }
}
