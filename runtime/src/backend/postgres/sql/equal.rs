//! When a stored value is equal to an operand.

use super::json::{json, json_list};
use super::number::compare_float;
use super::operand::Operands;
use super::place::{items_of, members};
use crate::backend::postgres::json::SET;
use crate::condition::Op;
use crate::value::{Value, whole};

/// That a `jsonb` is equal to a value; nothing if that cannot be said in SQL.
pub(super) fn equals(j: &str, value: &Value, operands: &mut Operands) -> Option<String> {
    if let Value::Float(x) = value
        && whole(*x).is_none()
    {
        return Some(compare_float(j, Op::Eq, *x, operands));
    }
    if is_list_within(value) {
        return None;
    }
    let Some(text) = json(value) else { return Some("FALSE".to_owned()) };
    Some(match value {
        Value::Foreign(_) => "FALSE".to_owned(),
        Value::List(items) => {
            let same = same_members(&format!("({j} -> '{SET}')"), items, operands)?;
            let given = operands.json(text);
            format!("(CASE jsonb_typeof({j}) WHEN 'array' THEN {j} = {given} WHEN 'object' THEN {same} ELSE FALSE END)")
        }
        Value::Set(items) => same_members(&members(j), items, operands)?,
        _ => format!("(({j} = {}) IS TRUE)", operands.json(text)),
    })
}

/// That a `jsonb` is equal to one of these values.
pub(super) fn is_one_of(j: &str, values: &[Value], operands: &mut Operands) -> Option<String> {
    let is_plain = |value: &&Value| match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Instant(_) | Value::String(_) | Value::ObjectId(_) => {
            true
        }
        Value::Float(x) => whole(*x).is_some(),
        _ => false,
    };
    let plain: Vec<Value> = values.iter().filter(is_plain).filter(|value| json(value).is_some()).cloned().collect();
    let mut parts = Vec::new();
    if !plain.is_empty() {
        let given = operands.json(json_list(&plain)?);
        // A list holds a plain value if one of its items is equal to it.
        parts.push(format!(
            "(CASE WHEN jsonb_typeof({j}) IN ('array', 'object') THEN FALSE ELSE ({given} @> {j}) IS TRUE END)"
        ));
    }
    for value in values.iter().filter(|value| !is_plain(value)) {
        parts.push(equals(j, value, operands)?);
    }
    Some(if parts.is_empty() { "FALSE".to_owned() } else { format!("({})", parts.join(" OR ")) })
}

/// That an item of an array is equal to a value; false if it is no array.
pub(super) fn has_item(array: &str, value: &Value, operands: &mut Operands) -> Option<String> {
    let is_same = equals("item.v", value, operands)?;
    Some(format!("EXISTS (SELECT FROM {} AS item(v) WHERE {is_same})", items_of(array)))
}

/// That an array has the same members as these, in whatever order and however often.
fn same_members(array: &str, given: &[Value], operands: &mut Operands) -> Option<String> {
    let given = operands.json(json_list(given)?);
    let (stored, given) = (items_of(array), format!("jsonb_array_elements({given})"));
    let within = |a: &str, b: &str| {
        format!("NOT EXISTS (SELECT FROM {a} AS a(v) WHERE NOT EXISTS (SELECT FROM {b} AS b(v) WHERE b.v = a.v))")
    };
    Some(format!(
        "(CASE WHEN jsonb_typeof({array}) = 'array' THEN {} AND {} ELSE FALSE END)",
        within(&stored, &given),
        within(&given, &stored)
    ))
}

/// Whether there is a list or set within it: one is equal to the other, which JSON does not know.
fn is_list_within(value: &Value) -> bool {
    let is_list = |item: &Value| matches!(item, Value::List(_) | Value::Set(_)) || is_list_within(item);
    match value {
        Value::List(items) | Value::Set(items) => items.iter().any(is_list),
        Value::Map(map) => map.values().any(is_list),
        _ => false,
    }
}
