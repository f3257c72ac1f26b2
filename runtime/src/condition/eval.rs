//! Conditions evaluated here: by the embedded backend, and by the others to find out why a server refused a
//! write.

use std::cmp::Ordering;

use super::expr::{Expr, Op};
use crate::path::{Path, Step};
use crate::value::{Record, Value};

impl Record {
    /// The value at a path, a null if one is stored.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        let (first, rest) = path.steps().split_first()?;
        let Step::Name(name) = first else { return None };
        rest.iter().try_fold(self.stored(name)?, |value, step| match (value, step) {
            (Value::Map(map), Step::Name(name)) => map.get(name.as_ref()),
            (Value::List(list), Step::Position(at)) => list.get(*at),
            _ => None,
        })
    }

    /// Whether a condition is true of this record.
    pub fn satisfies(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Compare { path, op: Op::Ne, value } => self.at(path) != Some(value),
            Expr::Compare { path, op, value } => self.at(path).is_some_and(|stored| compares(stored, *op, value)),
            Expr::In { path, values } => self.at(path).is_some_and(|stored| values.contains(stored)),
            Expr::BeginsWith { path, prefix } => {
                self.at(path).and_then(Value::as_str).is_some_and(|text| text.starts_with(prefix.as_str()))
            }
            Expr::Contains { path, value } => self.at(path).is_some_and(|stored| contains(stored, value)),
            Expr::Size { path, op, count } => match (self.at(path).and_then(size), op) {
                (None, op) => *op == Op::Ne,
                (Some(size), op) => ordered(size.cmp(count), *op),
            },
            Expr::Exists(path) => self.at(path).is_some_and(|value| !matches!(value, Value::Null)),
            Expr::Missing(path) => self.at(path).is_none_or(|value| matches!(value, Value::Null)),
            Expr::And(all) => all.iter().all(|inner| self.satisfies(inner)),
            Expr::Or(any) => any.iter().any(|inner| self.satisfies(inner)),
            Expr::Not(inner) => !self.satisfies(inner),
        }
    }
}

/// The path at which a condition looks at what no field is read from, and what that is. It is no value, so
/// neither answer would be right.
pub(crate) fn find_foreign<'a>(record: &'a Record, expr: &'a Expr) -> Option<(&'a Path, &'static str)> {
    match expr {
        Expr::Compare { path, .. }
        | Expr::In { path, .. }
        | Expr::BeginsWith { path, .. }
        | Expr::Contains { path, .. }
        | Expr::Size { path, .. } => Some((path, record.at(path)?.foreign()?)),
        Expr::Exists(_) | Expr::Missing(_) => None,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().find_map(|part| find_foreign(record, part)),
        Expr::Not(inner) => find_foreign(record, inner),
    }
}

fn compares(stored: &Value, op: Op, value: &Value) -> bool {
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

fn contains(stored: &Value, part: &Value) -> bool {
    match (stored, part) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::List(items), part) => items.contains(part),
        _ => false,
    }
}

fn size(value: &Value) -> Option<u64> {
    let count = match value {
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => return None,
    };
    u64::try_from(count).ok()
}
