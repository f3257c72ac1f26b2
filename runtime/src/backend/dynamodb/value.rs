//! Values to DynamoDB's attribute values and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::decimal;
use crate::codec;
use crate::definition::{Definition, KeyKind};
use crate::error::{Error, Result};
use crate::path::{Path, Step};
use crate::value::{Record, Value};

/// A record as DynamoDB gives and takes it.
pub(super) type Item = HashMap<String, AttributeValue>;

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
        Ok(Self { record: to_record_of(definition, item.clone())?, item })
    }

    /// A guard.
    pub(super) fn of_guard(item: Item) -> Result<Self> {
        Ok(Self { record: to_record(item.clone())?, item })
    }

    /// Whether there is a null at a path, which to DynamoDB is a value like others.
    pub(super) fn is_null(&self, path: &Path) -> bool {
        let mut steps = path.steps().iter();
        let Some(Step::Name(root)) = steps.next() else { return false };
        let found = steps.try_fold(self.item.get(root.as_ref()), |within, step| {
            Some(match (within?, step) {
                (AttributeValue::M(map), Step::Name(name)) => map.get(name.as_ref()),
                (AttributeValue::L(items), Step::Position(at)) => items.get(*at),
                _ => None,
            })
        });
        matches!(found.flatten(), Some(AttributeValue::Null(_)))
    }
}

/// A value as an attribute.
pub(super) fn to_attribute(value: &Value) -> AttributeValue {
    match value {
        // What is foreign is never written: no operand is.
        Value::Null | Value::Foreign(_) => AttributeValue::Null(true),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::Int(n) => AttributeValue::N(n.to_string()),
        Value::Instant(millis) => AttributeValue::N(millis.to_string()),
        Value::Float(x) => AttributeValue::N(decimal::format_float(*x)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.as_slice())),
        Value::List(items) => AttributeValue::L(items.iter().map(to_attribute).collect()),
        Value::Map(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.to_owned(), to_attribute(value))).collect())
        }
    }
}

/// A record as an item.
pub(super) fn to_item(record: &Record) -> Item {
    record.iter().map(|(name, value)| (name.to_owned(), to_attribute(&value.to_value()))).collect()
}

/// A repository's item as a record, with the instants of its model, which DynamoDB keeps as numbers.
pub(super) fn to_record_of(definition: &'static Definition, item: Item) -> Result<Record> {
    let mut record = to_record(item)?;
    definition.unalias(&mut record);
    restore_instants(definition, record)
}

/// The record with the instants of its model.
pub(super) fn restore_instants(definition: &'static Definition, record: Record) -> Result<Record> {
    codec::restore_instants(record, definition.fields())
}

/// A key's value that was kept as a number, as its kind is.
pub(super) fn restore_key(kind: KeyKind, value: Value) -> Value {
    if kind == KeyKind::Instant { value.into_instant() } else { value }
}

/// An item as a record.
pub(super) fn to_record(item: Item) -> Result<Record> {
    let mut record = Record::new();
    for (name, attribute) in item {
        let value = to_value(attribute).map_err(|e| Error::codec(format!("{name}: {}", e.message())))?;
        record.insert(name, value);
    }
    Ok(record)
}

/// An attribute as a value. Sets, which only others write, are foreign: written back as a list, one would
/// be a set no more.
fn to_value(attribute: AttributeValue) -> Result<Value> {
    Ok(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(b) => Value::Bool(b),
        AttributeValue::N(text) => decimal::parse_number(&text)?,
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::B(blob) => bytes(blob),
        AttributeValue::L(items) => Value::List(items.into_iter().map(to_value).collect::<Result<_>>()?),
        AttributeValue::M(map) => {
            Value::Map(map.into_iter().map(|(name, value)| Ok((name, to_value(value)?))).collect::<Result<_>>()?)
        }
        AttributeValue::Ss(_) => Value::Foreign("a set of strings"),
        AttributeValue::Ns(_) => Value::Foreign("a set of numbers"),
        AttributeValue::Bs(_) => Value::Foreign("a set of bytes"),
        _ => Value::Foreign("an attribute of an unknown type"),
    })
}

/// Empty bytes of a model are an empty list, which they would not be found as.
fn bytes(blob: Blob) -> Value {
    let bytes = blob.into_inner();
    if bytes.is_empty() { Value::Foreign("empty binary data") } else { Value::Bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_went() {
        let nested = [("a.b".to_owned(), Value::List(vec![Value::Null, Value::Float(0.1)]))];
        let record: Record = [
            ("text".to_owned(), Value::from("")),
            ("max".to_owned(), Value::from(u64::MAX)),
            ("min".to_owned(), Value::from(i64::MIN)),
            ("bytes".to_owned(), Value::Bytes(vec![0, 255])),
            ("map".to_owned(), Value::Map(nested.into_iter().collect())),
        ]
        .into_iter()
        .collect();
        assert_eq!(to_record(to_item(&record)).ok(), Some(record));
    }

    #[test]
    fn what_others_write_is_read_too() {
        let item: Item = [
            ("null".to_owned(), AttributeValue::Null(true)),
            ("tags".to_owned(), AttributeValue::Ss(vec!["a".into()])),
            ("counts".to_owned(), AttributeValue::Ns(vec!["1".into(), "2.5".into()])),
            ("empty".to_owned(), AttributeValue::B(Blob::new([]))),
        ]
        .into();
        let stored = Stored::of_guard(item).unwrap();
        assert_eq!(stored.record.get("null"), None);
        assert!(stored.is_null(&Path::field("null")) && !stored.is_null(&Path::field("tags")));
        for name in ["tags", "counts", "empty"] {
            assert!(matches!(stored.record.get(name), Some(crate::value::ValueRef::Foreign(_))), "{stored:?}");
        }
    }

    #[test]
    fn a_null_is_found_within() {
        let inner = HashMap::from([("b".to_owned(), AttributeValue::L(vec![AttributeValue::Null(true)]))]);
        let stored = Stored::of_guard([("a".to_owned(), AttributeValue::M(inner))].into()).unwrap();
        let path = |last| Path::new(vec![Step::Name("a".into()), Step::Name("b".into()), Step::Position(last)]);
        assert!(stored.is_null(&path(0)) && !stored.is_null(&path(1)));
    }

    #[test]
    fn a_number_that_is_none_is_an_error_that_names_the_field() {
        let error = to_record([("age".to_owned(), AttributeValue::N("x".into()))].into()).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Codec);
        assert!(error.message().contains("age"), "{error}");
    }
}
