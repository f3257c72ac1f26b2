//! Comparisons of fields that are read from more numbers than they have values: they are true of what is read
//! as a value for which they are true.

use super::expr::{Expr, Op};
use crate::field::Interval;
use crate::path::Path;
use crate::value::Value;

/// The comparison of a path with a value.
pub(super) fn compare(interval: Option<Interval>, path: Path, op: Op, value: Value) -> Expr {
    if value.is_nothing() && matches!(value, Value::Set(_)) {
        let is_empty = empty(path);
        return if op == Op::Ne { Expr::Not(Box::new(is_empty)) } else { is_empty };
    }
    let Some((low, high)) = interval.and_then(|of| of(&value)) else { return Expr::Compare { path, op, value } };
    match op {
        Op::Eq => between(path, low, high),
        Op::Ne => Expr::Not(Box::new(between(path, low, high))),
        Op::Lt | Op::Ge => Expr::Compare { path, op, value: low },
        Op::Le | Op::Gt => Expr::Compare { path, op, value: high },
    }
}

/// A set without members, of which nothing is stored; an older release stored an empty list.
fn empty(path: Path) -> Expr {
    Expr::Or(vec![Expr::Missing(path.clone()), Expr::SetSize { path, op: Op::Eq, count: 0 }])
}

/// The number of members of a set: of one of which nothing is stored, none.
pub(super) fn set_size(path: Path, op: Op, count: u64) -> Expr {
    let is_true_of_none = match op {
        Op::Eq | Op::Ge => count == 0,
        Op::Ne | Op::Lt => count != 0,
        Op::Le => true,
        Op::Gt => false,
    };
    let of_some = Expr::SetSize { path: path.clone(), op, count };
    match (is_true_of_none, op) {
        // A comparison of a number that is not there is false, but for this one.
        (true, Op::Ne) | (false, Op::Eq | Op::Lt | Op::Le | Op::Gt | Op::Ge) => of_some,
        (true, _) => Expr::Or(vec![of_some, Expr::Missing(path)]),
        (false, Op::Ne) => Expr::And(vec![of_some, Expr::Exists(path)]),
    }
}

/// From one value to another, both included.
fn between(path: Path, low: Value, high: Value) -> Expr {
    let at_least = Expr::Compare { path: path.clone(), op: Op::Ge, value: low };
    let at_most = Expr::Compare { path, op: Op::Le, value: high };
    Expr::And(vec![at_least, at_most])
}

/// Equal to one of these values.
pub(super) fn is_in(interval: Option<Interval>, path: Path, values: Vec<Value>) -> Expr {
    let has_set = values.iter().any(|value| matches!(value, Value::Set(_)));
    match interval {
        _ if has_set => {
            let equal = |value| compare(interval, path.clone(), Op::Eq, value);
            Expr::Or(values.into_iter().map(equal).collect())
        }
        Some(_) if !values.is_empty() => {
            let equal = |value| compare(interval, path.clone(), Op::Eq, value);
            Expr::Or(values.into_iter().map(equal).collect())
        }
        _ => Expr::In { path, values },
    }
}
