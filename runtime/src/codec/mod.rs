//! From a model to a record and back, through serde.

mod de;
mod entries;
mod error;
mod form;
mod keys;
mod missing;
mod names;
mod order;
#[cfg(test)]
pub(crate) mod random;
mod read;
mod root;
mod ser;
mod source;
mod state;
mod stored;
#[cfg(test)]
mod tests;
mod unreadable;
mod variant;

pub use error::CodecError;
pub(crate) use error::located;
pub(crate) use names::check_stored_name;
pub use ser::RecordSerializer;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::error::located_whole;
use self::form::Form;
use self::source::Root;
use self::stored::Raised;
use crate::definition::{Definition, Lowering};
use crate::error::{Error, Result};
use crate::value::{Record, Value, ValueRef, Writer};

/// How much room a record is given before it is written: most take no more.
const ROOM: usize = 1024;

/// Writes any serde type as a value.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    to_lowered(value, None)
}

/// Writes a value of a type in its stored form.
pub(crate) fn to_lowered<T: Serialize + ?Sized>(value: &T, lowering: Option<&'static Lowering>) -> Result<Value> {
    let mut out = Writer::default();
    ser::write(&mut out, lowering.into(), value).map_err(CodecError::into_error)?;
    Ok(out.value_at(0).to_value())
}

/// Writes what serde reads as a part of a record.
pub(crate) fn write_plain<T: Serialize>(value: &T, out: &mut Writer) -> Result<()> {
    ser::write(out, Form::Plain, value).map_err(CodecError::into_error)
}

/// Writes what a function of the user's writes, as a value.
pub(crate) fn to_value_with(
    write: impl FnOnce(RecordSerializer<'_>) -> std::result::Result<(), CodecError>,
) -> Result<Value> {
    let mut out = Writer::default();
    ser::write_with(&mut out, write).map_err(CodecError::into_error)?;
    Ok(out.value_at(0).to_value())
}

/// The name under which an entry of a map is stored that has this key.
pub(crate) fn map_key_text<T: Serialize>(key: &T) -> Result<String> {
    let mut out = Writer::default();
    ser::write(&mut out, Form::Plain, key).map_err(CodecError::into_error)?;
    state::key_text(&mut out, 0).map_err(CodecError::into_error)
}

/// Reads any serde type from a value.
pub(crate) fn from_value<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T> {
    read::read_value(value).map_err(CodecError::into_error)
}

/// Writes a model as a record, each field in its stored form.
pub(crate) fn encode<M: Serialize>(model: &M, definition: &'static Definition) -> Result<Record> {
    let mut out = Writer::with_capacity(ROOM);
    finish(ser::write(&mut out, Form::Model(definition), model), out)
}

fn finish(written: std::result::Result<(), CodecError>, out: Writer) -> Result<Record> {
    written.map_err(|e| located_whole(&e.into_error()))?;
    if out.is_too_long() {
        return Err(Error::invalid("a record of more than 4 GB cannot be written"));
    }
    out.finish_map().ok_or_else(|| Error::codec("the model's Serialize did not write a map of fields"))
}

/// Reads a model from a record; the library's own attributes are left out.
pub(crate) fn decode<M: DeserializeOwned>(mut record: Record, definition: &'static Definition) -> Result<M> {
    definition.complete(&mut record);
    decode_part(&record, definition, None)
}

/// Reads some of a model's fields from a record that has these: those that are named, or all.
pub(crate) fn decode_part<M: DeserializeOwned>(
    record: &Record,
    definition: &'static Definition,
    fields: Option<&[&str]>,
) -> Result<M> {
    // Written out: each call of a combinator would be compiled with each model.
    let error = match Raised::of(record, definition, fields) {
        Ok(raised) => match root::read_record(&Root { record, definition, fields, raised: &raised }) {
            Ok(model) => return Ok(model),
            Err(error) => error.into_error(),
        },
        Err(error) => error,
    };
    Err(name_record(record, definition, located_whole(&error)).in_repository(definition.repository()))
}

/// Names the record in an error, by its key.
fn name_record(record: &Record, definition: &Definition, error: Error) -> Error {
    let key = [Some(definition.hash_name()), definition.range_name()].into_iter().flatten();
    let key: Vec<_> = key.filter_map(|name| record.stored(name).map(ValueRef::brief)).collect();
    match key.is_empty() {
        true => error,
        false => Error::new(error.kind(), format!("record {}: {}", key.join(", "), error.message())),
    }
}
