//! Reads of records by their keys and by unique values.

use std::ops::ControlFlow;

use super::encoding;
use super::entry::Entry;
use super::layout::Layout;
use super::space::{Space, View};
use super::store::Keyspace;
use crate::backend::support::outcome::missing_index;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, RecordKey};
use crate::value::{Record, Value};

impl<S: Space> Keyspace<S> {
    pub(in crate::backend) fn get_record(&self, call: &Call, get: &Get) -> Result<Option<Record>> {
        self.read_with(|view, catalog| {
            read_live(view, catalog.layout_of(get.definition)?, get.definition, &get.key, call)
        })
    }

    pub(in crate::backend) fn get_records(&self, call: &Call, get: &GetMany) -> Result<Vec<Option<Record>>> {
        self.read_long_with(|view, catalog| {
            let layout = catalog.layout_of(get.definition)?;
            get.keys.iter().map(|key| read_live(view, layout, get.definition, key, call)).collect()
        })
    }

    pub(in crate::backend) fn get_snapshot(&self, call: &Call, gets: &[Get]) -> Result<Vec<Option<Record>>> {
        self.read_long_with(|view, catalog| {
            let layouts = gets.iter().map(|get| catalog.layout_of(get.definition)).collect::<Result<Vec<_>>>()?;
            let read = |(get, layout): (&Get, &Layout)| read_live(view, layout, get.definition, &get.key, call);
            gets.iter().zip(layouts).map(read).collect()
        })
    }

    pub(in crate::backend) fn find_record(&self, call: &Call, find: &FindUnique) -> Result<Option<Record>> {
        self.read_with(|view, catalog| {
            let layout = catalog.layout_of(find.definition)?;
            find_live(view, layout, find.definition, find.index, &find.values, call)
        })
    }

    /// In one state of the store.
    pub(in crate::backend) fn find_records(&self, call: &Call, find: &FindMany) -> Result<Vec<Option<Record>>> {
        self.read_long_with(|view, catalog| {
            let layout = catalog.layout_of(find.definition)?;
            let one = |values: &Vec<Value>| find_live(view, layout, find.definition, find.index, values, call);
            find.values.iter().map(one).collect()
        })
    }
}

/// The live record with these values of a unique index.
fn find_live(
    view: &dyn View,
    layout: &Layout,
    definition: &Definition,
    index: &IndexDef,
    values: &[Value],
    call: &Call,
) -> Result<Option<Record>> {
    let (id, index) = layout.index(index.name).ok_or_else(|| missing_index(index.name))?;
    let mut prefix = layout.index_prefix(id);
    encoding::push_values(&mut prefix, values)?;
    let mut found = None;
    // Beside the live record expired ones may stand.
    view.scan(&encoding::prefix_bounds(prefix), false, &mut |entry, _| {
        let record = read_record(view, &layout.record_key_of_entry(entry, index)?)?;
        found = record.filter(|record| record.is_live(definition, call));
        Ok(if found.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found.map(|record| record.under_own_names(definition)))
}

fn read_live(
    view: &dyn View,
    layout: &Layout,
    definition: &Definition,
    key: &RecordKey,
    call: &Call,
) -> Result<Option<Record>> {
    let found = read_record(view, &layout.record_key(key)?)?.filter(|record| record.is_live(definition, call));
    Ok(found.map(|record| record.under_own_names(definition)))
}

/// The record under a key, live or not.
pub(super) fn read_record(view: &dyn View, key: &[u8]) -> Result<Option<Record>> {
    Ok(view.get(key)?.and_then(Entry::into_record))
}
