//! A state of a store with changes that are not applied yet.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeBounds};

use super::bounds::Bounds;
use super::entry::Entry;
use super::space::{Batch, View};
use crate::error::Result;
use crate::value::Record;

/// A state with changes that are not applied yet: it is read as if they were.
pub(super) struct Pending<'a> {
    view: &'a dyn View,
    changes: BTreeMap<Vec<u8>, Option<Entry>>,
}

impl<'a> Pending<'a> {
    pub(super) fn new(view: &'a dyn View) -> Self {
        Self { view, changes: BTreeMap::new() }
    }

    pub(super) fn into_batch(self) -> Batch {
        Batch::of(self.changes)
    }

    pub(super) fn record(&self, key: &[u8]) -> Result<Option<Record>> {
        let entry = match self.changes.get(key) {
            Some(changed) => changed.clone(),
            None => self.view.get(key)?,
        };
        Ok(entry.and_then(Entry::into_record))
    }

    pub(super) fn put(&mut self, key: Vec<u8>, entry: Entry) {
        self.changes.insert(key, Some(entry));
    }

    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    /// The keys within bounds, in order, as they are with the changes; `limit` of them at most.
    pub(super) fn keys(&self, bounds: &Bounds, limit: usize) -> Result<Vec<Vec<u8>>> {
        let mut keys = Vec::new();
        self.view.scan(bounds, false, &mut |key, _| {
            if self.changes.get(key).is_none_or(Option::is_some) {
                keys.push(key.to_vec());
            }
            Ok(if keys.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        let within = (bounds.start_bound(), bounds.end_bound());
        let added = self.changes.range::<[u8], _>(within).filter(|(_, entry)| entry.is_some());
        keys.extend(added.map(|(key, _)| key.clone()));
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(limit);
        Ok(keys)
    }
}
