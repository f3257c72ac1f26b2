use std::collections::btree_map;
use std::fmt::Display;
use std::str::FromStr;
use std::vec;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;
use crate::value::{Value, whole};

/// Reads a serde type from an owned [`Value`].
pub(crate) struct ValueDeserializer(pub(crate) Value);

type Out<T> = Result<T, CodecError>;

impl ValueDeserializer {
    fn mismatch<T>(&self, expected: &dyn de::Expected) -> Out<T> {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(b) => Unexpected::Bool(*b),
            // Stored values are the user's data and do not belong in messages: only types are told.
            other => Unexpected::Other(other.type_name()),
        };
        Err(de::Error::invalid_type(found, expected))
    }
}

/// A whole number is read as an integer however it was written, so that every backend gives the same.
fn visit_number<'de, V: Visitor<'de>>(value: &Value, visitor: V) -> Out<V::Value> {
    let int = match value {
        Value::Int(n) => Some(*n),
        Value::Float(x) => whole(*x),
        _ => None,
    };
    match (int, value) {
        (Some(n), _) => {
            if let Ok(n) = i64::try_from(n) {
                visitor.visit_i64(n)
            } else if let Ok(n) = u64::try_from(n) {
                visitor.visit_u64(n)
            } else {
                visitor.visit_i128(n)
            }
        }
        (None, Value::Float(x)) => visitor.visit_f64(*x),
        _ => visitor.visit_unit(),
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(b),
            Value::String(text) => visitor.visit_string(text),
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Value::List(items) => visit_list(items, visitor),
            Value::Map(map) => visit_map(map, visitor),
            number => visit_number(&number, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.0 {
            Value::Int(n) => visitor.visit_f64(n as f64),
            Value::Float(x) => visitor.visit_f64(x),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Out<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.0 {
            Value::List(items) if items.is_empty() => visitor.visit_byte_buf(Vec::new()),
            other => Self(other).deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.0 {
            Value::Bytes(bytes) => {
                let mut items = bytes.into_iter();
                let value = visitor.visit_seq(ByteSeq(&mut items))?;
                finished(items.len(), value)
            }
            Value::List(items) => visit_list(items, visitor),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Out<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Out<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(EnumAccess { variant, content: None }),
            Value::Map(map) if map.len() == 1 => match map.into_iter().next() {
                Some((variant, content)) => visitor.visit_enum(EnumAccess { variant, content: Some(content) }),
                None => Err(CodecError::mismatch("an enum with no variant")),
            },
            _ => self.mismatch(&"an enum: its variant's name, or a map of that name to its contents"),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Out<V::Value> {
        self.deserialize_unit(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string
        map struct identifier ignored_any
    }
}

fn finished<T>(left: usize, value: T) -> Out<T> {
    match left {
        0 => Ok(value),
        n => Err(CodecError::mismatch(format!("a list has {n} items too many"))),
    }
}

fn visit_list<'de, V: Visitor<'de>>(items: Vec<Value>, visitor: V) -> Out<V::Value> {
    let mut items = items.into_iter();
    let value = visitor.visit_seq(ListSeq(&mut items))?;
    finished(items.len(), value)
}

fn visit_map<'de, V: Visitor<'de>>(map: std::collections::BTreeMap<String, Value>, visitor: V) -> Out<V::Value> {
    visitor.visit_map(MapAccess { entries: map.into_iter(), value: None })
}

struct ByteSeq<'a>(&'a mut vec::IntoIter<u8>);

impl<'de> de::SeqAccess<'de> for ByteSeq<'_> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Out<Option<T::Value>> {
        self.0.next().map(|byte| seed.deserialize(byte.into_deserializer())).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct ListSeq<'a>(&'a mut vec::IntoIter<Value>);

impl<'de> de::SeqAccess<'de> for ListSeq<'_> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Out<Option<T::Value>> {
        self.0.next().map(|item| seed.deserialize(ValueDeserializer(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct MapAccess {
    entries: btree_map::IntoIter<String, Value>,
    value: Option<(String, Value)>,
}

impl<'de> de::MapAccess<'de> for MapAccess {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Out<Option<K::Value>> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let read = seed.deserialize(MapKey(&key))?;
        self.value = Some((key, value));
        Ok(Some(read))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Out<V::Value> {
        let (key, value) =
            self.value.take().ok_or_else(|| CodecError::mismatch("a map's value came before its key"))?;
        // serde's own message does not say where in the record it was.
        seed.deserialize(ValueDeserializer(value)).map_err(|e| CodecError::mismatch(format!("{key}: {e}")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A map's key: text, and parsed where the type wants a number or a bool.
struct MapKey<'a>(&'a str);

impl MapKey<'_> {
    fn parse<T: FromStr>(&self, what: &str) -> Out<T>
    where
        T::Err: Display,
    {
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

struct EnumAccess {
    variant: String,
    content: Option<Value>,
}

impl<'de> de::EnumAccess<'de> for EnumAccess {
    type Error = CodecError;
    type Variant = VariantAccess;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Out<(V::Value, VariantAccess)> {
        let variant = seed.deserialize(MapKey(&self.variant))?;
        Ok((variant, VariantAccess(self.content)))
    }
}

struct VariantAccess(Option<Value>);

impl<'de> de::VariantAccess<'de> for VariantAccess {
    type Error = CodecError;

    fn unit_variant(self) -> Out<()> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(CodecError::mismatch("an enum's unit variant has contents")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Out<T::Value> {
        seed.deserialize(ValueDeserializer(self.0.unwrap_or(Value::Null)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Out<V::Value> {
        ValueDeserializer(self.0.unwrap_or(Value::Null)).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Out<V::Value> {
        ValueDeserializer(self.0.unwrap_or(Value::Null)).deserialize_any(visitor)
    }
}
