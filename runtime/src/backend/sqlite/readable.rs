//! What a person with SQLite's own shell can read.

use rusqlite::Connection;

use crate::backend::keyspace::{Entry, described_repository};
use crate::error::Result;

/// Makes what all repositories have in common.
pub(super) fn create(_: &Connection) -> rusqlite::Result<()> {
    Ok(())
}

/// Has a view for each repository, and none for one that is not there any more.
pub(super) fn follow(_: &Connection, key: &[u8], entry: Option<&Entry>) -> Result<()> {
    let _ = described_repository(key, entry);
    Ok(())
}
