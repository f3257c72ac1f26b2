//! serde's door: from a model to a record and back.

mod de;
mod error;
mod fills;
mod probe;
mod ser;

pub use error::CodecError;
pub use ser::ValueSerializer;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::definition::{Definition, FieldDef};
use crate::error::{Error, Result};
use crate::field::Lowering;
use crate::value::{Record, Value};

/// Writes any serde type as a value.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    value.serialize(ValueSerializer).map_err(CodecError::into_error)
}

/// Reads any serde type from a value.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    de::read(&value).map_err(CodecError::into_error)
}

/// Writes a model as a record, each field in its stored form.
pub(crate) fn encode<M: Serialize>(model: &M, definition: &Definition) -> Result<Record> {
    let Value::Map(mut map) = to_value(model)? else {
        return Err(Error::codec("the model's Serialize did not write a map of fields"));
    };
    map.retain(|_, value| !matches!(value, Value::Null));
    lower(&mut map, definition.fields())?;
    Ok(Record::from(map))
}

/// Reads a model from a record; the library's own attributes are left out.
pub(crate) fn decode<M: DeserializeOwned>(mut record: Record, definition: &Definition) -> Result<M> {
    definition.complete(&mut record);
    decode_part(record, definition)
}

/// Reads some of a model's fields from a record that has these.
pub(crate) fn decode_part<M: DeserializeOwned>(record: Record, definition: &Definition) -> Result<M> {
    let mut map = record.into_map();
    revive(&mut map, definition.fields())?;
    map.retain(|name, _| !name.starts_with("_reposit"));
    from_value(Value::Map(map)).map_err(|e| e.in_repository(definition.name()))
}

/// Puts the fields that are stored otherwise than serde wrote them into their stored form.
pub(crate) fn lower(map: &mut BTreeMap<String, Value>, fields: &[FieldDef]) -> Result<()> {
    convert(map, fields, |lowering| lowering.lower)
}

/// The reverse of [`lower`].
pub(crate) fn revive(map: &mut BTreeMap<String, Value>, fields: &[FieldDef]) -> Result<()> {
    convert(map, fields, |lowering| lowering.revive)
}

fn convert(
    map: &mut BTreeMap<String, Value>,
    fields: &[FieldDef],
    direction: impl Fn(&Lowering) -> fn(Value) -> Result<Value>,
) -> Result<()> {
    for field in fields {
        let Some(lowering) = &field.lowering else { continue };
        if let Some(value) = map.get_mut(field.name) {
            *value = direction(lowering)(std::mem::replace(value, Value::Null))?;
        }
    }
    Ok(())
}
