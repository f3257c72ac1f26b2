//! The records of a transaction: as they were when their rows were locked, and as each write leaves them.

use std::collections::HashMap;
use std::sync::Arc;

use super::failure::Failure;
use super::read::{Statement, by_table};
use super::statements::{self, Step};
use super::table::Table;
use crate::backend::support::dedup::{Distinct, ident};
use crate::error::Result;
use crate::limits;
use crate::request::{Action, Call, RecordKey, Write, Written};
use crate::value::Record;

/// What a record may take at most.
pub(super) const LIMITS: limits::Limits = limits::Limits::NONE.record(LARGEST).transaction(TRANSACTION, usize::MAX);

/// The bytes of a record at most: what MongoDB takes.
const LARGEST: usize = 16 * 1024 * 1024;

/// How many records a transaction may write.
const TRANSACTION: usize = 1000;

/// The statements that lock the rows of writes: one for each table, in the order of their names.
pub(super) fn lock_statements(tables: &[Arc<Table>], writes: &[Write]) -> Vec<(Arc<Table>, Statement)> {
    let mut by_table = by_table(tables, writes.iter().map(|write| &write.key));
    by_table.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    by_table
        .into_iter()
        .map(|(table, keys)| {
            let distinct = Distinct::new(keys, |key| ident(table.definition, key));
            let statement = lock_statement(&table, distinct.items());
            (table, statement)
        })
        .collect()
}

fn lock_statement(table: &Table, keys: &[&RecordKey]) -> Statement {
    if let [key] = keys {
        let sql = format!("SELECT doc FROM {} WHERE {} FOR UPDATE", table.name, table.is_key());
        return Statement { sql, params: table.key_params(key) };
    }
    let (mut arrays, mut names, mut same, mut params) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, column) in table.key().iter().enumerate() {
        arrays.push(format!("${}::{}[]", at + 1, column.sql_type()));
        names.push(format!("k{at}"));
        same.push(format!("{} = k{at}{}", column.sql, column.collation()));
        params.push(column.params(keys.iter().filter_map(|key| key.parts().nth(at))));
    }
    let sql = format!(
        "SELECT doc FROM unnest({}) AS wanted({}) JOIN {} AS t ON {} ORDER BY {} FOR UPDATE OF t",
        arrays.join(", "),
        names.join(", "),
        table.name,
        same.join(" AND "),
        table.key_names()
    );
    Statement { sql, params }
}

/// The records, by the idents of their keys.
#[derive(Debug, Default)]
pub(super) struct Locked(HashMap<Vec<u8>, Slot>);

/// A record as the transaction sees it.
#[derive(Debug, Default)]
struct Slot {
    /// As it was found, under the names under which it is stored.
    found: Option<Record>,
    /// As it is now.
    now: Option<Record>,
}

impl Locked {
    /// Takes what a row holds.
    pub(super) fn take(&mut self, table: &Table, row: &tokio_postgres::Row) -> Result<(), Failure> {
        let found = table.stored_record(row, 0)?;
        let mut now = found.clone();
        table.definition.complete(&mut now);
        let key = RecordKey::from_record(table.definition, &now)?;
        self.0.insert(ident(table.definition, &key), Slot { found: Some(found), now: Some(now) });
        Ok(())
    }

    /// Judges a write and does it to what is known; returns what it tells, and the statements that do it to the rows.
    pub(super) fn apply(
        &mut self,
        table: &Table,
        write: &Write,
        call: &Call,
        stamp: [u8; 16],
        is_one_of_several: bool,
    ) -> Result<(Written, Vec<Step>)> {
        let definition = write.definition;
        let slot = self.0.entry(ident(definition, &write.key)).or_default();
        write.judge(slot.now.as_ref(), call)?;
        let live = slot.now.as_ref().filter(|record| record.is_live(definition, call));
        let told = write.told();
        if matches!(write.action, Action::Check) {
            return Ok((told.written(live, None), Vec::new()));
        }
        let new = write.outcome(live)?;
        let updates = matches!(write.action, Action::Update(_) | Action::Upsert { .. });
        if let Some(new) = new.as_ref().filter(|_| updates) {
            limits::check_depth(new)?;
            limits::check_record(new, &LIMITS)?;
        }
        let written = told.written(live, new.as_ref());
        let renames = updates && live.is_some() && definition.has_aliases();
        let stored = match (&slot.found, &new) {
            (Some(found), Some(new)) if renames => {
                let changed: Vec<_> = write.changes().iter().map(|change| change.path().root().to_owned()).collect();
                Some(definition.under_old_names(found, new.clone(), &changed))
            }
            _ => new.clone(),
        };
        let row = match &slot.now {
            None => Row::Missing,
            Some(_) if live.is_none() => Row::Expired,
            Some(_) => Row::Live,
        };
        let mut steps = steps(table, write, row, stored.as_ref(), call, stamp)?;
        if row == Row::Missing && new.is_none() && is_one_of_several {
            // That there is no row has to hold until the commit.
            steps.push(statements::delete(table, &write.key, false));
        }
        *slot = Slot { found: stored, now: new };
        Ok((written, steps))
    }
}

/// What was in the row of a record before a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Missing,
    Expired,
    Live,
}

/// The statements that store a record, or take one away.
fn steps(
    table: &Table,
    write: &Write,
    row: Row,
    new: Option<&Record>,
    call: &Call,
    stamp: [u8; 16],
) -> Result<Vec<Step>> {
    let key = &write.key;
    let Some(new) = new else {
        return Ok(if row == Row::Missing { Vec::new() } else { vec![statements::delete(table, key, true)] });
    };
    let touched = table.definition.unique_indexes().filter(|index| write.touches(index));
    let mut steps: Vec<_> = touched.filter_map(|index| statements::free_values(table, key, new, index, call)).collect();
    steps.push(match row {
        Row::Live => statements::update(table, key, new, stamp)?,
        Row::Expired => statements::replace_expired(table, key, new, stamp)?,
        Row::Missing => statements::insert(table, key, new, stamp)?,
    });
    Ok(steps)
}
