//! The items of lists and of bytes, and what stands for a value that no type is read from.

use std::slice;

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::super::CodecError;
use crate::value::{Items, ValueRef};

/// The items of a list, or bytes, each of which is an item.
pub(super) enum ListItems<'a> {
    Values(Items<'a>),
    Bytes(slice::Iter<'a, u8>),
}

impl<'a> ListItems<'a> {
    pub(super) fn next(&mut self) -> Option<ValueRef<'a>> {
        match self {
            Self::Values(items) => items.next(),
            Self::Bytes(bytes) => bytes.next().map(|byte| ValueRef::Int((*byte).into())),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Values(items) => items.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

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
