//! Conditions and changes that the server judges and makes: as SQL, where SQL means the same.

use super::param::Param;
use super::sql::{Operand, Operands};
use crate::change::Change;
use crate::condition::Expr;

/// A condition on the record in a column, as SQL whose values are bound; nothing if SQL cannot say it.
pub(super) fn condition(expr: &Expr, column: &str, params: &mut Vec<Param>) -> Option<String> {
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
