//! What the runtime fills in: the keys of `#[hash_key(auto)]` and `#[range_key(auto)]`, `#[created_at]`, `#[updated_at]`.

use crate::change::Change;
use crate::definition::{Definition, Lowering, TimeForm};
use crate::path::Path;
use crate::ulid::{Sequence, object_id, ulid_text, uuid_v7_text};
use crate::value::{Record, Value, ValueRef};

const NIL_UUID: &str = "00000000-0000-0000-0000-000000000000";
const NIL_OBJECT_ID: [u8; 12] = [0; 12];

/// Fills in a record that is about to be stored. What the caller set stays, but for the time of
/// the update.
pub(super) fn fill_record(definition: &Definition, record: &mut Record, now: i64, ids: &Sequence) {
    for name in definition.auto_keys() {
        let id = match record.get(name) {
            Some(ValueRef::String("")) => Value::String(ulid_text(ids.next(now))),
            Some(ValueRef::String(NIL_UUID)) => Value::String(uuid_v7_text(ids.next(now))),
            Some(ValueRef::ObjectId(NIL_OBJECT_ID)) => Value::ObjectId(object_id(ids.next(now))),
            _ => continue,
        };
        record.set(name, id);
    }
    if let Some(name) = definition.created_at()
        && is_unset(record.get(name))
    {
        record.set(name, time_value(definition, name, now));
    }
    if let Some(name) = definition.updated_at() {
        record.set(name, time_value(definition, name, now));
    }
}

/// Adds to an update what it has to fill in, unless the caller changes it.
pub(super) fn stamp_update(definition: &Definition, changes: &mut Vec<Change>, now: i64) {
    let Some(name) = definition.updated_at() else { return };
    if changes.iter().all(|change| change.path().root() != name) {
        changes.push(Change::Set(Path::field(name), time_value(definition, name, now)));
    }
}

/// Adds to an upsert the creation time of a record that it may make.
pub(super) fn stamp_creation(definition: &Definition, changes: &mut Vec<Change>, now: i64) {
    let Some(name) = definition.created_at() else { return };
    if changes.iter().all(|change| change.path().root() != name) {
        changes.push(Change::SetIfMissing(Path::field(name), time_value(definition, name, now)));
    }
}

/// A creation time that nobody set: missing, or the epoch.
fn is_unset(value: Option<ValueRef<'_>>) -> bool {
    value.is_none_or(|value| {
        value == Value::Int(0) || value == Value::Instant(0) || TimeForm::Rfc3339.read(value) == Some(0)
    })
}

/// The time as the field holds it: an instant, or an integer of seconds.
fn time_value(definition: &Definition, name: &str, now: i64) -> Value {
    match definition.field(name).and_then(|field| field.lowering()) {
        // The time of a clock outside the years 0 to 9999 has no text.
        Some(Lowering::InstantAs(_, form)) => form.store(now).unwrap_or(Value::Null),
        Some(_) => Value::Instant(now),
        None => Value::from(now.div_euclid(1000)),
    }
}
