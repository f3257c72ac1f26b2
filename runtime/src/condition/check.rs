//! What a condition may be: refused here are paths, operands and sizes that some backend would refuse.

use super::expr::Expr;
use crate::error::{Error, Result};
use crate::limits::expression::{MOST_CONDITION_TEXT, MOST_LEVELS, MOST_LISTED, MOST_OPERATORS};
use crate::limits::requests::{EXPRESSION_OPERATORS, EXPRESSION_TEXT};
use crate::path::Path;
use crate::value::Value;

/// Refuses a condition that cannot be used, the same on every backend.
pub(crate) fn check_condition(expr: &Expr) -> Result<()> {
    check_paths(expr)?;
    check_levels(expr)?;
    check_operands(expr)?;
    check_size(expr)
}

fn check_paths(expr: &Expr) -> Result<()> {
    let mut checked = Ok(());
    expr.paths(&mut |path| {
        if checked.is_ok() {
            checked = path.check_storable();
        }
    });
    checked
}

fn check_levels(expr: &Expr) -> Result<()> {
    let levels = expr.levels();
    match levels > MOST_LEVELS {
        true => Err(Error::invalid(format!(
            "a condition nested {levels} levels deep; {MOST_LEVELS} at most, since MongoDB takes no documents that deep"
        ))),
        false => Ok(()),
    }
}

fn check_operands(expr: &Expr) -> Result<()> {
    match expr {
        Expr::And(all) | Expr::Or(all) => all.iter().try_for_each(check_operands),
        Expr::Not(inner) => check_operands(inner),
        Expr::In { path, values } if values.len() > MOST_LISTED => Err(Error::invalid(format!(
            "{path}: a list of {} values; DynamoDB compares with {MOST_LISTED} at most",
            values.len()
        ))),
        Expr::Compare { path, value: Value::Null, .. }
        | Expr::Contains { path, value: Value::Null }
        | Expr::HasMember { path, value: Value::Null } => Err(null(path)),
        Expr::In { path, values } if values.contains(&Value::Null) => Err(null(path)),
        _ => Ok(()),
    }
}

/// Refuses a condition that DynamoDB would refuse for its size, with room for what a write adds of its own.
pub(crate) fn check_size(expr: &Expr) -> Result<()> {
    let cost = expr.cost();
    check_operators(cost.operators)?;
    match cost.text > MOST_CONDITION_TEXT {
        true => Err(Error::invalid(format!(
            "a condition of {} bytes as DynamoDB is given it; {MOST_CONDITION_TEXT} at most, since it takes {EXPRESSION_TEXT} in a request",
            cost.text
        ))),
        false => Ok(()),
    }
}

/// Refuses more operators than a condition may have.
pub(super) fn check_operators(operators: usize) -> Result<()> {
    match operators > MOST_OPERATORS {
        true => Err(Error::invalid(format!(
            "a condition of {operators} operators; {MOST_OPERATORS} at most, since DynamoDB takes {EXPRESSION_OPERATORS} in a request"
        ))),
        false => Ok(()),
    }
}

fn null(path: &Path) -> Error {
    Error::invalid(format!("{path}: a null is not compared; use exists() or missing()"))
}
