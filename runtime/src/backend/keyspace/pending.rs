//! A state of a store with changes that are not applied yet.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeBounds};

use super::bounds::Bounds;
use super::entry::Entry;
use super::space::{Batch, View};
use crate::error::Result;
use crate::value::Record;

/// So many changes stand in a run, in which each new one moves those behind it; more stand in a map.
const FEW: usize = 64;

/// Room for the changes of a write on a model with an index or two.
const ROOM: usize = 4;

/// A state with changes that are not applied yet: it is read as if they were.
pub(super) struct Pending<'a> {
    view: &'a dyn View,
    changes: Changes,
}

/// Changes by their keys, in order.
enum Changes {
    Few(Vec<(Vec<u8>, Option<Entry>)>),
    Many(BTreeMap<Vec<u8>, Option<Entry>>),
}

impl<'a> Pending<'a> {
    pub(super) fn new(view: &'a dyn View) -> Self {
        Self { view, changes: Changes::Few(Vec::with_capacity(ROOM)) }
    }

    pub(super) fn into_batch(self) -> Batch {
        Batch::of_sorted(match self.changes {
            Changes::Few(run) => run,
            Changes::Many(map) => map.into_iter().collect(),
        })
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
        self.changes.add_keys(bounds, &mut keys);
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(limit);
        Ok(keys)
    }
}

impl Changes {
    fn get(&self, key: &[u8]) -> Option<&Option<Entry>> {
        match self {
            Self::Few(run) => {
                let at = run.binary_search_by(|(other, _)| other.as_slice().cmp(key)).ok()?;
                run.get(at).map(|(_, entry)| entry)
            }
            Self::Many(map) => map.get(key),
        }
    }

    fn insert(&mut self, key: Vec<u8>, entry: Option<Entry>) {
        match self {
            Self::Few(run) => match run.binary_search_by(|(other, _)| other.cmp(&key)) {
                Ok(at) => {
                    if let Some((_, place)) = run.get_mut(at) {
                        *place = entry;
                    }
                }
                Err(at) if run.len() < FEW => run.insert(at, (key, entry)),
                Err(_) => {
                    let mut map: BTreeMap<_, _> = std::mem::take(run).into_iter().collect();
                    map.insert(key, entry);
                    *self = Self::Many(map);
                }
            },
            Self::Many(map) => drop(map.insert(key, entry)),
        }
    }

    /// Adds the keys within bounds that have an entry by these changes.
    fn add_keys(&self, bounds: &Bounds, keys: &mut Vec<Vec<u8>>) {
        match self {
            Self::Few(run) => {
                let within = run.iter().filter(|(key, entry)| entry.is_some() && bounds.contains(key.as_slice()));
                keys.extend(within.map(|(key, _)| key.clone()));
            }
            Self::Many(map) => {
                let within = map.range::<[u8], _>(bounds).filter(|(_, entry)| entry.is_some());
                keys.extend(within.map(|(key, _)| key.clone()));
            }
        }
    }
}
