//! Primary keys, and where a page starts, as DynamoDB takes them.

use super::wire::item::Item;
use crate::definition::Definition;
use crate::request::{Position, RecordKey, Source};
use crate::value::Value;

/// The key attributes of a record.
pub(super) fn to_key(definition: &Definition, key: &RecordKey) -> Item {
    Item::of_entries(key.fields(definition))
}

/// The key that a page starts after: the record's own, and its place in the index.
pub(super) fn to_start(definition: &Definition, source: &Source, position: &Position) -> Item {
    let mut entries: Vec<(&str, &Value)> = position.key().fields(definition).collect();
    if let Some(index) = source.index_read() {
        let ranges = index.ranges().iter().copied().zip(position.ranges());
        for (part, value) in source.hash_parts(definition).into_iter().chain(ranges) {
            let name = definition.part_name(part);
            // A field may be part of both keys.
            entries.retain(|(before, _)| *before != name);
            entries.push((name, value));
        }
    }
    Item::of_entries(entries)
}
