//! A write as one statement, where one can decide it.

use super::param::Param;
use super::pushdown;
use super::read::Statement;
use super::statements::{insert_sql, row_params, row_places, update_sql};
use super::table::{Table, bind};
use crate::change::Change;
use crate::condition::{Expr, Op};
use crate::error::Result;
use crate::path::Path;
use crate::request::{Action, Call, Returning, Write};
use crate::value::{Record, Value};

/// A write as one statement.
#[derive(Debug)]
pub(super) struct Single {
    pub(super) name: &'static str,
    pub(super) statement: Statement,
    pub(super) gives: Gives,
}

/// What the statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// A row if it stored a new record.
    Created,
    /// Whether a live record was there, unless nobody asks.
    Existed,
    /// The record that it took away.
    Deleted,
    /// The same, if there was one that it was meant for.
    DeletedIf,
    /// A row if it changed a live record; else the record has to show why.
    Replaced,
    /// The same, with the record if it is asked for.
    Updated,
    /// The same, or a new one, after whether one was there.
    Upserted,
}

impl Single {
    /// The statement of a write; nothing if none can decide it.
    pub(super) fn new(table: &Table, write: &Write, call: &Call, stamp: [u8; 16]) -> Result<Option<Self>> {
        if write.told() == Returning::Before && !matches!(write.action, Action::Delete) {
            return Ok(None);
        }
        Ok(match &write.action {
            Action::Create(record) => Some(Self::create(table, write, record, call, stamp)?),
            Action::Put(record) => Self::put(table, write, record, call, stamp)?,
            Action::Replace(record) => {
                let mut params = row_params(table, &write.key, record, stamp)?;
                let wanted = wanted(table, write, call, "t.doc", &mut params);
                wanted.map(|wanted| {
                    let sql = format!("{} AND {wanted}", update_sql(table));
                    Self { name: "UPDATE", statement: Statement { sql, params }, gives: Gives::Replaced }
                })
            }
            Action::Update(changes) => Self::update(table, write, changes, call, stamp),
            Action::Upsert { changes, insert } => Self::upsert(table, write, changes, insert, stamp)?,
            Action::Delete => {
                let mut params = table.key_params(&write.key);
                let is_free = write.condition.is_none() && write.version.is_none();
                let wanted =
                    if is_free { Some("true".to_owned()) } else { wanted(table, write, call, "doc", &mut params) };
                let gives = if is_free { Gives::Deleted } else { Gives::DeletedIf };
                wanted.map(|wanted| {
                    let sql = format!("DELETE FROM {} WHERE {} AND {wanted} RETURNING doc", table.name, table.is_key());
                    Self { name: "DELETE", statement: Statement { sql, params }, gives }
                })
            }
            Action::Check => None,
        })
    }

    fn create(table: &Table, write: &Write, record: &Record, call: &Call, stamp: [u8; 16]) -> Result<Self> {
        let mut params = row_params(table, &write.key, record, stamp)?;
        let (doc, stamp) = row_places(table);
        let conflict = match table.expired(call, "t.doc", &mut params) {
            Some(expired) => format!("UPDATE SET doc = {doc}, stamp = {stamp} WHERE {expired}"),
            None => "NOTHING".to_owned(),
        };
        let sql = format!("{} ON CONFLICT ({}) DO {conflict}", insert_sql(table), table.key_names());
        Ok(Self { name: "INSERT", statement: Statement { sql, params }, gives: Gives::Created })
    }

    fn put(table: &Table, write: &Write, record: &Record, call: &Call, stamp: [u8; 16]) -> Result<Option<Self>> {
        let mut params = row_params(table, &write.key, record, stamp)?;
        let (doc, stamp) = row_places(table);
        let is_free = write.condition.is_none() && write.version.is_none();
        let only_if = match is_free {
            true => String::new(),
            false => {
                let Some(wanted) = requirement(write, "t.doc", &mut params) else { return Ok(None) };
                let expired = table.expired(call, "t.doc", &mut params);
                let or_expired = expired.map_or_else(String::new, |expired| format!(" OR {expired}"));
                format!(" WHERE ({wanted}){or_expired}")
            }
        };
        let store = format!(
            "{} ON CONFLICT ({}) DO UPDATE SET doc = {doc}, stamp = {stamp}{only_if}",
            insert_sql(table),
            table.key_names()
        );
        let asks = write.returning != Returning::Nothing;
        let sql = match if asks { table.expired(call, "doc", &mut params) } else { None } {
            // A row that was updated has the id of the transaction that did so.
            None => format!("{store} RETURNING t.xmax::text <> '0'"),
            Some(expired) => format!(
                "WITH old AS (SELECT NOT ({expired}) AS is_live FROM {} WHERE {}) \
                 {store} RETURNING t.xmax::text <> '0' AND COALESCE((SELECT is_live FROM old), true)",
                table.name,
                table.is_key()
            ),
        };
        Ok(Some(Self { name: "INSERT", statement: Statement { sql, params }, gives: Gives::Existed }))
    }

    fn update(table: &Table, write: &Write, changes: &[Change], call: &Call, stamp: [u8; 16]) -> Option<Self> {
        // What is stored under another name stays there: that takes a look at it.
        if table.definition.has_aliases() || !are_small(changes) {
            return None;
        }
        let mut params = table.key_params(&write.key);
        let stamp = bind(&mut params, Param::Stamp(stamp));
        let changed = pushdown::change(changes, "doc", &mut params)?;
        let wanted = wanted(table, write, call, "doc", &mut params)?;
        let returned = if write.told() == Returning::After { " RETURNING doc" } else { "" };
        let sql = format!(
            "UPDATE {} SET doc = {}, stamp = {stamp} WHERE {} AND {IS_SMALL} AND {} AND {wanted}{returned}",
            table.name,
            changed.value,
            table.is_key(),
            changed.possible
        );
        Some(Self { name: "UPDATE", statement: Statement { sql, params }, gives: Gives::Updated })
    }

    /// One that stores a record in the place of an expired one takes a look at it.
    fn upsert(
        table: &Table,
        write: &Write,
        changes: &[Change],
        insert: &Record,
        stamp: [u8; 16],
    ) -> Result<Option<Self>> {
        if table.definition.has_aliases() || table.definition.ttl().is_some() || !are_small(changes) {
            return Ok(None);
        }
        let mut params = row_params(table, &write.key, insert, stamp)?;
        let (_, stamp) = row_places(table);
        let changed = pushdown::change(changes, "t.doc", &mut params);
        let Some((changed, wanted)) = changed.zip(requirement(write, "t.doc", &mut params)) else { return Ok(None) };
        let returned = if write.told() == Returning::After { ", t.doc" } else { "" };
        let sql = format!(
            "{} ON CONFLICT ({}) DO UPDATE SET doc = {}, stamp = {stamp} WHERE {} AND {} AND {wanted} \
             RETURNING t.xmax::text <> '0'{returned}",
            insert_sql(table),
            table.key_names(),
            changed.value,
            IS_SMALL.replace("doc", "t.doc"),
            changed.possible
        );
        Ok(Some(Self { name: "INSERT", statement: Statement { sql, params }, gives: Gives::Upserted }))
    }
}

/// That what is stored takes so little room, compressed or not, that no change of a small one makes it too large.
const IS_SMALL: &str = "pg_column_size(doc) <= 32768";

/// Whether changes bring so little that they make no small record too large.
fn are_small(changes: &[Change]) -> bool {
    const MOST: usize = 1024 * 1024;
    changes.iter().map(Change::carried_size).sum::<usize>() <= MOST
}

/// What must be true of a live record besides being there, as SQL; nothing if SQL cannot say it.
fn requirement(write: &Write, doc: &str, params: &mut Vec<Param>) -> Option<String> {
    // What the changes need stands with them.
    let version = write.version.zip(write.definition.version()).map(|(expected, name)| {
        let value = Value::Int(expected.into());
        write.definition.stored(Expr::Compare { path: Path::field(name), op: Op::Eq, value })
    });
    match Expr::both(version, write.condition.clone()) {
        Some(needed) => pushdown::condition(&needed, doc, params),
        None => Some("true".to_owned()),
    }
}

/// The same, and that the record is live.
fn wanted(table: &Table, write: &Write, call: &Call, doc: &str, params: &mut Vec<Param>) -> Option<String> {
    let needed = requirement(write, doc, params)?;
    Some(match table.expired(call, doc, params) {
        Some(expired) => format!("({needed}) AND NOT ({expired})"),
        None => format!("({needed})"),
    })
}
