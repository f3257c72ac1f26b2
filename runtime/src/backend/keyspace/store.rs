//! The keyspace itself: a store, and what is known of its catalogue.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};

use super::catalog::Catalog;
use super::space::{Batch, Space, View};
use crate::error::Result;
use crate::limits::Limits;

/// Repositories in an ordered store: a [`Backend`](crate::backend::Backend) over whatever keeps entries
/// ordered by their keys.
///
/// The store is a [`ByteSpace`](super::ByteSpace), which has an example, or a [`Space`]. Its catalogue is
/// kept in it: opened again, it has the repositories, indexes and unique values that were defined. Several
/// processes may open one store, if the store allows it.
///
/// - A read looks at one state of the store. A query reads one record further than its page.
/// - A write looks up the record that is there, and for each unique index the entries with the new values;
///   it then changes the record and the entries that differ, in one batch. A transaction is one batch too.
/// - `define` indexes the records that are there already, in one batch, which therefore has to fit in memory.
/// - Each write on a repository with a time to live clears two expired records away.
///
/// [`Database::raw`](crate::Database::raw) is the store.
pub struct Keyspace<S> {
    pub(super) space: S,
    pub(super) name: &'static str,
    pub(super) limits: Limits,
    /// What was last read of the store or defined. A new one takes its place; it never changes.
    catalog: ShardedLock<Arc<Catalog>>,
    /// Held by each write for as long as it takes, so that what it knows of indexes stays true; by a definition
    /// alone.
    defining: RwLock<()>,
}

impl<S: Space> Keyspace<S> {
    /// A keyspace over a store, which takes records and keys within these limits. Nothing is read yet: a
    /// store of another format is refused by the first operation, which for a
    /// [`Database`](crate::Database) is the opening.
    pub fn new(space: S, limits: Limits) -> Self {
        Self { space, name: "keyspace", limits, catalog: ShardedLock::default(), defining: RwLock::default() }
    }

    /// The same keyspace, as a backend of this name.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The store.
    #[cfg(any(feature = "memory", feature = "sqlite"))]
    pub(crate) fn space(&self) -> &S {
        &self.space
    }

    /// Reads the catalogue's generation, so that a store of another format is refused.
    pub(in crate::backend) fn check_catalog(&self) -> Result<()> {
        self.read_with(|_, _| Ok(()))
    }

    /// Reads a few keys, with the catalogue of the same state.
    pub(super) fn read_with<T>(&self, look: impl FnOnce(&dyn View, &Catalog) -> Result<T>) -> Result<T> {
        let mut newer = None;
        // The catalogue comes before the state: whatever is in it is in the state too.
        let cached = self.catalog();
        let result = self.space.read(|view| look(view, self.current(view, &cached, &mut newer)?));
        drop(cached);
        self.keep(newer);
        result
    }

    /// The same for a look that may take long: nobody who defines waits for it.
    pub(super) fn read_long_with<T>(&self, look: impl FnOnce(&dyn View, &Catalog) -> Result<T>) -> Result<T> {
        let mut newer = None;
        let cached = Arc::clone(&self.catalog());
        let result = self.space.read_long(|view| look(view, self.current(view, &cached, &mut newer)?));
        self.keep(newer);
        result
    }

    /// Changes the store with the catalogue of the same state.
    pub(super) fn write_with<T>(&self, change: impl FnOnce(&dyn View, &Catalog) -> Result<(T, Batch)>) -> Result<T> {
        let mut newer = None;
        let _defined = self.defining.read().unwrap_or_else(PoisonError::into_inner);
        let cached = Arc::clone(&self.catalog());
        let result = self.space.write(|view| change(view, self.current(view, &cached, &mut newer)?));
        self.keep(newer);
        result
    }

    /// Changes the catalogue, here and in the store.
    pub(super) fn define_with(
        &self,
        change: impl FnOnce(&dyn View, &Catalog) -> Result<(Catalog, Batch)>,
    ) -> Result<()> {
        // No write runs meanwhile. Otherwise one could write by the old catalogue after the new one was
        // stored, and leave a record out of an index. A read by the old one finds what it always found.
        let _alone = self.defining.write().unwrap_or_else(PoisonError::into_inner);
        let cached = Arc::clone(&self.catalog());
        let mut newer = None;
        let changed = self.space.write(|view| change(view, self.current(view, &cached, &mut newer)?))?;
        let mut cached = self.catalog_mut();
        if !cached.is_newer_than(&changed) {
            *cached = Arc::new(changed);
        }
        Ok(())
    }

    /// The catalogue in a state of the store: the one that is cached, or, if that is another, the one that is
    /// read from the store now.
    fn current<'a>(&self, view: &dyn View, cached: &'a Catalog, newer: &'a mut Option<Catalog>) -> Result<&'a Catalog> {
        if cached.is_loaded() && self.space.is_exclusive() {
            return Ok(cached);
        }
        let generation = Catalog::stored_generation(view)?;
        if cached.is_at(generation) {
            return Ok(cached);
        }
        Ok(newer.insert(Catalog::load(view, generation)?))
    }

    /// Keeps a catalogue that was read, unless a later one has been kept since.
    fn keep(&self, newer: Option<Catalog>) {
        if let Some(newer) = newer {
            let mut cached = self.catalog_mut();
            if newer.is_newer_than(&cached) {
                *cached = Arc::new(newer);
            }
        }
    }

    /// A panic elsewhere cannot leave the catalogue half changed: it is changed in one step.
    fn catalog(&self) -> ShardedLockReadGuard<'_, Arc<Catalog>> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn catalog_mut(&self) -> ShardedLockWriteGuard<'_, Arc<Catalog>> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is in it stays out of the text: it may be large, and is the user's own.
impl<S> fmt::Debug for Keyspace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Keyspace");
        out.field("name", &self.name);
        // A lock that is held, by this very thread perhaps, is not waited for.
        if let Ok(catalog) = self.catalog.try_read() {
            out.field("repositories", &catalog.names());
        }
        out.field("limits", &self.limits).finish_non_exhaustive()
    }
}
