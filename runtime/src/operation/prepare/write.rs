//! Writes, checked and filled in.

use super::keep::keep_unknown;
use crate::change::{self, Change, Expiry};
use crate::codec;
use crate::condition::{self, Composed, Expr};
use crate::database::Database;
use crate::definition::{Definition, FIRST_VERSION};
use crate::error::{Error, Result};
use crate::limits::{self, Limits};
use crate::model::{EncodedKey, check_key_parts};
use crate::operation::fill;
use crate::path::Path;
use crate::request::{Action, RecordKey, Write};
use crate::value::{EXPIRES, Record, Value, ValueRef};

/// What a write of one record asks for: a record as it was encoded, or a key and what is done to it.
pub(crate) enum WriteParts {
    Create(Result<Record>),
    /// A put or a replacement.
    Store {
        record: Result<Record>,
        condition: Option<Composed>,
        action: fn(Record) -> Action,
    },
    Save {
        record: Result<Record>,
        /// The version that the stored record has.
        current: u64,
    },
    Update {
        key: EncodedKey,
        changes: Result<Vec<Change>>,
        condition: Option<Result<Expr>>,
        version: Option<u64>,
    },
    Upsert {
        key: EncodedKey,
        changes: Result<Vec<Change>>,
        condition: Option<Composed>,
        /// Refuses a new record that is not a whole model.
        check_whole: fn(Record) -> Result<()>,
    },
    Delete(DeleteParts),
}

/// What a delete asks for.
#[derive(Debug, Clone)]
pub(crate) struct DeleteParts {
    pub(crate) key: EncodedKey,
    pub(crate) condition: Option<Composed>,
    pub(crate) version: Option<u64>,
}

/// A write of one record.
pub(crate) fn one(db: &Database, definition: &'static Definition, parts: WriteParts) -> Result<Write> {
    match parts {
        WriteParts::Create(record) => create(db, definition, record?),
        WriteParts::Store { record, condition, action } => if_met(store(db, definition, record?, action)?, condition),
        WriteParts::Save { record, current } => save(db, definition, record, current),
        WriteParts::Update { key, changes, condition, version } => {
            update(db, definition, key, changes, condition, version)
        }
        WriteParts::Upsert { key, changes, condition, check_whole } => {
            if_met(upsert(db, definition, key, changes, check_whole)?, condition)
        }
        WriteParts::Delete(DeleteParts { key, condition, version }) => {
            let condition = condition.map(Composed::into_expr);
            let mut write = on_key(db, definition, key, Action::Delete, condition)?;
            write.version = version;
            Ok(write)
        }
    }
}

/// A create of a record, whose version 0 becomes 1.
pub(crate) fn create(db: &Database, definition: &'static Definition, mut record: Record) -> Result<Write> {
    if let Some(name) = definition.version()
        && record.get(name).is_some_and(|version| version == Value::Int(0))
    {
        record.set(name, Value::Int(1));
    }
    store(db, definition, record, Action::Create)
}

/// A save of a record whose version is `current`, as the version after it.
pub(crate) fn save(
    db: &Database,
    definition: &'static Definition,
    record: Result<Record>,
    current: u64,
) -> Result<Write> {
    if current >= definition.last_version() {
        return Err(Error::invalid(format!("the version field cannot hold a version after {current}")));
    }
    let mut record = record?;
    record.set(definition.version().unwrap_or_default(), Value::Int((current + 1).into()));
    let action: fn(Record) -> Action = if current == 0 { Action::Create } else { Action::Replace };
    let mut write = store(db, definition, record, action)?;
    write.version = (current != 0).then_some(current);
    Ok(write)
}

/// The same write, if the condition is true of the live record that is there.
fn if_met(write: Write, condition: Option<Composed>) -> Result<Write> {
    match condition {
        Some(condition) => with_condition(write, Some(condition.into_expr())),
        None => Ok(write),
    }
}

/// A write that stores a whole record, filled in.
pub(crate) fn store(
    db: &Database,
    definition: &'static Definition,
    mut record: Record,
    action: fn(Record) -> Action,
) -> Result<Write> {
    if definition.is_filled() {
        fill::fill_record(definition, &mut record, db.now(), db.ids());
    }
    let write = store_as_is(db, definition, record, action)?;
    Ok(if definition.keeps_unknown() { keep_unknown(write) } else { write })
}

/// A write that stores a whole record in which nothing is to be filled in.
fn store_as_is(
    db: &Database,
    definition: &'static Definition,
    mut record: Record,
    action: fn(Record) -> Action,
) -> Result<Write> {
    if let Some(at) = definition.expiry_of(&record) {
        record.set(EXPIRES, Value::Int(at.into()));
    }
    let limits = db.backend().limits();
    let key = check_key_parts(definition, RecordKey::from_unchecked(definition, &record)?, &limits)?;
    for index in definition.indexes() {
        for (at, part) in index.parts().enumerate() {
            let name = definition.part_name(part);
            let Some(value) = record.stored(name) else { continue };
            let limit = limits.of_part(index, at);
            limits::check_key(value, part.kind, name, limit).map_err(|e| e.on_index(index.name))?;
        }
    }
    limits::check_depth(&record)?;
    limits::check_record(&record, &limits)?;
    Ok(Write::new(definition, key, action(record)))
}

/// Refuses a change that no update may make: one of the key, or of a field that cannot be. The types let
/// none through but those of entries of a flattened map, whose names are data.
fn check_change(definition: &Definition, change: &Change) -> Result<()> {
    let path = change.path();
    path.check_storable()?;
    let root = path.root();
    if root == definition.hash_name() || Some(root) == definition.range_name() || Some(root) == definition.version() {
        return Err(Error::invalid(format!("{root} is part of the primary key or the version, and cannot be changed")));
    }
    codec::check_stored_name(definition, root)?;
    let levels = path.steps().len() - 1;
    match change {
        Change::Set(_, value) | Change::SetIfMissing(_, value) => limits::check_depth_below(root, levels, value),
        Change::Append(_, items) | Change::Prepend(_, items) | Change::Insert(_, items) | Change::Discard(_, items) => {
            items.iter().try_for_each(|item| limits::check_depth_below(root, levels + 1, item))
        }
        Change::Add { .. } | Change::Remove(_) | Change::RemoveItem(_) | Change::Expire { .. } => {
            limits::check_depth_below(root, levels, &Value::Null)
        }
    }
}

/// Refuses a value that cannot be in the indexes its field is part of.
fn check_index_value(definition: &Definition, name: &str, value: ValueRef<'_>, limits: &Limits) -> Result<()> {
    for index in definition.indexes() {
        for (at, part) in index.parts().enumerate() {
            if definition.part_name(part) == name {
                let limit = limits.of_part(index, at);
                limits::check_key(value, part.kind, name, limit).map_err(|e| e.on_index(index.name))?;
            }
        }
    }
    Ok(())
}

/// Checks the changes of an update and completes them: the expiry follows its field, and the
/// version goes up.
fn complete_changes(db: &Database, definition: &'static Definition, mut changes: Vec<Change>) -> Result<Vec<Change>> {
    changes.iter().try_for_each(|change| check_change(definition, change))?;
    fill::stamp_update(definition, &mut changes, db.now());
    change::check_changes(&changes)?;
    let limits = db.backend().limits();
    let size = changes.iter().map(Change::min_size).sum();
    limits::check_record_size(size, &limits)?;
    for change in &changes {
        if let Change::Set(path, value) | Change::SetIfMissing(path, value) = change
            && path.is_field()
            && !matches!(value, Value::Null)
        {
            check_index_value(definition, path.root(), value.view(), &limits)?;
        }
    }
    if let Some(expiry) = changes.iter().find_map(|change| follow_expiry(definition, change)) {
        changes.push(expiry);
    }
    if let Some(name) = definition.version() {
        let bounds = Some((0, i128::from(definition.last_version())));
        changes.push(Change::Add { path: Path::field(name), start: FIRST_VERSION, delta: Value::Int(1), bounds });
    }
    Ok(changes)
}

/// The change of the expiry that a change of the ttl field brings along.
fn follow_expiry(definition: &Definition, change: &Change) -> Option<Change> {
    let path = change.path();
    if !path.is_field() || Some(path.root()) != definition.ttl_name() {
        return None;
    }
    let expires = Path::field(EXPIRES);
    match change {
        Change::Set(_, Value::Null) => Some(Change::Remove(expires)),
        Change::Set(_, value) => Some(Change::Set(expires, Value::Int(definition.expiry_at(value)?.into()))),
        Change::SetIfMissing(_, value) => {
            let expiry = Expiry::IfMissing(definition.expiry_at(value)?);
            Some(Change::Expire { field: path.clone(), expiry })
        }
        // Instants are not added to: the field counts seconds.
        Change::Add { delta, .. } => {
            let seconds = delta.as_int()?.saturating_add(definition.ttl()?.seconds.into());
            let seconds = i64::try_from(seconds).unwrap_or(if seconds < 0 { i64::MIN } else { i64::MAX });
            Some(Change::Expire { field: path.clone(), expiry: Expiry::After(seconds) })
        }
        Change::Remove(_) => Some(Change::Remove(expires)),
        Change::Append(..)
        | Change::Prepend(..)
        | Change::Insert(..)
        | Change::Discard(..)
        | Change::RemoveItem(_)
        | Change::Expire { .. } => None,
    }
}

/// A write with a condition, checked.
fn with_condition(mut write: Write, condition: Option<Result<Expr>>) -> Result<Write> {
    let condition = condition.transpose()?;
    if let Some(condition) = &condition {
        condition::check_condition(condition)?;
    }
    write.condition = condition.map(|condition| write.definition.stored(condition));
    check_needs(&write)?;
    Ok(write)
}

/// Refuses a write whose condition is too long with what its changes need, which is judged with it.
pub(crate) fn check_needs(write: &Write) -> Result<()> {
    let judged = Expr::both(write.requirement(), write.removed_parents());
    judged.as_ref().map_or(Ok(()), condition::check_size)
}

/// A delete, or with [`Action::Check`] a check, of the record with a key.
pub(crate) fn on_key(
    db: &Database,
    definition: &'static Definition,
    key: EncodedKey,
    action: Action,
    condition: Option<Result<Expr>>,
) -> Result<Write> {
    let key = check_key_parts(definition, key?, &db.backend().limits())?;
    with_condition(Write::new(definition, key, action), condition)
}

/// What an update does, completed.
pub(crate) fn update_action(db: &Database, definition: &'static Definition, changes: Vec<Change>) -> Result<Action> {
    Ok(match changes.is_empty() {
        // Nothing is filled in and no version goes up if nothing changes.
        true => Action::Check,
        false => Action::Update(complete_changes(db, definition, changes)?),
    })
}

/// An update of the record with a key; without changes it is a check.
fn update(
    db: &Database,
    definition: &'static Definition,
    key: EncodedKey,
    changes: Result<Vec<Change>>,
    condition: Option<Result<Expr>>,
    version: Option<u64>,
) -> Result<Write> {
    let key = check_key_parts(definition, key?, &db.backend().limits())?;
    let mut write = Write::new(definition, key, update_action(db, definition, changes?)?);
    write.version = version;
    with_condition(write, condition)
}

/// An upsert of the record with a key.
fn upsert(
    db: &Database,
    definition: &'static Definition,
    key: EncodedKey,
    changes: Result<Vec<Change>>,
    check_whole: fn(Record) -> Result<()>,
) -> Result<Write> {
    let asked = changes?;
    let changes_nothing = asked.is_empty();
    let key = check_key_parts(definition, key?, &db.backend().limits())?;
    let mut changes = complete_changes(db, definition, asked)?;
    fill::stamp_creation(definition, &mut changes, db.now());
    let new = change::apply(&key.to_record(definition), &change::for_new_record(&changes))?;
    check_whole(new.clone())
        .map_err(|e| Error::invalid(format!("the new record would not be whole: {}", e.message())))?;
    // The changes have filled in what nobody set: the new record is theirs, whatever they say.
    let mut write = store_as_is(db, definition, new, Action::Put)?;
    if changes_nothing {
        // A record that is there stays as it is.
        changes.clear();
    }
    if let Action::Put(insert) = write.action {
        write.action = Action::Upsert { changes, insert };
    }
    Ok(write)
}
