//! Which tables were seen to have the keys of their models. A scan names no key, so DynamoDB answers it for any
//! table, and a count returns no record that would show the keys: the first count of a model reads them.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crate::definition::Definition;

/// The definitions whose tables have their keys, by their addresses.
#[derive(Default)]
pub(super) struct DefinedCache(RwLock<HashSet<usize>>);

impl DefinedCache {
    pub(super) fn contains(&self, definition: &'static Definition) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address(definition))
    }

    pub(super) fn insert(&self, definition: &'static Definition) {
        if !self.contains(definition) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address(definition));
        }
    }

    pub(super) fn remove(&self, definition: &'static Definition) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&address(definition));
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
