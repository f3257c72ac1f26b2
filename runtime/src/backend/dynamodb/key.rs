//! Primary keys, and where a page starts, as DynamoDB takes them.

use super::value::{Item, to_attribute};
use crate::definition::Definition;
use crate::request::{Position, RecordKey, Source};

/// The key attributes of a record.
pub(super) fn to_key(definition: &Definition, key: &RecordKey) -> Item {
    key.fields(definition).map(|(name, value)| (name.to_owned(), to_attribute(value))).collect()
}

/// The key that a page starts after: the record's own, and its place in the index.
pub(super) fn to_start(definition: &Definition, source: &Source, position: &Position) -> Item {
    let mut item = to_key(definition, position.key());
    if let Some(index) = source.index_read() {
        let ranges = index.ranges().iter().copied().zip(position.ranges());
        for (part, value) in source.hash_parts(definition).into_iter().chain(ranges) {
            item.insert(definition.part_name(part).to_owned(), to_attribute(value));
        }
    }
    item
}
