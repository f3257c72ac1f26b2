//! From a model to a checked write. Nothing here is generic over the model, so that it is compiled once.

use super::fill;
use crate::change::{self, Change, Expiry};
use crate::condition::{self, Expr};
use crate::database::Database;
use crate::definition::{Definition, FIRST_VERSION};
use crate::error::{Error, Result};
use crate::limits::{self, Limits};
use crate::path::Path;
use crate::repository::checked;
use crate::request::{Action, RecordKey, Write};
use crate::value::{EXPIRES, Record, Value};

/// A write that stores a whole record, filled in.
pub(super) fn store(
    db: &Database,
    definition: &'static Definition,
    mut record: Record,
    action: fn(Record) -> Action,
) -> Result<Write> {
    for (name, _) in record.iter() {
        stored_name(definition, name)?;
    }
    fill::record(definition, &mut record, db.now());
    store_as_it_is(db, definition, record, action)
}

/// A write that stores a whole record in which nothing is to be filled in.
pub(super) fn store_as_it_is(
    db: &Database,
    definition: &'static Definition,
    mut record: Record,
    action: fn(Record) -> Action,
) -> Result<Write> {
    if let Some(at) = definition.expiry_of(&record) {
        record.set(EXPIRES, Value::Int(at.into()));
    }
    let limits = db.backend().limits();
    let key = checked(definition, RecordKey::written(definition, &record)?, &limits)?;
    for (name, value) in record.iter() {
        index_value(definition, name, value, &limits)?;
    }
    limits::check_depth(&record)?;
    limits::check_record(&record, &limits)?;
    Ok(Write::new(definition, key, action(record)))
}

/// Refuses a name that a field of the record cannot have.
fn stored_name(definition: &Definition, name: &str) -> Result<()> {
    if name == "_id" && (definition.range().is_some() || definition.hash_name() != name) {
        return Err(Error::invalid("a field cannot be stored as \"_id\", which is the primary key's name on MongoDB"));
    }
    limits::check_field_name(name)
}

/// Refuses a change that no update may make: one of the key, or of a field that cannot be. The types let
/// none through but those of entries of a flattened map, whose names are data.
fn allowed(definition: &Definition, change: &Change) -> Result<()> {
    let path = change.path();
    path.check_storable()?;
    let root = path.root();
    if root == definition.hash_name() || Some(root) == definition.range_name() || Some(root) == definition.version() {
        return Err(Error::invalid(format!("{root} is part of the primary key or the version, and cannot be changed")));
    }
    stored_name(definition, root)?;
    let levels = path.steps().len() - 1;
    match change {
        Change::Set(_, value) | Change::SetIfMissing(_, value) => limits::check_depth_below(root, levels, value),
        Change::Append(_, items) => items.iter().try_for_each(|item| limits::check_depth_below(root, levels + 1, item)),
        Change::Add { .. } | Change::Remove(_) | Change::Expire { .. } => {
            limits::check_depth_below(root, levels, &Value::Null)
        }
    }
}

/// Refuses a value that cannot be in the indexes its field is part of.
fn index_value(definition: &Definition, name: &str, value: &Value, limits: &Limits) -> Result<()> {
    for index in definition.indexes() {
        for (at, part) in index.parts().enumerate() {
            if definition.part_name(part) == name {
                let limit = if at == 0 { limits.hash_key } else { limits.range_key };
                limits::check_key(value, part.kind, name, limit).map_err(|e| e.on_index(index.name))?;
            }
        }
    }
    Ok(())
}

/// Checks the changes of an update and completes them: the expiry follows its field, and the
/// version goes up.
pub(super) fn changes(db: &Database, definition: &'static Definition, mut changes: Vec<Change>) -> Result<Vec<Change>> {
    changes.iter().try_for_each(|change| allowed(definition, change))?;
    fill::changes(definition, &mut changes, db.now());
    change::check_changes(&changes)?;
    let limits = db.backend().limits();
    let size = changes.iter().map(Change::min_size).sum();
    limits::check_record_size(size, &limits)?;
    for change in &changes {
        if let Change::Set(path, value) | Change::SetIfMissing(path, value) = change
            && path.is_field()
            && !matches!(value, Value::Null)
        {
            index_value(definition, path.root(), value, &limits)?;
        }
    }
    if let Some(expiry) = changes.iter().find_map(|change| expiry_change(definition, change)) {
        changes.push(expiry);
    }
    if let Some(name) = definition.version() {
        let bounds = Some((0, i128::from(definition.last_version())));
        changes.push(Change::Add { path: Path::field(name), start: FIRST_VERSION, delta: Value::Int(1), bounds });
    }
    Ok(changes)
}

fn expiry_change(definition: &Definition, change: &Change) -> Option<Change> {
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
        Change::Append(..) | Change::Expire { .. } => None,
    }
}

/// A write with a condition, checked.
pub(super) fn conditioned(mut write: Write, condition: Option<Expr>) -> Result<Write> {
    if let Some(condition) = &condition {
        condition::check_condition(condition)?;
    }
    write.condition = condition.map(|condition| write.definition.stored(condition));
    // What the changes need is judged with the condition.
    let judged = Expr::both(write.requirement(), write.removed_parents());
    judged.as_ref().map_or(Ok(()), condition::check_size)?;
    Ok(write)
}

/// Names the repository and the operation in an error, unless it names them already.
pub(super) fn named(definition: &Definition, operation: &'static str) -> impl Fn(Error) -> Error + Send + use<> {
    let name = definition.name();
    move |error| error.in_repository(name).in_operation(operation)
}

/// The same, and names the index at a position of the definition.
pub(super) fn named_on(
    definition: &'static Definition,
    operation: &'static str,
    index: Option<usize>,
) -> impl Fn(Error) -> Error + Send + use<> {
    let index = index.and_then(|at| definition.indexes().get(at));
    let named = named(definition, operation);
    move |error| {
        let error = named(error);
        match index {
            Some(index) if error.index().is_none() => error.on_index(index.name),
            _ => error,
        }
    }
}
