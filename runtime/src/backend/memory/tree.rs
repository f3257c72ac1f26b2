//! An ordered map in memory as a space.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::backend::keyspace::{Batch, Bounds, Entry, Space, View, Visit};
use crate::error::Result;

/// An ordered map behind a lock.
#[derive(Default)]
pub(crate) struct Tree(RwLock<BTreeMap<Vec<u8>, Entry>>);

impl View for BTreeMap<Vec<u8>, Entry> {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        Ok(self.get(key).cloned())
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut range = self.range::<[u8], _>(bounds);
        while let Some((key, entry)) = if descending { range.next_back() } else { range.next() } {
            if visit(key, entry)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Space for Tree {
    // A batch is applied without anything that can panic between its entries, so that a lock that a
    // panic left behind guards a whole state.
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        look(&*self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&dyn View) -> Result<(T, Batch)>) -> Result<T> {
        let mut tree = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (result, batch) = change(&*tree)?;
        for (key, entry) in batch {
            match entry {
                Some(entry) => drop(tree.insert(key, entry)),
                None => drop(tree.remove(&key)),
            }
        }
        Ok(result)
    }

    /// A tree belongs to one keyspace, so its catalogue need not be looked for in it.
    fn is_exclusive(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tree")
    }
}
