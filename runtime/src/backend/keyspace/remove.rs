//! Repositories that are taken away, and records that are: all in one batch.

use super::layout::Layout;
use super::pending::Pending;
use super::space::{Space, View};
use super::store::Keyspace;
use crate::definition::Definition;
use crate::error::Result;

impl<S: Space> Keyspace<S> {
    /// Takes a repository out of the store and of the catalogue, whatever it was defined as.
    pub(in crate::backend) fn remove_repository(&self, definition: &'static Definition) -> Result<()> {
        self.define_with(|view, catalog| {
            let mut pending = Pending::new(view);
            if let Some(layout) = catalog.find(definition.name()) {
                remove_all(view, layout, &mut pending)?;
            }
            let catalog = catalog.without(definition.name(), &mut pending);
            Ok((catalog, pending.into_batch()))
        })
    }

    /// Deletes all records of a repository with their entries.
    pub(in crate::backend) fn remove_records(&self, definition: &'static Definition) -> Result<()> {
        self.write_with(|view, catalog| {
            let mut pending = Pending::new(view);
            remove_all(view, catalog.layout_of(definition)?, &mut pending)?;
            Ok(((), pending.into_batch()))
        })
    }
}

fn remove_all(view: &dyn View, layout: &Layout, pending: &mut Pending<'_>) -> Result<()> {
    for bounds in layout.all_bounds() {
        view.scan(&bounds, false, &mut |key, _| {
            pending.remove(key.to_vec());
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}
