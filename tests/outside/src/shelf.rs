//! The store: a sorted map of bytes behind a lock. It is all that this backend has to bring.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use reposit::Result;
use reposit::keyspace::{Batch, Bounds, ByteSpace, ByteView, VisitBytes};

/// A store that several backends may share.
#[derive(Clone, Default)]
pub(crate) struct Shelf(Arc<RwLock<Map>>);

#[derive(Default)]
struct Map(BTreeMap<Vec<u8>, Vec<u8>>);

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
                Some(bytes) => map.0.insert(key, bytes),
                None => map.0.remove(&key),
            };
        }
        Ok(result)
    }
}
