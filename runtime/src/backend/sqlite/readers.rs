//! The connections that read: each is lent to one reader at a time, and none waits for the writer.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::file;
use super::reader::Reader;
use crate::backend::keyspace::View;
use crate::error::Result;

/// So many connections are kept while nobody reads.
const KEPT: usize = 16;

/// Connections to one file.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default() }
    }

    /// Looks at the state as it is now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        let mut reader = self.lend()?;
        let result = reader.look(look);
        self.take_back(reader);
        result
    }

    /// Lends a connection.
    pub(super) fn with<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let reader = self.lend()?;
        let result = act(reader.connection());
        self.take_back(reader);
        result
    }

    fn lend(&self) -> Result<Reader> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| file::open_reader(&self.path).map(Reader::new), Ok)
    }

    fn take_back(&self, reader: Reader) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(reader);
        }
    }
}
