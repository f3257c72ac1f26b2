//! Many writes: one script for up to a hundred of them, which does each for itself and in the order given.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};

use super::write::Writer;
use crate::backend::support::dedup::ident;
use crate::backend::support::outcome;
use crate::backend::support::retry::least_attempt;
use crate::error::Result;
use crate::request::{Write, WriteMany, Written};

/// How many writes one script does: it keeps others waiting as long as it runs.
const CHUNK: usize = 100;
/// How many bytes of records one script is sent.
const BYTES: usize = 8 * 1024 * 1024;

/// How many scripts are under way at once: while the server runs one, another is on its way.
const PARALLEL: usize = 2;

pub(super) async fn write_many(writer: Writer<'_>, many: WriteMany) -> Result<Vec<Result<Written>>> {
    let (least, observer) = (least_attempt(writer.call), &many.observer);
    let mut next = 0;
    let sent = chunks(&many.writes).into_iter().map(|chunk| {
        let first = next;
        next += chunk.len();
        async move {
            let done = match writer.call.left() <= least {
                true => chunk.iter().map(|_| Err(outcome::unsent())).collect(),
                false => writer.each(chunk).await,
            };
            done.iter().zip(first..).for_each(|(result, at)| observer.report(at, result.as_ref().err()));
            done
        }
    });
    let sent: Vec<_> = sent.collect();
    let at_once = if are_independent(&many.writes) { PARALLEL } else { 1 };
    let done: Vec<Vec<Result<Written>>> = stream::iter(sent).buffered(at_once).collect().await;
    Ok(done.into_iter().flatten().collect())
}

/// Whether it makes no difference which of the writes happens first. With a unique index it does: a value may be given up
/// by one record and asked for by another.
fn are_independent(writes: &[Write]) -> bool {
    let mut records = HashSet::with_capacity(writes.len());
    writes.iter().all(|write| {
        write.definition.unique_indexes().next().is_none() && records.insert(ident(write.definition, &write.key))
    })
}

/// Runs of writes to different records of one repository.
pub(super) fn chunks(writes: &[Write]) -> Vec<&[Write]> {
    let mut chunks = Vec::new();
    let (mut rest, mut count, mut bytes) = (writes, 0, 0);
    let mut records = HashSet::new();
    while let Some(next) = rest.get(count) {
        let is_other = rest.first().is_some_and(|first| first.definition.name() != next.definition.name());
        let size = next.whole_record().map_or(0, |record| record.as_bytes().len());
        let is_full = count >= CHUNK || (count > 0 && bytes + size > BYTES);
        if is_other || is_full || !records.insert(ident(next.definition, &next.key)) {
            let (chunk, others) = rest.split_at(count);
            chunks.push(chunk);
            records.clear();
            (rest, count, bytes) = (others, 0, 0);
            continue;
        }
        bytes += size;
        count += 1;
    }
    if !rest.is_empty() {
        chunks.push(rest);
    }
    chunks
}
