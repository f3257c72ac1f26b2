//! What SQLite's errors mean.

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

/// The error of a request that SQLite refused. What it says holds no stored value.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Timeout, "another process was writing to the file all the time")
        }
        Some(ErrorCode::DiskFull) => (ErrorKind::Unavailable, "the disk is full, or the file may grow no more"),
        Some(ErrorCode::SystemIoFailure) => (ErrorKind::Unavailable, "the disk failed"),
        Some(ErrorCode::CannotOpen) => (ErrorKind::Unavailable, "the file, or one beside it, cannot be opened"),
        Some(ErrorCode::ReadOnly) => (ErrorKind::Unavailable, "the file cannot be written"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (ErrorKind::Backend, "the file is damaged: SQLite's `pragma integrity_check` says where")
        }
        Some(ErrorCode::TooBig) => (ErrorKind::InvalidInput, "a record or key is longer than SQLite's 1 GB"),
        _ => (ErrorKind::Backend, "SQLite refused"),
    };
    Error::new(kind, format!("{message} ({})", words(&error))).with_source(error)
}

/// SQLite's own words for an error, and its number.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(code, _) => format!("SQLite error {}: {code}", code.extended_code),
        other => format!("{other}"),
    }
}

/// Whether someone else has the lock that was wanted, and may give it back.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The same error, of an opening: what the user has to put right is the configuration.
pub(super) fn not_opened(path: &str, error: rusqlite::Error) -> Error {
    let why = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "is no SQLite database, and was left as it is",
        Some(ErrorCode::CannotOpen) => "cannot be opened: its folder is missing, or there is no right to use it",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "cannot be written: there is no right to",
        Some(ErrorCode::SystemIoFailure) => "cannot be used: the file system does not do what SQLite needs",
        _ => return failed(error),
    };
    Error::config(format!("{path} {why} ({})", words(&error))).with_source(error)
}

/// Nobody works on the store any more.
pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the store's thread has ended, so that nothing was done")
}
