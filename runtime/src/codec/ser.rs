//! Writes serde types as values.

use serde::Serialize;
use serde::ser;

use super::CodecError;
use super::bytes::ByteSerializer;
use crate::limits;
use crate::value::{Map, Value};

/// Writes a serde type as a [`Value`].
///
/// `None` is a null, in a struct as elsewhere; a sequence of `u8` is bytes; NaN, infinities and numbers that
/// DynamoDB cannot hold are refused, on every backend, and so are two values under one name.
#[derive(Debug, Clone, Copy)]
pub struct ValueSerializer;

type Out = Result<Value, CodecError>;

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = CodecError;
    type SerializeSeq = Sequence;
    type SerializeTuple = Sequence;
    type SerializeTupleStruct = Sequence;
    type SerializeTupleVariant = Variant<Sequence>;
    type SerializeMap = MapWriter;
    type SerializeStruct = MapWriter;
    type SerializeStructVariant = Variant<MapWriter>;

    fn serialize_bool(self, v: bool) -> Out {
        Ok(Value::Bool(v))
    }

    fn serialize_i8(self, v: i8) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_i16(self, v: i16) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_i32(self, v: i32) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_i64(self, v: i64) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_i128(self, v: i128) -> Out {
        limits::integer(v).map(Value::Int).map_err(CodecError::invalid)
    }

    fn serialize_u8(self, v: u8) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_u16(self, v: u16) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_u32(self, v: u32) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_u64(self, v: u64) -> Out {
        Ok(Value::Int(v.into()))
    }

    fn serialize_u128(self, v: u128) -> Out {
        let v = i128::try_from(v).unwrap_or(i128::MAX);
        limits::integer(v).map(Value::Int).map_err(CodecError::invalid)
    }

    fn serialize_f32(self, v: f32) -> Out {
        self.serialize_f64(v.into())
    }

    fn serialize_f64(self, v: f64) -> Out {
        limits::float(v).map_err(CodecError::invalid)
    }

    fn serialize_char(self, v: char) -> Out {
        Ok(Value::String(v.into()))
    }

    fn serialize_str(self, v: &str) -> Out {
        Ok(Value::String(v.to_owned()))
    }

    fn serialize_bytes(self, v: &[u8]) -> Out {
        Ok(if v.is_empty() { Value::List(Vec::new()) } else { Value::Bytes(v.to_owned()) })
    }

    fn serialize_none(self) -> Out {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Out {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Out {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Out {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Out {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Out {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Out {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence, CodecError> {
        Ok(Sequence::Empty { capacity: len.unwrap_or(0).min(1024) })
    }

    fn serialize_tuple(self, len: usize) -> Result<Sequence, CodecError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Sequence, CodecError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Variant<Sequence>, CodecError> {
        Ok(Variant { name: variant, inner: self.serialize_seq(Some(len))? })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapWriter, CodecError> {
        Ok(MapWriter::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapWriter, CodecError> {
        Ok(MapWriter::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<MapWriter>, CodecError> {
        Ok(Variant { name: variant, inner: MapWriter::default() })
    }
}

fn tagged(variant: &'static str, value: Value) -> Value {
    Value::Map(Map::from_iter([(variant.to_owned(), value)]))
}

/// A sequence on its way: bytes for as long as every item is a `u8`, a list after that.
#[derive(Debug)]
pub enum Sequence {
    #[doc(hidden)]
    Empty { capacity: usize },
    #[doc(hidden)]
    Bytes(Vec<u8>),
    #[doc(hidden)]
    List(Vec<Value>),
}

impl Sequence {
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), CodecError> {
        match self {
            Self::Empty { capacity } => {
                let capacity = *capacity;
                *self = match item.serialize(ByteSerializer) {
                    Ok(byte) => {
                        let mut bytes = Vec::with_capacity(capacity);
                        bytes.push(byte);
                        Self::Bytes(bytes)
                    }
                    Err(_) => {
                        let mut list = Vec::with_capacity(capacity);
                        list.push(item.serialize(ValueSerializer)?);
                        Self::List(list)
                    }
                };
            }
            Self::Bytes(bytes) => match item.serialize(ByteSerializer) {
                Ok(byte) => bytes.push(byte),
                Err(_) => {
                    let mut list: Vec<_> = bytes.iter().map(|b| Value::Int((*b).into())).collect();
                    list.push(item.serialize(ValueSerializer)?);
                    *self = Self::List(list);
                }
            },
            Self::List(list) => list.push(item.serialize(ValueSerializer)?),
        }
        Ok(())
    }

    fn finish(self) -> Value {
        match self {
            Self::Empty { .. } => Value::List(Vec::new()),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::List(list) => Value::List(list),
        }
    }
}

impl ser::SerializeSeq for Sequence {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for Sequence {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Out {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for Sequence {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.push(value)
    }

    fn end(self) -> Out {
        Ok(self.finish())
    }
}

/// A map or struct on its way.
#[derive(Debug, Default)]
pub struct MapWriter {
    entries: Map,
    key: Option<String>,
}

impl MapWriter {
    fn insert<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), CodecError> {
        let written = value.serialize(ValueSerializer).map_err(|e| e.within(&name))?;
        limits::check_map_key(&name).map_err(|e| CodecError::invalid(e.message()))?;
        self.entries
            .insert_new(name, written)
            .map_err(|name| CodecError::invalid(format!("two values are written under the name {name:?}")))
    }
}

impl ser::SerializeMap for MapWriter {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.key = Some(match key.serialize(ValueSerializer)? {
            Value::String(text) => text,
            Value::Int(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            other => {
                return Err(CodecError::mismatch(format!(
                    "a map's keys must be text, integers or bools; this one is {}",
                    other.noun()
                )));
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let key = self.key.take().ok_or_else(|| CodecError::mismatch("a map's value came before its key"))?;
        self.insert(key, value)
    }

    fn end(self) -> Out {
        Ok(Value::Map(self.entries))
    }
}

impl ser::SerializeStruct for MapWriter {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), CodecError> {
        // SystemTime's own form is a struct of two numbers; it is kept, and lowered by the definition.
        self.insert(name.to_owned(), value)
    }

    fn end(self) -> Out {
        Ok(Value::Map(self.entries))
    }
}

/// The contents of an enum variant, tagged with its name at the end.
#[derive(Debug)]
pub struct Variant<T> {
    name: &'static str,
    inner: T,
}

impl ser::SerializeTupleVariant for Variant<Sequence> {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.inner.push(value)
    }

    fn end(self) -> Out {
        Ok(tagged(self.name, self.inner.finish()))
    }
}

impl ser::SerializeStructVariant for Variant<MapWriter> {
    type Ok = Value;
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), CodecError> {
        ser::SerializeStruct::serialize_field(&mut self.inner, name, value)
    }

    fn end(self) -> Out {
        Ok(tagged(self.name, Value::Map(self.inner.entries)))
    }
}
