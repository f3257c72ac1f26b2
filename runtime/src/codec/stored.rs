//! From the stored form of a field back to what serde reads, and what does not fit its type.

use super::error::located;
use crate::definition::{Definition, Lowering};
use crate::error::{Error, Result};
use crate::value::{Raw, Record, ValueRef, Writer, as_text, find, object_id_text, take_entry, take_value};

/// Refuses a stored value that a type would read, though a filter would not find it by what is read.
pub(super) fn check_kind(lowering: &Lowering, value: Raw<'_>) -> Result<()> {
    match lowering {
        Lowering::Bytes if value.items().is_some_and(|(_, count)| count > 0) => {
            Err(Error::codec("is stored as a list, not as bytes"))
        }
        Lowering::List(_) if value.bytes().is_some() => Err(Error::codec("is stored as bytes, not as a list")),
        Lowering::Strict(form) if !value.is_null() && !(form.is_stored)(ValueRef::from_raw(value)) => {
            Err(Error::codec(form.unreadable))
        }
        Lowering::Set(_) if value.bytes().is_some() => Err(Error::codec("is stored as bytes, not as a set")),
        Lowering::Bytes | Lowering::List(_) if value.is_set() => {
            let kept = if matches!(lowering, Lowering::Bytes) { "bytes" } else { "a list" };
            Err(Error::codec(format!("is stored as {}, not as {kept}", ValueRef::from_raw(value).noun())))
        }
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
        if !definition.has_instants() {
            return Ok(raised);
        }
        for field in definition.fields() {
            let Some(lowering) = field.lowering().filter(|lowering| lowering.has_instant()) else { continue };
            if fields.is_some_and(|fields| !fields.contains(&field.name)) {
                continue;
            }
            let Some(value) = find(record.as_bytes(), field.name.as_bytes()) else { continue };
            raised.places.push((field.name, raised.bytes.len()));
            raise(lowering, value, &mut raised.bytes).map_err(|e| within(field.name, e))?;
        }
        Ok(raised)
    }

    /// The field of a name, if it was raised.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<Raw<'_>> {
        if self.places.is_empty() {
            return None;
        }
        let (_, place) = self.places.iter().find(|(raised, _)| *raised == name)?;
        Some(self.bytes.raw_at(*place))
    }
}

fn within(name: &str, error: Error) -> Error {
    Error::new(error.kind(), located(&format!(".{name}"), error.message()))
}

/// Writes a value as serde reads it.
fn raise(lowering: &Lowering, value: Raw<'_>, out: &mut Writer) -> Result<()> {
    check_kind(lowering, value)?;
    match (lowering, ValueRef::from_raw(value)) {
        (Lowering::Instant(_) | Lowering::InstantAs(..) | Lowering::ObjectId | Lowering::Text(_), ValueRef::Null) => {
            out.null()
        }
        (Lowering::Instant(form), ValueRef::Instant(millis)) => (form.raise)(millis, out)?,
        (Lowering::Instant(_), other) => return Err(stored_as(other, "an instant")),
        (Lowering::InstantAs(of, form), stored) => match form.read(stored) {
            Some(millis) => (of.raise)(millis, out)?,
            None => return Err(stored_as(stored, form.noun())),
        },
        (Lowering::ObjectId, ValueRef::ObjectId(id)) => out.text(&object_id_text(id)),
        (Lowering::ObjectId, other) => return Err(stored_as(other, "an ObjectId")),
        (Lowering::Text(form), ValueRef::String(text)) => (form.raise)(text, out)?,
        (Lowering::Text(form), other) => return Err(stored_as(other, form.noun)),
        _ => return raise_each(lowering, value, out),
    }
    Ok(())
}

fn stored_as(value: ValueRef<'_>, wanted: &str) -> Error {
    Error::codec(format!("is stored as {}, not as {wanted}", value.noun()))
}

/// Writes a value with what is in it as serde reads it.
fn raise_each(lowering: &Lowering, value: Raw<'_>, out: &mut Writer) -> Result<()> {
    let mut rest = value.content();
    let mut count = 0;
    if value.items().is_some() {
        let list = out.begin_list();
        while let Some(item) = take_value(&mut rest) {
            raise_if(lowering.of_item(), item, out)
                .map_err(|e| Error::new(e.kind(), located(&format!("[{count}]"), e.message())))?;
            count += 1;
        }
        out.end(list, count);
    } else if value.is_map() {
        let map = out.begin_map();
        while let Some((name, item)) = take_entry(&mut rest) {
            let name = as_text(name).unwrap_or_default();
            out.name(name);
            raise_if(lowering.of_name(name), item, out).map_err(|e| within(name, e))?;
            count += 1;
        }
        out.end(map, count);
    } else {
        out.value(ValueRef::from_raw(value));
    }
    Ok(())
}

fn raise_if(lowering: Option<&Lowering>, value: Raw<'_>, out: &mut Writer) -> Result<()> {
    match lowering {
        Some(lowering) => raise(lowering, value, out),
        None => {
            out.value(ValueRef::from_raw(value));
            Ok(())
        }
    }
}
