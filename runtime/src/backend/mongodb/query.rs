//! Reads of many records: by hash and range, by an index, and of all.
//!
//! The order is always total: what an index leaves open is decided by `_id`, which ends every
//! index that is not unique. A page begins after the position where the one before ended, by value,
//! so that it does not matter what was written or deleted in between.

use std::borrow::Cow;
use std::ops::Bound;

use mongodb::bson::{Bson, Document, RawDocument, doc};
use mongodb::options::{CountOptions, Hint};

use super::document::{columns, id, index_key, live, range_part, sort_columns};
use super::expiry::is_marked;
use super::find::{Find, raw};
use super::handle::Handle;
use super::hints::Hints;
use super::predicate;
use super::read::collection;
use super::retry::read;
use super::stale;
use super::stored::from_document;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::{Call, Position, Query, RecordPage, SourceKind};
use crate::value::{EXPIRES, Value};

/// What a query wants: a find for a page, an aggregation for a count.
#[derive(Debug)]
pub(super) struct Wanted {
    collection: &'static str,
    filter: Document,
    sort: Document,
    hint: Document,
    projection: Option<Document>,
    /// How many records to read: one more than the page has, to know whether there is another page.
    limit: usize,
}

impl Wanted {
    /// The read of a page; nothing if no record can be in it.
    pub(super) fn new(query: &Query, call: &Call, hints: &Hints) -> Result<Option<Self>> {
        let Some(range) = RangeLeft::new(query) else { return Ok(None) };
        let direction = if query.descending { -1 } else { 1 };
        let (mut filter, sort, hint) = match query.source.kind() {
            SourceKind::Primary { hash } => {
                (by_primary_key(query, hash, &range)?, doc! { "_id": direction }, doc! { "_id": 1 })
            }
            SourceKind::Index { index, hash } => {
                let hint = hints.find(index_key(query.definition, index));
                (by_index(query, index, hash, &range)?, sort_order(query.definition, index, direction), hint)
            }
            // The server cannot divide a collection: the first segment reads everything.
            SourceKind::Scan { segment: Some((1.., _)) } => return Ok(None),
            SourceKind::Scan { .. } => (by_scan(query)?, doc! { "_id": direction }, doc! { "_id": 1 }),
        };
        filter.extend(live(query.definition, call));
        if let Some(condition) = &query.filter {
            filter.extend(predicate::filter(query.definition, condition)?);
        }
        let limit = query.limit.saturating_add(usize::from(query.wants_next));
        let collection = query.definition.name();
        Ok(Some(Self { collection, filter, sort, hint, projection: projection(query), limit }))
    }

    /// The find of the page.
    pub(super) fn find(self) -> Result<Find> {
        Ok(Find {
            sort: Some(self.sort),
            hint: Some(self.hint),
            projection: self.projection,
            limit: Some(i64::try_from(self.limit).unwrap_or(i64::MAX)),
            // One more than the limit: then the server closes the cursor with the first batch.
            batch_size: Some(u32::try_from(self.limit).unwrap_or(u32::MAX).saturating_add(1).min(i32::MAX as u32)),
            ..Find::all(self.collection, raw(&self.filter)?)
        })
    }
}

pub(super) async fn query(database: &Handle, call: &Call, query: Query, hints: &Hints) -> Result<RecordPage> {
    let Some(wanted) = Wanted::new(&query, call, hints)? else { return Ok(RecordPage::default()) };
    let most = wanted.limit;
    let decode = |document: &RawDocument| from_document(query.definition, document);
    let mut records = wanted.find()?.send(database, call, None, most, decode).await?;
    let more = records.len() > query.limit;
    records.truncate(query.limit);
    let next = records.last().filter(|_| more).map(|last| query.position_of(last)).transpose()?;
    Ok(RecordPage::new(records, next))
}

pub(super) async fn count(database: &Handle, call: &Call, query: Query, hints: &Hints) -> Result<u64> {
    let Some(wanted) = Wanted::new(&query, call, hints)? else { return Ok(0) };
    let collection = collection(database, query.definition);
    let most = u64::try_from(query.limit).ok().filter(|most| i64::try_from(*most).is_ok());
    let options = CountOptions::builder()
        .hint(Hint::Keys(wanted.hint))
        .limit(most)
        .selection_criteria(stale::criteria(call))
        .read_concern(stale::concern_of(database, call).map(Cow::into_owned))
        .build();
    let count = |time| {
        collection.count_documents(wanted.filter.clone()).with_options(options.clone()).max_time(time).into_future()
    };
    read(call, "aggregate", count).await
}

/// The fields asked for, and those that say where a record stands; the core drops what was not asked for.
/// `_id` always comes.
fn projection(query: &Query) -> Option<Document> {
    let definition = query.definition;
    let wanted = query.projection?.iter().flat_map(|name| definition.aliases_of(name).chain([*name]));
    let mark = is_marked(definition).then_some(EXPIRES);
    let names = wanted.chain(query.range_names()).chain(mark).chain(definition.ttl_name());
    let stored: Vec<_> =
        names.filter(|name| *name != definition.hash_name() && Some(*name) != definition.range_name()).collect();
    // Bytes are checked against their sort column when they are read.
    let beside =
        sort_columns(definition).into_iter().filter(|(name, _)| stored.contains(name)).map(|(_, column)| column);
    let names = std::iter::once("_id").chain(stored.iter().copied()).map(str::to_owned);
    Some(names.chain(beside).map(|name| (name, Bson::Int32(1))).collect())
}

/// The values of the first range field without a value that are still to be read, and the position to go on after.
struct RangeLeft<'a> {
    low: Bound<Value>,
    high: Bound<Value>,
    after: Option<&'a Position>,
}

impl<'a> RangeLeft<'a> {
    /// Nothing if no value is left.
    fn new(query: &'a Query) -> Option<Self> {
        if query.range.is_empty() {
            return None;
        }
        let (low, high) = query.range.ends();
        let mut range = Self { low, high, after: query.after.as_ref() };
        if let Some(first) = range.after.and_then(|after| after.ranges().get(query.leading.len())) {
            let (below, above) = (range.is_below(first), range.is_above(first));
            let (passed, ahead) = if query.descending { (above, below) } else { (below, above) };
            if ahead {
                return None;
            }
            // A position before the range restricts nothing.
            if passed {
                range.after = None;
            }
        }
        Some(range)
    }

    fn is_below(&self, value: &Value) -> bool {
        match &self.low {
            Bound::Included(low) => value.compare(low).is_none_or(|order| order.is_lt()),
            Bound::Excluded(low) => value.compare(low).is_none_or(|order| order.is_le()),
            Bound::Unbounded => false,
        }
    }

    fn is_above(&self, value: &Value) -> bool {
        match &self.high {
            Bound::Included(high) => value.compare(high).is_none_or(|order| order.is_gt()),
            Bound::Excluded(high) => value.compare(high).is_none_or(|order| order.is_ge()),
            Bound::Unbounded => false,
        }
    }

    /// The bounds that remain for values beyond `value` in the direction read.
    fn beyond(&self, value: &Value, descending: bool) -> (Bound<Value>, Bound<Value>) {
        match descending {
            true => (self.low.clone(), Bound::Excluded(value.clone())),
            false => (Bound::Excluded(value.clone()), self.high.clone()),
        }
    }
}

/// Bounds as query operators.
fn operators(low: &Bound<Value>, high: &Bound<Value>, encode: impl Fn(&Value) -> Result<Bson>) -> Result<Document> {
    let mut operators = Document::new();
    match low {
        Bound::Included(value) => drop(operators.insert("$gte", encode(value)?)),
        Bound::Excluded(value) => drop(operators.insert("$gt", encode(value)?)),
        Bound::Unbounded => {}
    }
    match high {
        Bound::Included(value) => drop(operators.insert("$lte", encode(value)?)),
        Bound::Excluded(value) => drop(operators.insert("$lt", encode(value)?)),
        Bound::Unbounded => {}
    }
    Ok(operators)
}

/// The documents `{h, r}` with one `h` lie together in the index of `_id`, in the order of `r`.
fn by_primary_key(query: &Query, hash: &Value, range: &RangeLeft<'_>) -> Result<Document> {
    let definition = query.definition;
    let hash = super::value::to_bson(hash)?;
    if definition.range().is_none() {
        let mut same = doc! { "$eq": hash };
        if let Some(after) = range.after {
            same.insert(beyond(query.descending), id(definition, after.key())?);
        }
        return Ok(doc! { "_id": same });
    }
    let (low, high) = match range.after.and_then(|after| after.ranges().first()) {
        Some(last) => range.beyond(last, query.descending),
        None => (range.low.clone(), range.high.clone()),
    };
    let in_id = |value: &Value| Ok(Bson::Document(doc! { "h": hash.clone(), "r": range_part(definition, value)? }));
    let mut bounds = operators(&low, &high, in_id)?;
    if matches!(low, Bound::Unbounded) {
        bounds.insert("$gte", doc! { "h": hash.clone(), "r": Bson::MinKey });
    }
    if matches!(high, Bound::Unbounded) {
        bounds.insert("$lte", doc! { "h": hash.clone(), "r": Bson::MaxKey });
    }
    Ok(doc! { "_id": bounds })
}

fn beyond(descending: bool) -> &'static str {
    if descending { "$lt" } else { "$gt" }
}

fn by_scan(query: &Query) -> Result<Document> {
    Ok(match &query.after {
        Some(after) => doc! { "_id": { beyond(query.descending): id(query.definition, after.key())? } },
        None => Document::new(),
    })
}

/// The order of an index: its range fields, then `_id`, unless they are unique.
fn sort_order(definition: &Definition, index: &IndexDef, direction: i32) -> Document {
    let ranges = columns(definition, index).into_iter().skip(index.hash_parts().count());
    let mut order: Document = ranges.map(|column| (column.path, Bson::Int32(direction))).collect();
    if !index.unique || order.is_empty() {
        order.insert("_id", direction);
    }
    order
}

/// The values of the hash and of the first range fields, and the range wanted. To go on after a position is one of several cases: the
/// first range value is beyond, or it is the same and the second is beyond, and so on to `_id`. Each
/// is a range of the index, and the server merges them in order.
fn by_index(query: &Query, index: &IndexDef, hash: &[Value], range: &RangeLeft<'_>) -> Result<Document> {
    let columns = columns(query.definition, index);
    let (given, leading) = (hash.len() + query.leading.len(), query.leading.len());
    let Some((equal, ranges)) = columns.split_at_checked(given) else { return Ok(Document::new()) };
    let mut base = Document::new();
    for (column, value) in equal.iter().zip(hash.iter().chain(&query.leading)) {
        base.insert(&column.path, doc! { "$eq": column.encode(value)? });
    }
    let wanted = |low: &Bound<Value>, high: &Bound<Value>, at: usize| -> Result<Option<(String, Bson)>> {
        let Some(column) = ranges.get(at) else { return Ok(None) };
        let operators = operators(low, high, |value| column.encode(value))?;
        Ok((!operators.is_empty()).then(|| (column.path.clone(), operators.into())))
    };
    let exists = |filter: &mut Document| {
        for column in ranges.iter().filter(|column| !column.path.starts_with("_id")) {
            // With this the server can tell that the record is in the index, which holds only records with
            // all of its fields.
            filter.entry(column.path.clone()).or_insert_with(|| doc! { "$exists": true }.into());
        }
    };
    let Some(after) = range.after else {
        base.extend(wanted(&range.low, &range.high, 0)?);
        exists(&mut base);
        return Ok(base);
    };
    let mut cases = Vec::with_capacity(ranges.len() + 1);
    for (at, (column, last)) in ranges.iter().zip(after.ranges().iter().skip(leading)).enumerate() {
        let mut case = base.clone();
        let (low, high) = match at {
            0 => range.beyond(last, query.descending),
            _ if query.descending => (Bound::Unbounded, Bound::Excluded(last.clone())),
            _ => (Bound::Excluded(last.clone()), Bound::Unbounded),
        };
        case.extend(wanted(&low, &high, at)?);
        exists(&mut case);
        cases.push(case);
        base.insert(&column.path, doc! { "$eq": column.encode(last)? });
    }
    // If `_id` is fixed already, no other record has the same values.
    if (!index.unique || index.ranges().is_empty()) && !base.contains_key("_id") {
        base.insert("_id", doc! { beyond(query.descending): id(query.definition, after.key())? });
        cases.push(base);
    }
    Ok(match cases.len() {
        0 => doc! { "_id": { "$in": [] } },
        1 => cases.remove(0),
        _ => doc! { "$or": cases },
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_definition::test_definition;
    use super::*;
    use crate::request::{KeyRange, RecordKey, Source};

    fn query_of(source: Source) -> Query {
        Query::new(test_definition(), source, 10)
    }

    fn team() -> Source {
        let index = test_definition().index("by_team").unwrap();
        Source::index(index, [Value::from("$core")])
    }

    fn call() -> Call {
        Call::new("query", 1000, std::time::Duration::ZERO)
    }

    fn filter(query: &Query) -> Document {
        let mut filter = Wanted::new(query, &call(), &Hints::default()).unwrap().unwrap().filter;
        filter.remove("$nor");
        filter
    }

    #[test]
    fn a_query_of_the_key_is_a_range_of_ids() {
        let mut query = query_of(Source::primary(Value::from("a")));
        let all = doc! { "_id": { "$gte": { "h": "a", "r": Bson::MinKey }, "$lte": { "h": "a", "r": Bson::MaxKey } } };
        assert_eq!(filter(&query), all);
        query.range = KeyRange::Between(Bound::Included(Value::Bytes(vec![1])), Bound::Excluded(Value::Bytes(vec![9])));
        let key = RecordKey::new(Value::from("a")).with_range(Value::Bytes(vec![5]));
        query.after = Some(Position::new(vec![Value::Bytes(vec![5])], key));
        assert_eq!(filter(&query), doc! { "_id": { "$gt": { "h": "a", "r": "05" }, "$lt": { "h": "a", "r": "09" } } });
        query.descending = true;
        assert_eq!(filter(&query), doc! { "_id": { "$gte": { "h": "a", "r": "01" }, "$lt": { "h": "a", "r": "05" } } });
    }

    #[test]
    fn a_page_goes_on_after_equal_values_of_each_range_field() {
        let mut query = query_of(team());
        let key = RecordKey::new(Value::from("a")).with_range(Value::Bytes(vec![5]));
        query.after = Some(Position::new(vec![Value::Bytes(vec![1]), Value::Int(7)], key));
        let cases = filter(&query).get_array("$or").unwrap().clone();
        let same = doc! { "$eq": "01" };
        let expected = [
            doc! { "team": { "$eq": "$core" }, "_reposit_hex_badge": { "$gt": "01" }, "score": { "$exists": true } },
            doc! { "team": { "$eq": "$core" }, "_reposit_hex_badge": same.clone(), "score": { "$gt": 7_i64 } },
            doc! { "team": { "$eq": "$core" }, "_reposit_hex_badge": same, "score": { "$eq": 7_i64 }, "_id": { "$gt": { "h": "a", "r": "05" } } },
        ];
        assert_eq!(cases, expected.map(Bson::Document));
    }

    #[test]
    fn an_empty_range_asks_for_nothing() {
        let mut query = query_of(team());
        let value = || Value::Bytes(vec![4]);
        query.range = KeyRange::Between(Bound::Included(value()), Bound::Excluded(value()));
        assert!(Wanted::new(&query, &call(), &Hints::default()).unwrap().is_none());
        query.range = KeyRange::Between(Bound::Included(value()), Bound::Included(value()));
        assert!(Wanted::new(&query, &call(), &Hints::default()).unwrap().is_some());
        let key = RecordKey::new(Value::from("a")).with_range(value());
        query.after = Some(Position::new(vec![Value::Bytes(vec![9]), Value::Int(0)], key));
        assert!(Wanted::new(&query, &call(), &Hints::default()).unwrap().is_none(), "the position is beyond the range");
    }
}
