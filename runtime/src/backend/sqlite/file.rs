//! The file: how it is opened, what shows that it is ours, and what is in a new one.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::failure::{failed, is_busy, not_opened};
use super::readable;
use super::settings::{Durability, SqliteSettings};
use super::turn::Wait;
use crate::error::{Error, ErrorKind, Result};

/// What SQLite's header says of a file of ours: `repo`.
const APPLICATION_ID: i32 = 0x7265_706f;

/// The format of the file. That of keys, entries and schemas is in the catalogue.
const FORMAT: i32 = 1;

/// How much of the file a connection keeps in memory, in KiB.
const CACHE: i32 = 8192;

/// How many statements a connection keeps prepared.
const STATEMENTS: usize = 64;

/// How long an opening pauses before it tries again.
const PAUSE: Duration = Duration::from_millis(2);

/// One table for all entries, in the order of their keys. An entry that is a key alone is null.
const TABLE: &str = "CREATE TABLE reposit_entries (key BLOB PRIMARY KEY NOT NULL, entry BLOB) WITHOUT ROWID";

/// Opens the connection that writes, and makes of a new file one of ours.
pub(super) fn open(settings: &SqliteSettings, until: Instant) -> Result<Connection> {
    let path = settings.path.display().to_string();
    loop {
        let prepared = connect(&settings.path).map_err(Unready::from).and_then(|connection| {
            prepare(&connection, settings)?;
            Ok(connection)
        });
        match prepared {
            Ok(connection) => return Ok(connection),
            Err(Unready::Other(error)) => return Err(error),
            Err(Unready::Sqlite(error)) if is_busy(&error) && Instant::now() < until => thread::sleep(PAUSE),
            Err(Unready::Sqlite(error)) => return Err(not_opened(&path, error)),
        }
    }
}

/// Opens one more connection to a file that was opened, which only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let mut wait = Wait::new();
    loop {
        let connected = connect(path).and_then(|reader| {
            reader.pragma_update(None, "query_only", true)?;
            Ok(reader)
        });
        match connected {
            Ok(reader) => return Ok(reader),
            Err(error) => wait.pause(error)?,
        }
    }
}

/// Opens a connection, with what holds for every one.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Whoever waits looks at its own deadline.
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "cache_size", -CACHE)?;
    Ok(connection)
}

enum Unready {
    Sqlite(rusqlite::Error),
    Other(Error),
}

impl From<rusqlite::Error> for Unready {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Checks whose file it is before anything in it changes.
fn prepare(connection: &Connection, settings: &SqliteSettings) -> Result<(), Unready> {
    let is_new = check_owner(connection, &settings.path)?;
    if !settings.is_in_memory() {
        let mode: String = connection.query_row("PRAGMA journal_mode = wal", [], |row| row.get(0))?;
        if mode != "wal" {
            let path = settings.path.display();
            let message = format!("{path} cannot have a write-ahead log: its file system shares no memory");
            return Err(Unready::Other(Error::config(message)));
        }
    }
    let synchronous = match settings.durability {
        Durability::Commit => "FULL",
        Durability::Os => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Shows too whether the file may be written.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let made = if is_new { create(connection, &settings.path) } else { Ok(()) };
    match made {
        Ok(()) => Ok(connection.execute_batch("COMMIT")?),
        Err(error) => {
            let _ = connection.execute_batch("ROLLBACK");
            Err(error)
        }
    }
}

/// Refuses a file that is not ours, or of a later format; says whether it is a new one.
fn check_owner(connection: &Connection, path: &Path) -> Result<bool, Unready> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i32>(0));
    let owner = number("PRAGMA application_id")?;
    let format = number("PRAGMA user_version")?;
    let objects = number("SELECT count(*) FROM sqlite_schema")?;
    let path = path.display();
    let refused = match (owner, format) {
        (APPLICATION_ID, FORMAT) => return Ok(false),
        (APPLICATION_ID, newer) => format!(
            "{path} is of format {newer}, and this release of the library works with format {FORMAT}: open it with \
             the release that made it, or a later one"
        ),
        (0, 0) if objects == 0 => return Ok(true),
        _ => format!("{path} is an SQLite database of another program, and was left as it is"),
    };
    Err(Unready::Other(Error::config(refused)))
}

/// Makes the table, unless another process has meanwhile.
fn create(connection: &Connection, path: &Path) -> Result<(), Unready> {
    if check_owner(connection, path)? {
        connection.execute_batch(TABLE)?;
        readable::create(connection)?;
        connection.pragma_update(None, "user_version", FORMAT)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(())
}

/// Copies all that a connection sees to a file that is not there yet.
pub(super) fn back_up(from: &Connection, to: &Path) -> Result<()> {
    let shown = to.display();
    if to.exists() {
        return Err(Error::invalid(format!("{shown} is there already, and was left as it is")));
    }
    let name = to.file_name().ok_or_else(|| Error::invalid(format!("{shown} is no name of a file")))?;
    let mut part = name.to_owned();
    part.push(".part");
    let part = to.with_file_name(part);
    let copied = copy(from, &part).and_then(|()| {
        let moved = std::fs::rename(&part, to);
        moved.map_err(|e| Error::new(ErrorKind::Unavailable, format!("{shown} cannot be made: {e}")).with_source(e))
    });
    if copied.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    copied
}

fn copy(from: &Connection, to: &Path) -> Result<()> {
    let mut copy = Connection::open(to).map_err(failed)?;
    // In one step, so that no writer makes it begin anew; in a write-ahead log none waits for it.
    let backup = rusqlite::backup::Backup::new(from, &mut copy).map_err(failed)?;
    let done = backup.step(-1).map_err(failed)?;
    drop(backup);
    match done {
        rusqlite::backup::StepResult::Done => copy.close().map_err(|(_, e)| failed(e)),
        _ => Err(Error::new(ErrorKind::Timeout, "the store was locked all the time")),
    }
}
