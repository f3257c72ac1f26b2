//! A connection that reads, and what it knows of the catalogue: so that a read of one key is one statement.
//!
//! The head of the catalogue was read in a state for which the statement that gets was prepared. Whoever changes the
//! catalogue changes SQLite's schema too, and SQLite prepares a statement anew as soon as that has changed. So for as long
//! as it does not, the head is what it was.

use std::cell::Cell;

use rusqlite::{Connection, StatementStatus};

use super::failure::failed;
use super::turn;
use super::view::{GET, State, find, look_at};
use crate::backend::keyspace::{Bounds, CATALOG_HEAD, Entry, View, Visit};
use crate::error::Result;

/// A connection that reads.
pub(super) struct Reader {
    connection: Connection,
    known: Option<Known>,
}

/// The head of the catalogue, and how often the statement that gets had been prepared anew when it was read.
struct Known {
    head: Option<Entry>,
    prepared: i32,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, known: None }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Looks at the state as it is now.
    pub(super) fn look<T>(&mut self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        if !turn::is_single() {
            return look_at(&self.connection, |state| look(state));
        }
        if let Some(known) = self.known.take() {
            let single = Single {
                connection: &self.connection,
                known: &known,
                is_used: Cell::new(false),
                fits: Cell::new(true),
            };
            let seen = look(&single);
            let (is_used, fits) = (single.is_used.get(), single.fits.get());
            if fits {
                self.known = Some(known);
            }
            // What was answered without a look at the file may be out of date.
            return if is_used { seen } else { turn::give_up() };
        }
        let known = &mut self.known;
        look_at(&self.connection, |state| {
            let seen = look(state);
            *known = Some(Known::read(&self.connection, state)?);
            seen
        })
    }
}

impl Known {
    /// Of a state.
    fn read(connection: &Connection, state: &State<'_>) -> Result<Self> {
        let mut get = connection.prepare_cached(GET).map_err(failed)?;
        // Prepares it anew if it has to be.
        find(&mut get, &CATALOG_HEAD)?;
        Ok(Self { head: state.head.clone().flatten(), prepared: get.get_status(StatementStatus::RePrepare) })
    }
}

/// A state of which one key is read. It has no transaction of its own.
struct Single<'a> {
    connection: &'a Connection,
    known: &'a Known,
    is_used: Cell<bool>,
    /// Whether what is known is still so.
    fits: Cell<bool>,
}

impl View for Single<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        if key == CATALOG_HEAD {
            return Ok(self.known.head.clone());
        }
        if self.is_used.replace(true) {
            return turn::give_up();
        }
        let mut get = self.connection.prepare_cached(GET).map_err(failed)?;
        let found = find(&mut get, key);
        self.fits.set(found.is_ok() && get.get_status(StatementStatus::RePrepare) == self.known.prepared);
        if self.fits.get() { found } else { turn::give_up() }
    }

    fn scan(&self, _: &Bounds, _: bool, _: &mut Visit<'_>) -> Result<()> {
        turn::give_up()
    }
}
