//! Reads, checked: keys, values of unique indexes, queries and scans.

use std::ops::Bound;

use crate::condition::{self, Composed, Expr};
use crate::cursor::Cursor;
use crate::database::Database;
use crate::definition::{Definition, IndexDef, KeyDef};
use crate::error::{Error, Result};
use crate::limits::{self, Limits};
use crate::model::{EncodedKey, check_key_parts};
use crate::request::{FindMany, FindUnique, Get, GetMany, KeyRange, Query, Source};
use crate::value::Value;

/// How many records a page has if no limit is set.
pub(crate) const PAGE: usize = 1000;

/// How many parts a scan can be read in.
const MOST_SEGMENTS: u32 = 1024;

/// A read of many records by their keys.
pub(crate) fn get_many(
    db: &Database,
    definition: &'static Definition,
    keys: Vec<EncodedKey>,
    consistent: bool,
) -> Result<GetMany> {
    let limits = db.backend().limits();
    let keys = keys.into_iter().map(|key| check_key_parts(definition, key?, &limits)).collect::<Result<_>>()?;
    Ok(GetMany::new(definition, keys, consistent))
}

/// What a read of a record by its key asks for.
#[derive(Debug, Clone)]
pub(crate) struct GetParts {
    pub(crate) key: EncodedKey,
    pub(crate) consistent: bool,
}

/// A read of a record by its key.
pub(crate) fn get(db: &Database, definition: &'static Definition, parts: GetParts) -> Result<Get> {
    let key = check_key_parts(definition, parts.key?, &db.backend().limits())?;
    Ok(Get::new(definition, key, parts.consistent))
}

/// What a read by a unique index asks for.
#[derive(Debug, Clone)]
pub(crate) struct FindParts {
    /// The position of the index in the definition.
    pub(crate) index: usize,
    /// One for each part of the index.
    pub(crate) values: Vec<Result<Value>>,
    pub(crate) consistent: bool,
}

/// A read by a unique index.
pub(crate) fn find_unique(db: &Database, definition: &'static Definition, parts: FindParts) -> Result<FindUnique> {
    let FindParts { index, values, consistent } = parts;
    let index = index_at(definition, index)?;
    let values: Vec<_> = values.into_iter().collect::<Result<_>>()?;
    check_values(definition, index, &values, &db.backend().limits())?;
    Ok(FindUnique::new(definition, index, values, consistent))
}

/// Reads by many values of a unique index.
pub(crate) fn find_many(
    db: &Database,
    definition: &'static Definition,
    index: usize,
    values: Vec<Vec<Value>>,
    consistent: bool,
) -> Result<FindMany> {
    let index = index_at(definition, index)?;
    let limits = db.backend().limits();
    values.iter().try_for_each(|values| check_values(definition, index, values, &limits))?;
    Ok(FindMany::new(definition, index, values, consistent))
}

/// Checks the values of a unique index against their kinds and the backend's limits.
fn check_values(definition: &Definition, index: &IndexDef, values: &[Value], limits: &Limits) -> Result<()> {
    for (at, (part, value)) in index.parts().zip(values).enumerate() {
        let limit = limits.of_part(index, at);
        limits::check_key(value, part.kind, definition.part_name(part), limit).map_err(|e| e.on_index(index.name))?;
    }
    Ok(())
}

fn index_at(definition: &'static Definition, position: usize) -> Result<&'static IndexDef> {
    let unknown = || Error::invalid(format!("the model has no index at position {position}"));
    definition.indexes().get(position).ok_or_else(unknown)
}

/// What a query asks for.
#[derive(Debug, Clone)]
pub(crate) struct QueryParts {
    /// The position of the index that is read; nothing for the primary key.
    pub(crate) index: Option<usize>,
    pub(crate) hash: Result<Value>,
    /// The values of the index's further hash fields.
    pub(crate) more_hash: Vec<Result<Value>>,
    /// The values wanted of the first range fields.
    pub(crate) leading: Vec<Result<Value>>,
    pub(crate) range: Result<KeyRange>,
    pub(crate) filter: Option<Composed>,
    pub(crate) descending: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) after: Option<Cursor>,
    pub(crate) before: Option<Cursor>,
    pub(crate) consistent: bool,
    /// The fields of a projection; nothing for the whole model.
    pub(crate) fields: Option<&'static [&'static str]>,
}

impl QueryParts {
    /// All records with a hash value, from the least range value to the greatest.
    pub(crate) fn new(index: Option<usize>, hash: Result<Value>) -> Self {
        Self {
            index,
            hash,
            more_hash: Vec::new(),
            leading: Vec::new(),
            range: Ok(KeyRange::All),
            filter: None,
            descending: false,
            limit: None,
            after: None,
            before: None,
            consistent: false,
            fields: None,
        }
    }

    /// Wants this value of the first range field that has none yet.
    pub(crate) fn add_leading(&mut self, value: Result<Value>) {
        let value = match self.range {
            Ok(KeyRange::All) => value,
            // What was chosen of this field cannot be had of the next.
            _ => Err(Error::invalid(
                "a range was chosen before `then`, which is about the same field: give the first fields their values, \
                 and then choose the range of the next",
            )),
        };
        self.range = Ok(KeyRange::All);
        self.leading.push(value);
    }
}

/// A query of the primary key or of an index.
pub(crate) fn query(db: &Database, definition: &'static Definition, parts: QueryParts) -> Result<Query> {
    let limits = db.backend().limits();
    let limit = page_limit(parts.limit)?;
    let mut request = match parts.index {
        None => {
            let hash = parts.hash?;
            limits::check_key(&hash, definition.hash().kind, definition.hash_name(), limits.hash_key)?;
            let mut request = Query::new(definition, Source::primary(hash), limit);
            request.range = primary_range(definition, parts.leading, parts.range?, &limits)?;
            request
        }
        Some(at) => {
            let index = index_at(definition, at)?;
            let named = |error: Error| error.on_index(index.name);
            let (hash, name) = (parts.hash?, definition.part_name(index.hash()));
            limits::check_key(&hash, index.hash().kind, name, limits.hash_key).map_err(named)?;
            let more = checked(definition, index.hash_parts().skip(1), parts.more_hash, limits.hash_key);
            let source = match more.map_err(named)? {
                more if more.is_empty() => Source::index(index, [hash]),
                more => Source::index(index, std::iter::once(hash).chain(more)),
            };
            let ranges = index.ranges().iter().copied();
            let mut request = Query::new(definition, source, limit);
            request.leading = checked(definition, ranges, parts.leading, limits.range_key).map_err(named)?;
            request.range = match index.ranges().get(request.leading.len()) {
                Some(part) => parts.range?.of_kind(part.kind, definition.part_name(*part))?,
                None => parts.range?,
            };
            request
        }
    };
    request.filter = stored_filter(definition, parts.filter)?;
    request.descending = parts.descending;
    request.consistent = parts.consistent;
    request.projection = parts.fields;
    set_place(db, &mut request, parts.after.as_ref(), parts.before.as_ref())?;
    Ok(request)
}

/// Where the page begins or ends. Called last: a cursor is bound to all that the query asks for.
fn set_place(db: &Database, request: &mut Query, after: Option<&Cursor>, before: Option<&Cursor>) -> Result<()> {
    let cursor = match (after, before) {
        (Some(_), Some(_)) => return Err(Error::invalid("a page is after one cursor or before one, and not both")),
        (after, before) => after.or(before),
    };
    request.after = cursor.map(|cursor| db.bind(request).open(cursor)).transpose()?;
    if before.is_some() {
        // From the cursor on in the other direction, and turned round when it is there.
        request.backwards = true;
        request.descending = !request.descending;
    }
    Ok(())
}

/// The range of a query of the primary key. A value of the range key is a range of one.
fn primary_range(
    definition: &Definition,
    leading: Vec<Result<Value>>,
    range: KeyRange,
    limits: &Limits,
) -> Result<KeyRange> {
    let Some(part) = definition.range() else { return Ok(range) };
    match checked(definition, std::iter::once(part), leading, limits.range_key)?.pop() {
        Some(value) => Ok(KeyRange::Between(Bound::Included(value.clone()), Bound::Included(value))),
        None => range.of_kind(part.kind, definition.part_name(part)),
    }
}

/// The values of these fields, each of which can be one of an index.
fn checked(
    definition: &Definition,
    parts: impl Iterator<Item = KeyDef>,
    values: Vec<Result<Value>>,
    limit: usize,
) -> Result<Vec<Value>> {
    let check = |(part, value): (KeyDef, Result<Value>)| {
        let (name, value) = (definition.part_name(part), value?);
        limits::check_key(&value, part.kind, name, limit).map(|()| value)
    };
    parts.zip(values).map(check).collect()
}

/// What a scan asks for.
#[derive(Debug, Clone)]
pub(crate) struct ScanParts {
    pub(crate) filter: Option<Composed>,
    pub(crate) limit: Option<usize>,
    pub(crate) after: Option<Cursor>,
    pub(crate) before: Option<Cursor>,
    /// How many parts are read at once.
    pub(crate) segments: u32,
    pub(crate) consistent: bool,
    /// The fields of a projection; nothing for the whole model.
    pub(crate) fields: Option<&'static [&'static str]>,
}

/// A scan of the whole repository, in one request.
pub(crate) fn scan(db: &Database, definition: &'static Definition, parts: &ScanParts) -> Result<Query> {
    scan_segment(db, definition, parts, None)
}

/// A scan with one request a segment.
pub(crate) fn scan_segments(db: &Database, definition: &'static Definition, parts: &ScanParts) -> Result<Vec<Query>> {
    match parts.segments {
        0 | 1 => Ok(vec![scan(db, definition, parts)?]),
        _ if parts.after.is_some() || parts.before.is_some() => {
            Err(Error::invalid("a scan in segments does not go on at a cursor"))
        }
        total => (0..total).map(|segment| scan_segment(db, definition, parts, Some((segment, total)))).collect(),
    }
}

fn scan_segment(
    db: &Database,
    definition: &'static Definition,
    parts: &ScanParts,
    segment: Option<(u32, u32)>,
) -> Result<Query> {
    let total = parts.segments;
    if total == 0 || total > MOST_SEGMENTS {
        return Err(Error::invalid(format!("a scan in {total} segments; it can have 1 to {MOST_SEGMENTS}")));
    }
    let mut request = Query::new(definition, Source::scan(segment), page_limit(parts.limit)?);
    request.filter = stored_filter(definition, parts.filter.clone())?;
    request.consistent = parts.consistent;
    request.projection = parts.fields;
    set_place(db, &mut request, parts.after.as_ref(), parts.before.as_ref())?;
    Ok(request)
}

/// A filter, checked, in the terms of what is stored.
fn stored_filter(definition: &Definition, filter: Option<Composed>) -> Result<Option<Expr>> {
    let Some(filter) = filter.map(Composed::into_expr).transpose()? else { return Ok(None) };
    condition::check_condition(&filter)?;
    let stored = definition.stored(filter);
    // The stored form may be longer: a field that was renamed is looked for under each of its names.
    condition::check_size(&stored)?;
    Ok(Some(stored))
}

/// A page has one record at least: a page of none would be no page, and never the last.
fn page_limit(limit: Option<usize>) -> Result<usize> {
    match limit {
        Some(0) => Err(Error::invalid("a limit of 0 records")),
        limit => Ok(limit.unwrap_or(PAGE)),
    }
}

/// The limit of a read of the first record; one of 0 stays what it is.
pub(crate) fn limit_to_first(limit: Option<usize>) -> Option<usize> {
    Some(limit.map_or(1, |limit| limit.min(1)))
}
