use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::encoding;
use super::layout::Layout;
use super::schema::{IndexSchema, Schema};
use super::space::{Entry, Pending, Space, View};
use super::store::{Catalog, Keyspace};
use crate::backend::Plan;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Call, RecordKey};
use crate::value::{EXPIRES, Record, Value};

impl<S: Space> Keyspace<S> {
    pub(crate) fn plan(&self, call: &Call, definition: &'static Definition) -> Result<Plan> {
        let catalog = self.catalog();
        self.space.read(|view| Ok(draft(view, &catalog, call, definition)?.plan))
    }

    pub(crate) fn define(&self, call: &Call, definition: &'static Definition) -> Result<()> {
        let mut catalog = self.catalog_mut();
        let draft = self.space.write(|view| {
            let draft = draft(view, &catalog, call, definition)?;
            if let Some(refusal) = draft.plan.refusal() {
                return Err(refusal);
            }
            let mut pending = Pending::new(view);
            for record in &draft.to_index {
                let key = draft.layout.record_key(&RecordKey::of(definition, record)?)?;
                let marked = marked(definition, record);
                if !Arc::ptr_eq(&marked, record) {
                    pending.put(key.clone(), Entry::Record(Arc::clone(&marked)));
                }
                for entry in draft.layout.entry_keys(&key, &marked)? {
                    pending.put(entry, Entry::Mark);
                }
            }
            Ok((draft, pending.into_batch()))
        })?;
        let mut layout = draft.layout;
        if !layout.known.iter().any(|known| std::ptr::eq(*known, definition)) {
            layout.known.push(definition);
        }
        catalog.insert(definition.name().to_owned(), layout);
        Ok(())
    }
}

/// The record with its expiry.
fn marked(definition: &Definition, record: &Arc<Record>) -> Arc<Record> {
    match record.expiry(definition) {
        Some(at) if record.expires().is_none() => {
            let mut marked = Record::clone(record);
            marked.set(EXPIRES, Value::from(at));
            Arc::new(marked)
        }
        _ => Arc::clone(record),
    }
}

/// A repository as it would be, and what has to be done for it.
struct Draft {
    plan: Plan,
    layout: Layout,
    /// The records that new indexes have to take in, or that get their expiry.
    to_index: Vec<Arc<Record>>,
}

fn draft(view: &impl View, catalog: &Catalog, call: &Call, definition: &'static Definition) -> Result<Draft> {
    let wanted = Schema::from_definition(definition);
    let mut plan = Plan::new(definition.name());
    let Some(old) = catalog.get(definition.name()) else {
        plan.create.push(format!("repository {}", definition.name()));
        plan.create.extend(wanted.indexes.iter().map(describe));
        let id = u32::try_from(catalog.len()).unwrap_or(u32::MAX);
        return Ok(Draft { plan, layout: Layout::new(id, wanted), to_index: Vec::new() });
    };
    old.schema.compare(&wanted, &mut plan);
    old.schema.compare_leftovers(&wanted, &mut plan);
    let begins = wanted.expires && !old.schema.expires;
    if let Some(field) = definition.ttl_name().filter(|_| begins) {
        plan.begin_expiry(field);
    }
    let missing: Vec<_> = wanted.indexes.into_iter().filter(|index| old.index(&index.name).is_none()).collect();
    let records = if missing.is_empty() && !begins { Vec::new() } else { records(view, old)? };
    let mut layout = old.clone();
    layout.schema.expires |= begins;
    let first = layout.schema.indexes.len();
    plan.create.extend(missing.iter().map(describe));
    layout.schema.indexes.extend(missing);
    let live: Vec<_> = records.iter().filter(|record| record.is_live(definition, call)).collect();
    for (id, index) in (0..).zip(&layout.schema.indexes).skip(first).filter(|(_, index)| index.unique) {
        plan.mismatches.extend(duplicates(&layout, id, index, &live)?);
    }
    Ok(Draft { plan, layout, to_index: records })
}

fn describe(index: &IndexSchema) -> String {
    format!("index {} {}", index.name, index.describe())
}

fn records(view: &impl View, layout: &Layout) -> Result<Vec<Arc<Record>>> {
    let mut found = Vec::new();
    view.scan(&encoding::prefix_bounds(layout.record_prefix()), false, &mut |_, entry| {
        if let Entry::Record(record) = entry {
            found.push(Arc::clone(record));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Says if a unique index cannot be made because records share a value.
fn duplicates(layout: &Layout, id: u32, index: &IndexSchema, records: &[&Arc<Record>]) -> Result<Option<String>> {
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
