//! Why a write is refused, before anything is read and after, and what it makes of a record.

use reposit::ErrorKind;
use serde_json::Value as Json;

use crate::answers::Refusal;
use crate::meaning::{change_all, holds, overlap};
use crate::ops::{Change, Cond, How, Op, Values, Version};
use crate::rules::{FieldRule, Row, Rules};

pub type Outcome<T> = Result<T, Refusal>;

fn invalid() -> Refusal {
    Refusal::new(ErrorKind::InvalidInput)
}

fn is_empty(value: &Json) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

/// Keys and index values may not be empty.
pub fn check_values(values: &[Json]) -> Outcome<()> {
    if values.iter().any(is_empty) { Err(invalid()) } else { Ok(()) }
}

pub fn check_row(rules: &Rules, row: &Row) -> Outcome<()> {
    let refused = row.iter().any(|(name, value)| rules.is_indexed(name) && is_empty(value));
    if refused { Err(invalid()) } else { Ok(()) }
}

fn check_changes(rules: &Rules, changes: &[Change]) -> Outcome<()> {
    let empty = |change: &Change| match &change.how {
        How::Set(value) | How::Default(value) => rules.is_indexed(&change.path) && is_empty(value),
        _ => false,
    };
    if overlap(changes) || changes.iter().any(empty) { Err(invalid()) } else { Ok(()) }
}

/// What is refused before anything is read.
pub fn prepare(rules: &Rules, op: &Op) -> Outcome<()> {
    match op {
        Op::Create { row } | Op::Put { row } => check_row(rules, row),
        Op::Save { row, version } => {
            check_row(rules, row)?;
            if *version == Version::Is(u64::MAX) { Err(invalid()) } else { Ok(()) }
        }
        Op::Update { key, changes, .. } => {
            check_values(key)?;
            check_changes(rules, changes)
        }
        Op::Upsert { key, changes } => {
            check_values(key)?;
            check_changes(rules, changes)?;
            let new = changed(rules, &key_row(rules, key), changes)?;
            let missing = |field: &FieldRule| !field.optional && !new.contains_key(field.path);
            if rules.fields.iter().any(missing) { Err(invalid()) } else { check_row(rules, &new) }
        }
        Op::Delete { key, .. } | Op::Check { key, .. } => check_values(key),
        _ => Ok(()),
    }
}

/// Why a write is refused, if the live record refuses it.
pub fn judge(rules: &Rules, op: &Op, live: Option<&Row>) -> Outcome<()> {
    let Some(live) = live else {
        let needs_one = match op {
            Op::Update { .. } | Op::Check { .. } => true,
            Op::Save { version, .. } => *version != Version::Is(0),
            _ => false,
        };
        return if needs_one { Err(Refusal::new(ErrorKind::NotFound)) } else { Ok(()) };
    };
    let is_create = matches!(op, Op::Create { .. } | Op::Save { version: Version::Is(0), .. });
    if is_create {
        return Err(Refusal::new(ErrorKind::AlreadyExists));
    }
    if let Op::Save { version, .. } | Op::Delete { version: Some(version), .. } = op {
        let stored = live[rules.version.unwrap_or_default()].as_u64();
        if *version != Version::Is(stored.unwrap_or(0)) {
            return Err(Refusal::new(ErrorKind::VersionConflict));
        }
    }
    let cond: Option<&Cond> = match op {
        Op::Update { only_if, .. } | Op::Delete { only_if, .. } | Op::Check { only_if, .. } => only_if.as_ref(),
        _ => None,
    };
    match cond {
        Some(cond) if !holds(cond, live) => Err(Refusal::new(ErrorKind::ConditionFailed)),
        _ => Ok(()),
    }
}

/// The record after an update, whose version goes up.
pub fn changed(rules: &Rules, old: &Row, changes: &[Change]) -> Outcome<Row> {
    let mut new = change_all(rules, old, changes).map_err(|_| invalid())?;
    if let Some(field) = rules.version {
        let version = old.get(field).and_then(Json::as_u64).unwrap_or(0);
        let next = version.checked_add(1).ok_or_else(invalid)?;
        new.insert(field.to_owned(), next.into());
    }
    Ok(new)
}

/// No record is stored with version 0.
pub fn stored_by_create(rules: &Rules, row: &Row) -> Row {
    let mut row = row.clone();
    if let Some(field) = rules.version
        && row[field].as_u64() == Some(0)
    {
        row.insert(field.to_owned(), 1.into());
    }
    row
}

pub fn stored_by_save(rules: &Rules, row: &Row, version: Version) -> Row {
    let mut row = row.clone();
    if let (Some(field), Version::Is(version)) = (rules.version, version) {
        row.insert(field.to_owned(), (version + 1).into());
    }
    row
}

pub fn key_row(rules: &Rules, key: &[Json]) -> Row {
    rules.key_fields().map(str::to_owned).zip(key.iter().cloned()).collect()
}

pub fn key_of(rules: &Rules, op: &Op) -> Values {
    match op {
        Op::Create { row } | Op::Put { row } | Op::Save { row, .. } => rules.key_of(row),
        Op::Update { key, .. } | Op::Upsert { key, .. } | Op::Delete { key, .. } | Op::Check { key, .. } => key.clone(),
        other => panic!("{other} is of no one record"),
    }
}
