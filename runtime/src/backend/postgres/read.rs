//! Reads of records by their keys and by unique values.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;

use super::failure::Failure;
use super::link::Link;
use super::param::Param;
use super::table::{Column, Table, bind};
use crate::backend::support::attempt::report;
use crate::backend::support::dedup::{Distinct, ident, values_ident};
use crate::backend::support::outcome;
use crate::backend::support::retry::Backoff;
use crate::error::Result;
use crate::request::{Attempt, Call, FindMany, FindUnique, Get, GetMany, RecordKey};
use crate::value::{Record, Value};

/// How many keys one statement asks for.
const KEYS: usize = 1000;

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Pauses between attempts.
pub(super) fn backoff() -> Backoff {
    Backoff::new(FIRST_PAUSE, LONGEST_PAUSE)
}

/// A statement and its values.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
}

impl Statement {
    /// It in words, with the values beside it.
    pub(super) fn explain(&self) -> String {
        let mut text = self.sql.clone();
        for (at, param) in self.params.iter().enumerate() {
            text.push_str(&format!("\n  ${} = {}", at + 1, param.literal()));
        }
        text
    }
}

/// Sends what changes nothing, again and again if it fails for a reason that passes, until the deadline.
pub(super) async fn read(link: &Link, call: &Call, statement: &Statement) -> Result<Vec<Row>> {
    let mut backoff = backoff();
    for number in 1_u32.. {
        let attempt = async {
            let session = link.session(call).await?;
            session.send(call, Attempt::new("SELECT").numbered(number), &statement.sql, &statement.params).await
        };
        let failure = match attempt.await {
            Ok(answer) => return Ok(answer.rows),
            Err(failure) => failure,
        };
        if !failure.is_transient() || !backoff.pause(call.left()).await {
            return Err(failure.into_error(call.operation));
        }
    }
    Err(outcome::unanswered(call.operation))
}

/// What could not be read of an answer.
fn unread(call: &Call) -> impl Fn(Failure) -> crate::Error {
    let operation = call.operation;
    move |failure| failure.into_error(operation)
}

/// The read of the record with a key.
pub(super) fn by_key(table: &Table, key: &RecordKey) -> Statement {
    let sql = format!("SELECT doc FROM {} WHERE {}", table.name, table.is_key());
    Statement { sql, params: table.key_params(key) }
}

/// The record with a key, expired or not.
pub(super) async fn stored(link: &Link, call: &Call, table: &Table, key: &RecordKey) -> Result<Option<Record>> {
    let rows = read(link, call, &by_key(table, key)).await?;
    rows.first().map(|row| table.record_of(row, 0, key)).transpose().map_err(unread(call))
}

pub(super) async fn get(link: &Link, call: &Call, table: &Table, get: &Get) -> Result<Option<Record>> {
    let found = stored(link, call, table, &get.key).await?;
    Ok(found.filter(|record| record.is_live(get.definition, call)))
}

/// The read of records by many values of some columns, each beside its number.
fn among(table: &Table, columns: &[Column], values: &[Vec<&Value>]) -> Statement {
    let mut params = Vec::new();
    let rows = rows_among(table, columns, values, &mut params);
    Statement { sql: format!("SELECT n, doc FROM {rows}"), params }
}

/// The rows with many values of some columns, each beside the number `n` of its values.
pub(super) fn rows_among(table: &Table, columns: &[Column], values: &[Vec<&Value>], params: &mut Vec<Param>) -> String {
    let (mut arrays, mut names, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for (at, column) in columns.iter().enumerate() {
        let array = bind(params, column.params(values.iter().filter_map(|values| values.get(at).copied())));
        arrays.push(format!("{array}::{}[]", column.sql_type()));
        names.push(format!("k{at}"));
        same.push(format!("{} = k{at}{}", column.sql, column.collation()));
    }
    format!(
        "unnest({}) WITH ORDINALITY AS wanted({}, n) JOIN {} ON {}",
        arrays.join(", "),
        names.join(", "),
        table.name,
        same.join(" AND ")
    )
}

/// The read of the records with these keys, which are different ones.
fn by_keys(table: &Table, keys: &[&RecordKey]) -> Statement {
    let values: Vec<Vec<_>> = keys.iter().map(|key| key.parts().collect()).collect();
    among(table, table.key(), &values)
}

/// The number of a row among those that were asked for.
fn number(row: &Row) -> Result<usize, Failure> {
    let number: i64 = row.try_get(0)?;
    Ok(usize::try_from(number).unwrap_or_default().saturating_sub(1))
}

pub(super) async fn get_many(link: &Link, call: &Call, table: &Table, get: &GetMany) -> Result<Vec<Option<Record>>> {
    let distinct = distinct(get.definition, get.keys.iter().enumerate());
    let mut results = vec![None; get.keys.len()];
    for (chunk, first) in distinct.items().chunks(KEYS).zip((0..).step_by(KEYS)) {
        let rows = read(link, call, &by_keys(table, chunk)).await?;
        for row in &rows {
            let (at, record) = numbered(table, row, chunk).map_err(unread(call))?;
            assign(&distinct, first + at, record.filter(|record| record.is_live(get.definition, call)), &mut results);
        }
        for at in first..first + chunk.len() {
            distinct.positions_at(at).iter().for_each(|position| get.observer.report(*position, None));
        }
    }
    Ok(results)
}

fn distinct<'a>(
    definition: &'static crate::Definition,
    keys: impl Iterator<Item = (usize, &'a RecordKey)>,
) -> Distinct<&'a RecordKey> {
    Distinct::new(keys, |key| ident(definition, key))
}

fn numbered(table: &Table, row: &Row, keys: &[&RecordKey]) -> Result<(usize, Option<Record>), Failure> {
    let at = number(row)?;
    let record = keys.get(at).map(|key| table.record_of(row, 1, key)).transpose()?;
    Ok((at, record))
}

/// Gives a record to all positions that asked for it.
fn assign<T>(distinct: &Distinct<T>, at: usize, record: Option<Record>, results: &mut [Option<Record>]) {
    for position in distinct.positions_at(at) {
        if let Some(result) = results.get_mut(*position) {
            result.clone_from(&record);
        }
    }
}

/// The read of the record with values of a unique index.
pub(super) fn by_unique(table: &Table, find: &FindUnique) -> Statement {
    let (mut wanted, mut params) = (Vec::new(), Vec::new());
    for (part, value) in table.parts(find.index).iter().zip(&find.values) {
        params.push(part.param(value));
        wanted.push(format!("{} = ${}", part.sql, params.len()));
    }
    Statement { sql: format!("SELECT doc FROM {} WHERE {}", table.name, wanted.join(" AND ")), params }
}

pub(super) async fn find_unique(link: &Link, call: &Call, table: &Table, find: &FindUnique) -> Result<Option<Record>> {
    let rows = read(link, call, &by_unique(table, find)).await?;
    let found = rows.first().map(|row| table.record(row, 0)).transpose().map_err(unread(call))?;
    Ok(found.filter(|record| record.is_live(find.definition, call)))
}

pub(super) async fn find_many(link: &Link, call: &Call, table: &Table, find: &FindMany) -> Result<Vec<Option<Record>>> {
    let distinct = Distinct::new(find.values.iter().enumerate(), |values| values_ident(values));
    let mut results = vec![None; find.values.len()];
    for (chunk, first) in distinct.items().chunks(KEYS).zip((0..).step_by(KEYS)) {
        let rows = read(link, call, &by_values(table, find, chunk)).await?;
        for row in &rows {
            let at = number(row).map_err(unread(call))?;
            let record = table.record(row, 1).map_err(unread(call))?;
            let live = Some(record).filter(|record| record.is_live(find.definition, call));
            assign(&distinct, first + at, live, &mut results);
        }
    }
    Ok(results)
}

fn by_values(table: &Table, find: &FindMany, chunk: &[&Vec<Value>]) -> Statement {
    let values: Vec<Vec<_>> = chunk.iter().map(|values| values.iter().collect()).collect();
    among(table, &table.parts(find.index), &values)
}

/// The statements of a read of many records, to be read by people.
pub(super) fn many_statements(table: &Table, get: &GetMany) -> Vec<Statement> {
    let distinct = distinct(get.definition, get.keys.iter().enumerate());
    distinct.items().chunks(KEYS).map(|chunk| by_keys(table, chunk)).collect()
}

/// The statements of a read by many values, to be read by people.
pub(super) fn values_statements(table: &Table, find: &FindMany) -> Vec<Statement> {
    let distinct = Distinct::new(find.values.iter().enumerate(), |values| values_ident(values));
    distinct.items().chunks(KEYS).map(|chunk| by_values(table, find, chunk)).collect()
}

/// A repository, and the keys that are asked for there, by their positions.
pub(super) type Wanted<'a> = (Arc<Table>, Vec<(usize, &'a RecordKey)>);

/// Keys by the table that each is in.
pub(super) fn by_table<'a>(tables: &[Arc<Table>], keys: impl Iterator<Item = &'a RecordKey>) -> Vec<Wanted<'a>> {
    let mut wanted: Vec<Wanted<'a>> = Vec::new();
    for (position, (table, key)) in tables.iter().zip(keys).enumerate() {
        match wanted.iter_mut().find(|(other, _)| other.name == table.name) {
            Some((_, keys)) => keys.push((position, key)),
            None => wanted.push((table.clone(), vec![(position, key)])),
        }
    }
    wanted
}

/// The statements of a snapshot, to be read by people.
pub(super) fn snapshot_statements(tables: &[Arc<Table>], gets: &[Get]) -> Vec<Statement> {
    let wanted = by_table(tables, gets.iter().map(|get| &get.key));
    wanted
        .into_iter()
        .map(|(table, keys)| {
            let distinct = distinct(table.definition, keys.into_iter());
            by_keys(&table, distinct.items())
        })
        .collect()
}

/// What begins a transaction in which all statements see one state of the tables. They are locked before it is taken: a table
/// that is written anew meanwhile would be empty in it.
pub(super) fn snapshot_begin(tables: &[Arc<Table>]) -> String {
    let names: BTreeSet<_> = tables.iter().map(|table| table.name.as_str()).collect();
    let names: Vec<_> = names.into_iter().collect();
    format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "))
}

/// Reads records as they were at one moment: in one statement if they are of one repository, else in a transaction.
pub(super) async fn snapshot(
    link: &Link,
    call: &Call,
    tables: &[Arc<Table>],
    gets: &[Get],
) -> Result<Vec<Option<Record>>> {
    let mut results = vec![None; gets.len()];
    let wanted: Vec<_> = by_table(tables, gets.iter().map(|get| &get.key))
        .into_iter()
        .map(|(table, keys)| {
            let distinct = distinct(table.definition, keys.into_iter());
            let statement = by_keys(&table, distinct.items());
            (table, distinct, statement)
        })
        .collect();
    let found = match &*wanted {
        [(_, _, statement)] => vec![read(link, call, statement).await?],
        all => {
            let begin = snapshot_begin(tables);
            read_together(link, call, &begin, &all.iter().map(|(_, _, statement)| statement).collect::<Vec<_>>())
                .await?
        }
    };
    for ((table, distinct, _), rows) in wanted.iter().zip(found) {
        for row in &rows {
            let (at, record) = numbered(table, row, distinct.items()).map_err(unread(call))?;
            let live = record.filter(|record| record.is_live(table.definition, call));
            assign(distinct, at, live, &mut results);
        }
    }
    Ok(results)
}

/// Sends statements in one transaction, all at once.
async fn read_together(link: &Link, call: &Call, begin: &str, statements: &[&Statement]) -> Result<Vec<Vec<Row>>> {
    let mut backoff = backoff();
    for number in 1_u32.. {
        let attempt = async {
            let session = link.session(call).await?;
            session.set_in_transaction(true);
            let work = async {
                session.simple(begin).await?;
                let mut found = Vec::with_capacity(statements.len());
                for statement in statements {
                    found.push(session.statement(&statement.sql, &statement.params).await?.rows);
                }
                session.simple("COMMIT").await?;
                Ok(found)
            };
            let result = session.run(call, work).await;
            report(call, Attempt::new("SELECT").numbered(number), result.as_ref().err());
            session.set_in_transaction(result.is_err());
            result
        };
        let failure = match attempt.await {
            Ok(found) => return Ok(found),
            Err(failure) => failure,
        };
        if !failure.is_transient() || !backoff.pause(call.left()).await {
            return Err(failure.into_error(call.operation));
        }
    }
    Err(outcome::unanswered(call.operation))
}
