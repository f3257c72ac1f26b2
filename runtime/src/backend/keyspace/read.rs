use std::ops::ControlFlow;
use std::sync::Arc;

use super::encoding;
use super::layout::Layout;
use super::space::{Entry, Space, View};
use super::store::{Keyspace, layout};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, FindUnique, Get, GetMany, RecordKey};
use crate::value::Record;

impl<S: Space> Keyspace<S> {
    pub(crate) fn get(&self, call: &Call, get: &Get) -> Result<Option<Record>> {
        let catalog = self.catalog();
        let layout = layout(&catalog, get.definition)?;
        self.space.read(|view| live(view, layout, get.definition, &get.key, call))
    }

    pub(crate) fn get_many(&self, call: &Call, get: &GetMany) -> Result<Vec<Option<Record>>> {
        let catalog = self.catalog();
        let layout = layout(&catalog, get.definition)?;
        self.space.read(|view| get.keys.iter().map(|key| live(view, layout, get.definition, key, call)).collect())
    }

    pub(crate) fn read_snapshot(&self, call: &Call, gets: &[Get]) -> Result<Vec<Option<Record>>> {
        let catalog = self.catalog();
        let layouts = gets.iter().map(|get| layout(&catalog, get.definition)).collect::<Result<Vec<_>>>()?;
        let live = |view: &_, (get, layout): (&Get, &Layout)| live(view, layout, get.definition, &get.key, call);
        self.space.read(|view| gets.iter().zip(layouts).map(|one| live(view, one)).collect())
    }

    pub(crate) fn find_unique(&self, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
        let catalog = self.catalog();
        let layout = layout(&catalog, find.definition)?;
        let (id, index) = layout.index(find.index.name).ok_or_else(|| unknown_index(find.index.name))?;
        let mut prefix = layout.index_prefix(id);
        encoding::push_values(&mut prefix, &find.values)?;
        let mut found = None;
        self.space.read(|view| {
            // Beside the live record expired ones may stand.
            view.scan(&encoding::prefix_bounds(prefix), false, &mut |entry, _| {
                let record = record(view, &layout.record_key_of_entry(entry, index)?)?;
                found = record.filter(|record| record.is_live(find.definition, call));
                Ok(if found.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })
        })?;
        Ok(found.map(|record| Arc::unwrap_or_clone(under_own_names(find.definition, record))))
    }
}

fn live(
    view: &impl View,
    layout: &Layout,
    definition: &Definition,
    key: &RecordKey,
    call: &Call,
) -> Result<Option<Record>> {
    let found = record(view, &layout.record_key(key)?)?.filter(|record| record.is_live(definition, call));
    Ok(found.map(|record| Arc::unwrap_or_clone(under_own_names(definition, record))))
}

/// The record as the model names its fields.
pub(super) fn under_own_names(definition: &Definition, mut record: Arc<Record>) -> Arc<Record> {
    if definition.is_aliased(&record) {
        definition.unalias(Arc::make_mut(&mut record));
    }
    record
}

/// The record under a key, live or not.
pub(super) fn record(view: &impl View, key: &[u8]) -> Result<Option<Arc<Record>>> {
    Ok(match view.get(key)? {
        Some(Entry::Record(record)) => Some(record),
        _ => None,
    })
}

pub(super) fn unknown_index(name: &str) -> Error {
    Error::new(ErrorKind::SchemaMismatch, "the index is not defined; call define first").on_index(name)
}
