//! Queries: a page, or a number, of the records between two keys.

use std::ops::ControlFlow;

use super::bounds::Bounds;
use super::encoding;
use super::entry::Entry;
use super::layout::{Layout, push_key};
use super::page::PageRecords;
use super::schema::IndexSchema;
use super::space::{Space, View};
use super::store::Keyspace;
use crate::backend::support::outcome::missing_index;
use crate::error::{Error, Result};
use crate::request::{Call, Position, Query, RecordPage, SourceKind};
use crate::value::Record;

impl<S: Space> Keyspace<S> {
    pub(in crate::backend) fn query_page(&self, call: &Call, query: &Query) -> Result<RecordPage> {
        let mut page = PageRecords::new(query);
        self.read_long_with(|view, catalog| {
            let range = ReadRange::from_query(catalog.layout_of(query.definition)?, query)?;
            range.visit(view, call, query, &mut |record| page.take(|| record.clone().under_own_names(query.definition)))
        })?;
        page.into_page()
    }

    pub(in crate::backend) fn count_records(&self, call: &Call, query: &Query) -> Result<u64> {
        let mut count = 0;
        let most = u64::try_from(query.limit).unwrap_or(u64::MAX);
        self.read_long_with(|view, catalog| {
            let range = ReadRange::from_query(catalog.layout_of(query.definition)?, query)?;
            range.visit(view, call, query, &mut |_| {
                count += 1;
                if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
        })?;
        Ok(count)
    }
}

/// What a query goes over: keys of records, or entries of an index that lead to them.
struct ReadRange<'a> {
    bounds: Bounds,
    layout: &'a Layout,
    index: Option<ReadIndex<'a>>,
    segment: Option<(u32, u32)>,
}

/// An index that is read, and what stands in each of the entries read before the primary key: so many bytes that are
/// the same in all, then so many values.
struct ReadIndex<'a> {
    schema: &'a IndexSchema,
    head: usize,
    values: usize,
}

impl<'a> ReadRange<'a> {
    fn from_query(layout: &'a Layout, query: &Query) -> Result<Self> {
        let (mut prefix, index, segment) = match query.source.kind() {
            SourceKind::Primary { .. } => (layout.record_prefix(), None, None),
            SourceKind::Scan { segment } => (layout.record_prefix(), None, segment),
            SourceKind::Index { index, .. } => {
                let (id, schema) = layout.index(index.name).ok_or_else(|| missing_index(index.name))?;
                (layout.index_prefix(id), Some(schema), None)
            }
        };
        let hash = query.source.hash_values();
        encoding::push_values(&mut prefix, hash)?;
        encoding::push_values(&mut prefix, &query.leading)?;
        let given = hash.len() + query.leading.len();
        let values = |schema: &IndexSchema| schema.parts.len().saturating_sub(given);
        let index = index.map(|schema| ReadIndex { schema, head: prefix.len(), values: values(schema) });
        let after = query.after.as_ref().map(|after| page_end_key(prefix.clone(), query, after)).transpose()?;
        let bounds = encoding::range_bounds(prefix, &query.range)?;
        let bounds = match after {
            Some(after) if query.descending => bounds.before(after),
            Some(after) => bounds.after(after),
            None => bounds,
        };
        Ok(Self { bounds, layout, index, segment })
    }

    /// Shows each live record that passes the filter, as it is stored.
    fn visit(
        &self,
        view: &dyn View,
        call: &Call,
        query: &Query,
        show: &mut dyn FnMut(&Record) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut pass = |found: &Record| {
            let wanted = found.is_live(query.definition, call)
                && query.filter.as_ref().is_none_or(|filter| found.satisfies(filter));
            if wanted { show(found) } else { ControlFlow::Continue(()) }
        };
        if self.bounds.is_empty() {
            return Ok(());
        }
        let mut visit = |key: &[u8], entry: &Entry| match entry.record() {
            Some(found) if self.is_in_segment(key) => Ok(pass(found)),
            _ => Ok(ControlFlow::Continue(())),
        };
        let Some(ReadIndex { schema, head, values }) = &self.index else {
            return view.scan(&self.bounds, query.descending, &mut visit);
        };
        let mut lead = |entry: &[u8], key: &mut Vec<u8>| {
            if key.is_empty() {
                *key = self.layout.record_prefix();
            }
            self.layout.lead_to_record(key, entry, *head, *values, &schema.name)
        };
        view.follow(&self.bounds, query.descending, &mut lead, &mut visit)
    }

    /// Whether a record is in the segment read.
    fn is_in_segment(&self, key: &[u8]) -> bool {
        self.segment.is_none_or(|(segment, total)| segment_hash(key) % u64::from(total.max(1)) == u64::from(segment))
    }
}

/// FNV-1a: the same in every process, as the segments have to be.
fn segment_hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The key of the record at which the page before ended. The values that the query gives are its own.
pub(in crate::backend) fn page_end_key(mut key: Vec<u8>, query: &Query, after: &Position) -> Result<Vec<u8>> {
    match (query.source.kind(), &after.key().range()) {
        (SourceKind::Primary { .. }, Some(range)) => encoding::push_value(&mut key, *range)?,
        (SourceKind::Primary { .. }, None) => {}
        (SourceKind::Scan { .. }, _) => push_key(&mut key, after.key())?,
        (SourceKind::Index { index, .. }, _) if after.ranges().len() == index.ranges().len() => {
            encoding::push_values(&mut key, after.ranges().iter().skip(query.leading.len()))?;
            push_key(&mut key, after.key())?;
        }
        (SourceKind::Index { .. }, _) => return Err(Error::invalid("the position belongs to another index")),
    }
    Ok(key)
}
