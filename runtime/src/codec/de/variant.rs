//! Variants of enums: a name, and perhaps content under it.

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use super::super::CodecError;
use super::super::keys::MapKey;

type Out<T> = Result<T, CodecError>;

/// A variant's name, and the deserializer of its content.
pub(super) struct EnumAccess<'a, D> {
    pub(super) variant: &'a str,
    pub(super) content: D,
    /// Whether there is content that is no null.
    pub(super) has_content: bool,
}

impl<'a, D: Deserializer<'a, Error = CodecError>> de::EnumAccess<'a> for EnumAccess<'a, D> {
    type Error = CodecError;
    type Variant = VariantAccess<D>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Out<(V::Value, VariantAccess<D>)> {
        let variant = seed.deserialize(MapKey(self.variant))?;
        Ok((variant, VariantAccess { content: self.content, has_content: self.has_content }))
    }
}

pub(super) struct VariantAccess<D> {
    content: D,
    has_content: bool,
}

impl<'a, D: Deserializer<'a, Error = CodecError>> de::VariantAccess<'a> for VariantAccess<D> {
    type Error = CodecError;

    fn unit_variant(self) -> Out<()> {
        match self.has_content {
            false => Ok(()),
            true => Err(CodecError::mismatch("an enum's unit variant has contents")),
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
