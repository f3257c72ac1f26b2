//! Values as parts, and back.

use super::part::{append_part, append_parts, read_part};
use crate::limits;
use crate::value::{Map, Value, compare_members};

/// How many values may stand within each other when bytes are read: more than any record that is written
/// has, and few enough for any thread's stack.
const DEPTH: usize = 4 * limits::DEPTH;

/// Appends a value.
pub(crate) fn append_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null | Value::Foreign(_) => append_part(out, b'n', &[]),
        Value::Bool(b) => append_part(out, b'o', &[u8::from(*b)]),
        Value::Int(n) => append_part(out, b'i', &n.to_be_bytes()),
        Value::Float(x) => append_part(out, b'd', &x.to_bits().to_be_bytes()),
        Value::Instant(millis) => append_part(out, b't', &millis.to_be_bytes()),
        Value::ObjectId(id) => append_part(out, b'h', id),
        Value::String(text) => append_part(out, b's', text.as_bytes()),
        Value::Bytes(bytes) => append_part(out, b'b', bytes),
        Value::List(items) => append_parts(out, b'l', |out| items.iter().for_each(|item| append_value(out, item))),
        Value::Set(members) => {
            append_parts(out, b'e', |out| members.iter().for_each(|member| append_value(out, member)))
        }
        Value::Map(map) => append_parts(out, b'm', |out| append_attributes(out, map.iter())),
    }
}

/// Appends names and values, which have to come in the order of the names.
pub(crate) fn append_attributes<'a>(out: &mut Vec<u8>, attributes: impl Iterator<Item = (&'a str, &'a Value)>) {
    for (name, value) in attributes {
        append_part(out, b's', name.as_bytes());
        append_value(out, value);
    }
}

/// Takes the first value off. Returns nothing if none is there, or one that [`append_value`] never writes:
/// there is one way to write a value.
pub(crate) fn read_value(input: &mut &[u8]) -> Option<Value> {
    read_within(input, DEPTH)
}

fn read_within(input: &mut &[u8], depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let (kind, content) = read_part(input)?;
    Some(match kind {
        b'n' if content.is_empty() => Value::Null,
        b'o' => match content {
            [0] => Value::Bool(false),
            [1] => Value::Bool(true),
            _ => return None,
        },
        b'i' => Value::Int(limits::integer(i128::from_be_bytes(content.try_into().ok()?)).ok()?),
        b'd' => {
            Value::Float(Some(f64::from_bits(u64::from_be_bytes(content.try_into().ok()?))).filter(|x| x.is_finite())?)
        }
        b't' => Value::Instant(i64::from_be_bytes(content.try_into().ok()?)),
        b'h' => Value::ObjectId(content.try_into().ok()?),
        b's' => Value::String(read_text(content)?),
        b'b' => Value::Bytes(content.to_vec()),
        b'l' => Value::List(read_items(content, depth)?),
        b'e' => {
            let members = read_items(content, depth)?;
            let is_set = members.is_sorted_by(|a, b| compare_members(a.view(), b.view()).is_lt());
            is_set.then_some(Value::Set(members))?
        }
        b'm' => Value::Map(read_map(content, depth)?),
        _ => return None,
    })
}

fn read_items(mut content: &[u8], depth: usize) -> Option<Vec<Value>> {
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(read_within(&mut content, depth)?);
    }
    Some(items)
}

/// The names and values that [`append_attributes`] wrote, and nothing else.
#[cfg(feature = "keyspace")]
pub(crate) fn read_attributes(content: &[u8]) -> Option<Map> {
    read_map(content, DEPTH)
}

fn read_map(mut content: &[u8], depth: usize) -> Option<Map> {
    let (mut map, mut last) = (Map::new(), None);
    while !content.is_empty() {
        let (b's', name) = read_part(&mut content)? else { return None };
        // In another order, or twice, the same map would have other bytes.
        if last.replace(name).is_some_and(|last| last >= name) {
            return None;
        }
        map.insert(read_text(name)?, read_within(&mut content, depth)?);
    }
    Some(map)
}

fn read_text(content: &[u8]) -> Option<String> {
    std::str::from_utf8(content).ok().map(str::to_owned)
}
