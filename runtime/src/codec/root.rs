//! Reads a model from a whole record.
//!
//! A record is a map, so of what a type can be read from, this asks of a model's type no more than a map. That of
//! serde's derives is then compiled without its ways to be read from a list, a number or a text.

use serde::de::{DeserializeOwned, Deserializer, Visitor};

use super::CodecError;
use super::missing::NullDefaults;
use super::source::{Form, Root, ValueDeserializer};

type Out<T> = Result<T, CodecError>;

/// Reads a model from a record.
pub(super) fn read_record<T: DeserializeOwned>(root: &Root<'_>) -> Out<T> {
    let mut nulls = NullDefaults::default();
    loop {
        match T::deserialize(RecordDeserializer { root, nulls: &nulls }) {
            Ok(read) => return Ok(read),
            Err(error) => match nulls.record_failure(error) {
                Ok(()) => {}
                Err(error) => return Err(error),
            },
        }
    }
}

/// Reads a serde type from a record.
#[derive(Clone, Copy)]
struct RecordDeserializer<'a, 'f> {
    root: &'a Root<'a>,
    nulls: &'f NullDefaults<'a>,
}

impl<'a, 'f> RecordDeserializer<'a, 'f> {
    /// For a type that asks for something else than a map.
    fn as_value(self) -> ValueDeserializer<'a, 'f> {
        ValueDeserializer { value: self.root.record.raw(), form: Form::Root(self.root), nulls: self.nulls }
    }
}

/// The methods that ask for something else than a map.
macro_rules! asked_of_values {
    ($($method:ident($($argument:ident: $ty:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Out<V::Value> {
            (&self.as_value()).$method($($argument,)* visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for RecordDeserializer<'de, '_> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.as_value().visit_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Out<V::Value> {
        self.as_value().visit_struct(name, fields, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Out<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Out<V::Value> {
        visitor.visit_some(self)
    }

    asked_of_values! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}
