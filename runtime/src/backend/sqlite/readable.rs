//! What a person with SQLite's own shell can read: a view for each repository, of its records as JSON.
//!
//! Nothing is stored for it, and nothing written but when a repository is defined.

use rusqlite::Connection;

use super::failure::failed;
use super::json_query;
use crate::backend::keyspace::{Entry, described_repository};
use crate::error::Result;

/// The view of all records, which the others are parts of.
const ALL: &str = "reposit_records";

/// Changes SQLite's schema, and leaves it as it was.
const TOUCH: &str = "CREATE VIEW reposit_touch AS SELECT 1; DROP VIEW reposit_touch";

/// The first byte of the key of a record; the number of its repository follows.
const RECORDS: u8 = 1;

/// Makes the view of all records.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    let json = json_query::json_of("entry");
    let all = format!("SELECT key, ({json}) AS record FROM reposit_entries WHERE entry IS NOT NULL");
    connection.execute_batch(&format!("CREATE VIEW {ALL} AS {all}"))
}

/// Has a view for each repository, and none for one that is not there any more.
pub(super) fn follow(connection: &Connection, key: &[u8], entry: Option<&Entry>) -> Result<()> {
    let Some((name, id)) = described_repository(key, entry) else { return Ok(()) };
    change(connection, name, id).map_err(failed)
}

fn change(connection: &Connection, name: &str, id: Option<u32>) -> rusqlite::Result<()> {
    let kind = "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE";
    let mut kinds = connection.prepare(kind)?;
    let there = kinds.query_map([name], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let quoted = name.replace('"', "\"\"");
    let reserved = ["sqlite_", "reposit_"].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
    match id {
        // A name that differs in its case alone is one name to SQLite, and the first has it.
        Some(id) if there.is_empty() && !reserved => {
            let (low, high) = (record_prefix(id), record_prefix(id.saturating_add(1)));
            let part = format!("SELECT record FROM {ALL} WHERE key >= {low} AND key < {high}");
            connection.execute_batch(&format!("CREATE VIEW \"{quoted}\" AS {part}"))
        }
        None if there == ["view"] && !reserved => connection.execute_batch(&format!("DROP VIEW \"{quoted}\"")),
        // Every change of the catalogue is one of SQLite's schema, so that statements are prepared anew: see `reader.rs`.
        _ => connection.execute_batch(TOUCH),
    }
}

fn record_prefix(id: u32) -> String {
    format!("x'{RECORDS:02x}{id:08x}'")
}
