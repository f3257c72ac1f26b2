//! Operands in the form in which records are stored.

use crate::backend::postgres::json::value_json;
use crate::value::Value;

/// A value as JSON; nothing if nothing like it can be stored.
pub(super) fn json(value: &Value) -> Option<String> {
    value_json(value)
}

/// These values as a JSON list.
pub(super) fn json_list(values: &[Value]) -> Option<String> {
    let items: Option<Vec<_>> = values.iter().map(json).collect();
    Some(format!("[{}]", items?.join(",")))
}

/// The name of a map as it is stored.
pub(super) fn stored_name(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}
