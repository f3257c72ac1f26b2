//! The settings of the backend: what a URL or a file says, and how they open it.

use std::sync::Arc;

use reposit::Result;
use reposit::backend::{Backend, BoxFuture, Limits};
use reposit::config::{OpenOptions, Settings, Target};

use crate::{NAME, Outside};

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
}

impl Target for OutsideSettings {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open<'a>(&'a self, _: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(Outside::open(self)) as Arc<dyn Backend>) })
    }
}
