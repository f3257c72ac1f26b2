//! Which repositories are known to be defined. A write to a collection that does not exist creates it, without
//! the indexes; so the first call of a model looks, and is refused as on the other backends.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use mongodb::Database;

use crate::definition::Definition;
use crate::error::Result;
use crate::request::Call;

/// The definitions that were compared with what is stored, by their addresses.
#[derive(Default)]
pub(in super::super) struct DefinedCache(RwLock<HashSet<usize>>);

impl DefinedCache {
    /// Refuses a repository that is not defined as the model says; looks only once.
    pub(in super::super) async fn check_defined(
        &self,
        database: &Database,
        call: &Call,
        definition: &'static Definition,
    ) -> Result<()> {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address(definition)) {
            return Ok(());
        }
        super::check_defined(database, call, definition).await?;
        self.insert(definition);
        Ok(())
    }

    /// Notes that the repository is defined.
    pub(in super::super) fn insert(&self, definition: &'static Definition) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(address(definition));
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
