//! The file as a space: reads on connections of their own, writes on the one that writes.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::Connection;

use super::file;
use super::readers::Readers;
use super::settings::SqliteSettings;
use super::view::{State, look_at};
use super::writer::{Uncommitted, Writer};
use crate::backend::keyspace::{Batch, Space, View};
use crate::error::Result;

/// An SQLite file that is open, or a store in memory.
pub(super) struct Disk {
    path: PathBuf,
    writer: Mutex<Writer>,
    /// None in memory: there is one connection then, and who reads waits for who writes.
    readers: Option<Readers>,
    /// In memory, held for as long as a transaction is open that nobody may see.
    alone: Mutex<()>,
}

impl Disk {
    pub(super) fn open(settings: &SqliteSettings, until: Instant) -> Result<Self> {
        let writer = file::open(settings, until)?;
        let readers = (!settings.is_in_memory()).then(|| Readers::new(settings.path.clone()));
        let path = settings.path.clone();
        Ok(Self { path, writer: Mutex::new(Writer::new(writer)), readers, alone: Mutex::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_in_memory(&self) -> bool {
        self.readers.is_none()
    }

    // A panic of a thread that wrote leaves a transaction at worst, which the next one rolls back.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by who opens a transaction, until it ends.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back the room that nothing takes any more.
    pub(super) fn compact(&self) -> Result<()> {
        let _alone = self.alone();
        self.writer().compact()
    }

    /// Uses a connection that reads.
    pub(super) fn with_reader<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match &self.readers {
            Some(readers) => readers.with(act),
            None => {
                let _alone = self.alone();
                act(&self.writer().connection)
            }
        }
    }
}

impl Space for Disk {
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        match &self.readers {
            Some(readers) => readers.look(look),
            None => self.with_reader(|connection| look_at(connection, |state| look(state))),
        }
    }

    /// Within a transaction that is shared, or else in one of its own.
    fn write<T>(&self, change: impl FnOnce(&dyn View) -> Result<(T, Batch)>) -> Result<T> {
        let mut writer = self.writer();
        if writer.is_shared() {
            writer.check_shared()?;
            let (result, batch) = change(&State::within(&writer.connection))?;
            writer.apply(batch)?;
            return Ok(result);
        }
        drop(writer);
        let _alone = self.alone();
        let mut writer = self.writer();
        writer.begin()?;
        let changed = change(&State::within(&writer.connection));
        let done = changed.and_then(|(result, batch)| writer.apply(batch).map(|()| result));
        match done {
            Ok(result) => writer.commit().map_err(Uncommitted::into_error).map(|()| result),
            Err(error) => {
                writer.roll_back();
                Err(error)
            }
        }
    }
}
