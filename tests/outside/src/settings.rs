//! The settings of the backend: what a URL or a file says, and how they open it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use reposit::Result;
use reposit::backend::{Backend, BoxFuture, Limits};
use reposit::config::{OpenOptions, Settings, Target};
use reposit::keyspace::Keyspace;

use crate::NAME;
use crate::shelf::Shelf;

/// The stores of this process by their names.
static SHELVES: LazyLock<Mutex<HashMap<String, Shelf>>> = LazyLock::new(Mutex::default);

/// Which store, and the sizes that it takes.
#[derive(Debug, Clone)]
pub struct OutsideSettings {
    /// The store's name.
    pub store: String,
    /// The sizes that it takes.
    pub limits: Limits,
}

impl OutsideSettings {
    pub(crate) fn read(settings: &mut Settings) -> Result<Self> {
        let store = settings.host()?.ok_or_else(|| settings.error("a store is to be named: outside://store"))?;
        let limits = match settings.text("limits")?.as_deref() {
            None | Some("dynamodb") => Limits::DYNAMODB,
            Some("none") => Limits::NONE,
            Some(_) => return Err(settings.error("limits is neither `dynamodb` nor `none`")),
        };
        Ok(Self { store, limits })
    }

    /// The store of this name. Each opening has a keyspace of its own over it.
    fn keyspace(&self) -> Keyspace<Shelf> {
        let mut shelves = SHELVES.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = shelves.entry(self.store.clone()).or_default().clone();
        Keyspace::new(shelf, self.limits).named(NAME)
    }
}

impl Target for OutsideSettings {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open<'a>(&'a self, _: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(self.keyspace()) as Arc<dyn Backend>) })
    }
}
