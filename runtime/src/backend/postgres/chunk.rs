//! Puts and deletes of many records that need nothing to be there: one statement, which does all of them or none.

use std::collections::HashMap;
use std::sync::Arc;

use super::failure::Failure;
use super::json::write_record;
use super::link::Link;
use super::param::Param;
use super::read::{Statement, backoff};
use super::stamped::is_stamped;
use super::table::{Column, Table, bind};
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::backend::support::attempt::report;
use crate::error::Result;
use crate::request::{Action, Attempt, Call, Write, Written};

/// How many writes one statement does, and how many bytes of records.
const WRITES: usize = 1000;
const BYTES: usize = 4 * 1024 * 1024;

/// Writes of one kind and one repository, of different records.
pub(super) struct Chunk<'a> {
    pub(super) table: &'a Arc<Table>,
    pub(super) writes: Vec<&'a Write>,
    puts: bool,
    bytes: usize,
}

impl<'a> Chunk<'a> {
    /// A chunk that begins with a write; nothing if that goes by itself.
    pub(super) fn new(table: &'a Arc<Table>, write: &'a Write) -> Option<Self> {
        let puts = matches!(write.action, Action::Put(_));
        write.is_plain().then(|| Self { table, writes: vec![write], puts, bytes: size(write) })
    }

    /// Takes one more, unless it is of another kind or there is no room for it. It is of another record.
    pub(super) fn add(&mut self, write: &'a Write) -> bool {
        let is_of_kind = write.is_plain() && matches!(write.action, Action::Put(_)) == self.puts;
        let bytes = self.bytes.saturating_add(size(write));
        let fits = is_of_kind
            && write.definition.name() == self.table.definition.name()
            && self.writes.len() < WRITES
            && bytes <= BYTES;
        if fits {
            self.writes.push(write);
            self.bytes = bytes;
        }
        fits
    }

    /// The statement of all of them.
    pub(super) fn statement(&self, call: &Call, stamp: [u8; 16]) -> Result<Statement> {
        let (table, columns) = (self.table, self.table.key());
        let (mut arrays, mut names, mut params) = (Vec::new(), Vec::new(), Vec::new());
        for (at, column) in columns.iter().enumerate() {
            let values = self.writes.iter().filter_map(|write| write.key.parts().nth(at));
            arrays.push(format!("{}::{}[]", bind(&mut params, column.params(values)), column.sql_type()));
            names.push(format!("k{at}"));
        }
        let names = names.join(", ");
        let keys: Vec<_> = columns.iter().map(key_text).collect();
        let sql = if self.puts {
            let records = self.writes.iter().filter_map(|write| match &write.action {
                Action::Put(record) => Some(write_record(record)),
                _ => None,
            });
            let records = bind(&mut params, Param::Jsons(records.collect::<Result<_>>()?));
            let stamp = bind(&mut params, Param::Stamp(stamp));
            // In the order of the keys, so that two statements do not wait for each other.
            format!(
                "INSERT INTO {} AS t ({}, doc, stamp) SELECT {names}, d, {stamp} \
                 FROM unnest({}, {records}::jsonb[]) AS wanted({names}, d) ORDER BY {names} \
                 ON CONFLICT ({}) DO UPDATE SET doc = EXCLUDED.doc, stamp = EXCLUDED.stamp \
                 RETURNING t.xmax::text <> '0', {}",
                table.name,
                table.key_names(),
                arrays.join(", "),
                table.key_names(),
                keys.join(", ")
            )
        } else {
            let same: Vec<_> = columns
                .iter()
                .enumerate()
                .map(|(at, column)| format!("{} = k{at}{}", column.sql, column.collation()))
                .collect();
            let live = table
                .expired(call, "doc", &mut params)
                .map_or_else(|| "true".to_owned(), |expired| format!("NOT ({expired})"));
            format!(
                "DELETE FROM {} USING unnest({}) AS wanted({names}) WHERE {} RETURNING {live}, {}",
                table.name,
                arrays.join(", "),
                same.join(" AND "),
                keys.join(", ")
            )
        };
        Ok(Statement { sql, params })
    }

    /// Sends the chunk; nothing if each of its writes has to be sent by itself, since the server has refused one of them.
    pub(super) async fn send(&self, link: &Link, call: &Call, stamp: [u8; 16]) -> Option<Vec<Result<Written>>> {
        // One of the records cannot be written.
        let statement = self.statement(call, stamp).ok()?;
        let (mut backoff, name) = (backoff(), if self.puts { "INSERT" } else { "DELETE" });
        for number in 1_u32.. {
            let attempt = async {
                let session = link.session(call).await?;
                let sent = session.run(call, session.statement(&statement.sql, &statement.params)).await;
                let attempt = Attempt::new(name).numbered(number);
                let is_lost = sent.as_ref().is_err_and(Failure::may_be_applied);
                report(call, if is_lost { attempt.lost() } else { attempt }, sent.as_ref().err());
                self.told(&sent?.rows)
            };
            let failure = match attempt.await {
                Ok(written) => return Some(written),
                Err(failure) => failure,
            };
            if failure.may_be_applied() {
                return Some(self.resolve(link, call, failure, stamp).await);
            }
            if !failure.is_transient() {
                return None;
            }
            if !backoff.pause(call.left()).await {
                let error = failure.into_error(call.operation);
                return Some(self.writes.iter().map(|_| Err(error.clone())).collect());
            }
        }
        None
    }

    /// What each write tells: whether its record was among those that were there.
    fn told(&self, rows: &[tokio_postgres::Row]) -> Result<Vec<Result<Written>>, Failure> {
        let count = self.table.key_count();
        let mut existed: HashMap<Vec<String>, bool> = HashMap::with_capacity(rows.len());
        for row in rows {
            let key: Vec<String> = (1..=count).map(|at| row.try_get(at)).collect::<Result<_, _>>()?;
            existed.insert(key, row.try_get(0)?);
        }
        let columns = self.table.key();
        let written = self.writes.iter().map(|write| {
            let key: Vec<_> = columns.iter().zip(write.key.parts()).map(|(c, value)| c.param(value).text()).collect();
            Ok(Written::existed(existed.get(&key).copied().unwrap_or(false)))
        });
        Ok(written.collect())
    }

    /// Finds out whether all of them were done, by the stamp in one of their rows.
    async fn resolve(&self, link: &Link, call: &Call, failure: Failure, stamp: [u8; 16]) -> Vec<Result<Written>> {
        let until = match failure {
            Failure::TimedOut => Until::Deadline,
            _ => Until::Grace(super::write::GRACE),
        };
        let found = match self.puts {
            true => {
                let stamped = Stamped { chunk: self, link, call, stamp };
                find_applied(&stamped, until, backoff(), || call.left()).await
            }
            // A deleted row bears no stamp.
            false => None,
        };
        let unknown = failure.into_unknown();
        let result = |_| if found.is_some() { Ok(Written::existed(false)) } else { Err(unknown.clone()) };
        self.writes.iter().map(result).collect()
    }
}

fn size(write: &Write) -> usize {
    match &write.action {
        Action::Put(record) => record.as_bytes().len(),
        _ => 0,
    }
}

/// A column of the key as text.
fn key_text(column: &Column) -> String {
    match column.sql_type() {
        "bytea" => format!("encode({}, 'hex')", column.sql),
        _ => format!("{}::text", column.sql),
    }
}

/// Puts that are known by their stamp.
struct Stamped<'a> {
    chunk: &'a Chunk<'a>,
    link: &'a Link,
    call: &'a Call,
    stamp: [u8; 16],
}

impl Applied for Stamped<'_> {
    type Written = ();

    async fn find(&self) -> Result<Option<()>> {
        let keys: Vec<_> = self.chunk.writes.iter().map(|write| &write.key).collect();
        let is_there = is_stamped(self.link, self.call, self.chunk.table, &keys, self.stamp).await?;
        Ok(is_there.then_some(()))
    }
}
