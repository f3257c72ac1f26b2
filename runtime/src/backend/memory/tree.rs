use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use crate::backend::keyspace::{Batch, Entry, Space, View, Visit, encoding::Bounds};
use crate::error::Result;

/// An ordered map behind a lock.
#[derive(Default)]
pub(crate) struct Tree(RwLock<BTreeMap<Vec<u8>, Entry>>);

impl View for BTreeMap<Vec<u8>, Entry> {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        Ok(self.get(key).cloned())
    }

    fn scan(&self, bounds: &Bounds, descending: bool, each: &mut Visit<'_>) -> Result<()> {
        let bounds = (bounds.0.as_ref(), bounds.1.as_ref());
        if is_empty(bounds) {
            return Ok(());
        }
        let mut range = self.range::<Vec<u8>, _>(bounds);
        while let Some((key, entry)) = if descending { range.next_back() } else { range.next() } {
            if each(key, entry)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether bounds cross, with which a map's `range` would panic.
fn is_empty(bounds: (Bound<&Vec<u8>>, Bound<&Vec<u8>>)) -> bool {
    let (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) = bounds else {
        return false;
    };
    match low.cmp(high) {
        Ordering::Less => false,
        Ordering::Equal => !matches!(bounds, (Bound::Included(_), Bound::Included(_))),
        Ordering::Greater => true,
    }
}

impl Space for Tree {
    type View = BTreeMap<Vec<u8>, Entry>;

    // A batch is applied without anything that can panic between its entries, so that a lock that a
    // panic left behind guards a whole state.
    fn read<T>(&self, look: impl FnOnce(&Self::View) -> Result<T>) -> Result<T> {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&Self::View) -> Result<(T, Batch)>) -> Result<T> {
        let mut tree = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (result, batch) = change(&tree)?;
        for (key, entry) in batch {
            match entry {
                Some(entry) => drop(tree.insert(key, entry)),
                None => drop(tree.remove(&key)),
            }
        }
        Ok(result)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tree")
    }
}
