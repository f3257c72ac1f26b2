//! From the stored form of a field back to what serde reads, and what does not fit its type.

use super::error::located;
use crate::definition::{Definition, Lowering};
use crate::error::{Error, Result};
use crate::value::{Record, ValueRef, Writer};

/// Refuses a stored value that a type would read, though a filter would not find it by what is read.
pub(super) fn check_kind(lowering: &Lowering, value: ValueRef<'_>) -> Result<()> {
    match (lowering, value) {
        (Lowering::Bytes, ValueRef::List(items)) if !items.is_empty() => {
            Err(Error::codec("is stored as a list, not as bytes"))
        }
        (Lowering::List(_), ValueRef::Bytes(_)) => Err(Error::codec("is stored as bytes, not as a list")),
        _ => Ok(()),
    }
}

/// Fields that hold instants, as serde reads them: raised before the record is read, because what is read from
/// has to stay until the model is whole.
#[derive(Default)]
pub(super) struct Raised {
    bytes: Writer,
    places: Vec<(&'static str, usize)>,
}

impl Raised {
    /// Those of a record, among the fields that are read.
    pub(super) fn of(record: &Record, definition: &Definition, fields: Option<&[&str]>) -> Result<Self> {
        let mut raised = Self::default();
        for field in definition.fields() {
            let Some(lowering) = field.lowering().filter(|lowering| lowering.has_instant()) else { continue };
            if fields.is_some_and(|fields| !fields.contains(&field.name)) {
                continue;
            }
            let Some(value) = record.stored(field.name) else { continue };
            raised.places.push((field.name, raised.bytes.len()));
            raise(lowering, value, &mut raised.bytes).map_err(|e| within(field.name, e))?;
        }
        Ok(raised)
    }

    /// The field of a name, if it was raised.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<ValueRef<'_>> {
        if self.places.is_empty() {
            return None;
        }
        let (_, place) = self.places.iter().find(|(raised, _)| *raised == name)?;
        Some(self.bytes.value_at(*place))
    }
}

fn within(name: &str, error: Error) -> Error {
    Error::new(error.kind(), located(&format!(".{name}"), error.message()))
}

/// Writes a value as serde reads it.
fn raise(lowering: &Lowering, value: ValueRef<'_>, out: &mut Writer) -> Result<()> {
    check_kind(lowering, value)?;
    let Lowering::Instant(form) = lowering else { return raise_each(lowering, value, out) };
    match value {
        ValueRef::Null => out.null(),
        ValueRef::Instant(millis) => (form.raise)(millis, out)?,
        other => return Err(Error::codec(format!("is stored as {}, not as an instant", other.noun()))),
    }
    Ok(())
}

/// Writes a value with what is in it as serde reads it.
fn raise_each(lowering: &Lowering, value: ValueRef<'_>, out: &mut Writer) -> Result<()> {
    match value {
        ValueRef::List(items) => {
            let list = out.begin_list();
            for (at, item) in items.iter().enumerate() {
                match lowering.of_item() {
                    Some(lowering) => raise(lowering, item, out)
                        .map_err(|e| Error::new(e.kind(), located(&format!("[{at}]"), e.message())))?,
                    None => out.value(item),
                }
            }
            out.end(list, items.len());
        }
        ValueRef::Map(map) => {
            let begun = out.begin_map();
            for (name, item) in map.iter() {
                out.name(name);
                match lowering.of_name(name) {
                    Some(lowering) => raise(lowering, item, out).map_err(|e| within(name, e))?,
                    None => out.value(item),
                }
            }
            out.end(begun, map.len());
        }
        other => out.value(other),
    }
    Ok(())
}
