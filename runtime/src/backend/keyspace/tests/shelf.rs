//! A store of bytes as an outside author writes one: an ordered map behind a lock, which several keyspaces may
//! share.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::Result;
use crate::keyspace::{Batch, Bounds, ByteSpace, ByteView, VisitBytes};

/// Clones share what is in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(Arc<RwLock<Map>>);

#[derive(Debug, Default)]
struct Map(BTreeMap<Vec<u8>, Vec<u8>>);

impl Shelf {
    /// What is under a key, to be changed by another than the library.
    pub(super) fn put(&self, key: &[u8], bytes: &[u8]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).0.insert(key.to_vec(), bytes.to_vec());
    }

    /// All keys and what is under them.
    pub(super) fn contents(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

impl ByteView for Map {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut VisitBytes<'_>) -> Result<()> {
        let mut range = self.0.range::<[u8], _>(bounds);
        while let Some((key, bytes)) = if descending { range.next_back() } else { range.next() } {
            if visit(key, bytes)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl ByteSpace for Shelf {
    fn read<T>(&self, look: impl FnOnce(&dyn ByteView) -> Result<T>) -> Result<T> {
        look(&*self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&dyn ByteView) -> Result<(T, Batch<Vec<u8>>)>) -> Result<T> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (result, batch) = change(&*map)?;
        for (key, bytes) in batch {
            match bytes {
                Some(bytes) => drop(map.0.insert(key, bytes)),
                None => drop(map.0.remove(&key)),
            }
        }
        Ok(result)
    }
}
