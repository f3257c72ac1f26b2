//! Conditions and changes that the server judges and makes: as SQL, where SQL means the same.

use super::param::Param;
use super::sql::{Operand, Operands};
use crate::change::Change;
use crate::condition::Expr;
use crate::value::{Value, ValueRef};

/// A condition on the record in a column, as SQL whose values are bound; nothing if SQL cannot say it.
pub(super) fn condition(expr: &Expr, column: &str, params: &mut Vec<Param>) -> Option<String> {
    if !is_sayable(expr) {
        return None;
    }
    let mut operands = Operands::after(params.len());
    let text = super::sql::condition(expr, column, &mut operands)?;
    bind(operands, params);
    Some(text)
}

/// The record in a column after changes.
pub(super) struct Changed {
    /// As SQL.
    pub(super) value: String,
    /// That the changes are possible.
    pub(super) possible: String,
}

/// Changes as SQL whose values are bound; nothing if SQL cannot make them.
pub(super) fn change(changes: &[Change], column: &str, params: &mut Vec<Param>) -> Option<Changed> {
    if !changes.iter().all(is_makeable) {
        return None;
    }
    let mut operands = Operands::after(params.len());
    let changed = super::sql::change(changes, column, &mut operands)?;
    bind(operands, params);
    Some(Changed { value: changed.value, possible: changed.possible })
}

fn bind(operands: Operands, params: &mut Vec<Param>) {
    params.extend(operands.into_values().into_iter().map(|operand| match operand {
        Operand::Text(text) => Param::Text(text),
        Operand::Json(json) => Param::Json(json.into_bytes()),
        Operand::Integer(n) => Param::Integer(n),
        Operand::Texts(texts) => Param::Texts(texts),
    }));
}

/// Whether there is no text in a value that is stored as another.
fn is_stored_alike(value: ValueRef<'_>) -> bool {
    match value {
        ValueRef::String(text) => !text.contains(|c| c <= '\u{1}'),
        ValueRef::List(items) | ValueRef::Set(items) => items.iter().all(is_stored_alike),
        ValueRef::Map(map) => map.iter().all(|(_, value)| is_stored_alike(value)),
        _ => true,
    }
}

fn are_stored_alike(values: &[Value]) -> bool {
    values.iter().all(|value| is_stored_alike(value.view()))
}

fn is_sayable(expr: &Expr) -> bool {
    match expr {
        Expr::Compare { value, .. } | Expr::Contains { value, .. } | Expr::HasMember { value, .. } => {
            is_stored_alike(value.view())
        }
        Expr::In { values, .. } => are_stored_alike(values),
        // The characters that stand for others are never looked for by themselves.
        Expr::BeginsWith { prefix, .. } => is_stored_alike(ValueRef::String(prefix)),
        Expr::Size { .. } | Expr::SetSize { .. } | Expr::Exists(_) | Expr::Missing(_) => true,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(is_sayable),
        Expr::Not(inner) => is_sayable(inner),
    }
}

fn is_makeable(change: &Change) -> bool {
    match change {
        Change::Set(_, value) | Change::SetIfMissing(_, value) => is_stored_alike(value.view()),
        Change::Append(_, values)
        | Change::Prepend(_, values)
        | Change::Insert(_, values)
        | Change::Discard(_, values) => are_stored_alike(values),
        Change::Add { .. } | Change::Remove(_) | Change::RemoveItem(_) => true,
        Change::Expire { .. } => false,
    }
}
