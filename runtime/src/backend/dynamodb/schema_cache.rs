//! Which models' keys the tables were seen to have. A scan asks for no key, so DynamoDB gives it of any table, and a count
//! of it gives no record to judge by: the first one of a model reads the keys.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crate::definition::Definition;

/// The definitions, by their addresses.
#[derive(Default)]
pub(super) struct Known(RwLock<HashSet<usize>>);

impl Known {
    pub(super) fn has(&self, definition: &'static Definition) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address(definition))
    }

    pub(super) fn add(&self, definition: &'static Definition) {
        if !self.has(definition) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address(definition));
        }
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
