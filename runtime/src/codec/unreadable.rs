//! What is stored and no field of a model is read from.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;

/// Newtypes within each other, so many, and nothing in the innermost: what serde buffers, and no field of
/// a model is read from.
pub(super) struct Unreadable(pub(super) u8);

impl<'de> Deserializer<'de> for Unreadable {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0.checked_sub(1) {
            Some(left) => visitor.visit_newtype_struct(Self(left)),
            None => visitor.visit_unit(),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
