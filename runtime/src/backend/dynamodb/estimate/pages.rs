//! Queries, scans and counts, a page at a time.

use super::held::Held;
use super::reads::by_keys;
use super::sent::Sent;
use super::sizes::{PAGE, SMALLEST, entry_size, item_size, read_units};
use crate::backend::dynamodb::expression::key_condition::covering_range;
use crate::backend::dynamodb::read::pages::{count_limit, read_limit};
use crate::backend::dynamodb::read::query::{Reading, pushed_down};
use crate::request::{Capacity, Position, Query, RecordKey};
use crate::value::Record;

/// A page as DynamoDB would read it, before any filter.
struct Read {
    records: Vec<Record>,
    /// Where the next begins, if DynamoDB would say that there may be one.
    last: Option<Position>,
}

pub(super) fn read_page(held: Held<'_>, query: &Query) -> Vec<Sent> {
    let mut sent = Vec::new();
    let Ok(reading) = Reading::records(query, held.call) else { return sent };
    if reading.is_empty {
        return sent;
    }
    let (mut found, mut after) = (0, query.after.clone());
    for round in 0.. {
        let limit = read_limit(&reading, query, query.limit - found, round);
        let Some(read) = read_from(held, query, &reading, after.take(), limit, &mut sent) else { break };
        sent.extend(read_more(held, query, &reading, &read.records));
        for _ in read.records.iter().filter(|record| matches(query, &reading, record)) {
            if found == query.limit {
                return sent;
            }
            found += 1;
        }
        if read.last.is_none() || found == query.limit {
            break;
        }
        after = read.last;
    }
    sent
}

pub(super) fn count(held: Held<'_>, query: &Query) -> Vec<Sent> {
    let mut sent = Vec::new();
    let Ok(reading) = Reading::count(query, held.call) else { return sent };
    let most = u64::try_from(query.limit).unwrap_or(u64::MAX);
    let (mut counted, mut after) = (0_u64, query.after.clone());
    if reading.is_empty {
        return sent;
    }
    loop {
        let limit = count_limit(&reading, query, most - counted);
        let Some(read) = read_from(held, query, &reading, after.take(), limit, &mut sent) else { break };
        sent.extend(read_more(held, query, &reading, &read.records));
        counted += read.records.iter().filter(|record| matches(query, &reading, record)).count() as u64;
        if read.last.is_none() || counted >= most {
            break;
        }
        after = read.last;
    }
    sent
}

/// Whether a record that was read is wanted.
fn matches(query: &Query, reading: &Reading<'_>, record: &Record) -> bool {
    let mut conditions = query.filter.iter().chain(&reading.residual);
    conditions.all(|condition| record.satisfies(condition))
}

/// The reads of what the index does not hold of these records.
fn read_more(held: Held<'_>, query: &Query, reading: &Reading<'_>, records: &[Record]) -> Vec<Sent> {
    let definition = query.definition;
    // Where there are no marks, the expiry of what the server gives is read from the records.
    if reading.load.is_none() && !(reading.unmarked_elsewhere && definition.expires_by_seconds()) {
        return Vec::new();
    }
    let is_given = |record: &&Record| pushed_down(query).all(|part| record.satisfies(part));
    let key = |record| RecordKey::from_record(definition, record).ok();
    let keys: Vec<_> = records.iter().filter(is_given).filter_map(key).collect();
    let wanted: Vec<_> = keys.iter().map(|key| (definition, key)).collect();
    if wanted.is_empty() { Vec::new() } else { by_keys(held, &wanted, true) }
}

fn read_from(
    held: Held<'_>,
    query: &Query,
    reading: &Reading<'_>,
    after: Option<Position>,
    limit: Option<i32>,
    sent: &mut Vec<Sent>,
) -> Option<Read> {
    let most = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    // As much as a page can hold.
    let asked = most.min(PAGE / SMALLEST);
    let mut whole = Query { filter: None, projection: None, after, limit: asked, ..query.clone() };
    whole.wants_next = false;
    if let Some(name) = query.range_name() {
        whole.range = covering_range(&query.range, name);
    }
    let request = if query.source.hash_parts(query.definition).is_empty() { "Scan" } else { "Query" };
    let Some(page) = held.page(whole) else {
        sent.push(Sent::refused(request));
        return None;
    };
    let definition = query.definition;
    let index = query.source.index_read();
    let size = |record: &Record| match index {
        Some(index) => entry_size(definition, index, record).unwrap_or_default(),
        None => item_size(definition, record),
    };
    let (mut records, mut bytes, mut is_full) = (Vec::new(), 0, false);
    for record in page.records {
        let size = size(&record);
        is_full = bytes + size > PAGE;
        if is_full {
            break;
        }
        bytes += size;
        records.push(record);
    }
    let ends_early = is_full || records.len() >= most;
    let last = records.last().filter(|_| ends_early).and_then(|last| query.position_of(last).ok());
    // An empty page costs nothing.
    let units = if records.is_empty() { 0.0 } else { read_units(bytes, query.consistent) };
    let mut consumed = vec![Capacity::read(definition.name(), index.map(|index| index.name), units)];
    if reading.reads_records_for_local() {
        let units = records.iter().map(|record| read_units(item_size(definition, record), query.consistent));
        consumed.push(Capacity::read(definition.name(), None, units.sum()));
    }
    sent.push(Sent::read(request, records.len(), consumed));
    Some(Read { records, last })
}
