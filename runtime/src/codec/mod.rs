//! From a model to a record and back, through serde.

mod bytes;
mod de;
mod error;
mod keys;
mod missing;
#[cfg(test)]
mod random;
mod ser;

pub use error::CodecError;
pub(crate) use error::located;
pub use ser::ValueSerializer;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::error::located_whole;
use crate::definition::{Convert, Definition, FieldDef, Lowering};
use crate::error::{Error, Result};
use crate::value::{Map, RESERVED, Record, Value};

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
    let Value::Map(mut map) = to_value(model).map_err(|e| located_whole(&e))? else {
        return Err(Error::codec("the model's Serialize did not write a map of fields"));
    };
    lower(&mut map, definition.fields()).map_err(|e| located_whole(&e))?;
    drop_nulls(&mut map, definition.fields(), |field| definition.keeps_null(field))?;
    Ok(Record::from(map))
}

/// Reads a model from a record; the library's own attributes are left out.
pub(crate) fn decode<M: DeserializeOwned>(mut record: Record, definition: &Definition) -> Result<M> {
    definition.complete(&mut record);
    decode_part(record, definition)
}

/// Reads some of a model's fields from a record that has these.
pub(crate) fn decode_part<M: DeserializeOwned>(record: Record, definition: &Definition) -> Result<M> {
    let mut record = record;
    record.retain(|name| !name.starts_with(RESERVED));
    let raised = raise(record.map_mut(), definition.fields());
    let value = record.into_value();
    let read = raised.and_then(|()| de::read(&value).map_err(CodecError::into_error));
    read.map_err(|e| name_record(&value, definition, located_whole(&e)).in_repository(definition.name()))
}

/// Names the record in an error, by its key.
fn name_record(value: &Value, definition: &Definition, error: Error) -> Error {
    let Value::Map(map) = value else { return error };
    let key = [Some(definition.hash_name()), definition.range_name()].into_iter().flatten();
    let key: Vec<_> = key.filter_map(|name| map.get(name).map(Value::brief)).collect();
    match key.is_empty() {
        true => error,
        false => Error::new(error.kind(), format!("record {}: {}", key.join(", "), error.message())),
    }
}

/// Leaves out the fields that are null, but for those whose null has to be kept. Entries beside the fields
/// belong to something flattened, and their nulls are data.
pub(crate) fn drop_nulls(map: &mut Map, fields: &[FieldDef], keeps: impl Fn(&FieldDef) -> Result<bool>) -> Result<()> {
    for field in fields {
        if matches!(map.get(field.name), Some(Value::Null)) && !keeps(field)? {
            map.remove(field.name);
        }
    }
    Ok(())
}

/// Puts the fields that are stored otherwise than serde wrote them into their stored form.
pub(crate) fn lower(map: &mut Map, fields: &[FieldDef]) -> Result<()> {
    convert(map, fields, |lowering| lowering.lower)
}

/// The reverse of [`lower`].
pub(crate) fn raise(map: &mut Map, fields: &[FieldDef]) -> Result<()> {
    convert(map, fields, |lowering| lowering.raise)
}

/// Makes integers instants wherever a field holds one: of a backend whose server keeps instants as
/// integers of milliseconds. Anything else stays what it is.
pub(crate) fn restore_instants(map: &mut Map, fields: &[FieldDef]) -> Result<()> {
    convert(map, fields, |lowering| lowering.restore)
}

fn convert(map: &mut Map, fields: &[FieldDef], direction: impl Fn(&Lowering) -> Convert) -> Result<()> {
    for field in fields {
        let Some(lowering) = &field.lowering() else { continue };
        if let Some(value) = map.get_mut(field.name) {
            let converted = direction(lowering)(std::mem::replace(value, Value::Null));
            *value = converted.map_err(|e| Error::new(e.kind(), located(&format!(".{}", field.name), e.message())))?;
        }
    }
    Ok(())
}
