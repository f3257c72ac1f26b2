//! Records as documents: where each field is stored.
//!
//! The primary key is `_id`: the hash key itself, or the document `{h, r}` of hash and range key,
//! so that one index serves point reads, order and ranges. Bytes that something is ordered by are
//! stored as hex text, since binary data sorts by its length first: a range key in `_id.r`, a
//! range field of an index in a sort column, a field beside it.

use mongodb::bson::raw::{CStr, cstr};
use mongodb::bson::{Bson, Document, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, doc, oid::ObjectId};

use super::value::{FURTHEST, broken, checked, date, from_raw, hex, to_bson, to_raw, unhex};
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::error::{Error, Result};
use crate::request::{Call, RecordKey, liveness};
use crate::value::{EXPIRES, RESERVED, Record, STAMP, Value, ValueRef};

/// How an `_id` is named that no record with a key of two parts has.
const OTHER_ID: &str = "an _id that is not a document of h and r";
const HEX: &str = "_reposit_hex_";
const EXPIRES_NAME: &CStr = cstr!("_reposit_expires");
const STAMP_NAME: &CStr = cstr!("_reposit_stamp");

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

/// The columns of an index: its hash field, then its range fields.
pub(super) fn columns(definition: &Definition, index: &IndexDef) -> Vec<Column> {
    index.parts().enumerate().map(|(at, part)| column(definition, part, at > 0)).collect()
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
pub(super) fn sort_columns(definition: &'static Definition) -> Vec<(&'static str, String)> {
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
    let hex = definition.range().is_some_and(|range| range.kind == KeyKind::Bytes);
    Column { path: String::new(), hex }.encode(value)
}

/// The filter that finds one record by its key.
pub(super) fn by_id(definition: &Definition, key: &RecordKey) -> Result<Document> {
    Ok(doc! { "_id": { "$eq": id(definition, key)? } })
}

/// A record as the document that is stored, with the stamp of the call that writes it.
pub(super) fn to_document(
    definition: &'static Definition,
    key: &RecordKey,
    record: &Record,
    stamp: ObjectId,
) -> Result<RawDocumentBuf> {
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), RawBson::try_from(id(definition, key)?).map_err(unwritable)?);
    for (name, value) in record.iter() {
        if name == definition.hash_name() || Some(name) == definition.range_name() || name.starts_with(RESERVED) {
            continue;
        }
        if name == "_id" {
            let message =
                "a field other than the hash key is stored as _id, which is the primary key's name on MongoDB";
            return Err(Error::unsupported(message));
        }
        document.append(checked(name)?, to_raw(&value.to_value())?);
    }
    for (name, sort_column) in sort_columns(definition) {
        if let Some(ValueRef::Bytes(bytes)) = record.get(name) {
            document.append(checked(&sort_column)?, hex(bytes));
        }
    }
    if let Some(at) = record.expires() {
        document.append(EXPIRES_NAME, date(at));
    }
    document.append(STAMP_NAME, stamp);
    match document.as_bytes().len() {
        bytes if bytes > LARGEST => {
            Err(Error::invalid(format!("the record has {bytes} bytes as BSON; the limit is {LARGEST}")))
        }
        _ => Ok(document),
    }
}

fn unwritable(error: mongodb::bson::error::Error) -> Error {
    Error::codec("a key cannot be written as BSON").with_source(error)
}

/// The record that a document holds.
pub(super) fn from_document(definition: &'static Definition, document: &RawDocument) -> Result<Record> {
    let mut record = Record::new();
    for item in document {
        let (name, raw) = item.map_err(broken)?;
        match name.as_str() {
            "_id" => read_id(definition, raw, &mut record)?,
            EXPIRES if definition.ttl().is_some() => record.set(EXPIRES, from_raw(raw).map(seconds)?),
            own if own.starts_with(RESERVED) => {}
            name => record.insert(name, from_raw(raw)?),
        }
    }
    definition.unalias(&mut record);
    for (name, sort_column) in sort_columns(definition) {
        check_sort_column(&mut record, name, document.get_str(&sort_column).ok());
    }
    Ok(record)
}

/// Marks bytes as foreign that do not agree with their sort column. An index is ordered by the column: if
/// another program left it out, or wrote only one of the two, the record stands in the index where its bytes
/// do not say.
fn check_sort_column(record: &mut Record, name: &str, text: Option<&str>) {
    let own = match record.get(name) {
        Some(ValueRef::Bytes(bytes)) => Some(hex(bytes)),
        // A value that is not bytes has no sort column, and is read as what it is.
        Some(_) => return,
        None => None,
    };
    if own.as_deref() != text {
        record.set(name, Value::Foreign("bytes that do not agree with the text an index orders them by"));
    }
}

/// A date in seconds; anything else is no expiry, to the server either.
fn seconds(date: Value) -> Value {
    match date {
        Value::Instant(millis) => Value::from(millis.div_euclid(1000)),
        _ => Value::Null,
    }
}

fn read_id(definition: &Definition, raw: RawBsonRef<'_>, record: &mut Record) -> Result<()> {
    let Some(range_name) = definition.range_name() else {
        record.set(definition.hash_name(), from_raw(raw)?);
        return Ok(());
    };
    let (hash, range) = match raw {
        RawBsonRef::Document(parts) => both_parts(parts)?,
        _ => None,
    }
    .unwrap_or((Value::Foreign(OTHER_ID), Value::Foreign(OTHER_ID)));
    record.set(definition.hash_name(), hash);
    record.set(range_name, read_range(definition, range));
    Ok(())
}

/// The values under `h` and `r`, if these are all there is, in this order: the server compares whole
/// documents, so no other one is found by its key.
fn both_parts(parts: &RawDocument) -> Result<Option<(Value, Value)>> {
    let parts: Vec<_> = parts.into_iter().take(3).collect::<Result<_, _>>().map_err(broken)?;
    match parts.as_slice() {
        [(h, hash), (r, range)] if h.as_str() == "h" && r.as_str() == "r" => {
            Ok(Some((from_raw(*hash)?, from_raw(*range)?)))
        }
        _ => Ok(None),
    }
}

fn read_range(definition: &Definition, value: Value) -> Value {
    match value {
        value if definition.range().is_none_or(|range| range.kind != KeyKind::Bytes) => value,
        Value::String(text) => {
            unhex(&text).map_or(Value::Foreign("text that is not bytes in lower-case hex"), Value::Bytes)
        }
        // A read by key looks for text, and would not find binary data.
        Value::Bytes(_) => Value::Foreign("binary data in place of hex text"),
        value => value,
    }
}

/// The stamp of the call that last wrote a document.
pub(super) fn stamp_of(document: &RawDocument) -> Option<ObjectId> {
    document.get_object_id(STAMP).ok()
}

/// Two filters of which one finds a record that has expired: by its mark, or by its field if it has no mark.
/// Nothing if the model has no ttl.
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
    let by_field = doc! { EXPIRES: { "$exists": false }, path: { "$lte": latest, "$not": { "$type": "array" } } };
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
    fn a_record_comes_back_as_it_was() {
        let mut record = Record::new();
        for (name, value) in [
            ("id", Value::from("a")),
            ("part", Value::Bytes(vec![1, 255])),
            ("badge", Value::Bytes(vec![0])),
            ("$odd.name", Value::Int(u64::MAX.into())),
            (EXPIRES, Value::Int(-7)),
        ] {
            record.set(name, value);
        }
        let key = RecordKey::from_record(test_definition(), &record).unwrap();
        let stamp = ObjectId::new();
        let document = to_document(test_definition(), &key, &record, stamp).unwrap();
        assert_eq!(document.get_str("_reposit_hex_badge").unwrap(), "00");
        assert_eq!(document.get_document("_id").unwrap().get_str("r").unwrap(), "01ff");
        assert_eq!(stamp_of(&document), Some(stamp));
        assert_eq!(from_document(test_definition(), &document).unwrap(), record);
    }

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
