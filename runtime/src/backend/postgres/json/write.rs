//! Records as JSON.

use std::borrow::Cow;

use super::form::{BYTES, SET, write_hex};
use crate::error::{Error, Result};
use crate::value::{Record, Value, ValueRef, object_id_text};

/// The record as a JSON object.
///
/// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a name with a NUL, which PostgreSQL keeps none of.
pub(in super::super) fn write_record(record: &Record) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(record.as_bytes().len() * 3 / 2 + 16);
    out.push(b'{');
    for (name, value) in record.iter() {
        if out.len() > 1 {
            out.push(b',');
        }
        let written = write_string(name, &mut out).and_then(|()| {
            out.push(b':');
            write_value(value, &mut out)
        });
        written.map_err(|why| why.into_error(name))?;
    }
    out.push(b'}');
    Ok(out)
}

/// A value as JSON; nothing if none like it can be stored.
pub(in super::super) fn value_json(value: &Value) -> Option<String> {
    let mut out = Vec::new();
    write_value(value.view(), &mut out).ok()?;
    String::from_utf8(out).ok()
}

/// A text as it is stored: PostgreSQL keeps none with a NUL. What stands for one sorts as it does, and begins a text if and
/// only if it does.
pub(in super::super) fn stored_text(text: &str) -> Cow<'_, str> {
    match text.contains(is_marked) {
        true => Cow::Owned(text.replace(MARK, "\u{1}\u{3}").replace('\0', "\u{1}\u{2}")),
        false => Cow::Borrowed(text),
    }
}

/// What the text stands for that is stored.
pub(super) fn own_text(stored: &str) -> Cow<'_, str> {
    match stored.contains(MARK) {
        true => Cow::Owned(stored.replace("\u{1}\u{2}", "\0").replace("\u{1}\u{3}", "\u{1}")),
        false => Cow::Borrowed(stored),
    }
}

/// Stands before what is written in the place of a NUL, and of itself.
const MARK: char = '\u{1}';

fn is_marked(c: char) -> bool {
    c <= MARK
}

/// Why a value has no JSON.
enum Unwritable {
    Nul,
    Foreign(String),
}

impl Unwritable {
    fn into_error(self, field: &str) -> Error {
        match self {
            Self::Nul => Error::invalid(format!("{field} has a name with a NUL in it, which PostgreSQL cannot store")),
            Self::Foreign(what) => Error::codec(format!("{field} is stored as {what}, which is not written again")),
        }
    }
}

type Written = std::result::Result<(), Unwritable>;

fn write_value(value: ValueRef<'_>, out: &mut Vec<u8>) -> Written {
    match value {
        ValueRef::Null => out.extend_from_slice(b"null"),
        ValueRef::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        ValueRef::Int(n) => write_integer(n, out),
        ValueRef::Float(x) => write_float(x, out),
        ValueRef::Instant(millis) => write_integer(millis.into(), out),
        ValueRef::ObjectId(id) => {
            out.push(b'"');
            out.extend_from_slice(object_id_text(id).as_bytes());
            out.push(b'"');
        }
        ValueRef::String(text) => write_string(&stored_text(text), out)?,
        ValueRef::Bytes(bytes) => {
            open(BYTES, out);
            out.push(b'"');
            write_hex(bytes, out);
            out.extend_from_slice(b"\"}");
        }
        ValueRef::List(items) => write_items(items.iter(), out)?,
        ValueRef::Set(members) => {
            open(SET, out);
            write_items(members.iter(), out)?;
            out.push(b'}');
        }
        ValueRef::Map(map) => {
            out.push(b'{');
            for (at, (name, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_name(name, out)?;
                out.push(b':');
                write_value(value, out)?;
            }
            out.push(b'}');
        }
        ValueRef::Foreign(what) => return Err(Unwritable::Foreign(what.to_owned())),
    }
    Ok(())
}

fn open(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write_items<'a>(items: impl Iterator<Item = ValueRef<'a>>, out: &mut Vec<u8>) -> Written {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_value(item, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_integer(n: i128, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // A write to memory does not fail.
    let _ = write!(out, "{n}");
}

/// The shortest digits that are this float, without an exponent, and with a fraction unless no integer that is kept is
/// as large.
fn write_float(x: f64, out: &mut Vec<u8>) {
    use std::io::Write as _;
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    let _ = write!(out, "{x}");
    if x.trunc() == x && x.abs() < BEYOND {
        out.extend_from_slice(b".0");
    }
}

/// A name of a map.
fn write_name(name: &str, out: &mut Vec<u8>) -> Written {
    if name.starts_with('$') {
        return write_string(&format!("${name}"), out);
    }
    write_string(name, out)
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Written {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)) {
        let Some((plain, [special, after @ ..])) = rest.split_at_checked(at) else { break };
        out.extend_from_slice(plain);
        match special {
            0 => return Err(Unwritable::Nul),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *special]),
            control => {
                out.extend_from_slice(b"\\u00");
                write_hex(std::slice::from_ref(control), out);
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
    Ok(())
}
