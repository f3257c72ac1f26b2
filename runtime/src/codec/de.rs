//! Reads serde types from values, where they lie.

use std::ptr;

use serde::de::{self, DeserializeSeed, Deserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;
use super::keys::MapKey;
use super::missing::{NullDefaults, Scope};
use super::order::Ordered;
use super::source::{Form, ListItems};
use super::stored::check_kind;
use super::unreadable::Unreadable;
use super::variant::Variant;
use crate::value::{ListRef, MapRef, NO_FLOAT, ValueRef, is_float, whole};

type Out<T> = Result<T, CodecError>;

/// Reads a serde type from a value.
#[derive(Clone, Copy)]
pub(super) struct ValueDeserializer<'a, 'f> {
    pub(super) value: ValueRef<'a>,
    pub(super) form: Form<'a>,
    pub(super) nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> ValueDeserializer<'a, 'f> {
    /// Of a value within another one.
    #[inline]
    fn within(value: ValueRef<'a>, form: Form<'a>, nulls: &'f NullDefaults<'a>) -> Out<Self> {
        if let Form::Lowered(lowering) = form {
            check_kind(lowering, value).map_err(CodecError::from_error)?;
        }
        Ok(Self { value, form, nulls })
    }

    fn mismatch<T>(&self, expected: &dyn de::Expected) -> Out<T> {
        let found = match self.value {
            ValueRef::Null => Unexpected::Unit,
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

    fn visit_items<V: Visitor<'a>>(self, mut items: ListItems<'a>, form: Form<'a>, visitor: V) -> Out<V::Value> {
        let value = visitor.visit_seq(ListSeq { items: &mut items, form, taken: 0, nulls: self.nulls })?;
        finished(items.len(), value)
    }

    fn visit_list<V: Visitor<'a>>(self, items: ListRef<'a>, visitor: V) -> Out<V::Value> {
        self.visit_items(ListItems::Values(items.iter()), self.form.of_item(), visitor)
    }

    fn visit_bytes<V: Visitor<'a>>(self, bytes: &'a [u8], visitor: V) -> Out<V::Value> {
        self.visit_items(ListItems::Bytes(bytes.iter()), Form::Byte, visitor)
    }

    /// A map, whose order the type may see.
    pub(super) fn visit_map<V: Visitor<'a>>(self, map: MapRef<'a>, visitor: V) -> Out<V::Value> {
        let entries = Ordered::by_name(map);
        visitor.visit_map(MapAccess::new(map, entries, Scope::map(map.address()), self))
    }

    /// The integer of a whole number however it was written, so that every backend gives the same.
    fn integer(&self) -> Option<i128> {
        match self.value {
            ValueRef::Int(n) => Some(n),
            ValueRef::Float(x) => whole(x),
            _ => None,
        }
    }

    /// Refuses an item of bytes as any other number than a `u8`.
    fn no_byte(&self, expected: &dyn de::Expected) -> Out<()> {
        match self.form {
            Form::Byte => Err(de::Error::invalid_type(Unexpected::Other("a byte"), expected)),
            _ => Ok(()),
        }
    }

    /// An integer for a type that asks for an unsigned one of more than a byte.
    fn visit_unsigned<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        self.visit_number(visitor)
    }

    /// An integer for a type that asks for a signed one.
    fn visit_signed<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.integer().map(i64::try_from) {
            Some(Ok(n)) => visitor.visit_i64(n),
            _ => self.visit_number(visitor),
        }
    }

    /// Any number as a type that is not asked takes it: a whole one that is not negative as a `u64`, as
    /// serde's other formats give it.
    fn visit_number<V: Visitor<'a>>(self, visitor: V) -> Out<V::Value> {
        match (self.integer(), self.value) {
            (Some(n), _) if matches!(self.form, Form::Byte) => visitor.visit_u8(u8::try_from(n).unwrap_or_default()),
            (Some(n), _) => match (u64::try_from(n), i64::try_from(n)) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ => visitor.visit_i128(n),
            },
            (None, ValueRef::Float(x)) => visitor.visit_f64(x),
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
            ValueRef::Null => visitor.visit_unit(),
            ValueRef::Bool(b) => visitor.visit_bool(b),
            ValueRef::String(text) => visitor.visit_borrowed_str(text),
            // As a list: serde buffers values for `flatten`, `tag` and `untagged`, and reads no `Vec<u8>` from buffered bytes.
            ValueRef::Bytes(_) => self.deserialize_seq(visitor),
            ValueRef::List(items) => self.visit_list(items, visitor),
            ValueRef::Map(map) => self.visit_map(map, visitor),
            ValueRef::Int(_) | ValueRef::Float(_) => self.visit_number(visitor),
            ValueRef::Instant(_) | ValueRef::Foreign(_) => self.visit_unreadable(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            ValueRef::Bool(b) => visitor.visit_bool(b),
            _ => self.mismatch(&visitor),
        }
    }

    integers! {
        deserialize_i8 visit_signed;
        deserialize_i16 visit_signed;
        deserialize_i32 visit_signed;
        deserialize_i64 visit_signed;
        deserialize_u8 visit_number;
        deserialize_u16 visit_unsigned;
        deserialize_u32 visit_unsigned;
        deserialize_u64 visit_unsigned;
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.integer() {
            Some(n) => visitor.visit_i128(n),
            None => self.visit_number(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.integer().map(u128::try_from) {
            Some(Ok(n)) => visitor.visit_u128(n),
            _ => self.visit_number(visitor),
        }
    }

    // Text and nothing else: a filter finds text, and no bytes that read the same.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            ValueRef::String(text) => visitor.visit_borrowed_str(text),
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
            ValueRef::Bytes(_) | ValueRef::List(_) => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            ValueRef::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.value {
            // A filter compares with all digits, so it would not find the float that is near.
            ValueRef::Int(n) if !is_float(n) => Err(CodecError::mismatch(format!("is {NO_FLOAT}"))),
            ValueRef::Int(n) => visitor.visit_f64(n as f64),
            ValueRef::Float(x) => visitor.visit_f64(x),
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
            ValueRef::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            ValueRef::List(items) if items.is_empty() => visitor.visit_borrowed_bytes(&[]),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value {
            ValueRef::Bytes(bytes) => self.visit_bytes(bytes, visitor),
            ValueRef::List(items) => self.visit_list(items, visitor),
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
        match self.value {
            ValueRef::Map(map) => {
                let entries = Ordered::as_kept(map);
                visitor.visit_map(MapAccess::new(map, entries, Scope::Struct(name, fields), self))
            }
            ValueRef::Bytes(_) | ValueRef::List(_) => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.value {
            ValueRef::String(name) => {
                let content = Self { value: ValueRef::Null, form: Form::Plain, ..self };
                visitor.visit_enum(Variant { name, content, is_empty: true })
            }
            ValueRef::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((name, content)) => {
                    let form = self.form.of_name(name, &mut 0);
                    let content = Self::within(content, form, self.nulls)?;
                    visitor.visit_enum(Variant { name, is_empty: content.value.is_null(), content })
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
    items: &'s mut ListItems<'a>,
    form: Form<'a>,
    taken: usize,
    nulls: &'f NullDefaults<'a>,
}

impl<'a> de::SeqAccess<'a> for ListSeq<'_, 'a, '_> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Out<Option<T::Value>> {
        let Some(value) = self.items.next() else { return Ok(None) };
        let position = self.taken;
        self.taken += 1;
        let item = ValueDeserializer::within(value, self.form, self.nulls);
        let read = item.and_then(|item| seed.deserialize(item)).map(Some);
        // Of bytes, all are read or none.
        read.map_err(|e| if matches!(self.form, Form::Byte) { e } else { e.at(position) })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

pub(super) struct MapAccess<'a, 'f> {
    entries: Ordered<'a>,
    form: Form<'a>,
    /// Where among the form's fields the next name is looked for.
    next: usize,
    /// Whether the name that was read last was found there.
    is_next: bool,
    /// Whether some of the fields are read only.
    is_part: bool,
    scope: Scope,
    nulls: &'f NullDefaults<'a>,
    /// Fields that are filled in.
    filled: Vec<&'static str>,
    value: Option<(&'a str, ValueRef<'a>)>,
}

impl<'a, 'f> MapAccess<'a, 'f> {
    pub(super) fn new(map: MapRef<'a>, entries: Ordered<'a>, scope: Scope, of: ValueDeserializer<'a, 'f>) -> Self {
        let is_null = |name: &&str| map.get(name).is_none_or(ValueRef::is_null);
        let filled = match of.nulls.is_first() {
            true => Vec::new(),
            false => of.nulls.nulls_in(scope).filter(is_null).collect(),
        };
        let is_part = matches!(of.form, Form::Root(root) if root.fields.is_some());
        Self { entries, form: of.form, next: 0, is_next: false, is_part, scope, nulls: of.nulls, filled, value: None }
    }

    #[inline]
    fn next(&mut self) -> Option<(&'a str, ValueRef<'a>)> {
        let expected = self.form.fields().get(self.next).map(|field| field.name);
        while let Some((name, value)) = self.entries.next(expected) {
            // The very name of the field that comes next, which nothing is left out of, is no other.
            self.is_next = expected.is_some_and(|expected| ptr::eq(expected, name));
            if (self.is_next && !self.is_part && !value.is_null()) || self.is_read(name, value) {
                return Some((name, value));
            }
        }
        self.is_next = false;
        self.filled.pop().map(|name| (name, ValueRef::Null))
    }

    #[inline]
    fn is_read(&self, name: &str, value: ValueRef<'_>) -> bool {
        if let Form::Root(root) = self.form
            && !root.has(name)
        {
            return false;
        }
        !value.is_null() || !(self.filled.contains(&name) || self.nulls.skips(self.scope, name))
    }

    /// The deserializer of the value under a name.
    #[inline]
    fn value_of(&mut self, name: &'a str, value: ValueRef<'a>) -> Out<ValueDeserializer<'a, 'f>> {
        if let Form::Root(root) = self.form
            && let Some(raised) = root.raised.get(name)
        {
            return ValueDeserializer::within(raised, Form::Plain, self.nulls);
        }
        let form = match self.form.fields().get(self.next) {
            Some(field) if self.is_next => {
                self.next += 1;
                field.lowering().into()
            }
            _ => self.form.of_name(name, &mut self.next),
        };
        ValueDeserializer::within(value, form, self.nulls)
    }

    /// Takes in that a field was not read: if a null is stored there, that may be the reason.
    fn refused(&self, name: &'a str, value: ValueRef<'a>) {
        if value.is_null() {
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
        // Written out: each call of a combinator would be compiled with each model.
        let error = match seed.deserialize(MapKey(name)) {
            Ok(key) => return Ok(Some(key)),
            Err(error) => error,
        };
        self.refused(name, value);
        Err(error)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Out<V::Value> {
        let (name, value) =
            self.value.take().ok_or_else(|| CodecError::mismatch("a map's value came before its key"))?;
        let read = self.value_of(name, value).and_then(|value| seed.deserialize(value));
        read.inspect_err(|_| self.refused(name, value)).map_err(|e| e.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.size_hint().0)
    }
}
