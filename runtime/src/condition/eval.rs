//! Conditions evaluated here: by the embedded backend, and by the others to find out why a server refused a
//! write.

use std::cmp::Ordering;

use super::expr::{Expr, Op};
use crate::path::{Path, Step};
use crate::value::{Record, Value, ValueRef};

impl Record {
    /// The value at a path, a null if one is stored.
    pub fn at(&self, path: &Path) -> Option<ValueRef<'_>> {
        let (first, rest) = path.steps().split_first()?;
        let Step::Name(name) = first else { return None };
        rest.iter().try_fold(self.stored(name)?, |value, step| match (value, step) {
            (ValueRef::Map(map), Step::Name(name)) => map.get(name.as_ref()),
            (ValueRef::List(list), Step::Position(at)) => list.get(*at),
            _ => None,
        })
    }

    /// Whether a condition is true of this record.
    pub fn satisfies(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Compare { path, op: Op::Ne, value } => self.at(path).is_none_or(|stored| stored != *value),
            Expr::Compare { path, op, value } => {
                self.at(path).is_some_and(|stored| compares(stored, *op, value.view()))
            }
            Expr::In { path, values } => {
                self.at(path).is_some_and(|stored| values.iter().any(|value| stored == *value))
            }
            Expr::BeginsWith { path, prefix } => {
                self.at(path).and_then(ValueRef::as_str).is_some_and(|text| text.starts_with(prefix.as_str()))
            }
            Expr::Contains { path, value } => self.at(path).is_some_and(|stored| contains(stored, value.view())),
            Expr::HasMember { path, value } => self.at(path).is_some_and(|stored| has_member(stored, value.view())),
            Expr::Size { path, op, count } => compares_size(self.at(path).and_then(size), *op, *count),
            Expr::SetSize { path, op, count } => compares_size(self.at(path).and_then(set_size), *op, *count),
            Expr::Exists(path) => self.at(path).is_some_and(|value| !value.is_null()),
            Expr::Missing(path) => self.at(path).is_none_or(ValueRef::is_null),
            Expr::And(all) => all.iter().all(|inner| self.satisfies(inner)),
            Expr::Or(any) => any.iter().any(|inner| self.satisfies(inner)),
            Expr::Not(inner) => !self.satisfies(inner),
        }
    }
}

/// The path at which a condition looks at what no field is read from, and what that is. It is no value, so
/// neither answer would be right.
pub(crate) fn find_foreign<'a>(record: &'a Record, expr: &'a Expr) -> Option<(&'a Path, &'a str)> {
    match expr {
        Expr::Compare { path, value, .. } => {
            let stored = record.at(path)?;
            Some((path, stored.foreign().or_else(|| foreign_id(stored, value))?))
        }
        Expr::Contains { path, value } | Expr::HasMember { path, value } => {
            let stored = record.at(path)?;
            let in_items = || match stored {
                ValueRef::List(items) | ValueRef::Set(items) => items.iter().find_map(|item| foreign_id(item, value)),
                other => foreign_id(other, value),
            };
            Some((path, stored.foreign().or_else(in_items)?))
        }
        Expr::In { path, values } => {
            let stored = record.at(path)?;
            let own = values.first().and_then(|value| foreign_id(stored, value));
            Some((path, stored.foreign().or(own)?))
        }
        Expr::BeginsWith { path, .. } | Expr::SetSize { path, .. } | Expr::Size { path, .. } => {
            let stored = record.at(path)?;
            let is_id = matches!(stored, ValueRef::ObjectId(_));
            Some((path, stored.foreign().or(is_id.then(|| stored.noun()))?))
        }
        Expr::Exists(_) | Expr::Missing(_) => None,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().find_map(|part| find_foreign(record, part)),
        Expr::Not(inner) => find_foreign(record, inner),
    }
}

/// What is stored, if it is an ObjectId and what it is compared with is of another kind: no field of that kind is read
/// from it.
fn foreign_id<'a>(stored: ValueRef<'a>, value: &Value) -> Option<&'a str> {
    let is_foreign = matches!(stored, ValueRef::ObjectId(_)) && !matches!(value, Value::ObjectId(_));
    is_foreign.then(|| stored.noun())
}

fn compares(stored: ValueRef<'_>, op: Op, value: ValueRef<'_>) -> bool {
    match op {
        Op::Eq => stored == value,
        Op::Ne => stored != value,
        op => stored.compare(value).is_some_and(|ordering| ordered(ordering, op)),
    }
}

fn ordered(ordering: Ordering, op: Op) -> bool {
    match op {
        Op::Eq => ordering.is_eq(),
        Op::Ne => ordering.is_ne(),
        Op::Lt => ordering.is_lt(),
        Op::Le => ordering.is_le(),
        Op::Gt => ordering.is_gt(),
        Op::Ge => ordering.is_ge(),
    }
}

fn contains(stored: ValueRef<'_>, part: ValueRef<'_>) -> bool {
    match (stored, part) {
        (ValueRef::String(text), ValueRef::String(part)) => text.contains(part),
        (ValueRef::List(items), part) => items.iter().any(|item| item == part),
        _ => false,
    }
}

/// A set is kept as a list by MongoDB and by older releases.
fn has_member(stored: ValueRef<'_>, member: ValueRef<'_>) -> bool {
    matches!(stored, ValueRef::Set(items) | ValueRef::List(items) if items.iter().any(|item| item == member))
}

fn set_size(value: ValueRef<'_>) -> Option<u64> {
    let (ValueRef::Set(items) | ValueRef::List(items)) = value else { return None };
    u64::try_from(items.len()).ok()
}

fn compares_size(size: Option<u64>, op: Op, count: u64) -> bool {
    size.map_or(op == Op::Ne, |size| ordered(size.cmp(&count), op))
}

fn size(value: ValueRef<'_>) -> Option<u64> {
    let count = match value {
        ValueRef::List(items) => items.len(),
        ValueRef::Map(map) => map.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        _ => return None,
    };
    u64::try_from(count).ok()
}
