//! The catalogue: which repositories are in a store, and how it is kept in the store itself.
//!
//! | key | entry |
//! |---|---|
//! | `0 0` | a record of the `format` of all that is in the store, and of the catalogue's `generation` |
//! | `0 1` and a repository's name | a record of its schema: see [`Schema::to_record`] |
//!
//! A definition that changes the catalogue adds one to its generation, in the same batch. Who keeps the
//! catalogue in memory knows by the generation whether it is still what is stored.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::PoisonError;

use crossbeam_utils::sync::ShardedLock;

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

/// Where the format and the generation stand.
pub(in crate::backend) const CATALOG_HEAD: [u8; 2] = [0, 0];
const SCHEMAS: [u8; 2] = [0, 1];

/// What a store's catalogue was when it was last read.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// Nothing if it was not read yet. A store without a catalogue is at generation 0.
    generation: Option<u64>,
    /// The repositories, in the order of their names.
    layouts: Vec<(String, Layout)>,
    /// The position of the layout for each definition by which it was defined, in the order of their addresses.
    known: Vec<(&'static Definition, usize)>,
    /// The same of each definition that was compared with its layout: a stored index never changes, so what fits
    /// goes on to fit.
    fitting: ShardedLock<Vec<(&'static Definition, usize)>>,
}

impl Catalog {
    /// The generation of the catalogue in a store.
    pub(super) fn stored_generation(view: &dyn View) -> Result<u64> {
        let Some(entry) = view.get(&CATALOG_HEAD)? else { return Ok(0) };
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
        let mut layouts = BTreeMap::new();
        view.scan(&encoding::prefix_bounds(SCHEMAS.to_vec()), false, &mut |key, entry| {
            let name = key.get(SCHEMAS.len()..).and_then(|name| std::str::from_utf8(name).ok());
            let (name, record) = name.zip(entry.record()).ok_or_else(broken_catalog)?;
            let (id, schema) = Schema::from_record(record).ok_or_else(|| broken_catalog().in_repository(name))?;
            layouts.insert(name.to_owned(), Layout::new(id, schema));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Self::new(generation, layouts.into_iter().collect()))
    }

    fn new(generation: u64, layouts: Vec<(String, Layout)>) -> Self {
        let all = layouts.iter().enumerate();
        let mut known: Vec<_> =
            all.flat_map(|(at, (_, layout))| layout.known().map(move |known| (known, at))).collect();
        known.sort_unstable_by_key(|(known, _)| address(known));
        Self { generation: Some(generation), layouts, known, fitting: ShardedLock::default() }
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
        self.layouts.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// All layouts.
    #[cfg(feature = "sqlite")]
    pub(super) fn layouts(&self) -> impl Iterator<Item = &Layout> {
        self.layouts.iter().map(|(_, layout)| layout)
    }

    /// The layout of the repository of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Layout> {
        let (_, layout) = self.layouts.get(self.position(name).ok()?)?;
        Some(layout)
    }

    /// The position of the repository of this name; if there is none, the position that it would have.
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.layouts.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    /// A number that no repository has.
    pub(super) fn free_id(&self) -> u32 {
        self.layouts.iter().map(|(_, layout)| layout.id.saturating_add(1)).max().unwrap_or(0)
    }

    /// The layout of a repository, if it was defined as the model describes it.
    pub(super) fn layout_of(&self, definition: &'static Definition) -> Result<&Layout> {
        // Without a lock, which each call would pay for.
        let position = position_in(&self.known, definition);
        match position.or_else(|| self.fitting_position(definition)).and_then(|at| self.layouts.get(at)) {
            Some((_, layout)) => Ok(layout),
            None => self.compare_layout(definition).map_err(|e| e.in_repository(definition.repository())),
        }
    }

    fn fitting_position(&self, definition: &'static Definition) -> Option<usize> {
        position_in(&self.fitting.read().unwrap_or_else(PoisonError::into_inner), definition)
    }

    /// The layout that a definition fits; one that fits is compared once.
    fn compare_layout(&self, definition: &'static Definition) -> Result<&Layout> {
        let position = self.position(definition.name()).map_err(|_| outcome::undefined())?;
        let (_, layout) = self.layouts.get(position).ok_or_else(outcome::undefined)?;
        if !layout.knows(definition) {
            layout.check_fits(definition)?;
        }
        let mut fitting = self.fitting.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(at) = fitting.binary_search_by_key(&address(definition), |(known, _)| address(known)) {
            fitting.insert(at, (definition, position));
        }
        Ok(layout)
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
            put(pending, schema_key(name), layout.schema.to_record(layout.id));
            put_head(pending, generation);
        }
        layout.learn(definition);
        let mut layouts = self.layouts.clone();
        match self.position(name) {
            Ok(at) => {
                layouts.remove(at);
                layouts.insert(at, (name.to_owned(), layout));
            }
            Err(at) => layouts.insert(at, (name.to_owned(), layout)),
        }
        Self::new(generation, layouts)
    }

    /// The catalogue without a repository. What changes is put among the changes to the store.
    pub(super) fn without(&self, name: &str, pending: &mut Pending<'_>) -> Self {
        let mut generation = self.generation.unwrap_or(0);
        let mut layouts = self.layouts.clone();
        if let Ok(at) = self.position(name) {
            layouts.remove(at);
            generation = generation.saturating_add(1);
            pending.remove(schema_key(name));
            put_head(pending, generation);
        }
        Self::new(generation, layouts)
    }
}

/// The repository that an entry of the catalogue describes: its name, and its number unless it is taken away.
#[cfg(feature = "sqlite")]
pub(in crate::backend) fn described_repository<'a>(
    key: &'a [u8],
    entry: Option<&Entry>,
) -> Option<(&'a str, Option<u32>)> {
    let name = std::str::from_utf8(key.strip_prefix(&SCHEMAS[..])?).ok()?;
    let id = entry.and_then(Entry::record).and_then(|record| record.get("id")).and_then(ValueRef::as_int);
    Some((name, id.and_then(|id| u32::try_from(id).ok())))
}

fn schema_key(name: &str) -> Vec<u8> {
    [&SCHEMAS[..], name.as_bytes()].concat()
}

fn put_head(pending: &mut Pending<'_>, generation: u64) {
    let head = [("format", FORMAT), ("generation", generation)];
    put(pending, CATALOG_HEAD.to_vec(), head.map(|(name, n)| (name.to_owned(), Value::from(n))).into_iter().collect());
}

/// The position that stands beside a definition.
fn position_in(definitions: &[(&'static Definition, usize)], definition: &'static Definition) -> Option<usize> {
    let at = definitions.binary_search_by_key(&address(definition), |(known, _)| address(known)).ok()?;
    definitions.get(at).map(|(_, position)| *position)
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}

fn put(pending: &mut Pending<'_>, key: Vec<u8>, record: Record) {
    pending.put(key, Entry::of_record(record));
}

fn broken_catalog() -> Error {
    Error::codec("the catalogue in the store is not what the library writes")
}
