//! Reads serde types from values.

use std::slice;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;
use super::bytes::ByteSeq;
use super::keys::MapKey;
use super::missing::{NullDefaults, Scope};
use crate::value::{self, Map, NO_FLOAT, Value, is_float, whole};

type Out<T> = Result<T, CodecError>;

/// Reads a serde type from a value.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Out<T> {
    let mut nulls = NullDefaults::default();
    let mut missed = None;
    loop {
        match T::deserialize(ValueDeserializer { value, nulls: &nulls }) {
            Ok(read) => return Ok(read),
            Err(error) if nulls.record_failure(&error) => {
                missed = error.missing().is_some().then_some(error).or(missed)
            }
            // If a null does not do either, the missing field is the better report.
            Err(error) => return Err(missed.unwrap_or(error)),
        }
    }
}

/// Reads a serde type from a [`Value`].
#[derive(Clone, Copy)]
struct ValueDeserializer<'a, 'f> {
    value: &'a Value,
    nulls: &'f NullDefaults<'a>,
}

impl<'a> ValueDeserializer<'a, '_> {
    fn mismatch<T>(&self, expected: &dyn de::Expected) -> Out<T> {
        let found = match self.value {
            Value::Null => Unexpected::Unit,
            other => Unexpected::Other(other.noun()),
        };
        Err(de::Error::invalid_type(found, expected))
    }

    /// Refuses what no type is read from. serde buffers it if a flattened struct may know its name; it then
    /// becomes what only an ignored field is read from.
    fn visit_unreadable<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        let expected = (&visitor as &dyn de::Expected).to_string();
        visitor.visit_newtype_struct(Unreadable(3)).or_else(|_| self.mismatch(&expected.as_str()))
    }

    fn visit_list<V: Visitor<'a>>(self, items: &'a [Value], visitor: V) -> Out<V::Value> {
        let mut items = items.iter();
        let value = visitor.visit_seq(ListSeq { items: &mut items, taken: 0, nulls: self.nulls })?;
        finished(items.len(), value)
    }

    fn visit_map<V: Visitor<'a>>(self, map: &'a Map, visitor: V) -> Out<V::Value> {
        visitor.visit_map(MapAccess::new(map, Scope::map(map), self.nulls))
    }

    fn visit_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.value {
            Value::Map(map) => visitor.visit_map(MapAccess::new(map, Scope::Struct(name, fields), self.nulls)),
            Value::Bytes(_) | Value::List(_) => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    /// The integer of a whole number however it was written, so that every backend gives the same.
    fn integer(&self) -> Option<i128> {
        match self.value {
            Value::Int(n) => Some(*n),
            Value::Float(x) => whole(*x),
            _ => None,
        }
    }

    /// An integer for a type that asks for a signed one.
    fn visit_signed<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        match self.integer().map(i64::try_from) {
            Some(Ok(n)) => visitor.visit_i64(n),
            _ => self.visit_number(visitor),
        }
    }

    /// Any number as a type that is not asked takes it: a whole one that is not negative as a `u64`, as
    /// serde's other formats give it.
    fn visit_number<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        match (self.integer(), self.value) {
            (Some(n), _) => match (u64::try_from(n), i64::try_from(n)) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ => visitor.visit_i128(n),
            },
            (None, Value::Float(x)) => visitor.visit_f64(*x),
            _ => self.mismatch(&visitor),
        }
    }
}

/// An integer of a type, for a visitor that may take no other.
macro_rules! integers {
    ($($method:ident $how:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
            self.$how(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de, '_> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::String(text) => visitor.visit_borrowed_str(text),
            // As a list: serde buffers values for `flatten`, `tag` and `untagged`, and reads no `Vec<u8>` from buffered bytes.
            Value::Bytes(_) => self.deserialize_seq(visitor),
            Value::List(items) => self.visit_list(items, visitor),
            Value::Map(map) => self.visit_map(map, visitor),
            Value::Int(_) | Value::Float(_) => self.visit_number(visitor),
            Value::Instant(_) | Value::Foreign(_) => self.visit_unreadable(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::Bool(b) => visitor.visit_bool(*b),
            _ => self.mismatch(&visitor),
        }
    }

    integers! {
        deserialize_i8 visit_signed;
        deserialize_i16 visit_signed;
        deserialize_i32 visit_signed;
        deserialize_i64 visit_signed;
        deserialize_u8 visit_number;
        deserialize_u16 visit_number;
        deserialize_u32 visit_number;
        deserialize_u64 visit_number;
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.integer() {
            Some(n) => visitor.visit_i128(n),
            None => self.visit_number(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.integer().map(u128::try_from) {
            Some(Ok(n)) => visitor.visit_u128(n),
            _ => self.visit_number(visitor),
        }
    }

    // Text and nothing else: a filter finds text, and no bytes that read the same.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::Bytes(_) | Value::List(_) => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            // A filter compares with all digits, so it would not find the float that is near.
            Value::Int(n) if !is_float(*n) => Err(CodecError::mismatch(format!("is {NO_FLOAT}"))),
            Value::Int(n) => visitor.visit_f64(*n as f64),
            Value::Float(x) => visitor.visit_f64(*x),
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
        match self.value {
            Value::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Value::List(items) if items.is_empty() => visitor.visit_borrowed_bytes(&[]),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            Value::Bytes(bytes) => {
                let mut items = bytes.iter();
                let value = visitor.visit_seq(ByteSeq(&mut items))?;
                finished(items.len(), value)
            }
            Value::List(items) => self.visit_list(items, visitor),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Out<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Out<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        self.visit_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.value {
            Value::String(variant) => visitor.visit_enum(EnumAccess { variant, content: None, nulls: self.nulls }),
            Value::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((variant, content)) => {
                    visitor.visit_enum(EnumAccess { variant, content: Some(content), nulls: self.nulls })
                }
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
        identifier
    }
}

fn finished<T>(left: usize, value: T) -> Out<T> {
    match left {
        0 => Ok(value),
        n => Err(CodecError::mismatch(format!("a list has {n} items too many"))),
    }
}

struct ListSeq<'s, 'a, 'f> {
    items: &'s mut slice::Iter<'a, Value>,
    taken: usize,
    nulls: &'f NullDefaults<'a>,
}

impl<'a> de::SeqAccess<'a> for ListSeq<'_, 'a, '_> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Out<Option<T::Value>> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let position = self.taken;
        self.taken += 1;
        seed.deserialize(ValueDeserializer { value, nulls: self.nulls }).map(Some).map_err(|e| e.at(position))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Newtypes within each other, so many, and nothing in the innermost: what serde buffers, and no field of
/// a model is read from.
struct Unreadable(u8);

impl<'de> Deserializer<'de> for Unreadable {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
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

/// What fields that are filled in hold.
static NOTHING: Value = Value::Null;

struct MapAccess<'a, 'f> {
    entries: value::Iter<'a>,
    scope: Scope<'a>,
    nulls: &'f NullDefaults<'a>,
    /// Fields that are filled in.
    filled: Vec<&'static str>,
    value: Option<(&'a str, &'a Value)>,
}

impl<'a, 'f> MapAccess<'a, 'f> {
    fn new(map: &'a Map, scope: Scope<'a>, nulls: &'f NullDefaults<'a>) -> Self {
        let is_null = |name: &&str| map.get(name).is_none_or(|value| *value == Value::Null);
        let filled = nulls.nulls_in(scope).filter(is_null).collect();
        Self { entries: map.iter(), scope, nulls, filled, value: None }
    }

    fn next(&mut self) -> Option<(&'a str, &'a Value)> {
        let entry = self.entries.find(|(name, value)| {
            !matches!(value, Value::Null) || !(self.filled.contains(name) || self.nulls.skips(self.scope, name))
        });
        entry.or_else(|| self.filled.pop().map(|name| (name, &NOTHING)))
    }

    /// Takes in that a field was not read: if a null is stored there, that may be the reason.
    fn refused(&self, name: &'a str, value: &Value) {
        if matches!(value, Value::Null) {
            self.nulls.record_refused(self.scope, name);
        }
    }
}

impl<'a> de::MapAccess<'a> for MapAccess<'a, '_> {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Out<Option<K::Value>> {
        let Some((name, value)) = self.next() else {
            self.nulls.finish_scope(self.scope);
            return Ok(None);
        };
        self.value = Some((name, value));
        seed.deserialize(MapKey(name)).map(Some).inspect_err(|_| self.refused(name, value))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Out<V::Value> {
        let (name, value) =
            self.value.take().ok_or_else(|| CodecError::mismatch("a map's value came before its key"))?;
        let read = seed.deserialize(ValueDeserializer { value, nulls: self.nulls });
        read.inspect_err(|_| self.refused(name, value)).map_err(|e| e.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

struct EnumAccess<'a, 'f> {
    variant: &'a str,
    content: Option<&'a Value>,
    nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> de::EnumAccess<'a> for EnumAccess<'a, 'f> {
    type Error = CodecError;
    type Variant = VariantAccess<'a, 'f>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Out<(V::Value, VariantAccess<'a, 'f>)> {
        let variant = seed.deserialize(MapKey(self.variant))?;
        Ok((variant, VariantAccess { content: self.content, nulls: self.nulls }))
    }
}

struct VariantAccess<'a, 'f> {
    content: Option<&'a Value>,
    nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> VariantAccess<'a, 'f> {
    fn content(self) -> ValueDeserializer<'a, 'f> {
        ValueDeserializer { value: self.content.unwrap_or(&NOTHING), nulls: self.nulls }
    }
}

impl<'a> de::VariantAccess<'a> for VariantAccess<'a, '_> {
    type Error = CodecError;

    fn unit_variant(self) -> Out<()> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(CodecError::mismatch("an enum's unit variant has contents")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Out<T::Value> {
        seed.deserialize(self.content())
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Out<V::Value> {
        self.content().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Out<V::Value> {
        self.content().visit_struct("", fields, visitor)
    }
}
