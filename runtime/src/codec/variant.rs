//! The variants of enums: a name, and perhaps what is in it.

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use super::CodecError;
use super::keys::MapKey;

type Out<T> = Result<T, CodecError>;

/// A variant and its content, which is read by `D`.
pub(super) struct Variant<'a, D> {
    pub(super) name: &'a str,
    pub(super) content: D,
    /// Whether there is no content, or a null.
    pub(super) is_empty: bool,
}

impl<'a, D: Deserializer<'a, Error = CodecError>> de::EnumAccess<'a> for Variant<'a, D> {
    type Error = CodecError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Out<(V::Value, Self)> {
        Ok((seed.deserialize(MapKey(self.name))?, self))
    }
}

impl<'a, D: Deserializer<'a, Error = CodecError>> de::VariantAccess<'a> for Variant<'a, D> {
    type Error = CodecError;

    fn unit_variant(self) -> Out<()> {
        match self.is_empty {
            true => Ok(()),
            false => Err(CodecError::mismatch("an enum's unit variant has contents")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Out<T::Value> {
        seed.deserialize(self.content)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Out<V::Value> {
        self.content.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Out<V::Value> {
        self.content.deserialize_struct("", fields, visitor)
    }
}
