//! Values to DynamoDB's attribute values and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::number;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::value::{Record, Value};

/// A record as DynamoDB gives and takes it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A value as an attribute.
pub(super) fn to_attribute(value: &Value) -> AttributeValue {
    match value {
        // What is foreign is never written: no operand is.
        Value::Null | Value::Foreign(_) => AttributeValue::Null(true),
        Value::Bool(b) => AttributeValue::Bool(*b),
        Value::Int(n) => AttributeValue::N(n.to_string()),
        Value::Instant(millis) => AttributeValue::N(millis.to_string()),
        Value::Float(x) => AttributeValue::N(number::write(*x)),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.as_slice())),
        Value::List(items) => AttributeValue::L(items.iter().map(to_attribute).collect()),
        Value::Map(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), to_attribute(value))).collect())
        }
    }
}

/// A record as an item.
pub(super) fn to_item(record: &Record) -> Item {
    record.iter().map(|(name, value)| (name.to_owned(), to_attribute(value))).collect()
}

/// An item as a record. A null is a missing attribute.
pub(super) fn to_record(item: Item) -> Result<Record> {
    let mut record = Record::new();
    for (name, attribute) in item {
        let value = to_value(attribute).map_err(|e| Error::codec(format!("{name}: {}", e.message())))?;
        record.set(name, value);
    }
    Ok(record)
}

/// An item of a repository as a record of its model.
pub(super) fn to_record_of(definition: &Definition, item: Item) -> Result<Record> {
    let mut record = to_record(item)?;
    definition.unalias(&mut record);
    Ok(record)
}

/// An attribute as a value. Sets, which only others write, are read as lists.
fn to_value(attribute: AttributeValue) -> Result<Value> {
    Ok(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(b) => Value::Bool(b),
        AttributeValue::N(text) => number::read(&text)?,
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::B(blob) => bytes(blob),
        AttributeValue::L(items) => Value::List(items.into_iter().map(to_value).collect::<Result<_>>()?),
        AttributeValue::M(map) => {
            Value::Map(map.into_iter().map(|(name, value)| Ok((name, to_value(value)?))).collect::<Result<_>>()?)
        }
        AttributeValue::Ss(texts) => Value::List(texts.into_iter().map(Value::String).collect()),
        AttributeValue::Ns(texts) => Value::List(texts.iter().map(|text| number::read(text)).collect::<Result<_>>()?),
        AttributeValue::Bs(blobs) => Value::List(blobs.into_iter().map(bytes).collect()),
        other => return Err(Error::codec(format!("an attribute of a kind that is not known: {other:?}"))),
    })
}

/// Empty bytes are an empty list everywhere.
fn bytes(blob: Blob) -> Value {
    let bytes = blob.into_inner();
    if bytes.is_empty() { Value::List(Vec::new()) } else { Value::Bytes(bytes) }
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
        ]
        .into();
        let record = to_record(item).unwrap_or_default();
        assert_eq!(record.get("null"), None);
        assert_eq!(record.get("tags"), Some(&Value::List(vec![Value::from("a")])));
        assert_eq!(record.get("counts"), Some(&Value::List(vec![Value::Int(1), Value::Float(2.5)])));
    }

    #[test]
    fn a_number_that_is_none_is_an_error_that_names_the_field() {
        let error = to_record([("age".to_owned(), AttributeValue::N("x".into()))].into()).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Codec);
        assert!(error.message().contains("age"), "{error}");
    }
}
