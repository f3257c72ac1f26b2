//! The repositories as they were last read, and reading them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::layout::Layout;
use super::server::{Server, unreadable};
use crate::backend::support::outcome;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::Call;

/// The layout of each definition that fits it, by the definition's address.
#[derive(Debug, Default)]
pub(super) struct Layouts(RwLock<HashMap<usize, Known>>);

#[derive(Debug)]
struct Known {
    name: &'static str,
    layout: Arc<Layout>,
}

impl Layouts {
    /// The layout of a repository, read if it is not known, and compared with the definition.
    pub(super) async fn of(
        &self,
        server: &Server,
        call: &Call,
        definition: &'static Definition,
    ) -> Result<Arc<Layout>> {
        match self.known(definition) {
            Some(layout) => Ok(layout),
            // Boxed, since every call would have room for it.
            None => Box::pin(self.look_up(server, call, definition)).await,
        }
    }

    async fn look_up(&self, server: &Server, call: &Call, definition: &'static Definition) -> Result<Arc<Layout>> {
        let named = |error: Error| error.in_repository(definition.repository());
        let layout = read_layout(server, call, definition.name()).await.map_err(named)?;
        let layout = layout.ok_or_else(|| named(outcome::undefined()))?;
        layout.check_fits(definition).map_err(named)?;
        let layout = Arc::new(layout);
        self.keep(definition, Arc::clone(&layout));
        Ok(layout)
    }

    /// The layout of a definition, if it is known.
    pub(super) fn known(&self, definition: &'static Definition) -> Option<Arc<Layout>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&address(definition)).map(|known| Arc::clone(&known.layout))
    }

    /// Keeps a layout that fits a definition.
    pub(super) fn keep(&self, definition: &'static Definition, layout: Arc<Layout>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(address(definition), Known { name: definition.name(), layout });
    }

    /// Forgets what a repository was before it was as it is now.
    pub(super) fn forget_before(&self, name: &str, layout: &Layout) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| known.name != name || known.layout.generation == layout.generation);
    }

    /// Forgets a repository, whatever it is defined by.
    pub(super) fn forget(&self, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| known.name != name);
    }
}

/// Reads a repository's layout; nothing if it is not defined.
pub(super) async fn read_layout(server: &Server, call: &Call, name: &str) -> Result<Option<Layout>> {
    let base = Layout::base(&server.prefix, name);
    let mut command = redis::cmd("HGETALL");
    command.arg(format!("{base}schema"));
    let answer = server.read(call, "HGETALL", &command).await?;
    let fields: HashMap<String, Vec<u8>> = redis::from_redis_value(answer).map_err(|_| unreadable("a schema"))?;
    Layout::from_fields(base, fields)
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}
