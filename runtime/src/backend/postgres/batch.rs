//! Many writes, each for itself: several at once, and those of one record in their order.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::link::Link;
use super::table::Table;
use super::write::Sender;
use crate::backend::support::dedup::ident;
use crate::backend::support::outcome;
use crate::backend::support::retry::least_attempt;
use crate::backend::support::write_id::WriteIds;
use crate::error::Result;
use crate::request::{Call, WriteMany, Written};

/// How many writes are under way at once.
const PARALLEL: usize = 8;

pub(super) async fn write_many(
    link: &Link,
    call: &Call,
    tables: &[Arc<Table>],
    many: WriteMany,
    ids: &WriteIds,
) -> Vec<Result<Written>> {
    let least = least_attempt(call);
    let mut by_record: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for (at, write) in many.writes.iter().enumerate() {
        let next = by_record.len();
        // Of a repository with unique indexes the order is that of all: a value goes to the first that asks.
        let ident = match write.definition.unique_indexes().next() {
            Some(_) => write.definition.name().as_bytes().to_vec(),
            None => ident(write.definition, &write.key),
        };
        match by_record.get_mut(*places.entry(ident).or_insert(next)) {
            Some(positions) => positions.push(at),
            None => by_record.push(vec![at]),
        }
    }
    let (writes, observer) = (&many.writes, &many.observer);
    let sent = by_record.into_iter().map(|positions| async move {
        let mut results = Vec::with_capacity(positions.len());
        for at in positions {
            let Some((write, table)) = writes.get(at).zip(tables.get(at)) else { continue };
            let result = match call.left() <= least {
                true => Err(outcome::unsent()),
                false => Sender { link, call, table, write, ids }.run().await,
            };
            observer.report(at, result.as_ref().err());
            results.push((at, result));
        }
        results
    });
    let sent: Vec<_> = sent.collect();
    let done: Vec<_> = stream::iter(sent).buffer_unordered(PARALLEL).collect().await;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
