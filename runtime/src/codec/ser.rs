//! Writes serde types into the bytes of a record, each field in its stored form, in one pass.

use serde::Serialize;
use serde::ser;

use super::CodecError;
use super::form::Form;
use super::state::{MapState, SeqState, key_text, settle, write_float};
use crate::limits;
use crate::value::Writer;

/// Writes a serde type into the bytes of a record.
///
/// `None` is a null, in a struct as elsewhere; a sequence of `u8` is bytes; NaN, infinities and numbers that
/// DynamoDB cannot hold are refused, on every backend, and so are two values under one name.
#[derive(Debug)]
pub struct RecordSerializer<'w> {
    out: &'w mut Writer,
    form: Form,
}

type Out = Result<(), CodecError>;

/// Writes a value in a form.
pub(super) fn write<T: Serialize + ?Sized>(out: &mut Writer, form: Form, value: &T) -> Out {
    let start = out.len();
    value.serialize(RecordSerializer { out, form })?;
    match form.settled() {
        Some(lowering) => settle(out, start, lowering),
        None => Ok(()),
    }
}

/// Writes what a function of the user's writes.
pub(super) fn write_with(out: &mut Writer, write: impl FnOnce(RecordSerializer<'_>) -> Out) -> Out {
    write(RecordSerializer { out, form: Form::Plain })
}

impl<'w> RecordSerializer<'w> {
    fn map(self) -> MapSerializer<'w> {
        MapSerializer { state: MapState::begin(self.out, self.form), out: self.out, variant: None }
    }

    fn list(self) -> ListSerializer<'w> {
        ListSerializer { state: SeqState::begin(self.out, self.form), out: self.out, variant: None }
    }

    /// A map of a variant's name to its content.
    fn begin_variant(&mut self, name: &'static str) -> MapState {
        let mut variant = MapState::begin(self.out, self.form);
        self.form = variant.begin_entry(self.out, name);
        variant
    }
}

/// Numbers that an `i128` holds.
macro_rules! integers {
    ($($method:ident $ty:ty;)*) => {
        $(fn $method(self, v: $ty) -> Out {
            self.out.int(v.into());
            Ok(())
        })*
    };
}

impl<'w> ser::Serializer for RecordSerializer<'w> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = ListSerializer<'w>;
    type SerializeTuple = ListSerializer<'w>;
    type SerializeTupleStruct = ListSerializer<'w>;
    type SerializeTupleVariant = ListSerializer<'w>;
    type SerializeMap = MapSerializer<'w>;
    type SerializeStruct = MapSerializer<'w>;
    type SerializeStructVariant = MapSerializer<'w>;

    fn serialize_bool(self, v: bool) -> Out {
        self.out.bool(v);
        Ok(())
    }

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
    }

    fn serialize_u8(self, v: u8) -> Out {
        self.out.small(v);
        Ok(())
    }

    fn serialize_i128(self, v: i128) -> Out {
        self.out.int(limits::integer(v).map_err(CodecError::invalid)?);
        Ok(())
    }

    fn serialize_u128(self, v: u128) -> Out {
        self.serialize_i128(i128::try_from(v).unwrap_or(i128::MAX))
    }

    fn serialize_f32(self, v: f32) -> Out {
        write_float(self.out, v.into())
    }

    fn serialize_f64(self, v: f64) -> Out {
        write_float(self.out, v)
    }

    fn serialize_char(self, v: char) -> Out {
        self.out.text(v.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, v: &str) -> Out {
        self.out.text(v);
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Out {
        SeqState::whole(self.out, self.form, v);
        Ok(())
    }

    fn serialize_none(self) -> Out {
        self.out.null();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Out {
        self.serialize_newtype_struct("", value)
    }

    fn serialize_unit(self) -> Out {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Out {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Out {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Out {
        value.serialize(RecordSerializer { out: self.out, form: self.form })?;
        // What only holds a `u8` is no byte of a list.
        self.out.forget_small();
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Out {
        let outer = self.begin_variant(variant);
        write(self.out, self.form, value)?;
        outer.end_of_one(self.out)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListSerializer<'w>, CodecError> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<ListSerializer<'w>, CodecError> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListSerializer<'w>, CodecError> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ListSerializer<'w>, CodecError> {
        let outer = self.begin_variant(variant);
        Ok(ListSerializer { variant: Some(outer), ..self.list() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapSerializer<'w>, CodecError> {
        Ok(self.map())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapSerializer<'w>, CodecError> {
        Ok(self.map())
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapSerializer<'w>, CodecError> {
        let outer = self.begin_variant(variant);
        Ok(MapSerializer { variant: Some(outer), ..self.map() })
    }
}

/// A sequence on its way.
#[derive(Debug)]
pub struct ListSerializer<'w> {
    out: &'w mut Writer,
    state: SeqState,
    /// The map around it, if it is the content of a variant.
    variant: Option<MapState>,
}

impl ListSerializer<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Out {
        let start = self.out.len();
        write(self.out, self.state.form_of_item(), item).map_err(|e| self.state.of_item(e))?;
        self.state.pushed(self.out, start)
    }

    fn finish(self) -> Out {
        self.state.end(self.out);
        self.variant.map_or(Ok(()), |outer| outer.end_of_one(self.out))
    }
}

/// The kinds of sequences that serde knows are written as one.
macro_rules! sequences {
    ($($kind:ident $method:ident;)*) => {
        $(impl ser::$kind for ListSerializer<'_> {
            type Ok = ();
            type Error = CodecError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Out {
                self.push(value)
            }

            fn end(self) -> Out {
                self.finish()
            }
        })*
    };
}

sequences! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// A map or struct on its way.
#[derive(Debug)]
pub struct MapSerializer<'w> {
    out: &'w mut Writer,
    state: MapState,
    /// The map around it, if it is the content of a variant.
    variant: Option<MapState>,
}

impl MapSerializer<'_> {
    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Out {
        let form = self.state.begin_entry(self.out, name);
        write(self.out, form, value).map_err(|e| e.within(name))?;
        self.state.end_entry(self.out, name)
    }

    fn finish(self) -> Out {
        self.state.end(self.out)?;
        self.variant.map_or(Ok(()), |outer| outer.end_of_one(self.out))
    }
}

impl ser::SerializeMap for MapSerializer<'_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Out {
        let start = self.out.len();
        key.serialize(RecordSerializer { out: self.out, form: Form::Plain })?;
        self.state.key = Some(key_text(self.out, start)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Out {
        let key = self.state.key.take().ok_or_else(|| CodecError::mismatch("a map's value came before its key"))?;
        self.entry(&key, value)
    }

    fn end(self) -> Out {
        self.finish()
    }
}

impl ser::SerializeStruct for MapSerializer<'_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Out {
        // SystemTime's own form is a struct of two numbers; it is kept, and lowered by the definition.
        self.entry(name, value)
    }

    fn end(self) -> Out {
        self.finish()
    }
}

impl ser::SerializeStructVariant for MapSerializer<'_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Out {
        self.entry(name, value)
    }

    fn end(self) -> Out {
        self.finish()
    }
}
