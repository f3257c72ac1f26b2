//! Items as records of a model.

use super::wire::answer::Found;
use super::wire::item::Item;
use super::wire::read::read_item;
use crate::definition::{Definition, KeyKind};
use crate::error::Result;
use crate::value::{EXPIRES, Record, Value, stored_object_id};

/// A record with the item that it was read from. Whether a record is still as it was is asked of the
/// item: several are read as one record, with a null or without, with one number or another near it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) record: Record,
    pub(super) item: Item,
}

impl Stored {
    /// A repository's item.
    pub(super) fn new(definition: &'static Definition, item: Item) -> Result<Self> {
        Ok(Self { record: to_record_of(definition, &item)?, item })
    }

    /// A repository's item that was read with its record.
    pub(super) fn found(definition: &'static Definition, found: Found) -> Result<Self> {
        let Found { record, item } = found;
        Ok(Self { record: to_own(definition, record?), item })
    }

    /// A guard.
    pub(super) fn of_guard(item: Item) -> Result<Self> {
        Ok(Self { record: read_item(item.json(), &[])?, item })
    }
}

/// A repository's item as a record, with the instants of its model, which DynamoDB keeps as numbers.
pub(super) fn to_record_of(definition: &'static Definition, item: &Item) -> Result<Record> {
    Ok(to_own(definition, read_item(item.json(), definition.fields())?))
}

/// The record of a repository's item that was read with it.
pub(super) fn found_record(definition: &'static Definition, found: Found) -> Result<Record> {
    Ok(to_own(definition, found.record?))
}

/// The records of a repository's items that were read with them.
pub(super) fn found_records(definition: &'static Definition, found: Vec<Found>) -> Result<Vec<Record>> {
    let records = found.into_iter().map(|found| found.record);
    match definition.has_aliases() || definition.expires_by_seconds() {
        false => records.collect(),
        true => records.map(|record| Ok(to_own(definition, record?))).collect(),
    }
}

/// The record with the model's own names, and without a mark of another release where the field alone says when it
/// expires.
fn to_own(definition: &'static Definition, mut record: Record) -> Record {
    definition.unalias(&mut record);
    if definition.expires_by_seconds() && record.stored(EXPIRES).is_some() {
        record.remove(EXPIRES);
    }
    record
}

/// A key's value that was kept as a number or as text, as its kind is.
pub(super) fn restore_key(kind: KeyKind, value: Value) -> Value {
    match (kind, value) {
        (KeyKind::Instant, value) => value.into_instant(),
        (KeyKind::ObjectId, Value::String(text)) => {
            stored_object_id(&text).map_or(Value::String(text), Value::ObjectId)
        }
        (_, value) => value,
    }
}
