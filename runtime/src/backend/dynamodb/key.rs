//! Primary keys, and where a page starts, as DynamoDB writes them.

use crate::backend::dynamodb::value::{Item, to_attribute};
use crate::definition::Definition;
use crate::request::{Position, RecordKey, Source};
use crate::value::Value;

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

/// A key as bytes, the same for the same key only.
pub(super) fn ident(definition: &Definition, key: &RecordKey) -> Vec<u8> {
    let mut ident = Vec::new();
    write(&mut ident, b't', definition.name().as_bytes());
    for value in key.parts() {
        match value {
            Value::String(text) => write(&mut ident, b's', text.as_bytes()),
            Value::Bytes(bytes) => write(&mut ident, b'b', bytes),
            Value::Instant(millis) => write(&mut ident, b't', &millis.to_be_bytes()),
            // Keys are of no other kind than these.
            other => write(&mut ident, b'n', &other.as_int().unwrap_or_default().to_be_bytes()),
        }
    }
    ident
}

/// Appends a part with its length before it, so that parts cannot run together.
pub(super) fn write(ident: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    ident.push(kind);
    ident.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    ident.extend_from_slice(bytes);
}
