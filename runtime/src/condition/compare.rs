//! Comparisons of fields that are read from more numbers than they have values: they are true of what is read
//! as a value for which they are true.

use super::expr::{Expr, Op};
use crate::field::Interval;
use crate::path::Path;
use crate::value::Value;

/// The comparison of a path with a value.
pub(super) fn compare(interval: Option<Interval>, path: Path, op: Op, value: Value) -> Expr {
    let Some((low, high)) = interval.and_then(|of| of(&value)) else { return Expr::Compare { path, op, value } };
    match op {
        Op::Eq => between(path, low, high),
        Op::Ne => Expr::Not(Box::new(between(path, low, high))),
        Op::Lt | Op::Ge => Expr::Compare { path, op, value: low },
        Op::Le | Op::Gt => Expr::Compare { path, op, value: high },
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
    match interval {
        Some(_) if !values.is_empty() => {
            let equal = |value| compare(interval, path.clone(), Op::Eq, value);
            Expr::Or(values.into_iter().map(equal).collect())
        }
        _ => Expr::In { path, values },
    }
}
