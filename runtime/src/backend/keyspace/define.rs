//! Definitions: what is planned for a repository, and done in one batch.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::catalog::Catalog;
use super::encoding;
use super::entry::Entry;
use super::layout::Layout;
use super::pending::Pending;
use super::schema::{IndexSchema, Schema};
use super::space::{Space, View};
use super::store::Keyspace;
use crate::backend::plan::{Creation, Mismatch, Plan};
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Call, RecordKey};
use crate::value::{EXPIRES, Record, Value};

/// How to turn a time to live off.
const OFF: &str = "open a new store: one in memory keeps its time to live";

impl<S: Space> Keyspace<S> {
    pub(in crate::backend) fn plan_definition(&self, call: &Call, definition: &'static Definition) -> Result<Plan> {
        self.read_with(|view, catalog| Ok(plan_layout(view, catalog, call, definition)?.plan))
    }

    /// The repositories whose names begin with the prefix, without it.
    pub(in crate::backend) fn repository_names(&self, prefix: &str) -> Result<Vec<String>> {
        self.read_with(|_, catalog| {
            let names = catalog.names().into_iter().filter_map(|name| name.strip_prefix(prefix));
            Ok(names.map(str::to_owned).collect())
        })
    }

    /// Stores the definition and indexes what is there, in one batch. If nothing changes, it is empty.
    pub(in crate::backend) fn define_repository(&self, call: &Call, definition: &'static Definition) -> Result<()> {
        self.define_with(|view, catalog| {
            let planned = plan_layout(view, catalog, call, definition)?;
            if let Some(refusal) = planned.plan.refusal() {
                return Err(refusal);
            }
            let mut pending = Pending::new(view);
            for record in &planned.to_index {
                index_record(&mut pending, &planned.layout, definition, record)?;
            }
            let catalog = catalog.with_layout(definition, planned.layout, &mut pending);
            Ok((catalog, pending.into_batch()))
        })
    }
}

/// Puts all entries of a record that is there, and its expiry into it if it lacks that.
fn index_record(pending: &mut Pending<'_>, layout: &Layout, definition: &Definition, record: &Record) -> Result<()> {
    let key = layout.record_key(&RecordKey::from_record(definition, record)?)?;
    let expiring = with_expiry(definition, record);
    for entry in layout.entry_keys(&key, expiring.as_ref().unwrap_or(record))? {
        pending.put(entry, Entry::MARK);
    }
    if let Some(expiring) = expiring {
        pending.put(key, Entry::of_record(expiring.shared()));
    }
    Ok(())
}

/// The record with its expiry, if it lacks that.
pub(in crate::backend) fn with_expiry(definition: &Definition, record: &Record) -> Option<Record> {
    let at = record.expiry(definition).filter(|_| record.expires().is_none())?;
    let mut expiring = record.clone();
    expiring.set(EXPIRES, Value::from(at));
    Some(expiring)
}

/// A repository as it would be, and what has to be done for it.
struct Planned {
    plan: Plan,
    layout: Layout,
    /// The records that new indexes have to take in, or that get their expiry.
    to_index: Vec<Record>,
}

fn plan_layout(view: &dyn View, catalog: &Catalog, call: &Call, definition: &'static Definition) -> Result<Planned> {
    let wanted = Schema::from_definition(definition);
    let mut plan = Plan::new(definition.repository());
    let Some(old) = catalog.find(definition.name()) else {
        plan.add_creation(Creation::Repository(definition.repository().to_owned()));
        wanted.indexes.iter().for_each(|index| plan.add_creation(Creation::Index(index.shape())));
        return Ok(Planned { plan, layout: Layout::new(catalog.free_id(), wanted), to_index: Vec::new() });
    };
    old.schema.compare(&wanted, &mut plan);
    old.schema.compare_leftovers(&wanted, OFF, &mut plan);
    let begins = wanted.expires && !old.schema.expires;
    if let Some(field) = definition.ttl_name().filter(|_| begins) {
        plan.add_creation(Creation::Expiry(field.to_owned()));
    }
    let missing: Vec<_> = wanted.indexes.into_iter().filter(|index| old.index(&index.name).is_none()).collect();
    let records = if missing.is_empty() && !begins { Vec::new() } else { read_records(view, old)? };
    let mut layout = old.clone();
    layout.schema.expires |= begins;
    let first = layout.schema.indexes.len();
    missing.iter().for_each(|index| plan.add_creation(Creation::Index(index.shape())));
    layout.schema.indexes.extend(missing);
    let live: Vec<_> = records.iter().filter(|record| record.is_live(definition, call)).collect();
    for (id, index) in (0..).zip(&layout.schema.indexes).skip(first).filter(|(_, index)| index.unique) {
        let shared = find_duplicates(&layout, id, index, &live)?;
        shared.into_iter().for_each(|line| plan.add_mismatch(Mismatch::Other(line)));
    }
    Ok(Planned { plan, layout, to_index: records })
}

fn read_records(view: &dyn View, layout: &Layout) -> Result<Vec<Record>> {
    let mut found = Vec::new();
    view.scan(&encoding::prefix_bounds(layout.record_prefix()), false, &mut |_, entry| {
        found.extend(entry.record().cloned());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Says if a unique index cannot be made because records share a value.
fn find_duplicates(layout: &Layout, id: u32, index: &IndexSchema, records: &[&Record]) -> Result<Option<String>> {
    let mut holders = BTreeMap::<_, usize>::new();
    for record in records {
        if let Some(values) = layout.values_prefix(id, index, record)? {
            *holders.entry(values).or_default() += 1;
        }
    }
    let shared = holders.values().filter(|count| **count > 1).count();
    let message = || format!("the unique index {} cannot be made: records share {shared} of its values", index.name);
    Ok((shared > 0).then(message))
}
