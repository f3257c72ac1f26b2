//! One state of the file as the keyspace reads it.

use std::fmt::Write as _;
use std::ops::{Bound, ControlFlow};

use rusqlite::{CachedStatement, Connection, Row, types::ValueRef};

use super::failure::failed;
use super::turn::{self, Wait};
use crate::backend::keyspace::{Bounds, CATALOG_HEAD, Entry, Lead, View, Visit};
use crate::error::{Error, Result};

/// What a connection sees for as long as it is in a transaction.
pub(super) struct State<'a> {
    connection: &'a Connection,
    /// The head of the catalogue, if it was read already.
    pub(super) head: Option<Option<Entry>>,
}

/// An entry, or nothing if its column is null.
fn entry_if_there(row: &Row<'_>) -> Result<Option<Entry>> {
    match row.get_ref(0).map_err(failed)? {
        ValueRef::Null => Ok(None),
        _ => entry_of(row, 0).map(Some),
    }
}

/// The head of the catalogue, in one row whether it is there or not.
const HEAD: &str = "SELECT entry FROM (SELECT 1) LEFT JOIN reposit_entries ON key = x'0000'";

pub(super) const GET: &str = "SELECT entry FROM reposit_entries WHERE key = ?1";

/// Looks at one state: a statement that stands at its row holds it, and costs less than a transaction.
pub(super) fn look_at<T>(connection: &Connection, look: impl FnOnce(&State<'_>) -> Result<T>) -> Result<T> {
    let mut pin = connection.prepare_cached(HEAD).map_err(failed)?;
    let mut wait = Wait::new();
    loop {
        let mut rows = pin.raw_query();
        // The first step takes the lock, which a recovery by another process may hold for a moment.
        match rows.next() {
            Ok(row) => {
                let head = row.map(entry_if_there).transpose()?;
                return look(&State { connection, head });
            }
            Err(error) => wait.pause(error)?,
        }
    }
}

impl<'a> State<'a> {
    /// What a connection sees that is in a transaction.
    pub(super) fn within(connection: &'a Connection) -> Self {
        Self { connection, head: None }
    }
}

impl View for State<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        match &self.head {
            Some(head) if key == CATALOG_HEAD => Ok(head.clone()),
            _ => find(&mut self.connection.prepare_cached(GET).map_err(failed)?, key),
        }
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        if bounds.is_empty() {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(&scan_text(bounds, descending)).map_err(failed)?;
        let ends = [bounds.low(), bounds.high()].into_iter().filter_map(|bound| match bound {
            Bound::Included(key) | Bound::Excluded(key) => Some(key),
            Bound::Unbounded => None,
        });
        for (at, key) in (1..).zip(ends) {
            statement.raw_bind_parameter(at, key).map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            turn::pass()?;
            let ValueRef::Blob(key) = row.get_ref(0).map_err(failed)? else { return Err(broken()) };
            if visit(key, &entry_of(row, 1)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn follow(&self, bounds: &Bounds, descending: bool, lead: &mut Lead<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut get = self.connection.prepare_cached(GET).map_err(failed)?;
        let mut key = Vec::new();
        self.scan(bounds, descending, &mut |from, _| {
            lead(from, &mut key)?;
            find(&mut get, &key)?.map_or(Ok(ControlFlow::Continue(())), |entry| visit(&key, &entry))
        })
    }
}

pub(super) fn find(get: &mut CachedStatement<'_>, key: &[u8]) -> Result<Option<Entry>> {
    turn::pass()?;
    get.raw_bind_parameter(1, key).map_err(failed)?;
    let mut rows = get.raw_query();
    rows.next().map_err(failed)?.map(|row| entry_of(row, 0)).transpose()
}

/// The entry in a column.
pub(super) fn entry_of(row: &Row<'_>, column: usize) -> Result<Entry> {
    match row.get_ref(column).map_err(failed)? {
        ValueRef::Null => Ok(Entry::MARK),
        ValueRef::Blob(bytes) => Entry::from_bytes(bytes),
        _ => Err(broken()),
    }
}

/// The same text for the same kinds of bounds, so that it is prepared once.
fn scan_text(bounds: &Bounds, descending: bool) -> String {
    let mut text = String::from("SELECT key, entry FROM reposit_entries");
    let mut joint = " WHERE";
    let ends = [(bounds.low(), ">=", ">"), (bounds.high(), "<=", "<")];
    for (bound, including, excluding) in ends {
        let operator = match bound {
            Bound::Included(_) => including,
            Bound::Excluded(_) => excluding,
            Bound::Unbounded => continue,
        };
        // Writing to a text cannot fail.
        let _ = write!(text, "{joint} key {operator} ?");
        joint = " AND";
    }
    text.push_str(if descending { " ORDER BY key DESC" } else { " ORDER BY key" });
    text
}

fn broken() -> Error {
    Error::codec("a row of the file is not what the library writes")
}
