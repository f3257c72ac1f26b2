//! Conditions.

use super::equal::{equals, has_item, is_one_of};
use super::number::{compare_float, compare_integer};
use super::operand::Operands;
use super::place::{exists, hex_of, is_map, is_missing, members, text_of, value_at};
use crate::backend::postgres::json::{BYTES, SET, hex, stored_text};
use crate::condition::{Expr, Op};
use crate::value::{Value, object_id_text};

/// A condition over the record in a column, as SQL that is true or false; nothing if SQL cannot say the same.
pub fn condition(expr: &Expr, column: &str, operands: &mut Operands) -> Option<String> {
    let mut at = |path| value_at(column, path, operands);
    Some(match expr {
        Expr::Compare { path, op, value } => {
            let j = at(path);
            compare(&j, *op, value, operands)?
        }
        Expr::In { path, values } => {
            let j = at(path);
            is_one_of(&j, values, operands)?
        }
        Expr::BeginsWith { path, prefix } => {
            let j = at(path);
            begins_with(&j, prefix, operands)
        }
        Expr::Contains { path, value } => {
            let j = at(path);
            contains(&j, value, operands)?
        }
        Expr::HasMember { path, value } => {
            let j = at(path);
            has_item(&members(&j), value, operands)?
        }
        Expr::Size { path, op, count } => compare_size(&size(&at(path)), *op, *count, operands),
        Expr::SetSize { path, op, count } => compare_size(&set_size(&at(path)), *op, *count, operands),
        Expr::Exists(path) => exists(&at(path)),
        Expr::Missing(path) => is_missing(&at(path)),
        Expr::And(parts) => joined(parts, column, " AND ", "TRUE", operands)?,
        Expr::Or(parts) => joined(parts, column, " OR ", "FALSE", operands)?,
        Expr::Not(inner) => format!("(NOT {})", condition(inner, column, operands)?),
    })
}

fn joined(parts: &[Expr], column: &str, by: &str, of_none: &str, operands: &mut Operands) -> Option<String> {
    let parts: Option<Vec<_>> = parts.iter().map(|part| condition(part, column, operands)).collect();
    let parts = parts?;
    Some(if parts.is_empty() { of_none.to_owned() } else { format!("({})", parts.join(by)) })
}

fn compare(j: &str, op: Op, value: &Value, operands: &mut Operands) -> Option<String> {
    Some(match (op, value) {
        (Op::Eq, value) => equals(j, value, operands)?,
        (Op::Ne, value) => format!("(NOT {})", equals(j, value, operands)?),
        (op, Value::Int(n)) => format!("({})", compare_integer(j, op, *n, operands)),
        (op, Value::Instant(millis)) => format!("({})", compare_integer(j, op, (*millis).into(), operands)),
        (op, Value::Float(x)) => format!("({})", compare_float(j, op, *x, operands)),
        (op, Value::String(text)) => compare_text(j, op, text, operands),
        (op, Value::ObjectId(id)) => compare_text(j, op, &object_id_text(*id), operands),
        (op, Value::Bytes(bytes)) => {
            let (stored, given) = (hex_of(j), operands.text(hex(bytes)));
            format!(
                "((jsonb_typeof({j} -> '{BYTES}') = 'string' AND {stored} COLLATE \"C\" {} {given}) IS TRUE)",
                op.as_str()
            )
        }
        // Values of other types have no order.
        _ => "FALSE".to_owned(),
    })
}

/// Texts are stored in a form that sorts as they do, and begins as they do.
fn compare_text(j: &str, op: Op, text: &str, operands: &mut Operands) -> String {
    let given = operands.text(stored_text(text));
    if_text(j, &format!("{} {} {given}", text_of(j), op.as_str()))
}

fn begins_with(j: &str, prefix: &str, operands: &mut Operands) -> String {
    let prefix = operands.text(stored_text(prefix));
    if_text(j, &format!("starts_with({j} #>> '{{}}', {prefix})"))
}

fn contains(j: &str, value: &Value, operands: &mut Operands) -> Option<String> {
    let item = has_item(j, value, operands)?;
    let Value::String(part) = value else { return Some(item) };
    // It would also be found in what stands for a NUL.
    if part.starts_with(['\u{2}', '\u{3}']) {
        return None;
    }
    let part = operands.text(stored_text(part));
    let within = if_text(j, &format!("strpos({}, {part}) > 0", text_of(j)));
    Some(format!("({within} OR {item})"))
}

fn if_text(j: &str, then: &str) -> String {
    format!("(CASE WHEN jsonb_typeof({j}) = 'string' THEN {then} ELSE FALSE END)")
}

/// How many items or names a list or map has, or bytes there are; else null.
fn size(j: &str) -> String {
    let (hex, is_map) = (hex_of(j), is_map(j));
    format!(
        "(CASE WHEN jsonb_typeof({j}) = 'array' THEN jsonb_array_length({j}) \
         WHEN jsonb_typeof({j} -> '{BYTES}') = 'string' THEN length({hex}) / 2 \
         WHEN {is_map} THEN (SELECT count(*) FROM jsonb_object_keys(CASE WHEN {is_map} THEN {j} ELSE '{{}}' END)) END)"
    )
}

/// How many members a set has; else null.
fn set_size(j: &str) -> String {
    format!(
        "(CASE WHEN jsonb_typeof({j}) = 'array' THEN jsonb_array_length({j}) \
         WHEN jsonb_typeof({j} -> '{SET}') = 'array' THEN jsonb_array_length({j} -> '{SET}') END)"
    )
}

/// What has no size has any but this one.
fn compare_size(size: &str, op: Op, count: u64, operands: &mut Operands) -> String {
    let count = operands.integer(count.into());
    match op {
        Op::Ne => format!("({size} IS DISTINCT FROM {count})"),
        op => format!("(({size} {} {count}) IS TRUE)", op.as_str()),
    }
}
