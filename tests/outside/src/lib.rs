//! A backend in a crate of its own: it is registered under a name, and then opened by a URL, a file or
//! the environment like those of the library.
//!
//! `outside://shelf?limits=none` is the store of the name `shelf`. It lives as long as the process, and
//! whoever opens it again finds what is in it.

mod settings;

pub use settings::OutsideSettings;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use reposit::backend::memory::Memory;
use reposit::backend::{Backend, Forward};
use reposit::config::{self, MemorySettings};

/// The name that URLs and files write.
pub const NAME: &str = "outside";

/// Makes the backend known to every configuration of this process.
///
/// Errors: `Config` the second time.
pub fn register() -> reposit::Result<()> {
    config::register(NAME, OutsideSettings::read)
}

/// The stores of this process by their names.
static STORES: LazyLock<Mutex<HashMap<String, Arc<Memory>>>> = LazyLock::new(Mutex::default);

/// A store that belongs to the process.
#[derive(Debug)]
pub struct Outside(Arc<Memory>);

impl Outside {
    fn open(settings: &OutsideSettings) -> Self {
        let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = MemorySettings::default();
        memory.limits = settings.limits;
        let store = stores.entry(settings.store.clone()).or_insert_with(|| Arc::new(Memory::new(&memory)));
        Self(store.clone())
    }
}

impl Forward for Outside {
    fn inner(&self) -> &dyn Backend {
        &*self.0
    }

    fn name(&self) -> &'static str {
        NAME
    }
}
