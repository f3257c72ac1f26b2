//! What an answer tells besides what was asked for: what was left undone, looked at and consumed.

use bytes::Bytes;
use serde_json::Value as Json;

use super::sender::target::Target;
use super::wire::answer::{Answer, read_members};
use super::wire::item::Item;
use super::wire::scan::Malformed;
use crate::request::Capacity;

/// What asks for the capacity that is consumed, of each table and index. Every request of the data plane takes it.
const ASK: &[u8] = b"{\"ReturnConsumedCapacity\":\"INDEXES\"";

/// What an answer tells besides.
#[derive(Debug, Default)]
pub(super) struct Besides {
    /// How many parts of a batch were left undone.
    pub(super) undone: u64,
    /// How many items a page was chosen from.
    pub(super) examined: Option<u64>,
    pub(super) consumed: Vec<Capacity>,
}

impl Besides {
    /// Reads an answer for it. One that cannot be read tells nothing.
    pub(super) fn of(target: Target, answer: &Bytes) -> Self {
        let (mut besides, mut consumed, mut left) = (Self::default(), None, None);
        let read = read_members(answer, |name, answer| {
            match name {
                "ScannedCount" => besides.examined = answer.maybe(|answer| answer.count())?,
                "Item" => besides.examined = answer.maybe(|answer| answer.skip(2))?.map(|()| 1),
                "Responses" => besides.examined = answer.maybe(|answer| count_items(target, answer))?,
                "ConsumedCapacity" => consumed = answer.maybe(|answer| answer.item(2))?,
                "UnprocessedItems" | "UnprocessedKeys" => left = answer.maybe(|answer| answer.item(2))?,
                _ => return Ok(false),
            }
            Ok(true)
        });
        if read.is_err() {
            return Self::default();
        }
        if target == Target::GetItem {
            // An answer without an item is of a record that is not there.
            besides.examined.get_or_insert(0);
        }
        let json = |item: Option<Item>| item.and_then(|item| serde_json::from_slice::<Json>(item.json()).ok());
        besides.undone = json(left).as_ref().map_or(0, count_parts);
        match json(consumed) {
            // Of several tables, a list.
            Some(Json::Array(tables)) => tables.iter().for_each(|table| besides.add(target, table)),
            Some(table) => besides.add(target, &table),
            None => {}
        }
        besides
    }

    /// What of it a table and its indexes consumed.
    fn add(&mut self, target: Target, consumed: &Json) {
        let Some(table) = consumed.get("TableName").and_then(Json::as_str) else { return };
        let units = |part: &Json| part.get("CapacityUnits").and_then(Json::as_f64).filter(|units| *units > 0.0);
        let capacity = |index: Option<&str>, units: f64| match target.is_read() {
            true => Capacity::read(table, index, units),
            false => Capacity::write(table, index, units),
        };
        let indexes = ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"].map(|kind| consumed.get(kind));
        let indexes = indexes.into_iter().flatten().filter_map(Json::as_object).flatten();
        let indexes: Vec<_> = indexes.filter_map(|(name, part)| Some((name, units(part)?))).collect();
        let own = match consumed.get("Table") {
            Some(own) => units(own),
            // What is not told by its parts is the table's.
            None if indexes.is_empty() => units(consumed),
            None => None,
        };
        self.consumed.extend(own.map(|units| capacity(None, units)));
        self.consumed.extend(indexes.into_iter().map(|(name, units)| capacity(Some(name), units)));
    }
}

/// How many items were read by their keys.
fn count_items(target: Target, answer: &mut Answer<'_>) -> Result<u64, Malformed> {
    let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
    if target == Target::TransactGetItems {
        // Each has its place, with or without an item in it.
        let items = answer.list(|answer| answer.maybe(|answer| answer.object(|_, answer| answer.skip(4))))?;
        return Ok(count(items.into_iter().flatten().filter(|members| !members.is_empty()).count()));
    }
    let tables = answer.object(|_, answer| answer.list(|answer| answer.skip(4)))?;
    Ok(count(tables.into_iter().map(|items| items.len()).sum()))
}

/// How many parts these are, of any tables: requests, or keys.
fn count_parts(tables: &Json) -> u64 {
    let tables = tables.as_object().into_iter().flat_map(|tables| tables.values());
    let parts = tables.filter_map(|table| table.as_array().or_else(|| table.get("Keys")?.as_array()));
    parts.map(|parts| parts.len() as u64).sum()
}

/// The body with the question for the capacity in it.
pub(super) fn asking_for_capacity(body: &Bytes) -> Bytes {
    // Every body is an object with members, written here.
    let Some(members) = body.strip_prefix(b"{") else { return body.clone() };
    let separator: &[u8] = if members.first() == Some(&b'}') { b"" } else { b"," };
    [ASK, separator, members].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: Target, answer: &'static str) -> Besides {
        Besides::of(target, &Bytes::from_static(answer.as_bytes()))
    }

    #[test]
    fn the_capacity_of_tables_and_indexes_is_read() {
        let page = of(
            Target::Query,
            r#"{"Items":[],"Count":0,"ScannedCount":7,"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.5,
            "Table":{"CapacityUnits":1.0},"GlobalSecondaryIndexes":{"i":{"CapacityUnits":0.5}}}}"#,
        );
        assert_eq!(page.consumed, [Capacity::read("t", None, 1.0), Capacity::read("t", Some("i"), 0.5)]);
        assert_eq!((page.examined, page.undone), (Some(7), 0));
        let batch = of(
            Target::BatchWriteItem,
            r#"{"UnprocessedItems":{"t":[{"PutRequest":{}},{"PutRequest":{}}]},"ConsumedCapacity":[
            {"TableName":"t","CapacityUnits":3.0,"Table":{"CapacityUnits":3.0}},{"TableName":"u","CapacityUnits":1.0}]}"#,
        );
        assert_eq!(batch.consumed, [Capacity::write("t", None, 3.0), Capacity::write("u", None, 1.0)]);
        assert_eq!(batch.undone, 2);
        let keys = of(Target::BatchGetItem, r#"{"UnprocessedKeys":{"t":{"Keys":[{"id":{"S":"a"}}]}}}"#);
        assert_eq!(keys.undone, 1);
    }

    #[test]
    fn what_cannot_be_read_tells_nothing() {
        for answer in ["", "[]", r#"{"ConsumedCapacity":[1,{"TableName":2}]}"#, r#"{"ConsumedCapacity":"x"}"#] {
            assert!(of(Target::GetItem, answer).consumed.is_empty());
        }
    }

    #[test]
    fn a_body_asks_for_the_capacity() {
        let asking = |body| asking_for_capacity(&Bytes::from_static(body));
        assert_eq!(asking(b"{\"a\":1}"), r#"{"ReturnConsumedCapacity":"INDEXES","a":1}"#);
        assert_eq!(asking(b"{}"), r#"{"ReturnConsumedCapacity":"INDEXES"}"#);
    }
}
