//! Many writes, each for itself: several at once, and those of one record in their order.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::chunk::Chunk;
use super::link::Link;
use super::table::Table;
use super::write::Sender;
use crate::backend::support::dedup::ident;
use crate::backend::support::outcome;
use crate::backend::support::retry::least_attempt;
use crate::backend::support::write_id::WriteIds;
use crate::error::Result;
use crate::request::{Call, Write, WriteMany, Written};

/// How many statements are under way at once.
const PARALLEL: usize = 8;

/// The positions of writes whose order makes a difference: those of one record, and of a repository with unique indexes
/// all, since a value goes to the first that asks.
fn in_order(writes: &[Write]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for (at, write) in writes.iter().enumerate() {
        let next = groups.len();
        let ident = match write.definition.unique_indexes().next() {
            Some(_) => write.definition.name().as_bytes().to_vec(),
            None => ident(write.definition, &write.key),
        };
        match groups.get_mut(*places.entry(ident).or_insert(next)) {
            Some(positions) => positions.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

/// What is done one after the other.
enum Part<'a> {
    /// Writes, each by a statement of its own.
    Singles(Vec<usize>),
    /// Writes of one statement.
    Together(Vec<usize>, Chunk<'a>),
}

fn parts<'a>(writes: &'a [Write], tables: &'a [Arc<Table>]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for group in in_order(writes) {
        let only = match &*group {
            [at] => writes.get(*at).zip(tables.get(*at)).map(|found| (*at, found)),
            _ => None,
        };
        let Some((at, (write, table))) = only else {
            parts.push(Part::Singles(group));
            continue;
        };
        if let Some(Part::Together(positions, chunk)) = parts.last_mut()
            && chunk.add(write)
        {
            positions.push(at);
            continue;
        }
        parts.push(match Chunk::new(table, write) {
            Some(chunk) => Part::Together(vec![at], chunk),
            None => Part::Singles(group),
        });
    }
    parts
}

/// A batch under way.
struct Batch<'a> {
    link: &'a Link,
    call: &'a Call,
    tables: &'a [Arc<Table>],
    many: &'a WriteMany,
    ids: &'a WriteIds,
    least: std::time::Duration,
}

impl Batch<'_> {
    async fn do_part(&self, part: Part<'_>) -> Vec<(usize, Result<Written>)> {
        match part {
            Part::Singles(positions) => self.do_singles(positions).await,
            Part::Together(positions, chunk) => {
                if positions.len() > 1 && self.call.left() > self.least {
                    let done = chunk.send(self.link, self.call, self.ids.next().bytes()).await;
                    if let Some(done) = done {
                        let placed = positions.into_iter().zip(done);
                        return placed.inspect(|(at, result)| self.report(*at, result)).collect();
                    }
                }
                self.do_singles(positions).await
            }
        }
    }

    async fn do_singles(&self, positions: Vec<usize>) -> Vec<(usize, Result<Written>)> {
        let mut results = Vec::with_capacity(positions.len());
        for at in positions {
            let Some((write, table)) = self.many.writes.get(at).zip(self.tables.get(at)) else { continue };
            let result = match self.call.left() <= self.least {
                true => Err(outcome::unsent()),
                false => Sender { link: self.link, call: self.call, table, write, ids: self.ids }.run().await,
            };
            self.report(at, &result);
            results.push((at, result));
        }
        results
    }

    fn report(&self, at: usize, result: &Result<Written>) {
        self.many.observer.report(at, result.as_ref().err());
    }
}

pub(super) async fn write_many(
    link: &Link,
    call: &Call,
    tables: &[Arc<Table>],
    many: WriteMany,
    ids: &WriteIds,
) -> Vec<Result<Written>> {
    let batch = Batch { link, call, tables, many: &many, ids, least: least_attempt(call) };
    let sent: Vec<_> = parts(&many.writes, tables).into_iter().map(|part| batch.do_part(part)).collect();
    let done: Vec<_> = stream::iter(sent).buffer_unordered(PARALLEL).collect().await;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The statements of a batch, to be read by people: of what goes together, and the writes that go by themselves.
pub(super) fn explained<'a>(
    writes: &'a [Write],
    tables: &'a [Arc<Table>],
    call: &Call,
    single: impl Fn(&Arc<Table>, &Write) -> Result<String>,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for part in parts(writes, tables) {
        match part {
            Part::Together(positions, chunk) if positions.len() > 1 => {
                lines.push(chunk.statement(call, [0; 16])?.explain());
            }
            Part::Singles(positions) | Part::Together(positions, _) => {
                for at in positions {
                    if let Some((write, table)) = writes.get(at).zip(tables.get(at)) {
                        lines.push(single(table, write)?);
                    }
                }
            }
        }
    }
    Ok(lines)
}
