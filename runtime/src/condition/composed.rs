//! Conditions as they grow, without the model, so that it is compiled once for all of them.

use std::fmt;

use super::check::check_operators;
use super::compare;
use super::expr::{Expr, Op};
use crate::error::Result;
use crate::field::{Contain, FieldOf, FieldType, Interval, Many, Place};
use crate::path::Path;
use crate::value::Value;

/// A condition, or why one of its values cannot be stored.
#[derive(Clone)]
pub(crate) struct Composed {
    expr: Result<Expr>,
    /// Counted as it grows, so that none is ever built that is too large to be walked.
    operators: usize,
}

impl Composed {
    /// What was made of one field.
    pub(super) fn of_one(expr: Expr) -> Self {
        Self::new(Ok(expr))
    }

    fn new(expr: Result<Expr>) -> Self {
        let operators = expr.as_ref().map_or(0, |expr| expr.cost().operators);
        Self { expr, operators }
    }

    fn compare(interval: Option<Interval>, place: &Place, op: Op, value: Result<Value>) -> Self {
        Self::new(value.map(|value| compare::compare(interval, place.path(), op, value)))
    }

    fn between(interval: Option<Interval>, place: &Place, bounds: Result<(Value, Value)>) -> Self {
        Self::new(bounds.map(|(low, high)| {
            let compare = |op, value| compare::compare(interval, place.path(), op, value);
            Expr::And(vec![compare(Op::Ge, low), compare(Op::Le, high)])
        }))
    }

    fn is_in(interval: Option<Interval>, place: &Place, values: Result<Vec<Value>>) -> Self {
        Self::new(values.map(|values| compare::is_in(interval, place.path(), values)))
    }

    fn contains(place: &Place, part: Result<Value>, in_set: bool) -> Self {
        Self::new(part.map(|value| match in_set {
            true => Expr::HasMember { path: place.path(), value },
            false => Expr::Contains { path: place.path(), value },
        }))
    }

    /// A comparison of a size.
    pub(super) fn size(path: Path, of_set: bool, op: Op, count: u64) -> Self {
        Self::of_one(match of_set {
            true => compare::set_size(path, op, count),
            false => Expr::Size { path, op, count },
        })
    }

    /// One made of others, of so many operators.
    fn of(expr: Result<Expr>, operators: usize) -> Self {
        let expr = expr.and_then(|expr| check_operators(operators).map(|()| expr));
        Self { expr, operators }
    }

    /// Narrows a condition that may not be there yet: an operation's conditions must all be true.
    pub(crate) fn and_also(condition: &mut Option<Self>, other: Self) {
        *condition = Some(match condition.take() {
            Some(condition) => condition.and(other),
            None => other,
        });
    }

    pub(super) fn and(self, other: Self) -> Self {
        self.join(other, |a, b| match a {
            Expr::And(mut all) => {
                all.push(b);
                Expr::And(all)
            }
            a => Expr::And(vec![a, b]),
        })
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.join(other, |a, b| match a {
            Expr::Or(mut any) => {
                any.push(b);
                Expr::Or(any)
            }
            a => Expr::Or(vec![a, b]),
        })
    }

    /// One of many: `by` makes it of theirs.
    pub(super) fn join_all(parts: impl Iterator<Item = Self>, by: fn(Vec<Expr>) -> Expr) -> Self {
        let (mut exprs, mut operators) = (Ok(Vec::new()), 0);
        for (at, part) in parts.enumerate() {
            operators += part.operators + usize::from(at > 0);
            exprs = match (exprs, part.expr) {
                (Ok(mut exprs), Ok(expr)) => {
                    exprs.push(expr);
                    Ok(exprs)
                }
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        }
        Self::of(exprs.map(by), operators)
    }

    pub(super) fn not(self) -> Self {
        let operators = self.operators + 1;
        let not = |expr| match expr {
            Expr::Not(inner) => *inner,
            expr => Expr::Not(Box::new(expr)),
        };
        Self::of(self.expr.map(not), operators)
    }

    /// The condition as data, or why one of its values cannot be stored.
    pub(crate) fn into_expr(self) -> Result<Expr> {
        self.expr
    }

    fn join(self, other: Self, by: fn(Expr, Expr) -> Expr) -> Self {
        let operators = self.operators + 1 + other.operators;
        let expr = match (self.expr, other.expr) {
            (Ok(a), Ok(b)) => Ok(by(a, b)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        Self::of(expr, operators)
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr {
            Ok(expr) => fmt::Display::fmt(expr, f),
            Err(error) => fmt::Debug::fmt(error, f),
        }
    }
}

/// What can be asked of a field that has values.
impl<T: FieldType> FieldOf<T> {
    pub(super) fn compare(self, op: Op, value: T::Arg<'_>) -> Composed {
        Composed::compare(self.interval(), &self.place, op, self.encode(value))
    }

    pub(super) fn is_in(&self, values: impl Many<T>) -> Composed {
        Composed::is_in(self.interval(), &self.place, self.encode_each(values))
    }

    pub(super) fn between(self, low: T::Arg<'_>, high: T::Arg<'_>) -> Composed {
        let bounds = self.encode(low).and_then(|low| Ok((low, self.encode(high)?)));
        Composed::between(self.interval(), &self.place, bounds)
    }

    pub(super) fn contains(self, part: T::Part<'_>) -> Composed
    where
        T: Contain,
    {
        Composed::contains(&self.place, T::encode_part(part), T::IS_SET)
    }
}
