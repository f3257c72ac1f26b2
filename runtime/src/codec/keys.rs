//! The keys of maps, which are stored as text.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;

type Out<T> = Result<T, CodecError>;

/// A map's key: text, and parsed if the type wants a number or a bool.
pub(super) struct MapKey<'a>(pub(super) &'a str);

impl MapKey<'_> {
    fn parse<T: FromStr>(&self, what: &str) -> Out<T>
    where
        T::Err: Display,
    {
        // No update or filter would reach the entry by the number.
        if self.0.starts_with('+') || self.0.strip_prefix('-').unwrap_or(self.0).starts_with('0') && self.0 != "0" {
            return Err(CodecError::mismatch(format!("a map key is no {what} as it is written")));
        }
        self.0.parse().map_err(|e| CodecError::mismatch(format!("a map key is no {what}: {e}")))
    }
}

macro_rules! parsed_keys {
    ($($method:ident $visit:ident $ty:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
            visitor.$visit(self.parse::<$ty>(stringify!($ty))?)
        })*
    };
}

impl<'de> Deserializer<'de> for MapKey<'_> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Out<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    parsed_keys! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}
