//! Operands as JSON, in the form in which records are stored.

use super::number::float_digits;
use crate::value::{Value, object_id_text};

/// The only name of an object that is bytes, and of one that is a set.
pub(super) const BYTES: &str = "$bytes";
pub(super) const SET: &str = "$set";

/// A value as JSON; nothing if nothing like it can be stored, because of a NUL in a text.
pub(super) fn json(value: &Value) -> Option<String> {
    let mut out = String::new();
    write_value(value, &mut out)?;
    Some(out)
}

/// These values as a JSON list.
pub(super) fn json_list(values: &[Value]) -> Option<String> {
    let mut out = String::new();
    write_list(values, &mut out)?;
    Some(out)
}

/// The name of a map as it is stored.
pub(super) fn stored_name(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

/// The bytes as they are stored: hex text sorts as they do.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |bits: u8| char::from_digit(bits.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn write_value(value: &Value, out: &mut String) -> Option<()> {
    match value {
        // What is foreign is never an operand.
        Value::Null | Value::Foreign(_) => out.push_str("null"),
        Value::Bool(is) => out.push_str(if *is { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Instant(millis) => out.push_str(&millis.to_string()),
        Value::Float(x) => out.push_str(&float_digits(*x)),
        Value::ObjectId(id) => write_text(&object_id_text(*id), out)?,
        Value::String(text) => write_text(text, out)?,
        Value::Bytes(bytes) => {
            write_text_as(BYTES, out);
            write_text(&hex(bytes), out)?;
            out.push('}');
        }
        Value::List(items) => write_list(items, out)?,
        Value::Set(members) => {
            write_text_as(SET, out);
            write_list(members, out)?;
            out.push('}');
        }
        Value::Map(map) => {
            for (at, (name, value)) in map.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                write_text(&stored_name(name), out)?;
                out.push(':');
                write_value(value, out)?;
            }
            out.push_str(if map.is_empty() { "{}" } else { "}" });
        }
    }
    Some(())
}

fn write_text_as(name: &str, out: &mut String) {
    out.push_str("{\"");
    out.push_str(name);
    out.push_str("\":");
}

fn write_list(items: &[Value], out: &mut String) -> Option<()> {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_value(item, out)?;
    }
    out.push(']');
    Some(())
}

fn write_text(text: &str, out: &mut String) -> Option<()> {
    out.push('"');
    for character in text.chars() {
        match character {
            '\0' => return None,
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_ascii_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            character => out.push(character),
        }
    }
    out.push('"');
    Some(())
}
