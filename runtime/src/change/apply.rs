//! Changes made to a record here: by the embedded backend, and by the others to find out what they come to.

use super::{Change, Expiry, in_order};
use crate::error::{Error, Result};
use crate::limits;
use crate::path::{Path, Step};
use crate::value::{EXPIRES, NO_FLOAT, Record, Value, ValueRef, are_of_one_kind, is_float, whole};

/// The record after the changes.
pub fn apply(record: &Record, changes: &[Change]) -> Result<Record> {
    let mut new = record.clone();
    for change in in_order(changes) {
        if change.precondition().is_some_and(|needed| !record.satisfies(&needed)) {
            return Err(impossible_change(change, record));
        }
        change.apply_to(&mut new)?;
        change.move_expiry(record, &mut new);
    }
    Ok(new)
}

impl Change {
    fn apply_to(&self, record: &mut Record) -> Result<()> {
        let path = self.path();
        let old = record.at(path).map(ValueRef::to_value);
        let new = match self {
            Self::Set(_, value) => Some(value.clone()),
            Self::SetIfMissing(_, value) => {
                Some(old.filter(|old| !matches!(old, Value::Null)).unwrap_or_else(|| value.clone()))
            }
            Self::Remove(_) if !self.has_parent_in(record) => return Ok(()),
            Self::Remove(_) => None,
            Self::Append(_, items) => Some(append(path, old, items)?),
            Self::Prepend(_, items) => Some(prepend(path, old, items)?),
            Self::RemoveItem(_) => return remove_item(record, path),
            Self::Insert(_, members) => insert(path, old, members)?,
            Self::Discard(_, members) => discard(path, old, members)?,
            Self::Add { start, delta, bounds, .. } => Some(add(path, old, *start, delta, *bounds)?),
            Self::Expire { .. } => return Ok(()),
        };
        store_at(record, path, new)
    }

    /// The expiry after a change of it, from the record as it was before the update.
    fn move_expiry(&self, before: &Record, record: &mut Record) {
        let Self::Expire { field, expiry } = self else { return };
        let old = before.at(field).filter(|old| !old.is_null());
        match (*expiry, old) {
            (Expiry::After(seconds), Some(old)) => {
                let at = old.as_int().map_or(Value::Null, |n| Value::Int(n.saturating_add(seconds.into())));
                record.set(EXPIRES, at);
            }
            (Expiry::IfMissing(at), None) => record.set(EXPIRES, Value::from(at)),
            _ => {}
        }
    }
}

/// Why a change cannot be made to the record as it is stored.
pub(crate) fn impossible_change(change: &Change, record: &Record) -> Error {
    if let Change::Add { path, .. } = change
        && path.root() != EXPIRES
        && let Some(other) = record.at(path).filter(|old| !is_addend(*old))
    {
        let error = misfit(path, other, "a number");
        // What is foreign, or a date, is another program's; of what a program of ours stored, the addition is wrong.
        let theirs = matches!(other, ValueRef::Foreign(_) | ValueRef::Instant(_) | ValueRef::ObjectId(_));
        return if theirs { error } else { Error::invalid(error.message()) };
    }
    match change {
        Change::Expire { .. } => {
            Error::invalid("the field that says when the record expires has no value to add to, or is out of range")
        }
        Change::Add { path, bounds: Some((low, high)), .. } if change.has_parent_in(record) => {
            Error::invalid(format!("{path}: the sum is outside what the field can hold ({low} to {high})"))
        }
        change => missing_way(change.path()),
    }
}

fn missing_way(path: &Path) -> Error {
    Error::invalid(format!("{path}: the way to this field is missing in the stored record"))
}

/// Whether a number can be added to what is stored.
fn is_addend(stored: ValueRef<'_>) -> bool {
    matches!(stored, ValueRef::Null | ValueRef::Int(_) | ValueRef::Float(_))
}

/// What is stored is not of the kind that a change needs.
fn misfit<'a>(path: &Path, stored: impl Into<ValueRef<'a>>, needed: &str) -> Error {
    Error::codec(format!("{path} is stored as {}, not as {needed}", stored.into().noun()))
}

fn append(path: &Path, old: Option<Value>, items: &[Value]) -> Result<Value> {
    let mut list = list_of(path, old)?;
    list.extend_from_slice(items);
    Ok(Value::List(list))
}

fn prepend(path: &Path, old: Option<Value>, items: &[Value]) -> Result<Value> {
    let mut list = list_of(path, old)?;
    list.splice(0..0, items.iter().cloned());
    Ok(Value::List(list))
}

/// The items of a list that is changed: of a missing one, none.
fn list_of(path: &Path, old: Option<Value>) -> Result<Vec<Value>> {
    match old {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list),
        Some(other) => Err(misfit(path, &other, "a list")),
    }
}

fn insert(path: &Path, old: Option<Value>, members: &[Value]) -> Result<Option<Value>> {
    let mut set = set_of(path, old, members)?;
    set.extend_from_slice(members);
    Ok(kept_set(path, set))
}

fn discard(path: &Path, old: Option<Value>, members: &[Value]) -> Result<Option<Value>> {
    let mut set = set_of(path, old, members)?;
    set.retain(|member| !members.contains(member));
    Ok(kept_set(path, set))
}

/// The members of a set that is changed: of a missing one, none. MongoDB and older releases keep it as a list.
fn set_of(path: &Path, old: Option<Value>, members: &[Value]) -> Result<Vec<Value>> {
    let is_member = |stored: &Value| members.first().is_none_or(|member| are_of_one_kind(stored.view(), member.view()));
    match old {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Set(stored) | Value::List(stored)) if stored.iter().all(is_member) => Ok(stored),
        Some(other) => Err(misfit(path, &other, Value::Set(members.to_vec()).view().noun())),
    }
}

/// A set as it is kept: of one without members nothing, but in a list, whose items stay where they are.
fn kept_set(path: &Path, members: Vec<Value>) -> Option<Value> {
    let is_item = matches!(path.steps().last(), Some(Step::Position(_)));
    (is_item || !members.is_empty()).then(|| Value::set(members))
}

/// Takes an item out of its list.
fn remove_item(record: &mut Record, path: &Path) -> Result<()> {
    let missing = || missing_way(path);
    let (last, parent) = path.steps().split_last().ok_or_else(missing)?;
    let list = Path::new(parent.to_vec());
    match (record.at(&list).map(ValueRef::to_value), last) {
        (Some(Value::List(mut items)), Step::Position(at)) if *at < items.len() => {
            items.remove(*at);
            store_at(record, &list, Some(Value::List(items)))
        }
        _ => Err(missing()),
    }
}

fn add(path: &Path, old: Option<Value>, start: u8, delta: &Value, bounds: Option<(i128, i128)>) -> Result<Value> {
    let old = match old {
        None | Some(Value::Null) => Value::Int(start.into()),
        Some(Value::Float(x)) if bounds.is_some() && whole(x).is_none() => {
            return Err(Error::codec(format!("{path} is stored as a number that is no integer of i64 or u64")));
        }
        Some(Value::Int(n)) if bounds.is_none() && !is_float(n) => {
            return Err(Error::codec(format!("{path} is {NO_FLOAT}")));
        }
        Some(number @ (Value::Int(_) | Value::Float(_))) => number,
        Some(other) => return Err(misfit(path, &other, "a number")),
    };
    let named = |message: String| Error::invalid(format!("{path}: {message}"));
    match (old.as_int(), delta.as_int(), bounds) {
        (Some(a), Some(b), Some(_)) => limits::integer(a.saturating_add(b)).map(Value::Int).map_err(named),
        _ => limits::float(old.as_float().unwrap_or(0.0) + delta.as_float().unwrap_or(0.0)).map_err(named),
    }
}

/// Stores a value at a path whose parent exists; no value removes what is there.
fn store_at(record: &mut Record, path: &Path, value: Option<Value>) -> Result<()> {
    let missing = || missing_way(path);
    let (last, parent) = path.steps().split_last().ok_or_else(missing)?;
    let Some((first, middle)) = parent.split_first() else {
        let Step::Name(name) = last else { return Err(missing()) };
        match value {
            Some(value) => record.insert(name, value),
            None => drop(record.remove(name)),
        }
        return Ok(());
    };
    let Step::Name(root) = first else { return Err(missing()) };
    let mut field = record.stored(root).ok_or_else(missing)?.to_value();
    let mut target = &mut field;
    for step in middle {
        target = step_into(target, step).ok_or_else(missing)?;
    }
    match (target, last, value) {
        (Value::Map(map), Step::Name(name), None) => drop(map.remove(name.as_ref())),
        (Value::Map(map), Step::Name(name), Some(value)) => drop(map.insert(name.to_string(), value)),
        // A position of a list cannot be empty, so no value is a null there.
        (Value::List(list), Step::Position(at), value) => {
            *list.get_mut(*at).ok_or_else(missing)? = value.unwrap_or(Value::Null)
        }
        _ => return Err(missing()),
    }
    record.insert(root, field);
    Ok(())
}

fn step_into<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match (value, step) {
        (Value::Map(map), Step::Name(name)) => map.get_mut(name.as_ref()),
        (Value::List(list), Step::Position(at)) => list.get_mut(*at),
        _ => None,
    }
}
