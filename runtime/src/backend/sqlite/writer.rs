//! The connection that writes: transactions, and what is known of one that could not be committed.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, ffi};

use super::failure::{failed, is_busy};
use super::readable;
use super::turn::Wait;
use crate::backend::keyspace::Batch;
use crate::error::{Error, ErrorKind, Result};

// An entry that is there is replaced in one step: the table has no other index.
const PUT: &str = "REPLACE INTO reposit_entries (key, entry) VALUES (?1, ?2)";
const TAKE: &str = "DELETE FROM reposit_entries WHERE key = ?1";

/// Changes nothing, but writes a page: over what an earlier transaction may have left in the log.
const TOUCH: &str = "REPLACE INTO reposit_entries (key, entry) VALUES (x'', NULL); \
                     DELETE FROM reposit_entries WHERE key = x''";

/// For so long after another process has written, it is let in between.
const OTHERS_STAY: Duration = Duration::from_millis(100);

/// How long it is let in for.
const OTHERS_TURN: Duration = Duration::from_micros(500);

/// The connection that writes. Only the store's own thread uses it, and in memory those who read.
pub(super) struct Writer {
    pub(super) connection: Connection,
    /// Whether a transaction is open that several writes share.
    is_shared: bool,
    /// What went wrong in it: nothing of it may be committed then.
    failed: Option<Error>,
    /// SQLite's count of what others have written.
    others: i64,
    others_wrote: Option<Instant>,
}

/// A transaction that was not committed.
pub(super) struct Uncommitted {
    pub(super) error: Error,
    /// Whether it may be there all the same, now or after a crash.
    pub(super) is_possible: bool,
}

impl Uncommitted {
    /// The error of a write in it.
    pub(super) fn into_error(self) -> Error {
        match self.is_possible {
            false => self.error,
            true => {
                let message = format!("the disk failed while the write was put there: {}", self.error.message());
                Error::new(ErrorKind::OutcomeUnknown, message).with_source(self.error)
            }
        }
    }
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, is_shared: false, failed: None, others: 0, others_wrote: None }
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.raw_execute().map(|_| ())
    }

    /// Begins a transaction: nobody else writes until it ends.
    pub(super) fn begin(&mut self) -> Result<()> {
        let mut wait = Wait::new();
        while let Err(error) = self.run("BEGIN IMMEDIATE") {
            wait.pause(error)?;
        }
        let version = self.connection.prepare_cached("PRAGMA data_version");
        let version = version.and_then(|mut version| version.query_row([], |row| row.get(0))).map_err(failed);
        match version {
            Ok(version) => {
                if version != self.others {
                    self.others_wrote = Some(Instant::now()).filter(|_| self.others != 0);
                    self.others = version;
                }
                Ok(())
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Begins one that several writes share.
    pub(super) fn begin_shared(&mut self) -> Result<()> {
        self.begin()?;
        self.is_shared = true;
        self.failed = None;
        Ok(())
    }

    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Refuses to go on in a shared transaction of which SQLite has taken something back.
    pub(super) fn check_shared(&mut self) -> Result<()> {
        if self.failed.is_none() && self.connection.is_autocommit() {
            self.failed = Some(Error::new(ErrorKind::Unavailable, "SQLite has given the transaction up"));
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// What went wrong in a shared transaction.
    pub(super) fn has_failed(&mut self) -> bool {
        self.check_shared().is_err()
    }

    /// Makes the changes of a batch.
    pub(super) fn apply(&mut self, batch: Batch) -> Result<()> {
        let applied = apply(&self.connection, batch);
        if let (true, Err(error)) = (self.is_shared, &applied) {
            self.failed = Some(error.clone());
        }
        applied
    }

    /// Commits. After an error the transaction is over, and it is found out whether something of it may be there.
    pub(super) fn commit(&mut self) -> Result<(), Uncommitted> {
        self.is_shared = false;
        if self.connection.is_autocommit() {
            let error = Error::new(ErrorKind::Unavailable, "SQLite has given the transaction up");
            return Err(Uncommitted { error, is_possible: false });
        }
        let Err(error) = self.run("COMMIT") else { return Ok(()) };
        self.roll_back();
        // What cannot be written, on a full disk or one that fails, stops the log before the mark that makes a commit of
        // it. After any other error, such as a sync that failed, that mark may be in the log, and count after a crash:
        // unless something else is written over it.
        let is_unwritten = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_WRITE);
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let is_certain = is_busy(&error) || is_full || is_unwritten;
        let is_possible = !is_certain && !self.write_over();
        Err(Uncommitted { error: failed(error), is_possible })
    }

    /// Writes over what a transaction that failed may have left in the log; says whether that is done.
    fn write_over(&self) -> bool {
        let touched = self.connection.execute_batch(&format!("BEGIN IMMEDIATE; {TOUCH}; COMMIT"));
        if touched.is_err() {
            self.roll_back_quietly();
        }
        touched.is_ok()
    }

    /// Ends the transaction without its changes.
    pub(super) fn roll_back(&mut self) {
        self.is_shared = false;
        self.roll_back_quietly();
    }

    fn roll_back_quietly(&self) {
        if !self.connection.is_autocommit() {
            // If this fails too, SQLite has rolled back already, or the next `BEGIN` says what is wrong.
            let _ = self.run("ROLLBACK");
        }
    }

    /// Writes the file anew, without the room that nothing takes.
    pub(super) fn compact(&self) -> Result<()> {
        let mut wait = Wait::new();
        while let Err(error) = self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") {
            self.roll_back_quietly();
            wait.pause(error)?;
        }
        Ok(())
    }

    /// Lets another process in between if one was at work just now: it may only look for a gap from time to time.
    pub(super) fn let_others_in(&self) {
        if self.others_wrote.is_some_and(|wrote| wrote.elapsed() < OTHERS_STAY) {
            thread::sleep(OTHERS_TURN);
        }
    }
}

fn apply(connection: &Connection, batch: Batch) -> Result<()> {
    for (key, entry) in batch {
        match &entry {
            Some(entry) => {
                let bytes = entry.record().map(|_| entry.to_bytes());
                let mut put = connection.prepare_cached(PUT).map_err(failed)?;
                put.raw_bind_parameter(1, key.as_slice()).map_err(failed)?;
                put.raw_bind_parameter(2, bytes.as_deref()).map_err(failed)?;
                put.raw_execute().map_err(failed)?;
            }
            None => {
                let mut take = connection.prepare_cached(TAKE).map_err(failed)?;
                take.raw_bind_parameter(1, key.as_slice()).map_err(failed)?;
                take.raw_execute().map_err(failed)?;
            }
        }
        readable::follow(connection, &key, entry.as_ref())?;
    }
    Ok(())
}
