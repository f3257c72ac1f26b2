use std::ops::Bound;
use std::sync::Arc;

use super::key::RecordKey;
use crate::condition::Expr;
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::error::{Error, Result};
use crate::progress::Observer;
use crate::value::{Record, Value};

/// A read of records by their keys.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Get {
    /// The repository.
    pub definition: &'static Definition,
    /// Which record.
    pub key: RecordKey,
    /// Whether it must be the latest.
    pub consistent: bool,
}

impl Get {
    /// A read of the record with this key.
    pub fn new(definition: &'static Definition, key: RecordKey, consistent: bool) -> Self {
        Self { definition, key, consistent }
    }
}

/// A read of many records of one repository by their keys.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetMany {
    /// The repository.
    pub definition: &'static Definition,
    /// Which records, in the order asked; a key may repeat.
    pub keys: Vec<RecordKey>,
    /// Whether they must be the latest.
    pub consistent: bool,
    /// Whom to report each record to, by its position in `keys`.
    pub observer: Observer,
}

impl GetMany {
    /// A read that nobody watches.
    pub fn new(definition: &'static Definition, keys: Vec<RecordKey>, consistent: bool) -> Self {
        Self { definition, keys, consistent, observer: Observer::default() }
    }

    /// The same read, reported to `observer`.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }
}

/// A read of the one record that has these values of a unique index.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FindUnique {
    /// The repository.
    pub definition: &'static Definition,
    /// The unique index.
    pub index: &'static IndexDef,
    /// A value for each of its parts.
    pub values: Vec<Value>,
    /// Whether it must be the latest.
    pub consistent: bool,
}

impl FindUnique {
    /// A find by the values of a unique index.
    pub fn new(
        definition: &'static Definition,
        index: &'static IndexDef,
        values: Vec<Value>,
        consistent: bool,
    ) -> Self {
        Self { definition, index, values, consistent }
    }
}

/// A read of the records that have values of a unique index.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FindMany {
    /// The repository.
    pub definition: &'static Definition,
    /// The unique index.
    pub index: &'static IndexDef,
    /// The values of each record: one for each part of the index. They may repeat.
    pub values: Vec<Vec<Value>>,
    /// Whether they must be the latest.
    pub consistent: bool,
}

impl FindMany {
    /// Finds by values of a unique index.
    pub fn new(
        definition: &'static Definition,
        index: &'static IndexDef,
        values: Vec<Vec<Value>>,
        consistent: bool,
    ) -> Self {
        Self { definition, index, values, consistent }
    }
}

/// What a read of many records goes over.
///
/// It is opaque, so that more kinds can be added. [`kind`](Self::kind) shows it.
#[derive(Debug, Clone)]
pub struct Source(Over);

#[derive(Debug, Clone)]
enum Over {
    // Shared, as each page of a query asks with a clone.
    Primary { hash: Arc<Value> },
    Index { index: &'static IndexDef, hash: Arc<[Value]> },
    Scan { segment: Option<(u32, u32)> },
}

/// A [`Source`] as it is looked at.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum SourceKind<'a> {
    /// The records with one hash key, in the order of their range keys.
    #[non_exhaustive]
    Primary {
        /// The hash key.
        hash: &'a Value,
    },
    /// The records with one value in a secondary index, in its order.
    #[non_exhaustive]
    Index {
        /// The index.
        index: &'static IndexDef,
        /// The values of its hash fields, one for each.
        hash: &'a [Value],
    },
    /// All records, in no order.
    #[non_exhaustive]
    Scan {
        /// Which part of how many; each record is in exactly one.
        segment: Option<(u32, u32)>,
    },
}

impl Source {
    /// The records with one hash key.
    pub fn primary(hash: Value) -> Self {
        Self(Over::Primary { hash: Arc::new(hash) })
    }

    /// The records with these values of an index's hash fields, one for each.
    pub fn index(index: &'static IndexDef, hash: impl IntoIterator<Item = Value>) -> Self {
        Self(Over::Index { index, hash: hash.into_iter().collect() })
    }

    /// All records, or one segment of so many.
    pub fn scan(segment: Option<(u32, u32)>) -> Self {
        Self(Over::Scan { segment })
    }

    /// What it is.
    pub fn kind(&self) -> SourceKind<'_> {
        match &self.0 {
            Over::Primary { hash } => SourceKind::Primary { hash },
            Over::Index { index, hash } => SourceKind::Index { index, hash },
            Over::Scan { segment } => SourceKind::Scan { segment: *segment },
        }
    }

    /// The secondary index that is read, if one is.
    pub fn index_read(&self) -> Option<&'static IndexDef> {
        match self.0 {
            Over::Index { index, .. } => Some(index),
            _ => None,
        }
    }

    /// The values wanted of the hash fields; none for a scan.
    #[cfg(feature = "keyspace")]
    pub(crate) fn hash_values(&self) -> &[Value] {
        match &self.0 {
            Over::Primary { hash } => std::slice::from_ref(&**hash),
            Over::Index { hash, .. } => hash,
            Over::Scan { .. } => &[],
        }
    }

    /// The hash fields of what is read, with the value wanted of each; nothing for a scan.
    pub fn hash_parts(&self, definition: &Definition) -> Vec<(KeyDef, &Value)> {
        match &self.0 {
            Over::Primary { hash } => vec![(definition.hash(), &**hash)],
            Over::Index { index, hash } => index.hash_parts().zip(&**hash).collect(),
            Over::Scan { .. } => Vec::new(),
        }
    }
}

/// Which range values are wanted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum KeyRange {
    /// All of them.
    All,
    /// Those between the bounds.
    Between(Bound<Value>, Bound<Value>),
    /// Text that begins so.
    Prefix(String),
}

impl KeyRange {
    /// Whether no value can be in it: its bounds cross, or are of different kinds.
    ///
    /// ```
    /// use std::ops::Bound::{Excluded, Included};
    /// use reposit::{Value, backend::KeyRange};
    ///
    /// let at = |n: i64| Value::from(n);
    /// assert!(KeyRange::Between(Included(at(4)), Excluded(at(4))).is_empty());
    /// assert!(!KeyRange::Between(Included(at(4)), Included(at(4))).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        let Self::Between(low, high) = self else { return false };
        let (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) = (low, high)
        else {
            return false;
        };
        let one_is_left = matches!((low, high), (Bound::Included(_), Bound::Included(_)));
        !from.compare(to).is_some_and(|order| order.is_lt() || (order.is_eq() && one_is_left))
    }

    /// Its ends, also of a beginning.
    #[cfg(any(feature = "mongodb", feature = "postgres"))]
    pub(crate) fn ends(&self) -> (Bound<Value>, Bound<Value>) {
        match self {
            Self::All => (Bound::Unbounded, Bound::Unbounded),
            Self::Between(low, high) => (low.clone(), high.clone()),
            Self::Prefix(prefix) => {
                let end = successor(prefix).map_or(Bound::Unbounded, |end| Bound::Excluded(Value::String(end)));
                (Bound::Included(Value::from(prefix.as_str())), end)
            }
        }
    }

    /// The range with its ends as a range field of this kind has them.
    pub(crate) fn of_kind(self, kind: KeyKind, field: &str) -> Result<Self> {
        let end = |bound: Bound<Value>| {
            Ok(match bound {
                Bound::Included(value) => Bound::Included(as_kind(value, kind, field)?),
                Bound::Excluded(value) => Bound::Excluded(as_kind(value, kind, field)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        match self {
            Self::Between(low, high) => Ok(Self::Between(end(low)?, end(high)?)),
            other => Ok(other),
        }
    }
}

/// The least text that is greater than every text with this beginning; nothing if there is none.
#[cfg(any(feature = "mongodb", feature = "postgres"))]
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match u32::from(last) + 1 {
            // Surrogates are no characters of a text.
            0xd800 => char::from_u32(0xe000),
            next => char::from_u32(next),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// An end of a range may be empty or too long for a key, but not of another kind.
fn as_kind(value: Value, kind: KeyKind, field: &str) -> Result<Value> {
    match (kind, value) {
        // Empty bytes are written as an empty list.
        (KeyKind::Bytes, Value::List(items)) if items.is_empty() => Ok(Value::Bytes(Vec::new())),
        (KeyKind::String, value @ Value::String(_))
        | (KeyKind::Bytes, value @ Value::Bytes(_))
        | (KeyKind::Integer, value @ Value::Int(_))
        | (KeyKind::Instant, value @ Value::Instant(_))
        | (KeyKind::ObjectId, value @ Value::ObjectId(_)) => Ok(value),
        (kind, other) => Err(Error::codec(format!(
            "the range field {field} is declared {} but was written as {}",
            kind.as_str(),
            other.type_name()
        ))),
    }
}

/// Where a page ended: the values of its last record. The next page begins after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    ranges: Vec<Value>,
    key: RecordKey,
}

impl Position {
    /// A position after a record with these range values and this key.
    pub fn new(ranges: Vec<Value>, key: RecordKey) -> Self {
        Self { ranges, key }
    }

    /// The record's range values in the index read; none for a scan.
    pub fn ranges(&self) -> &[Value] {
        &self.ranges
    }

    /// Its primary key.
    pub fn key(&self) -> &RecordKey {
        &self.key
    }
}

/// A read of a page of records.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    /// The repository.
    pub definition: &'static Definition,
    /// What is read.
    pub source: Source,
    /// The value wanted of each of the first range fields of the index, of which most queries give none.
    pub leading: Vec<Value>,
    /// The range values wanted, of the first range field that has none in `leading`.
    pub range: KeyRange,
    /// What must be true of a record to be returned.
    pub filter: Option<Expr>,
    /// Whether the order is turned round.
    pub descending: bool,
    /// How many records to return at most, after the filter. A page with fewer is the last.
    pub limit: usize,
    /// Whether a full page has to say where the next begins: to find out costs a look at one record more.
    pub wants_next: bool,
    /// Where the page before ended.
    pub after: Option<Position>,
    /// Whether this is the page before that place: then `descending` is the order in which it is read, and not
    /// the order of the query.
    pub backwards: bool,
    /// Whether the records must be the latest.
    pub consistent: bool,
    /// The stored names of the fields wanted; nothing for all of them. The keys, the range fields and
    /// the expiry have to come besides; whatever else comes is dropped.
    pub projection: Option<&'static [&'static str]>,
}

impl Query {
    /// A read of `source` with no restriction but `limit`.
    pub fn new(definition: &'static Definition, source: Source, limit: usize) -> Self {
        Self {
            definition,
            source,
            leading: Vec::new(),
            range: KeyRange::All,
            filter: None,
            descending: false,
            limit,
            wants_next: true,
            after: None,
            backwards: false,
            consistent: false,
            projection: None,
        }
    }

    /// The stored names of the range fields in the order read.
    pub fn range_names(&self) -> Vec<&'static str> {
        self.ranges().into_iter().map(|part| self.definition.part_name(part)).collect()
    }

    /// The stored names of the fields that say where a record stands in what is read.
    #[cfg(feature = "keyspace")]
    pub(crate) fn place_names(&self) -> Vec<&'static str> {
        let mut names = self.range_names();
        names.push(self.definition.hash_name());
        names.extend(self.definition.range_name());
        names
    }

    /// The stored name of the range field that `range` is about.
    pub fn range_name(&self) -> Option<&'static str> {
        self.range_names().get(self.leading.len()).copied()
    }

    /// The first range fields of the index, with the value wanted of each.
    pub fn leading_parts(&self) -> impl Iterator<Item = (KeyDef, &Value)> {
        self.source.index_read().into_iter().flat_map(|index| index.ranges().iter().copied()).zip(&self.leading)
    }

    fn ranges(&self) -> Vec<KeyDef> {
        match self.source.kind() {
            SourceKind::Primary { .. } => self.definition.range().into_iter().collect(),
            SourceKind::Index { index, .. } => index.ranges().to_vec(),
            SourceKind::Scan { .. } => Vec::new(),
        }
    }

    /// Where a record stands in what is read.
    pub fn position_of(&self, record: &Record) -> Result<Position> {
        let value = |part: KeyDef| {
            let name = self.definition.part_name(part);
            let missing = || Error::codec(format!("the range field {name} is missing"));
            let value = record.get(name).ok_or_else(missing)?;
            part.kind.check_stored(name, value).map(|()| value.to_value())
        };
        let ranges: Result<_> = self.ranges().into_iter().map(value).collect();
        let ranges = ranges.map_err(|e| e.in_repository(self.definition.repository()))?;
        Ok(Position { ranges, key: RecordKey::from_record(self.definition, record)? })
    }
}

/// A page of records.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RecordPage {
    /// The records.
    pub records: Vec<Record>,
    /// Where to go on; nothing at the end.
    pub next: Option<Position>,
}

impl RecordPage {
    /// A page of `records` that goes on at `next`.
    pub fn new(records: Vec<Record>, next: Option<Position>) -> Self {
        Self { records, next }
    }
}

#[cfg(all(test, any(feature = "mongodb", feature = "postgres")))]
mod tests {
    use super::*;

    #[test]
    fn the_successor_of_a_prefix_is_after_all_that_begin_so() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("\u{10ffff}"), None);
        assert_eq!(successor(""), None);
    }
}
