//! What the key space needs of a store: an ordered map of bytes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::encoding::Bounds;
use crate::error::Result;
use crate::value::Record;

/// What stands under a key.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A record.
    Record(Arc<Record>),
    /// Nothing but the key itself: an entry of an index.
    Mark,
}

/// Is shown entries until it breaks off.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &Entry) -> Result<ControlFlow<()>> + 'a;

/// One state of a store: it does not change while it is looked at.
pub(crate) trait View {
    /// What stands under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Entry>>;

    /// Shows the entries within bounds, in the order of their keys or in its reverse, until `each`
    /// breaks off. Bounds that cross hold nothing.
    fn scan(&self, bounds: &Bounds, descending: bool, each: &mut Visit<'_>) -> Result<()>;
}

/// What a write changes: each key's new entry, or none.
pub(crate) type Batch = BTreeMap<Vec<u8>, Option<Entry>>;

/// An ordered store of keys and entries.
pub(crate) trait Space: Send + Sync + 'static {
    /// Its states.
    type View: View;

    /// Looks at the state as it is now.
    fn read<T>(&self, look: impl FnOnce(&Self::View) -> Result<T>) -> Result<T>;

    /// Looks at the state and changes it; no other write comes between. The batch is applied whole,
    /// or, after an error, not at all.
    fn write<T>(&self, change: impl FnOnce(&Self::View) -> Result<(T, Batch)>) -> Result<T>;
}

/// A state with changes that are not applied yet.
pub(crate) struct Pending<'a, V> {
    view: &'a V,
    batch: Batch,
}

impl<'a, V: View> Pending<'a, V> {
    pub(crate) fn new(view: &'a V) -> Self {
        Self { view, batch: Batch::new() }
    }

    pub(crate) fn into_batch(self) -> Batch {
        self.batch
    }

    pub(crate) fn record(&self, key: &[u8]) -> Result<Option<Arc<Record>>> {
        let entry = match self.batch.get(key) {
            Some(changed) => changed.clone(),
            None => self.view.get(key)?,
        };
        Ok(match entry {
            Some(Entry::Record(record)) => Some(record),
            _ => None,
        })
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, entry: Entry) {
        self.batch.insert(key, Some(entry));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.batch.insert(key, None);
    }

    /// The keys within bounds, in order, as they are with the changes; `limit` of them at most.
    pub(crate) fn keys(&self, bounds: &Bounds, limit: usize) -> Result<Vec<Vec<u8>>> {
        let mut keys = Vec::new();
        self.view.scan(bounds, false, &mut |key, _| {
            if self.batch.get(key).is_none_or(Option::is_some) {
                keys.push(key.to_vec());
            }
            Ok(if keys.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        let (low, high) = (bounds.0.as_ref(), bounds.1.as_ref());
        let added = self.batch.range::<Vec<u8>, _>((low, high)).filter(|(_, entry)| entry.is_some());
        keys.extend(added.map(|(key, _)| key.clone()));
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(limit);
        Ok(keys)
    }
}
