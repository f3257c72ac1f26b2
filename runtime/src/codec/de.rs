//! Reads serde types from values, where they lie.

use std::slice;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::CodecError;
use super::keys::MapKey;
use super::missing::{NullDefaults, Scope};
use super::order::Ordered;
use super::stored::{Raised, check_kind};
use crate::definition::{Definition, Lowering};
use crate::value::{Items, ListRef, MapRef, NO_FLOAT, RESERVED, Record, ValueRef, is_float, whole};

type Out<T> = Result<T, CodecError>;

/// Reads a serde type from a value.
pub(super) fn read<T: DeserializeOwned>(value: ValueRef<'_>) -> Out<T> {
    let mut nulls = NullDefaults::default();
    loop {
        match T::deserialize(ValueDeserializer { value, form: Form::Plain, nulls: &nulls }) {
            Ok(read) => return Ok(read),
            Err(error) => nulls.record_failure(error)?,
        }
    }
}

/// What a model, or some of its fields, are read from.
pub(super) struct Root<'a> {
    pub(super) record: &'a Record,
    pub(super) definition: &'static Definition,
    /// The fields that are read; nothing for all.
    pub(super) fields: Option<&'a [&'a str]>,
    pub(super) raised: &'a Raised,
}

impl<'a> Root<'a> {
    pub(super) fn entries(&self) -> MapRef<'a> {
        self.record.entries()
    }

    /// Whether an attribute is read: none of the library's own is.
    fn has(&self, name: &str) -> bool {
        !name.starts_with(RESERVED) && self.fields.is_none_or(|fields| fields.contains(&name))
    }
}

/// In which form a value is stored.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// As serde writes it.
    Plain,
    /// As the type of the field says.
    Lowered(&'static Lowering),
    /// A whole record of a model.
    Root(&'a Root<'a>),
    /// An item of bytes: a `u8`, and no other number, as a filter on a list of those would find no bytes.
    Byte,
}

impl From<Option<&'static Lowering>> for Form<'_> {
    fn from(lowering: Option<&'static Lowering>) -> Self {
        lowering.map_or(Self::Plain, Self::Lowered)
    }
}

impl<'a> Form<'a> {
    fn of_item(self) -> Self {
        match self {
            Self::Lowered(lowering) => lowering.of_item().into(),
            _ => Self::Plain,
        }
    }

    /// The form of the value under a name. `next` is where among the fields the name is looked for first.
    fn of_name(self, name: &str, next: &mut usize) -> Self {
        let fields = match self {
            Self::Root(root) => root.definition.fields(),
            Self::Lowered(Lowering::Fields(fields)) => fields,
            Self::Lowered(lowering) => return lowering.of_name(name).into(),
            _ => return Self::Plain,
        };
        let found = match fields.get(*next) {
            Some(field) if field.name == name => Some(*next),
            _ => fields.iter().position(|field| field.name == name),
        };
        let Some(field) = found.and_then(|at| fields.get(at)) else { return Self::Plain };
        *next = found.map_or(0, |at| at + 1);
        field.lowering().into()
    }
}

/// Reads a serde type from a value.
#[derive(Clone, Copy)]
pub(super) struct ValueDeserializer<'a, 'f> {
    value: ValueRef<'a>,
    form: Form<'a>,
    nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> ValueDeserializer<'a, 'f> {
    /// Of a whole record.
    pub(super) fn of_record(root: &'a Root<'a>, nulls: &'f NullDefaults<'a>) -> Self {
        Self { value: ValueRef::Map(root.entries()), form: Form::Root(root), nulls }
    }

    /// Of a value within another one.
    fn within(value: ValueRef<'a>, form: Form<'a>, nulls: &'f NullDefaults<'a>) -> Out<Self> {
        if let Form::Lowered(lowering) = form {
            check_kind(lowering, value).map_err(CodecError::from_error)?;
        }
        Ok(Self { value, form, nulls })
    }

    fn mismatch<T>(&self, expected: &dyn de::Expected) -> Out<T> {
        Err(self.mismatched(expected))
    }

    fn mismatched(&self, expected: &dyn de::Expected) -> CodecError {
        let found = match self.value {
            ValueRef::Null => Unexpected::Unit,
            other => Unexpected::Other(other.noun()),
        };
        de::Error::invalid_type(found, expected)
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

    /// The fields of a struct, whose type does not see their order.
    pub(super) fn visit_fields<V: Visitor<'a>>(
        self,
        map: MapRef<'a>,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        visitor.visit_map(MapAccess::new(map, Ordered::as_kept(map), Scope::Struct(name, fields), self))
    }

    fn visit_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.value {
            ValueRef::Map(map) => self.visit_fields(map, name, fields, visitor),
            ValueRef::Bytes(_) | ValueRef::List(_) => self.mismatch(&visitor),
            _ => self.deserialize_any(visitor),
        }
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
        self.visit_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        match self.value {
            ValueRef::String(variant) => visitor.visit_enum(EnumAccess { variant, content: None, nulls: self.nulls }),
            ValueRef::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((variant, content)) => {
                    let form = self.form.of_name(variant, &mut 0);
                    let content = Some(Self::within(content, form, self.nulls)?);
                    visitor.visit_enum(EnumAccess { variant, content, nulls: self.nulls })
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

/// The items of a list, or bytes, each of which is an item.
enum ListItems<'a> {
    Values(Items<'a>),
    Bytes(slice::Iter<'a, u8>),
}

impl<'a> ListItems<'a> {
    fn next(&mut self) -> Option<ValueRef<'a>> {
        match self {
            Self::Values(items) => items.next(),
            Self::Bytes(bytes) => bytes.next().map(|byte| ValueRef::Int((*byte).into())),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Values(items) => items.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
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

struct MapAccess<'a, 'f> {
    entries: Ordered<'a>,
    form: Form<'a>,
    /// Where among the form's fields the next name is looked for.
    next: usize,
    scope: Scope,
    nulls: &'f NullDefaults<'a>,
    /// Fields that are filled in.
    filled: Vec<&'static str>,
    value: Option<(&'a str, ValueRef<'a>)>,
}

impl<'a, 'f> MapAccess<'a, 'f> {
    fn new(map: MapRef<'a>, entries: Ordered<'a>, scope: Scope, of: ValueDeserializer<'a, 'f>) -> Self {
        let is_null = |name: &&str| map.get(name).is_none_or(ValueRef::is_null);
        let filled = of.nulls.nulls_in(scope).filter(is_null).collect();
        Self { entries, form: of.form, next: 0, scope, nulls: of.nulls, filled, value: None }
    }

    fn next(&mut self) -> Option<(&'a str, ValueRef<'a>)> {
        let entry = self.entries.find(|(name, value)| {
            let is_read = match self.form {
                Form::Root(root) => root.has(name),
                _ => true,
            };
            is_read && (!value.is_null() || !(self.filled.contains(name) || self.nulls.skips(self.scope, name)))
        });
        entry.or_else(|| self.filled.pop().map(|name| (name, ValueRef::Null)))
    }

    /// The deserializer of the value under a name.
    fn value_of(&mut self, name: &'a str, value: ValueRef<'a>) -> Out<ValueDeserializer<'a, 'f>> {
        if let Form::Root(root) = self.form
            && let Some(raised) = root.raised.get(name)
        {
            return ValueDeserializer::within(raised, Form::Plain, self.nulls);
        }
        ValueDeserializer::within(value, self.form.of_name(name, &mut self.next), self.nulls)
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
        // Written out, here and below: each call of a combinator would be compiled with each type.
        match seed.deserialize(MapKey(name)) {
            Ok(key) => Ok(Some(key)),
            Err(error) => {
                self.refused(name, value);
                Err(error)
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Out<V::Value> {
        let Some((name, value)) = self.value.take() else {
            return Err(CodecError::mismatch("a map's value came before its key"));
        };
        let error = match self.value_of(name, value) {
            Ok(deserializer) => match seed.deserialize(deserializer) {
                Ok(read) => return Ok(read),
                Err(error) => error,
            },
            Err(error) => error,
        };
        self.refused(name, value);
        Err(error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.size_hint().0)
    }
}

struct EnumAccess<'a, 'f> {
    variant: &'a str,
    content: Option<ValueDeserializer<'a, 'f>>,
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
    content: Option<ValueDeserializer<'a, 'f>>,
    nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> VariantAccess<'a, 'f> {
    fn content(self) -> ValueDeserializer<'a, 'f> {
        let nothing = ValueDeserializer { value: ValueRef::Null, form: Form::Plain, nulls: self.nulls };
        self.content.unwrap_or(nothing)
    }
}

impl<'a> de::VariantAccess<'a> for VariantAccess<'a, '_> {
    type Error = CodecError;

    fn unit_variant(self) -> Out<()> {
        match self.content.map(|content| content.value) {
            None | Some(ValueRef::Null) => Ok(()),
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
