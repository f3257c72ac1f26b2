//! Queries: a page, or a number, of the records between two places.

use std::ops::{Bound, ControlFlow};

use redis::Value;

use super::layout::{Layout, field};
use super::read::record;
use super::script::{Invocation, PAGE};
use super::server::{Server, bytes, list, unreadable};
use crate::backend::keyspace::bounds::Bounds;
use crate::backend::keyspace::encoding;
use crate::backend::keyspace::page::PageRecords;
use crate::backend::keyspace::query::page_end_key;
use crate::backend::support::outcome::missing_index;
use crate::error::{Error, Result};
use crate::request::{Call, Query, RecordPage, SourceKind};
use crate::value::Record;

/// How many entries one script looks at, at least and at most: it keeps others waiting as long as it runs.
const LEAST: usize = 16;
const MOST: usize = 1000;
/// So many bytes of records are enough for one answer.
const ENOUGH: usize = 1024 * 1024;

/// The sorted set of all primary keys.
const KEYS: &str = "keys";

/// What a query goes over: entries of a sorted set, and what stands in each before the primary key.
pub(super) struct Range {
    schema_key: String,
    sorted_set: String,
    bounds: Bounds,
    /// So many bytes that are the same in all, then so many values.
    head: usize,
    values: usize,
    descending: bool,
    segment: Option<(u32, u32)>,
}

impl Range {
    pub(super) fn new(layout: &Layout, query: &Query) -> Result<Self> {
        let (sorted_set, parts, segment) = match query.source.kind() {
            SourceKind::Primary { .. } => (KEYS.to_owned(), None, None),
            SourceKind::Scan { segment } => (KEYS.to_owned(), None, segment),
            SourceKind::Index { index, .. } => {
                let stored = layout.index(index.name).ok_or_else(|| missing_index(index.name))?;
                if stored.unique {
                    return Err(Error::unsupported(
                        "a unique index has one record for each value, and is not read in pages",
                    ));
                }
                (field(stored), Some(stored.parts.len()), None)
            }
        };
        let mut prefix = Vec::new();
        let hash = query.source.hash_values();
        encoding::push_values(&mut prefix, hash)?;
        encoding::push_values(&mut prefix, &query.leading)?;
        let given = hash.len() + query.leading.len();
        let (head, values) = parts.map_or((0, 0), |parts| (prefix.len(), parts.saturating_sub(given)));
        let after = query.after.as_ref().map(|after| page_end_key(prefix.clone(), query, after)).transpose()?;
        let bounds = encoding::range_bounds(prefix, &query.range)?;
        let range = Self {
            schema_key: layout.schema_key(),
            sorted_set,
            bounds,
            head,
            values,
            descending: query.descending,
            segment,
        };
        Ok(match after {
            Some(after) => range.after(after),
            None => range,
        })
    }

    /// The range without what was read up to and with an entry.
    fn after(self, entry: Vec<u8>) -> Self {
        let bounds = if self.descending { self.bounds.before(entry) } else { self.bounds.after(entry) };
        Self { bounds, ..self }
    }

    /// Whether no entry can be in it.
    pub(super) fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The request of what comes next, of so many entries.
    pub(super) fn request(&self, count: usize) -> Invocation<'static> {
        let (low, high) = (edge(self.bounds.low(), b"-"), edge(self.bounds.high(), b"+"));
        let (first, stop) = if self.descending { (high, low) } else { (low, high) };
        let (segment, total) = self.segment.unwrap_or_default();
        let mut invocation = Invocation::new(&PAGE, vec![self.schema_key.clone()])
            .arg(self.sorted_set.clone().into_bytes())
            .arg(first)
            .arg(stop);
        invocation.push_flag(self.descending);
        for number in [count, ENOUGH, self.head, self.values] {
            invocation.push_number(number);
        }
        invocation.push_number(segment);
        invocation.push_number(total);
        invocation
    }
}

/// A bound as `ZRANGE … BYLEX` takes it.
fn edge(bound: Bound<&[u8]>, none: &[u8]) -> Vec<u8> {
    match bound {
        Bound::Included(key) => [b"[", key].concat(),
        Bound::Excluded(key) => [b"(", key].concat(),
        Bound::Unbounded => none.to_vec(),
    }
}

/// Reads a page.
pub(super) async fn query_page(server: &Server, call: &Call, layout: &Layout, query: &Query) -> Result<RecordPage> {
    let mut page = PageRecords::new(query);
    let mut take = |record: Record| page.take(|| record.under_own_names(query.definition));
    visit(server, call, layout, query, &mut take).await?;
    page.into_page()
}

/// Counts what a query would return in all, and no further than to its limit.
pub(super) async fn count(server: &Server, call: &Call, layout: &Layout, query: &Query) -> Result<u64> {
    let most = u64::try_from(query.limit).unwrap_or(u64::MAX);
    // What never expires and is not filtered needs no look at the records.
    if query.filter.is_none()
        && !layout.schema.expires
        && !matches!(query.source.kind(), SourceKind::Scan { segment: Some(_) })
    {
        let range = Range::new(layout, query)?;
        if range.bounds.is_empty() {
            return Ok(0);
        }
        return match server.read(call, "ZLEXCOUNT", &count_command(layout, &range)).await? {
            Value::Int(count) => Ok(u64::try_from(count).unwrap_or(0).min(most)),
            _ => Err(unreadable("ZLEXCOUNT")),
        };
    }
    let mut count = 0;
    visit(server, call, layout, query, &mut |_| {
        count += 1;
        if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await?;
    Ok(count)
}

fn count_command(layout: &Layout, range: &Range) -> redis::Cmd {
    let mut command = redis::cmd("ZLEXCOUNT");
    command.arg(layout.key(&range.sorted_set)).arg(edge(range.bounds.low(), b"-")).arg(edge(range.bounds.high(), b"+"));
    command
}

/// How many entries the first request for a page looks at.
pub(super) fn first_count(query: &Query) -> usize {
    let wanted = query.limit.saturating_add(usize::from(query.wants_next));
    let is_filtered = query.filter.is_some() || query.definition.ttl().is_some();
    (if is_filtered { wanted.max(LEAST) } else { wanted }).clamp(1, MOST)
}

/// Shows each live record that passes the filter, as it is stored.
async fn visit(
    server: &Server,
    call: &Call,
    layout: &Layout,
    query: &Query,
    show: &mut (dyn FnMut(Record) -> ControlFlow<()> + Send),
) -> Result<()> {
    let (mut range, mut count) = (Range::new(layout, query)?, first_count(query));
    while !range.bounds.is_empty() {
        let (resume, records) = fetch(server, call, &range, count).await?;
        for found in records {
            let wanted = found.is_live(query.definition, call)
                && query.filter.as_ref().is_none_or(|filter| found.satisfies(filter));
            if wanted && show(found).is_break() {
                return Ok(());
            }
        }
        let Some(last) = resume else { break };
        range = range.after(last);
        count = count.saturating_mul(2).clamp(LEAST, MOST);
    }
    Ok(())
}

/// The last entry that was looked at, if there may be more, and the records.
async fn fetch(server: &Server, call: &Call, range: &Range, count: usize) -> Result<(Option<Vec<u8>>, Vec<Record>)> {
    let mut parts = list(server.run(call, &range.request(count)).await?, PAGE.name)?.into_iter();
    let resume = parts.next().ok_or_else(|| unreadable(PAGE.name))?;
    let mut records = Vec::with_capacity(parts.len());
    for part in parts {
        records.extend(record(part)?);
    }
    let resume = match resume {
        Value::Nil => None,
        entry => Some(bytes(entry).ok_or_else(|| unreadable(PAGE.name))?),
    };
    Ok((resume, records))
}

/// All records of a repository, live or not, a part at a time: each with its primary key.
pub(super) struct Walk<'a> {
    pub(super) server: &'a Server,
    pub(super) layout: &'a Layout,
    after: Option<Vec<u8>>,
    is_done: bool,
}

/// A record that is there: its primary key in bytes, itself, and its stamp.
pub(super) type Found = (Vec<u8>, Record, Vec<u8>);

impl<'a> Walk<'a> {
    pub(super) fn new(server: &'a Server, layout: &'a Layout) -> Self {
        Self { server, layout, after: None, is_done: false }
    }

    /// The next records; nothing at the end.
    pub(super) async fn next(&mut self, call: &Call, count: usize) -> Result<Option<Vec<Found>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut command = redis::cmd("ZRANGE");
        let from = self.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        command.arg(self.layout.key(KEYS)).arg(edge(from, b"-")).arg("+").arg("BYLEX").arg("LIMIT").arg(0).arg(count);
        let primaries = list(self.server.read(call, "ZRANGE", &command).await?, "ZRANGE")?;
        let primaries: Option<Vec<Vec<u8>>> = primaries.into_iter().map(bytes).collect();
        let primaries = primaries.ok_or_else(|| unreadable("ZRANGE"))?;
        self.is_done = primaries.len() < count;
        self.after = primaries.last().cloned();
        let mut invocation = Invocation::new(&super::script::READ, vec![self.layout.schema_key()]);
        for primary in &primaries {
            invocation.push(&b"1"[..]);
            invocation.push(primary.clone());
        }
        let pairs = super::read::read_pairs(self.server, call, &invocation, primaries.len()).await?;
        let mut found = Vec::with_capacity(pairs.len());
        for (primary, (value, stamp)) in primaries.into_iter().zip(pairs) {
            // The server may have taken it away since.
            if let (Some(value), Some(stamp)) = (record(value)?, bytes(stamp)) {
                found.push((primary, value, stamp));
            }
        }
        Ok(Some(found))
    }
}
