//! Locks between processes, on files. The system lets go of them when their holder ends, however it ends.

use super::support::Result;
use std::fs::{File, OpenOptions};
use std::path::Path;

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Waits until nobody else holds the lock.
pub(crate) fn exclusive(path: &Path) -> Result<Lock> {
    let file = open(path)?;
    file.lock().map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(Lock { _file: file })
}

/// Holds the lock together with others who share it.
pub(crate) fn shared(path: &Path) -> Result<Lock> {
    let file = open(path)?;
    file.lock_shared().map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(Lock { _file: file })
}

/// The lock, if nobody holds it now.
pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Lock>> {
    let file = open(path)?;
    Ok(file.try_lock().is_ok().then_some(Lock { _file: file }))
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .open(path)
        .map_err(|error| format!("cannot open {}: {error}", path.display()))
}
