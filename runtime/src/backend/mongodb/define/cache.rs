//! Which repositories are known to be defined. A collection is there for whoever writes to it, without its
//! indexes: the first call of a model looks, as it would be told elsewhere.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use mongodb::Database;

use super::define;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::Call;

/// The definitions that were looked at, by their addresses.
#[derive(Default)]
pub(super) struct Known(RwLock<HashSet<usize>>);

impl Known {
    /// Looks whether the repository is defined, once.
    pub(super) async fn check(&self, database: &Database, call: &Call, definition: &'static Definition) -> Result<()> {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address(definition)) {
            return Ok(());
        }
        define::check(database, call, definition).await?;
        self.add(definition);
        Ok(())
    }

    /// The repository was defined just now.
    pub(super) fn add(&self, definition: &'static Definition) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address(definition));
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
