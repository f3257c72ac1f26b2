//! Requests as the statements that the server is sent, each with the values that are bound to it.

use std::sync::Arc;

use super::batch;
use super::locked::lock_statements;
use super::query::page_statement;
use super::read::{self, Statement};
use super::single::Single;
use super::table::Table;
use super::transact::BEGIN;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::{Action, Call, Query, Request, SourceKind, Write};

pub(super) fn explain(
    call: &Call,
    request: Request<'_>,
    table: impl Fn(&'static Definition) -> Arc<Table>,
) -> Result<String> {
    Ok(match request {
        Request::Get(get) => read::by_key(&table(get.definition), &get.key).explain(),
        Request::GetMany(get) => all(&read::many_statements(&table(get.definition), get)),
        Request::FindUnique(find) => over(find.index, &read::by_unique(&table(find.definition), find).explain()),
        Request::FindMany(find) => over(find.index, &all(&read::values_statements(&table(find.definition), find))),
        Request::Query(query) => explain_query(&table(query.definition), query, call)?,
        Request::Write(write) => explain_write(&table(write.definition), write, call)?,
        Request::WriteMany(writes) => {
            let tables: Vec<_> = writes.iter().map(|write| table(write.definition)).collect();
            let single = |table: &Arc<Table>, write: &Write| explain_write(table, write, call);
            batch::explained(writes, &tables, call, single)?.join("\n")
        }
        Request::Transact(writes) => {
            let tables: Vec<_> = writes.iter().map(|write| table(write.definition)).collect();
            explain_transaction(&tables, writes)
        }
        Request::Snapshot(gets) => {
            let tables: Vec<_> = gets.iter().map(|get| table(get.definition)).collect();
            let statements = read::snapshot_statements(&tables, gets);
            match &*statements {
                [one] => one.explain(),
                several => format!("{}\n{}\nCOMMIT", read::snapshot_begin(&tables), all(several)),
            }
        }
    })
}

fn all(statements: &[Statement]) -> String {
    statements.iter().map(Statement::explain).collect::<Vec<_>>().join("\n")
}

fn over(index: &IndexDef, text: &str) -> String {
    format!("over the index {}:\n{text}", index.name)
}

fn explain_query(table: &Table, query: &Query, call: &Call) -> Result<String> {
    Ok(match page_statement(table, query, call)? {
        Some(statement) => match query.source.kind() {
            SourceKind::Index { index, .. } => over(index, &statement.explain()),
            _ => statement.explain(),
        },
        None => "nothing is sent: no record can be in it".to_owned(),
    })
}

fn explain_write(table: &Arc<Table>, write: &Write, call: &Call) -> Result<String> {
    if matches!(write.action, Action::Check) {
        return Ok(read::by_key(table, &write.key).explain());
    }
    // The stamp is another each time.
    match Single::new(table, write, call, [0; 16])? {
        Some(single) => Ok(single.statement.explain()),
        None => Ok(explain_transaction(std::slice::from_ref(table), std::slice::from_ref(write))),
    }
}

/// The rows are locked, and what each write makes of its record is stored.
fn explain_transaction(tables: &[Arc<Table>], writes: &[Write]) -> String {
    let locks = lock_statements(tables, writes);
    let mut lines = vec![BEGIN.to_owned()];
    lines.extend(locks.iter().map(|(_, lock)| lock.explain()));
    for (table, write) in tables.iter().zip(writes) {
        lines.push(described(table, write));
    }
    lines.push("COMMIT".to_owned());
    lines.join("\n")
}

/// What is done to a row that allows it: each write is judged when the row is locked.
fn described(table: &Table, write: &Write) -> String {
    let mut text = match &write.action {
        Action::Check => format!("-- the row of {} is looked at", table.name),
        Action::Delete => format!("DELETE FROM {} WHERE {}", table.name, table.is_key()),
        _ => super::statements::update_sql(table),
    };
    if let Some(needed) = write.requirement() {
        text.push_str(&format!("\n  -- if {needed:?}"));
    }
    write.changes().iter().for_each(|change| text.push_str(&format!("\n  -- {change:?}")));
    text
}
