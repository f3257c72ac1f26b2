//! Records as documents: where each field is stored.
//!
//! The primary key is `_id`: the hash key itself, or the document `{h, r}` of hash and range key,
//! so that one index serves point reads, order and ranges. Bytes that something is ordered by are
//! stored as hex text, since binary data sorts by its length first: a range key in `_id.r`, a
//! range field of an index in a sort column, a field beside it.

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId};

use super::encode::DocumentWriter;
use super::expiry::{is_marked, own_date};
use super::value::{FURTHEST, date, hex, to_bson};
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::error::{Error, Result};
use crate::request::{Call, RecordKey, liveness};
use crate::value::{EXPIRES, RESERVED, Record, STAMP, Value, ValueRef, take_entry};

const HEX: &str = "_reposit_hex_";
/// How much room a document takes beside its record: the names of the library's own fields and what they hold.
const ROOM: usize = 128;

/// How large a document may be, from "MongoDB Limits and Thresholds".
pub(super) const LARGEST: usize = 16 * 1024 * 1024;

/// A field of an index as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Its path in the document.
    pub(super) path: String,
    /// Whether it is bytes stored as hex text.
    pub(super) hex: bool,
}

impl Column {
    /// Writes a value as it is in this column.
    pub(super) fn write(&self, document: &mut DocumentWriter, name: &str, value: &Value) -> Result<()> {
        match value {
            Value::Bytes(bytes) if self.hex => document.text(name, &hex(bytes)),
            value => document.value(name, value.view()),
        }
    }

    /// A value as it is in this column.
    pub(super) fn encode(&self, value: &Value) -> Result<Bson> {
        match value {
            Value::Bytes(bytes) if self.hex => Ok(Bson::String(hex(bytes))),
            value => to_bson(value),
        }
    }
}

/// The column of a part of the primary key or an index; `ordered` if it is a range.
fn column(definition: &Definition, part: KeyDef, ordered: bool) -> Column {
    let bytes = part.kind == KeyKind::Bytes;
    let range = definition.range();
    if range.is_some_and(|range| range.field == part.field) {
        return Column { path: "_id.r".to_owned(), hex: bytes };
    }
    let name = definition.part_name(part);
    if ordered && bytes {
        return Column { path: format!("{HEX}{name}"), hex: true };
    }
    let path = match range {
        _ if definition.hash().field != part.field => name,
        Some(_) => "_id.h",
        None => "_id",
    };
    Column { path: path.to_owned(), hex: false }
}

/// The columns of an index: its hash fields, then its range fields.
pub(super) fn columns(definition: &Definition, index: &IndexDef) -> Vec<Column> {
    let hash = index.hash_parts().map(|part| column(definition, part, false));
    hash.chain(index.ranges().iter().map(|part| column(definition, *part, true))).collect()
}

/// The key of an index as the server has it: its columns, all ascending. It serves as a hint, too, under
/// whatever name the index is there.
pub(super) fn index_key(definition: &Definition, index: &IndexDef) -> Document {
    let columns = columns(definition, index).into_iter();
    let mut key: Document = columns.map(|column| (column.path, Bson::Int32(1))).collect();
    // With `_id` at the end the order is total, and pages can be read from the index.
    if !index.unique && !key.contains_key("_id") {
        key.insert("_id", 1);
    }
    key
}

/// The sort columns: the fields that are stored a second time as hex text, each with the column's name.
pub(super) fn sort_columns(definition: &Definition) -> Vec<(&'static str, String)> {
    let mut sort_columns = Vec::new();
    for part in definition.indexes().iter().flat_map(|index| index.ranges()) {
        let name = definition.part_name(*part);
        let in_id = definition.range().is_some_and(|range| range.field == part.field);
        if part.kind == KeyKind::Bytes && !in_id && sort_columns.iter().all(|(stored, _)| *stored != name) {
            sort_columns.push((name, format!("{HEX}{name}")));
        }
    }
    sort_columns
}

/// The `_id` of a record.
pub(super) fn id(definition: &Definition, key: &RecordKey) -> Result<Bson> {
    let hash = to_bson(key.hash())?;
    Ok(match key.range() {
        Some(range) => Bson::Document(doc! { "h": hash, "r": range_part(definition, range)? }),
        None => hash,
    })
}

/// A range key as it is in `_id.r`.
pub(super) fn range_part(definition: &Definition, value: &Value) -> Result<Bson> {
    range_column(definition).encode(value)
}

fn range_column(definition: &Definition) -> Column {
    let hex = definition.range().is_some_and(|range| range.kind == KeyKind::Bytes);
    Column { path: String::new(), hex }
}

/// The filter that finds one record by its key.
pub(super) fn by_id(definition: &Definition, key: &RecordKey) -> Result<Document> {
    Ok(doc! { "_id": { "$eq": id(definition, key)? } })
}

/// The same filter as it is sent.
pub(super) fn by_id_raw(definition: &Definition, key: &RecordKey) -> Result<RawDocumentBuf> {
    let mut filter = DocumentWriter::with_capacity(ROOM);
    let id = filter.begin_document("_id")?;
    write_id(&mut filter, "$eq", definition, key)?;
    filter.end(id)?;
    filter.finish()
}

/// A record as the document that is stored, with the stamp of the call that writes it if the model has stamps.
pub(super) fn to_document(
    definition: &'static Definition,
    key: &RecordKey,
    record: &Record,
    stamp: ObjectId,
) -> Result<RawDocumentBuf> {
    let length = record.as_bytes().len();
    let mut document = DocumentWriter::with_capacity(length + length / 2 + ROOM);
    write_id(&mut document, "_id", definition, key)?;
    let (hash_name, range_name) = (definition.hash_name().as_bytes(), definition.range_name().map(str::as_bytes));
    let (mut entries, mut has_expiry) = (record.as_bytes(), false);
    while let Some((name, value)) = take_entry(&mut entries) {
        if name == hash_name || Some(name) == range_name || name.starts_with(RESERVED.as_bytes()) {
            has_expiry |= name == EXPIRES.as_bytes();
            continue;
        }
        if name == b"_id" {
            let message =
                "a field other than the hash key is stored as _id, which is the primary key's name on MongoDB";
            return Err(Error::unsupported(message));
        }
        document.raw(name, value)?;
    }
    for (name, sort_column) in sort_columns(definition) {
        if let Some(ValueRef::Bytes(bytes)) = record.get(name) {
            document.text(&sort_column, &hex(bytes))?;
        }
    }
    if let Some(at) = (has_expiry && is_marked(definition)).then(|| record.expires()).flatten() {
        document.date(EXPIRES, date(at))?;
    }
    if definition.stamps() {
        document.object_id(STAMP, stamp)?;
    }
    let document = document.finish()?;
    match document.as_bytes().len() {
        bytes if bytes > LARGEST => {
            Err(Error::invalid(format!("the record has {bytes} bytes as BSON; the limit is {LARGEST}")))
        }
        _ => Ok(document),
    }
}

/// Refuses a model that says `stamp = false` and cannot be stored without a field of the library's own.
pub(super) fn check_unstamped(definition: &Definition) -> Result<()> {
    if definition.stamps() {
        return Ok(());
    }
    if is_marked(definition) {
        let name = definition.ttl_name().unwrap_or_default();
        return Err(Error::unsupported(format!(
            "with `stamp = false` MongoDB expires records by the ttl field alone, and {name} cannot serve: make it an instant \
             that is neither part of the key nor unique by itself, or leave `stamp = false` out"
        )));
    }
    match &*sort_columns(definition) {
        [] => Ok(()),
        [(name, _), ..] => Err(Error::unsupported(format!(
            "an index is ordered by the bytes {name}, which MongoDB needs their hex text beside them for: order it by text, or \
             leave `stamp = false` out"
        ))),
    }
}

/// Writes the `_id` of a record.
pub(super) fn write_id(
    document: &mut DocumentWriter,
    name: &str,
    definition: &Definition,
    key: &RecordKey,
) -> Result<()> {
    let Some(range) = key.range() else { return document.value(name, key.hash().view()) };
    let id = document.begin_document(name)?;
    document.value("h", key.hash().view())?;
    range_column(definition).write(document, "r", range)?;
    document.end(id)
}

/// The stamp of the call that last wrote a document.
pub(super) fn stamp_of(document: &RawDocument) -> Option<ObjectId> {
    document.get_object_id(STAMP).ok()
}

/// Filters of which one finds a record that has expired: by its mark, or by its field if it has no mark; by the
/// field alone if the server expires records by that. Nothing if the model has no ttl.
pub(super) fn expired(definition: &Definition, call: &Call) -> Option<Vec<Document>> {
    let ttl = definition.ttl()?;
    let latest = to_bson(&liveness::latest_expired(definition, call)?).ok()?;
    let hash = definition.hash().field == ttl.field;
    let range = definition.range().is_some_and(|range| range.field == ttl.field);
    let path = match (hash, range, definition.range()) {
        (true, _, Some(_)) => "_id.h",
        (true, _, None) => "_id",
        (_, true, _) => "_id.r",
        _ => definition.ttl_name()?,
    };
    // A comparison would look into the items of a list.
    let mut by_field = doc! { path: { "$lte": latest, "$not": { "$type": "array" } } };
    if own_date(definition).is_some() {
        return Some(vec![by_field]);
    }
    by_field.insert(EXPIRES, doc! { "$exists": false });
    Some(vec![doc! { EXPIRES: { "$lte": date(call.now_seconds().min(FURTHEST)) } }, by_field])
}

/// The filter that leaves out what has expired.
pub(super) fn live(definition: &Definition, call: &Call) -> Option<(String, Bson)> {
    Some(("$nor".to_owned(), expired(definition, call)?.into()))
}

#[cfg(test)]
mod tests {
    use super::super::test_definition::test_definition;
    use super::*;

    #[test]
    fn bytes_are_text_where_something_is_ordered_by_them() {
        let index = test_definition().index("by_team").unwrap();
        let columns: Vec<_> =
            columns(test_definition(), index).into_iter().map(|column| (column.path, column.hex)).collect();
        let expected = [("team", false), ("_reposit_hex_badge", true), ("score", false)];
        assert_eq!(columns, expected.map(|(path, hex)| (path.to_owned(), hex)));
        assert_eq!(sort_columns(test_definition()), [("badge", "_reposit_hex_badge".to_owned())]);
    }

    #[test]
    fn a_field_called_id_that_is_no_key_is_refused() {
        let record = Record::from_iter([("_id".to_owned(), Value::Int(1))]);
        let key = RecordKey::new(Value::from("a")).with_range(Value::Bytes(vec![1]));
        let error = to_document(test_definition(), &key, &record, ObjectId::new()).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
    }
}
