//! An item as DynamoDB gives and takes it: the bytes of its JSON.

use std::fmt;

use bytes::Bytes;
use serde_json::Value as Json;

use super::scan::{Malformed, Scanner};
#[cfg(test)]
use super::write::write_item;
use super::write::{write_object, write_string, write_value};
use crate::path::{Path, Step};
use crate::value::{Record, Value};

/// An item, or the key of one. Cloning one copies none of its bytes.
#[derive(Clone)]
pub(crate) struct Item(Bytes);

impl Item {
    /// A record as an item.
    #[cfg(test)]
    pub(crate) fn of_record(record: &Record) -> Self {
        let mut json = Vec::new();
        write_item(record, &mut json);
        Self(json.into())
    }

    /// An item of these attributes. No name may be there twice.
    pub(crate) fn of_entries<'n, 'v>(entries: impl IntoIterator<Item = (&'n str, &'v Value)>) -> Self {
        let mut json = vec![b'{'];
        for (name, value) in entries {
            append(&mut json, name, value);
        }
        json.push(b'}');
        Self(json.into())
    }

    /// An item that is a part of an answer.
    pub(crate) fn of_json(json: Bytes) -> Self {
        Self(json)
    }

    /// Its JSON.
    pub(crate) fn json(&self) -> &[u8] {
        &self.0
    }

    /// The JSON of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.find(name).ok().flatten()
    }

    fn find(&self, wanted: &str) -> Result<Option<&[u8]>, Malformed> {
        let mut scanner = Scanner::new(&self.0)?;
        let (mut first, mut found) = (true, None);
        scanner.expect(b'{')?;
        while let Some(name) = scanner.next_name(&mut first)? {
            scanner.peek();
            let start = scanner.position();
            scanner.skip(2)?;
            if name == wanted {
                found = self.0.get(start..scanner.position());
            }
        }
        Ok(found)
    }

    /// Whether there is a null at a path, which to DynamoDB is a value like others.
    pub(crate) fn is_null(&self, path: &Path) -> bool {
        let Ok(item) = serde_json::from_slice::<Json>(&self.0) else { return false };
        let mut steps = path.steps().iter();
        let Some(Step::Name(root)) = steps.next() else { return false };
        let found = steps.try_fold(item.get(root.as_ref()), |within, step| {
            Some(match step {
                Step::Name(name) => within?.get("M")?.get(name.as_ref()),
                Step::Position(at) => within?.get("L")?.get(*at),
            })
        });
        found.flatten().is_some_and(|found| found.get("NULL").is_some())
    }

    fn parsed(&self) -> Option<Json> {
        serde_json::from_slice(&self.0).ok()
    }
}

/// Appends an attribute to an item that is not closed yet.
pub(crate) fn append(json: &mut Vec<u8>, name: &str, value: &Value) {
    if json.last() != Some(&b'{') {
        json.push(b',');
    }
    write_string(name, json);
    json.push(b':');
    write_value(value.view(), json);
}

/// What is kept of a record as an item, with one attribute more, which is not kept.
pub(crate) fn item_with(record: &Record, is_kept: impl Fn(&str) -> bool, more: Option<(&str, &Value)>) -> Item {
    let mut json = Vec::with_capacity(2 * record.as_bytes().len() + 64);
    write_object(record.iter().filter(|(name, _)| is_kept(name)), &mut json);
    if let Some((name, value)) = more {
        json.pop();
        append(&mut json, name, value);
        json.push(b'}');
    }
    Item(json.into())
}

/// Two are equal if they have the same attributes, in whatever order and however they are written.
impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.parsed().is_some_and(|own| Some(own) == other.parsed())
    }
}

/// It shows no value.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(json: &str) -> Item {
        Item::of_json(Bytes::copy_from_slice(json.as_bytes()))
    }

    #[test]
    fn a_null_is_found_within() {
        let item = item(r#"{"a":{"M":{"b":{"L":[{"NULL":true},{"S":"NULL"}]}}},"n":{"NULL":true}}"#);
        let path = |last| Path::new(vec![Step::Name("a".into()), Step::Name("b".into()), Step::Position(last)]);
        assert!(item.is_null(&path(0)) && !item.is_null(&path(1)) && !item.is_null(&path(2)));
        assert!(item.is_null(&Path::field("n")) && !item.is_null(&Path::field("a")));
        assert!(!item.is_null(&Path::field("b")));
    }

    #[test]
    fn an_attribute_is_found_as_it_is_written() {
        let item = item(r#"{ "a" : {"N": "1.0"} , "b":{"S":"\u00e9"}}"#);
        assert_eq!(item.get("a"), Some(&br#"{"N": "1.0"}"#[..]));
        assert_eq!(item.get("b"), Some(&br#"{"S":"\u00e9"}"#[..]));
        assert_eq!(item.get("c"), None);
    }

    #[test]
    fn the_order_of_attributes_does_not_count() {
        assert_eq!(item(r#"{"a":{"S":"é"},"b":{"N":"1"}}"#), item(r#"{"b": {"N":"1"}, "a": {"S":"\u00e9"}}"#));
        assert_ne!(item(r#"{"a":{"N":"1"}}"#), item(r#"{"a":{"N":"1.0"}}"#));
        assert_ne!(item(r#"{"a":{"S":"x"}}"#), item(r#"{"a":{"S":"x"},"b":{"NULL":true}}"#));
    }

    #[test]
    fn one_attribute_more_is_written() {
        let with = |record: &Record| item_with(record, |name| name != "s", Some(("s", &Value::Int(1))));
        let record = Record::from_iter([("id".to_owned(), Value::from("u1"))]);
        assert_eq!(with(&record).json(), br#"{"id":{"S":"u1"},"s":{"N":"1"}}"#);
        let stamped = Record::from_iter([("s".to_owned(), Value::from("old"))]);
        assert_eq!(with(&stamped).json(), br#"{"s":{"N":"1"}}"#);
        assert_eq!(with(&Record::new()).json(), br#"{"s":{"N":"1"}}"#);
        assert_eq!(item_with(&stamped, |name| name != "s", None).json(), b"{}");
        assert_eq!(item_with(&record, |name| name != "s", None).json(), br#"{"id":{"S":"u1"}}"#);
        assert_eq!(Item::of_record(&record).json(), br#"{"id":{"S":"u1"}}"#);
    }
}
