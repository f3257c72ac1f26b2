//! Reads serde types from the bytes of a record, where they lie.

use serde::de::{self, DeserializeSeed, Deserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;
use super::entries::Entries;
use super::keys::MapKey;
use super::missing::Scope;
use super::source::{Form, Items, ValueDeserializer};
use super::stored::check_kind;
use super::unreadable::Unreadable;
use super::variant::Variant;
use crate::value::{NO_FLOAT, Raw, ValueRef, as_text, is_float, take_entry};

type Out<T> = Result<T, CodecError>;

impl<'a, 'f> ValueDeserializer<'a, 'f> {
    /// Refuses a value that its type would read, though no filter would find it.
    #[inline]
    fn check(&self) -> Out<()> {
        match self.form {
            Form::Lowered(lowering) => check_kind(lowering, self.value).map_err(CodecError::from_error),
            _ => Ok(()),
        }
    }

    #[cold]
    fn mismatch<T>(&self, expected: &dyn de::Expected) -> Out<T> {
        let found = match ValueRef::from_raw(self.value) {
            ValueRef::Null => Unexpected::Unit,
            other => Unexpected::Other(other.noun()),
        };
        Err(de::Error::invalid_type(found, expected))
    }

    /// Refuses what no type is read from. serde buffers it if a flattened struct may know its name; it then
    /// becomes what only an ignored field is read from.
    fn visit_unreadable<V: Visitor<'a>>(&self, visitor: V) -> Out<V::Value> {
        let expected = (&visitor as &dyn de::Expected).to_string();
        visitor.visit_newtype_struct(Unreadable(3)).or_else(|_| self.mismatch(&expected.as_str()))
    }

    fn visit_items<V: Visitor<'a>>(&self, mut items: Items<'a>, form: Form<'a>, visitor: V) -> Out<V::Value> {
        let item = Self { value: Raw::NULL, form, nulls: self.nulls };
        let value = visitor.visit_seq(ListSeq { items: &mut items, item, taken: 0 })?;
        items.finished(value)
    }

    /// A map, whose order the type may see.
    pub(super) fn visit_map<V: Visitor<'a>>(&self, visitor: V) -> Out<V::Value> {
        let mut entries = Entries::new(self, Scope::map(self.value.content()));
        entries.sort();
        visitor.visit_map(entries)
    }

    /// A struct, which does not see the order of its fields.
    pub(super) fn visit_struct<V: Visitor<'a>>(
        &self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        visitor.visit_map(Entries::new(self, Scope::Struct(name, fields)))
    }

    /// Refuses an item of bytes as any other number than a `u8`.
    #[inline]
    fn no_byte(&self, expected: &dyn de::Expected) -> Out<()> {
        match self.form {
            Form::Byte => Err(de::Error::invalid_type(Unexpected::Other("a byte"), expected)),
            _ => Ok(()),
        }
    }

    /// An integer for a type that asks for an unsigned one of more than a byte.
    fn visit_unsigned<V: Visitor<'a>>(&self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        self.visit_number(visitor)
    }

    /// An integer for a type that asks for a signed one.
    fn visit_signed<V: Visitor<'a>>(&self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.value.integer().map(i64::try_from) {
            Some(Ok(n)) => visitor.visit_i64(n),
            _ => self.visit_number(visitor),
        }
    }

    /// Any number as a type that is not asked takes it: a whole one that is not negative as a `u64`, as
    /// serde's other formats give it.
    fn visit_number<V: Visitor<'a>>(&self, visitor: V) -> Out<V::Value> {
        match (self.value.integer(), self.value.float()) {
            (Some(n), _) if matches!(self.form, Form::Byte) => visitor.visit_u8(u8::try_from(n).unwrap_or_default()),
            (Some(n), _) => match (u64::try_from(n), i64::try_from(n)) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ => visitor.visit_i128(n),
            },
            (None, Some(x)) => visitor.visit_f64(x),
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

impl<'de> Deserializer<'de> for &ValueDeserializer<'de, '_> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match ValueRef::from_raw(self.value) {
            ValueRef::Null => visitor.visit_unit(),
            ValueRef::Bool(b) => visitor.visit_bool(b),
            ValueRef::String(text) => visitor.visit_borrowed_str(text),
            // As a list: serde buffers values for `flatten`, `tag` and `untagged`, and reads no `Vec<u8>` from buffered bytes.
            ValueRef::Bytes(_) | ValueRef::List(_) | ValueRef::Set(_) => self.deserialize_seq(visitor),
            ValueRef::Map(_) => self.visit_map(visitor),
            ValueRef::Int(_) | ValueRef::Float(_) => self.visit_number(visitor),
            ValueRef::Instant(_) | ValueRef::ObjectId(_) | ValueRef::Foreign(_) => self.visit_unreadable(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value.bool() {
            Some(b) => visitor.visit_bool(b),
            None => self.mismatch(&visitor),
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
        match self.value.integer() {
            Some(n) => visitor.visit_i128(n),
            None => self.visit_number(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match self.value.integer().map(u128::try_from) {
            Some(Ok(n)) => visitor.visit_u128(n),
            _ => self.visit_number(visitor),
        }
    }

    // Text and nothing else: a filter finds text, and no bytes that read the same.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value.text() {
            Some(text) => visitor.visit_borrowed_str(text),
            None => self.mismatch(&visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value.is_sequence() {
            true => self.mismatch(&visitor),
            false => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match self.value.is_null() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.no_byte(&visitor)?;
        match (self.value.float(), self.value.integer()) {
            (Some(x), _) => visitor.visit_f64(x),
            // A filter compares with all digits, so it would not find the float that is near.
            (None, Some(n)) if !is_float(n) => Err(CodecError::mismatch(format!("is {NO_FLOAT}"))),
            (None, Some(n)) => visitor.visit_f64(n as f64),
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
        match (self.value.bytes(), self.value.items()) {
            (Some(bytes), _) => visitor.visit_borrowed_bytes(bytes),
            (_, Some((_, 0))) => visitor.visit_borrowed_bytes(&[]),
            _ => self.mismatch(&visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        match (self.value.items(), self.value.bytes()) {
            (Some((items, count)), _) => self.visit_items(Items::Values(items, count), self.form.of_item(), visitor),
            (_, Some(bytes)) => self.visit_items(Items::Bytes(bytes), Form::Byte, visitor),
            _ if self.value.is_null() && self.form.is_set() => {
                self.visit_items(Items::Values(&[], 0), Form::Plain, visitor)
            }
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
            map if map.is_map() => self.visit_struct(name, fields, visitor),
            sequence if sequence.is_sequence() => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        if let Some(name) = self.value.text() {
            let content = ValueDeserializer { value: Raw::NULL, form: Form::Plain, nulls: self.nulls };
            return visitor.visit_enum(Variant { name, content: &content, is_empty: true });
        }
        let mut entries = self.value.content();
        match take_entry(&mut entries) {
            Some((name, value)) if self.value.is_map() && entries.is_empty() => {
                let name = as_text(name).unwrap_or_default();
                let content = ValueDeserializer { value, form: self.form.of_name(name, &mut 0), nulls: self.nulls };
                content.check()?;
                visitor.visit_enum(Variant { name, is_empty: value.is_null(), content: &content })
            }
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

struct ListSeq<'s, 'a, 'f> {
    items: &'s mut Items<'a>,
    /// The item that was taken last.
    item: ValueDeserializer<'a, 'f>,
    taken: usize,
}

impl<'a> de::SeqAccess<'a> for ListSeq<'_, 'a, '_> {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Out<Option<T::Value>> {
        let Some(value) = self.items.next() else { return Ok(None) };
        self.item.value = value;
        self.taken += 1;
        // Written out: each call of a combinator would be compiled with each model.
        let error = match self.item.check() {
            Ok(()) => match seed.deserialize(&self.item) {
                Ok(read) => return Ok(Some(read)),
                Err(error) => error,
            },
            Err(error) => error,
        };
        // Of bytes, all are read or none.
        Err(if matches!(self.item.form, Form::Byte) { error } else { error.at(self.taken - 1) })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

impl<'a> de::MapAccess<'a> for Entries<'a, '_> {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Out<Option<K::Value>> {
        if !self.advance() {
            self.value.nulls.finish_scope(self.scope);
            return Ok(None);
        }
        // Written out: each call of a combinator would be compiled with each model.
        let error = match seed.deserialize(MapKey(self.name)) {
            Ok(key) => return Ok(Some(key)),
            Err(error) => error,
        };
        self.refused();
        Err(error)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Out<V::Value> {
        if !std::mem::take(&mut self.is_due) {
            return Err(CodecError::mismatch("a map's value came before its key"));
        }
        let error = match self.value.check() {
            Ok(()) => match seed.deserialize(&self.value) {
                Ok(read) => return Ok(read),
                Err(error) => error,
            },
            Err(error) => error,
        };
        self.refused();
        Err(error.within(self.name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len())
    }
}
