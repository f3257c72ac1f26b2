use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::layout::Layout;
use super::space::Space;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// The repositories that were defined, by name.
pub(super) type Catalog = HashMap<String, Layout>;

/// Repositories in a space.
///
/// The catalog's lock is taken before the space's, and held as long: what an operation knows of
/// indexes stays true until it is done.
pub(crate) struct Keyspace<S> {
    pub(super) space: S,
    pub(super) limits: Limits,
    catalog: RwLock<Catalog>,
}

impl<S: Space> Keyspace<S> {
    pub(crate) fn new(space: S, limits: Limits) -> Self {
        Self { space, limits, catalog: RwLock::default() }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// A panic elsewhere cannot leave the catalog half changed: it is changed in one step.
    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is in it stays out of the text: it may be large, and is the user's own.
impl<S> fmt::Debug for Keyspace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Keyspace");
        // A lock that is held, by this very thread perhaps, is not waited for.
        if let Ok(catalog) = self.catalog.try_read() {
            let mut names: Vec<_> = catalog.keys().collect();
            names.sort();
            out.field("repositories", &names);
        }
        out.field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The layout of a repository, if it was defined as the model describes it.
pub(super) fn layout<'a>(catalog: &'a Catalog, definition: &'static Definition) -> Result<&'a Layout> {
    let name = definition.name();
    let undefined = || {
        let message = format!("the repository {name} is not defined; call define first");
        Error::new(ErrorKind::SchemaMismatch, message).in_repository(name)
    };
    let layout = catalog.get(name).ok_or_else(undefined)?;
    layout.check_fits(definition).map_err(|e| e.in_repository(name))?;
    Ok(layout)
}
