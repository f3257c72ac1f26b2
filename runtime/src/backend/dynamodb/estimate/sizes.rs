//! Bytes as units of capacity.

use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::value::Stored;
use crate::definition::{Definition, IndexDef};
use crate::limits::{STAMP_SIZE, record_size, value_size};
use crate::request::{Capacity, RecordKey, index_values};
use crate::value::{EXPIRES, Record, STAMP, Value};

/// The most that a page is chosen from.
pub(super) const PAGE: usize = 1024 * 1024;

/// No record is smaller, since each has a key and a stamp, or other fields than these.
pub(super) const SMALLEST: usize = 32;

const READ_UNIT: usize = 4096;
const WRITE_UNIT: usize = 1024;

/// Items of a transaction cost twice.
pub(super) const TRANSACTIONAL: f64 = 2.0;

/// The bytes of a record's item: with a stamp and a mark of its expiry, as far as the model has them there.
pub(super) fn item_size(definition: &Definition, record: &Record) -> usize {
    let stamp = if definition.stamps() && record.stored(STAMP).is_none() { STAMP_SIZE } else { 0 };
    let mark = record.stored(EXPIRES).filter(|_| definition.expires_by_seconds());
    record_size(record) + stamp - mark.map_or(0, |at| EXPIRES.len() + value_size(at))
}

/// The units of a read of so many bytes.
pub(super) fn read_units(bytes: usize, consistent: bool) -> f64 {
    let units = bytes.div_ceil(READ_UNIT).max(1) as f64;
    if consistent { units } else { units / 2.0 }
}

fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(WRITE_UNIT).max(1) as f64
}

/// What a record has in an index.
struct Entry {
    values: Vec<Value>,
    size: usize,
    /// What of it can change without its place; nothing if it changes with each write.
    held: Option<Record>,
}

/// The bytes of what a record has in an index; nothing if it has no place in it.
pub(super) fn entry_size(definition: &Definition, index: &IndexDef, record: &Record) -> Option<usize> {
    entry(definition, index, record).map(|entry| entry.size)
}

fn entry(definition: &Definition, index: &IndexDef, record: &Record) -> Option<Entry> {
    let values = index_values(definition, index, record)?;
    Some(match definition.projected(index) {
        // The stamp is among all. Without one, a write of what is there changes nothing.
        None => {
            let held = (!definition.stamps()).then(|| record.clone());
            Entry { values, size: item_size(definition, record), held }
        }
        Some(names) => {
            let held = record.iter().filter(|(name, _)| names.contains(name));
            let held: Record = held.map(|(name, value)| (name.to_owned(), value.to_value())).collect();
            Entry { values, size: record_size(&held), held: Some(held) }
        }
    })
}

/// What a write of a record consumes, of its table and of its indexes.
pub(super) fn write_capacity(
    definition: &'static Definition,
    before: Option<&Record>,
    after: Option<&Record>,
    factor: f64,
) -> Vec<Capacity> {
    let larger = before.into_iter().chain(after).map(|record| item_size(definition, record)).max().unwrap_or(0);
    let mut consumed = vec![Capacity::write(definition.name(), None, factor * write_units(larger))];
    for index in definition.indexes() {
        let [before, after] = [before, after].map(|record| entry(definition, index, record?));
        let units = match (before, after) {
            (None, None) => continue,
            (Some(one), None) | (None, Some(one)) => write_units(one.size),
            (Some(before), Some(after)) if before.values != after.values => {
                write_units(before.size) + write_units(after.size)
            }
            (Some(before), Some(after)) if before.held.is_some() && before.held == after.held => continue,
            (Some(before), Some(after)) => write_units(before.size.max(after.size)),
        };
        consumed.push(Capacity::write(definition.name(), Some(index.name), factor * units));
    }
    consumed
}

/// What a check of a record in a transaction consumes.
pub(super) fn check_capacity(definition: &'static Definition, record: Option<&Record>) -> Capacity {
    let bytes = record.map_or(0, |record| item_size(definition, record));
    Capacity::write(definition.name(), None, TRANSACTIONAL * write_units(bytes))
}

/// The bytes of a guard.
pub(super) fn guard_size(
    definition: &'static Definition,
    index: &IndexDef,
    key: &GuardKey,
    owner: &RecordKey,
    expires: Option<i64>,
) -> usize {
    let item = guard::to_item(definition, index, key, owner, expires);
    let fields = |guard: Stored| guard.record.iter().map(|(name, value)| name.len() + value_size(value)).sum();
    Stored::of_guard(item).map_or(0, fields)
}

/// What a write of a guard of so many bytes consumes.
pub(super) fn guard_capacity(definition: &'static Definition, bytes: usize) -> Capacity {
    Capacity::write(guard::table(definition), None, TRANSACTIONAL * write_units(bytes))
}
