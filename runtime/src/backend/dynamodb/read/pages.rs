//! Pages that are full: of as many of the server's as it takes.

use std::collections::HashSet;

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::read::get::fetch;
use crate::backend::dynamodb::read::query::Reading;
use crate::backend::dynamodb::value::{found_records, to_record_of};
use crate::backend::dynamodb::wire::answer::Found;
use crate::definition::KeyKind;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Advance, Call, Query, RecordKey, RecordPage, SourceKind};
use crate::value::{EXPIRES, Record, ValueRef};

/// How much is read for a filter that may leave most of it out: at first, and how much more each
/// time. The server ends a page at 1 MB in any case.
const FILTERED_READ: usize = 200;
const FILTERED_GROWTH: usize = 4;

/// A page of a query.
pub(crate) async fn read_page(db: &Context, call: &Call, query: &Query) -> Result<RecordPage> {
    let reading = Reading::records(query, call)?;
    if reading.is_empty {
        return Ok(RecordPage::default());
    }
    let request = reading.request();
    let mut found: Vec<Record> = Vec::new();
    let (mut start, mut advance) = (reading.start(), Advance::of_empty_pages());
    for round in 0.. {
        let limit = read_limit(&reading, query, query.limit - found.len(), round);
        let page = request.read_page(db, call, start.take(), limit).await?;
        let records = matching(db, call, query, &reading, page.items).await?;
        found.reserve(records.len().min(query.limit - found.len()));
        for record in records {
            if found.len() == query.limit {
                let next = found.last().map(|last| query.position_of(last)).transpose()?;
                return Ok(RecordPage::new(found, next));
            }
            found.push(record);
            if found.len() == query.limit && !query.wants_next {
                return Ok(RecordPage::new(found, None));
            }
        }
        let Some(last) = page.last else { break };
        if found.len() == query.limit {
            // What was read and left out after the last record need not be read again.
            let next = query.position_of(&to_record_of(query.definition, &last)?)?;
            return Ok(RecordPage::new(found, Some(next)));
        }
        advance.to(&last)?;
        start = Some(last);
    }
    Ok(RecordPage::new(found, None))
}

/// How many records a query has.
pub(crate) async fn count_records(db: &Context, call: &Call, query: &Query) -> Result<u64> {
    let reading = Reading::count(query, call)?;
    if reading.is_empty {
        return Ok(0);
    }
    let most = u64::try_from(query.limit).unwrap_or(u64::MAX);
    let is_counted_there = reading.is_counted_there();
    let count_request = reading.count_request();
    // A count returns no records, so it cannot show that the table has another key than the model. The
    // first page of a table that was not seen yet is read with its keys.
    let keys = Query { projection: Some(&[]), ..query.clone() };
    let mut first = match is_counted_there && !db.defined.contains(query.definition) {
        true => Some(Reading::records(&keys, call)?).filter(Reading::is_given_there),
        false => None,
    };
    let mut count = 0;
    let (mut start, mut advance) = (reading.start(), Advance::of_empty_pages());
    loop {
        let limit = count_limit(&reading, query, most - count);
        let first = first.take();
        let last = if is_counted_there && first.is_none() {
            let page = count_request.read_page(db, call, start.take(), limit).await?;
            count += page.count;
            page.last
        } else {
            let reading = first.as_ref().unwrap_or(&reading);
            let page = reading.request().read_page(db, call, start.take(), limit).await?;
            count += matching(db, call, query, reading, page.items).await?.len() as u64;
            page.last
        };
        match last {
            Some(last) if count < most => {
                advance.to(&last)?;
                start = Some(last);
            }
            _ => return Ok(count.min(most)),
        }
    }
}

/// The records of a page that are live and match the query.
async fn matching(
    db: &Context,
    call: &Call,
    query: &Query,
    reading: &Reading<'_>,
    items: Vec<Found>,
) -> Result<Vec<Record>> {
    let mut records = found_records(query.definition, items)?;
    check_table_key(query, &records)?;
    if !records.is_empty() {
        db.defined.insert(query.definition);
    }
    if let Some(fields) = &reading.load {
        records = load_full(db, call, query, fields.as_deref(), records).await?;
    } else if reading.unmarked_elsewhere {
        records = drop_expired(db, call, query, records).await?;
    }
    records.retain(|record| {
        record.is_live(query.definition, call) && reading.residual.iter().all(|expr| record.satisfies(expr))
    });
    Ok(records)
}

/// Drops the records without the mark that have expired by their field. The index does not hold that
/// field, so it is read from the records.
async fn drop_expired(db: &Context, call: &Call, query: &Query, parts: Vec<Record>) -> Result<Vec<Record>> {
    let definition = query.definition;
    let unmarked = parts.iter().enumerate().filter(|(_, part)| part.expires().is_none());
    let unmarked: Vec<_> = unmarked.map(|(at, _)| at).collect();
    let Some(field) = definition.ttl_name().filter(|_| !unmarked.is_empty()) else { return Ok(parts) };
    let key = |at: &usize| Ok((definition, RecordKey::from_record(definition, &parts[*at])?));
    let keys = unmarked.iter().map(key).collect::<Result<_>>()?;
    let marked: &[&str] = if definition.expires_by_seconds() { &[field] } else { &[field, EXPIRES] };
    let found = fetch(db, call, keys, true, Some(marked)).await?;
    let live = |record: &Option<Record>| record.as_ref().is_some_and(|record| record.is_live(definition, call));
    let gone = unmarked.into_iter().zip(&found).filter(|(_, record)| !live(record));
    let gone: HashSet<_> = gone.map(|(at, _)| at).collect();
    Ok(parts.into_iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, part)| part).collect())
}

/// Reads the whole of the records of which an index returned parts. One that has left its place in the
/// index since is left out: the index will soon say so too.
async fn load_full(
    db: &Context,
    call: &Call,
    query: &Query,
    fields: Option<&[&str]>,
    parts: Vec<Record>,
) -> Result<Vec<Record>> {
    if parts.is_empty() {
        return Ok(parts);
    }
    let definition = query.definition;
    let key = |part: &Record| Ok((definition, RecordKey::from_record(definition, part)?));
    let keys = parts.iter().map(key).collect::<Result<_>>()?;
    // Consistent, so that no place in the index is newer than the record that is compared with it.
    let whole = fetch(db, call, keys, true, fields).await?;
    let SourceKind::Index { index, .. } = query.source.kind() else { return Ok(parts) };
    let names: Vec<_> = index.parts().map(|part| definition.part_name(part)).collect();
    let in_place = |part: &Record, record: &Record| names.iter().all(|name| part.get(name) == record.get(name));
    Ok(parts.iter().zip(whole).filter_map(|(part, record)| record.filter(|record| in_place(part, record))).collect())
}

/// Refuses a table whose key is another than the model's: what it holds are no records of the model.
fn check_table_key(query: &Query, records: &[Record]) -> Result<()> {
    let definition = query.definition;
    for part in std::iter::once(definition.hash()).chain(definition.range()) {
        let name = definition.part_name(part);
        let fits = |record: &Record| match (record.get(name), part.kind) {
            (Some(ValueRef::String(_)), KeyKind::String) | (Some(ValueRef::Bytes(_)), KeyKind::Bytes) => true,
            // Text that is no ObjectId is a field's to refuse as well.
            (Some(ValueRef::ObjectId(_) | ValueRef::String(_)), KeyKind::ObjectId) => true,
            // A number that no integer or instant can be is a field's to refuse.
            (Some(value), KeyKind::Integer | KeyKind::Instant) => {
                !matches!(value, ValueRef::String(_) | ValueRef::Bytes(_))
            }
            _ => false,
        };
        if !records.iter().all(fits) {
            let message = format!("the table's key is not the model's: {name} is no {}", part.kind.as_str());
            return Err(Error::new(ErrorKind::SchemaMismatch, message));
        }
    }
    Ok(())
}

/// How many records the server is to count: all that it can at a time, if it leaves some out.
pub(crate) fn count_limit(reading: &Reading<'_>, query: &Query, missing: u64) -> Option<i32> {
    let whole = !reading.leaves_out() && query.definition.ttl().is_none();
    i32::try_from(missing).ok().filter(|_| whole)
}

/// How many records the server is to read. One more than wanted shows whether there is another.
pub(crate) fn read_limit(reading: &Reading<'_>, query: &Query, missing: usize, round: u32) -> Option<i32> {
    let wanted = missing.saturating_add(usize::from(query.wants_next));
    let limit = if reading.leaves_out() {
        let growth = FILTERED_GROWTH.saturating_pow(round);
        wanted.saturating_mul(FILTERED_GROWTH).max(FILTERED_READ).saturating_mul(growth)
    } else if query.definition.ttl().is_some() {
        // Most of what is stored is live.
        wanted.saturating_add(wanted / 4 + 8)
    } else {
        wanted
    };
    i32::try_from(limit).ok()
}
