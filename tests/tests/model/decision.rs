//! Why a write is refused, before anything is read and after, and what it makes of a record.

use reposit::ErrorKind;
use serde_json::Value as Json;

use crate::answers::Refusal;
use crate::ops::{Change, Cond, How, Op, Values, Version};
use crate::rules::{FieldRule, Row, Rules};
use crate::semantics::{change_all, holds, is_nothing, overlap};

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

pub fn check_changes(rules: &Rules, changes: &[Change]) -> Outcome<()> {
    let empty = |change: &Change| match &change.how {
        How::Set(value) | How::Default(value) => rules.is_indexed(&change.path) && is_empty(value),
        _ => false,
    };
    let told: Vec<_> = changes.iter().filter(|change| !is_nothing(change)).cloned().collect();
    if overlap(&told) || changes.iter().any(empty) { Err(invalid()) } else { Ok(()) }
}

/// The changes that a new record is made of: there is no list yet to take an item out of.
pub fn of_new(changes: &[Change]) -> Vec<Change> {
    changes.iter().filter(|change| !matches!(change.how, How::TakeOut(_))).cloned().collect()
}

/// What is refused before anything is read.
pub fn prepare(rules: &Rules, op: &Op, now: i64) -> Outcome<()> {
    match op {
        Op::Create { row, .. } | Op::Put { row, .. } | Op::Replace { row, .. } | Op::Older { row } => {
            check_row(rules, row)
        }
        Op::Save { row, version } => {
            check_row(rules, row)?;
            if *version == Version::Is(rules.last_version()) { Err(invalid()) } else { Ok(()) }
        }
        Op::Update { key, changes, .. } => {
            check_values(key)?;
            check_changes(rules, changes)
        }
        Op::Upsert { key, changes, .. } => {
            check_values(key)?;
            check_changes(rules, changes)?;
            let new = changed(rules, &key_row(rules, key), &of_new(changes), true, now)?;
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
            Op::Update { .. } | Op::Replace { .. } | Op::Check { .. } => true,
            Op::Save { version, .. } => *version != Version::Is(0),
            _ => false,
        };
        return if needs_one { Err(Refusal::new(ErrorKind::NotFound)) } else { Ok(()) };
    };
    let is_create = matches!(op, Op::Create { .. } | Op::Save { version: Version::Is(0), .. });
    if is_create {
        return Err(Refusal::new(ErrorKind::AlreadyExists));
    }
    if let Op::Save { version, .. }
    | Op::Delete { version: Some(version), .. }
    | Op::Update { version: Some(version), .. } = op
    {
        let stored = live[rules.version.unwrap_or_default()].as_u64();
        if *version != Version::Is(stored.unwrap_or(0)) {
            return Err(Refusal::new(ErrorKind::VersionConflict));
        }
    }
    let cond: Option<&Cond> = match op {
        Op::Put { only_if, .. } | Op::Replace { only_if, .. } | Op::Upsert { only_if, .. } => only_if.as_ref(),
        Op::Update { only_if, .. } | Op::Delete { only_if, .. } | Op::Check { only_if, .. } => only_if.as_ref(),
        _ => None,
    };
    match cond {
        Some(cond) if !holds(cond, live) => Err(Refusal::new(ErrorKind::ConditionFailed)),
        _ => Ok(()),
    }
}

/// The record after an update or an upsert: its version goes up, and its times are filled in where
/// no change is of them.
pub fn changed(rules: &Rules, old: &Row, changes: &[Change], is_upsert: bool, now: i64) -> Outcome<Row> {
    let mut new = change_all(rules, old, changes).map_err(|_| invalid())?;
    if let Some(field) = rules.version {
        let version = old.get(field).and_then(Json::as_u64).unwrap_or(0);
        if version >= rules.last_version() {
            return Err(invalid());
        }
        new.insert(field.to_owned(), (version + 1).into());
    }
    if let Some((made, touched)) = rules.times {
        let is_changed = |field: &str| changes.iter().any(|change| change.path == field);
        if is_upsert && !is_changed(made) {
            new.entry(made).or_insert(now.into());
        }
        if !is_changed(touched) {
            new.insert(touched.to_owned(), now.into());
        }
    }
    Ok(new)
}

/// A whole record with its times filled in: the first where nobody set it, the last always.
pub fn filled(rules: &Rules, row: &Row, now: i64) -> Row {
    let mut row = row.clone();
    if let Some((made, touched)) = rules.times {
        if row.get(made).and_then(Json::as_i64).unwrap_or(0) == 0 {
            row.insert(made.to_owned(), now.into());
        }
        row.insert(touched.to_owned(), now.into());
    }
    row
}

/// No record is stored with version 0.
pub fn stored_by_create(rules: &Rules, row: &Row, now: i64) -> Row {
    let mut row = filled(rules, row, now);
    if let Some(field) = rules.version
        && row[field].as_u64() == Some(0)
    {
        row.insert(field.to_owned(), 1.into());
    }
    row
}

/// The older release stores no version, which counts as version 1.
pub fn stored_by_older(rules: &Rules, row: &Row, now: i64) -> Row {
    let mut row = filled(rules, row, now);
    row.extend(rules.version.map(|field| (field.to_owned(), 1.into())));
    row
}

pub fn stored_by_save(rules: &Rules, row: &Row, version: Version, now: i64) -> Row {
    let mut row = filled(rules, row, now);
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
        Op::Create { row, .. } | Op::Put { row, .. } | Op::Replace { row, .. } => rules.key_of(row),
        Op::Older { row } | Op::Save { row, .. } => rules.key_of(row),
        Op::Update { key, .. } | Op::Upsert { key, .. } | Op::Delete { key, .. } | Op::Check { key, .. } => key.clone(),
        other => panic!("{other} is of no one record"),
    }
}
