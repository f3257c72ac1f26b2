//! Writes: what each does to records, entries of indexes, and expiries.

use std::collections::HashSet;

use super::catalog::Catalog;
use super::encoding;
use super::entry::Entry;
use super::layout::Layout;
use super::pending::Pending;
use super::schema::IndexSchema;
use super::space::Space;
use super::store::Keyspace;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, Result};
use crate::limits::{self, Limits};
use crate::request::{Action, Call, Returning, Write, Written};
use crate::value::Record;

/// How many expired records a write clears away beside its own work: more than it can add, so that
/// they do not pile up.
const SWEEP: usize = 2;

impl<S: Space> Keyspace<S> {
    pub(in crate::backend) fn write_record(&self, call: &Call, write: Write) -> Result<Written> {
        self.write_with(|view, catalog| {
            let mut pending = Pending::new(view);
            let written = apply_write(&mut pending, catalog, call, write, &self.limits, None)?;
            Ok((written, pending.into_batch()))
        })
    }

    pub(in crate::backend) fn write_records(&self, call: &Call, writes: Vec<Write>) -> Vec<Result<Written>> {
        writes.into_iter().map(|write| self.write_record(call, write)).collect()
    }

    /// Each write sees those before it.
    pub(in crate::backend) fn write_together(&self, call: &Call, writes: Vec<Write>) -> Result<Vec<Written>> {
        self.write_with(|view, catalog| {
            let (mut pending, mut items) = (Pending::new(view), Items::default());
            let apply = |(position, write): (usize, Write)| {
                let name = write.definition.repository();
                let written = apply_write(&mut pending, catalog, call, write, &self.limits, Some(&mut items));
                written.map_err(|e| e.in_repository(name).at_position(position))
            };
            let written = writes.into_iter().enumerate().map(apply).collect::<Result<_>>()?;
            limits::check_transaction_items(items.records + items.values.len(), &self.limits)?;
            Ok((written, pending.into_batch()))
        })
    }
}

/// What a transaction would be on DynamoDB, where each unique value that moves is an item of its own.
#[derive(Default)]
struct Items {
    records: usize,
    values: HashSet<Vec<u8>>,
}

impl Items {
    /// Counts a record, and the values that it gives up and takes.
    /// One that is only looked at counts if it `is_told`.
    fn count(&mut self, layout: &Layout, old: Option<&Record>, new: Option<&Record>, is_told: bool) -> Result<()> {
        let unique = || (0..).zip(&layout.schema.indexes).filter(|(_, index)| index.unique);
        if old.is_some() || new.is_some() || is_told || unique().next().is_none() {
            self.records += 1;
        }
        let same_expiry = old.and_then(Record::expires) == new.and_then(Record::expires);
        for (id, index) in unique() {
            let values =
                |record: Option<&Record>| record.map_or(Ok(None), |record| layout.values_prefix(id, index, record));
            let (old, new) = (values(old)?, values(new)?);
            if old != new || !same_expiry {
                self.values.extend(old.into_iter().chain(new));
            }
        }
        Ok(())
    }
}

fn apply_write(
    pending: &mut Pending<'_>,
    catalog: &Catalog,
    call: &Call,
    write: Write,
    limits: &Limits,
    items: Option<&mut Items>,
) -> Result<Written> {
    let layout = catalog.layout_of(write.definition)?;
    let key = layout.record_key(&write.key)?;
    let found = pending.record(&key)?;
    let stored = found.clone().map(|record| record.under_own_names(write.definition));
    write.judge(stored.as_ref(), call)?;
    let live = stored.as_ref().filter(|record| record.is_live(write.definition, call));
    let (returning, told) = (write.returning, write.told());
    if let Action::Check = write.action {
        if let Some(items) = items {
            items.records += 1;
        }
        return Ok(told.written(live, None));
    }
    let definition = write.definition;
    let updates = matches!(write.action, Action::Update(_) | Action::Upsert { .. });
    let renames = updates && live.is_some() && definition.has_aliases();
    let changed = write.changes().iter().filter(|_| renames).map(|change| change.path().root().to_owned());
    let changed: Vec<String> = changed.collect();
    let new = outcome(write, live)?.map(Record::shared);
    if let Some(new) = &new {
        // What is stored whole was measured before; what an update makes of it was not.
        if updates {
            limits::check_depth(new)?;
            limits::check_record(new, limits)?;
        }
        check_unique(pending, layout, definition, &key, new, call)?;
    }
    if let Some(items) = items {
        items.count(layout, live, new.as_ref(), returning == Returning::After)?;
    }
    let written = told.written(live, new.as_ref());
    let new = match found.as_ref().filter(|_| renames) {
        Some(found) => new.map(|new| definition.under_old_names(found, new, &changed).shared()),
        None => new,
    };
    replace(pending, layout, key, found.as_ref(), new)?;
    sweep(pending, layout, call)?;
    Ok(written)
}

/// The record after a write; one that is stored whole is not copied.
fn outcome(write: Write, live: Option<&Record>) -> Result<Option<Record>> {
    match write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => Ok(Some(record)),
        _ => write.outcome(live),
    }
}

/// Refuses values of unique indexes that another live record holds.
fn check_unique(
    pending: &Pending<'_>,
    layout: &Layout,
    definition: &Definition,
    key: &[u8],
    new: &Record,
    call: &Call,
) -> Result<()> {
    for (id, index) in (0..).zip(&layout.schema.indexes).filter(|(_, index)| index.unique) {
        let Some(prefix) = layout.values_prefix(id, index, new)? else { continue };
        for entry in pending.keys(&encoding::prefix_bounds(prefix), usize::MAX)? {
            let holder = layout.record_key_of_entry(&entry, index)?;
            if holder != key && pending.record(&holder)?.is_some_and(|record| record.is_live(definition, call)) {
                // By the name that the model has for it.
                let same = |own: &&'static IndexDef| {
                    own.name == index.name || IndexSchema::from_definition(definition, own).is_same(index)
                };
                return Err(Error::taken(definition.unique_indexes().find(same).map_or(&index.name, |own| own.name)));
            }
        }
    }
    Ok(())
}

/// Puts a record in the place of another, or takes it away, with all entries.
fn replace(
    pending: &mut Pending<'_>,
    layout: &Layout,
    key: Vec<u8>,
    old: Option<&Record>,
    new: Option<Record>,
) -> Result<()> {
    let mut move_entry = |entry_key: &dyn Fn(&Record) -> Result<Option<Vec<u8>>>| {
        let of = |record: Option<&Record>| record.map_or(Ok(None), entry_key);
        let (old, new) = (of(old)?, of(new.as_ref())?);
        if old != new {
            old.into_iter().for_each(|entry| pending.remove(entry));
            new.into_iter().for_each(|entry| pending.put(entry, Entry::MARK));
        }
        Ok(())
    };
    for (id, index) in (0..).zip(&layout.schema.indexes) {
        move_entry(&|record| layout.index_key(id, index, &key, record))?;
    }
    // Without a time to live nothing has an expiry, and none is looked for.
    if layout.schema.expires {
        move_entry(&|record| layout.expiry_key(&key, record))?;
    }
    match new {
        Some(new) => pending.put(key, Entry::of_record(new)),
        None if old.is_some() => pending.remove(key),
        None => {}
    }
    Ok(())
}

/// Clears a few expired records away. No reader saw them any more.
fn sweep(pending: &mut Pending<'_>, layout: &Layout, call: &Call) -> Result<()> {
    if !layout.schema.expires {
        return Ok(());
    }
    clear_expired(pending, layout, call.now_seconds(), SWEEP).map(|_| ())
}

/// Clears records away that have expired at `now`, and returns how many.
pub(super) fn clear_expired(pending: &mut Pending<'_>, layout: &Layout, now: i64, most: usize) -> Result<usize> {
    let expiries = pending.keys(&layout.expired_bounds(now)?, most)?;
    let count = expiries.len();
    for expiry in expiries {
        let Some(key) = layout.record_key_of_expiry(&expiry) else { continue };
        let old = pending.record(&key)?;
        replace(pending, layout, key, old.as_ref(), None)?;
        pending.remove(expiry);
    }
    Ok(count)
}
