//! Which repositories are known to be defined, so that only the first call of a model looks.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crate::definition::Definition;

/// The definitions that were compared with what is stored, by their addresses.
#[derive(Default)]
pub(in super::super) struct DefinedCache(RwLock<HashSet<usize>>);

impl DefinedCache {
    /// Whether the repository is known to be defined as the model says.
    pub(in super::super) fn contains(&self, definition: &'static Definition) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address(definition))
    }

    /// Notes that the repository is defined.
    pub(in super::super) fn insert(&self, definition: &'static Definition) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address(definition));
    }

    /// Forgets that the repository is defined.
    pub(in super::super) fn remove(&self, definition: &'static Definition) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&address(definition));
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
