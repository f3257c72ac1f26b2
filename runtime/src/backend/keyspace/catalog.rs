//! The catalogue: which repositories are in a store, and how it is kept in the store itself.
//!
//! | key | entry |
//! |---|---|
//! | `0 0` | a record of the `format` of all that is in the store, and of the catalogue's `generation` |
//! | `0 1` and a repository's name | a record of its schema: see [`Schema::to_record`] |
//!
//! A definition that changes the catalogue adds one to its generation, in the same batch. Who keeps the
//! catalogue in memory knows by the generation whether it is still what is stored.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::encoding;
use super::entry::Entry;
use super::layout::Layout;
use super::pending::Pending;
use super::schema::Schema;
use super::space::View;
use crate::backend::support::outcome;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Record, Value, ValueRef};

/// The format of keys, entries and schemas together.
const FORMAT: u64 = 1;

const HEAD: [u8; 2] = [0, 0];
const SCHEMAS: [u8; 2] = [0, 1];

/// What a store's catalogue was when it was last read.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// Nothing if it was not read yet. A store without a catalogue is at generation 0.
    generation: Option<u64>,
    layouts: HashMap<String, Layout>,
    /// The definitions that were compared with the stored schema and fit, beside those that each layout
    /// knows. A stored index never changes, so what fits goes on to fit.
    fitting: Mutex<Vec<&'static Definition>>,
}

impl Catalog {
    /// The generation of the catalogue in a store.
    pub(super) fn stored_generation(view: &dyn View) -> Result<u64> {
        let Some(entry) = view.get(&HEAD)? else { return Ok(0) };
        let number = |name| {
            let value = entry.record()?.get(name).and_then(ValueRef::as_int)?;
            u64::try_from(value).ok()
        };
        match number("format") {
            Some(FORMAT) => number("generation").ok_or_else(broken_catalog),
            Some(format) => {
                let message = format!(
                    "the store is of format {format}, and this release of the library works with format {FORMAT}: \
                     open it with the release that made it, or a later one"
                );
                Err(Error::new(ErrorKind::SchemaMismatch, message))
            }
            None => Err(broken_catalog()),
        }
    }

    /// The catalogue in a store, which is at this generation.
    pub(super) fn load(view: &dyn View, generation: u64) -> Result<Self> {
        let mut layouts = HashMap::new();
        view.scan(&encoding::prefix_bounds(SCHEMAS.to_vec()), false, &mut |key, entry| {
            let name = key.get(SCHEMAS.len()..).and_then(|name| std::str::from_utf8(name).ok());
            let (name, record) = name.zip(entry.record()).ok_or_else(broken_catalog)?;
            let (id, schema) = Schema::from_record(record).ok_or_else(|| broken_catalog().in_repository(name))?;
            layouts.insert(name.to_owned(), Layout::new(id, schema));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Self { generation: Some(generation), layouts, fitting: Mutex::default() })
    }

    /// Whether it was read from a store.
    pub(super) fn is_loaded(&self) -> bool {
        self.generation.is_some()
    }

    /// Whether it is at this generation.
    pub(super) fn is_at(&self, generation: u64) -> bool {
        self.generation == Some(generation)
    }

    /// Whether it is of a later generation than another.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.generation > other.generation
    }

    /// The names of its repositories, in order.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.layouts.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The layout of the repository of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Layout> {
        self.layouts.get(name)
    }

    /// A number that no repository has.
    pub(super) fn free_id(&self) -> u32 {
        self.layouts.values().map(|layout| layout.id.saturating_add(1)).max().unwrap_or(0)
    }

    /// The layout of a repository, if it was defined as the model describes it.
    pub(super) fn layout_of(&self, definition: &'static Definition) -> Result<&Layout> {
        let name = definition.name();
        let layout = self.find(name).ok_or_else(|| outcome::undefined().in_repository(name))?;
        if !layout.knows(definition) {
            self.check_fits(layout, definition).map_err(|e| e.in_repository(name))?;
        }
        Ok(layout)
    }

    /// Refuses a definition that does not fit; one that fits is compared once.
    fn check_fits(&self, layout: &Layout, definition: &'static Definition) -> Result<()> {
        let mut fitting = self.fitting.lock().unwrap_or_else(PoisonError::into_inner);
        if !fitting.iter().any(|known| std::ptr::eq(*known, definition)) {
            layout.check_fits(definition)?;
            fitting.push(definition);
        }
        Ok(())
    }

    /// The catalogue with a repository as it now is. What changes is put among the changes to the store.
    pub(super) fn with_layout(
        &self,
        definition: &'static Definition,
        mut layout: Layout,
        pending: &mut Pending<'_>,
    ) -> Self {
        let name = definition.name();
        let mut generation = self.generation.unwrap_or(0);
        if self.find(name).is_none_or(|stored| stored.schema != layout.schema) {
            generation = generation.saturating_add(1);
            put(pending, [&SCHEMAS[..], name.as_bytes()].concat(), layout.schema.to_record(layout.id));
            let head = [("format", FORMAT), ("generation", generation)];
            put(pending, HEAD.to_vec(), head.map(|(name, n)| (name.to_owned(), Value::from(n))).into_iter().collect());
        }
        layout.learn(definition);
        let mut layouts = self.layouts.clone();
        layouts.insert(name.to_owned(), layout);
        Self { generation: Some(generation), layouts, fitting: Mutex::default() }
    }
}

fn put(pending: &mut Pending<'_>, key: Vec<u8>, record: Record) {
    pending.put(key, Entry::of_record(Arc::new(record)));
}

fn broken_catalog() -> Error {
    Error::codec("the catalogue in the store is not what the library writes")
}
