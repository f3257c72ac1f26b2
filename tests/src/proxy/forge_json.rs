//! JSON with one thing in it that is not as it was.

use fastrand::Rng;
use serde_json::Value;

/// How deep what is put into it nests: deeper than a stack is for one who descends level by level.
const DEEP: usize = 5000;

/// What stands in the place of a value: written out, since a JSON library would not write all of it.
fn hostile(rng: &mut Rng) -> String {
    const VALUES: [&str; 20] = [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "1e-400",
        "123456789012345678901234567890123456789012345678901234567890",
        "\"\"",
        "\"a\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "[]",
        "{}",
        "{\"S\":1}",
        "{\"N\":\"NaN\"}",
        "{\"B\":\"***\"}",
        "{\"M\":null}",
        "{\"S\":\"a\",\"N\":\"1\"}",
        "{\"NS\":[\"1\",\"1\"]}",
        "{\"Unheard\":true}",
    ];
    match rng.usize(..VALUES.len() + 4) {
        0 => format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        1 => format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP)),
        2 => format!("{}{{\"S\":\"x\"}}{}", "{\"M\":{\"a\":".repeat(DEEP), "}}".repeat(DEEP)),
        // As deep as the SDK lets it be.
        3 => format!("{}{{\"S\":\"x\"}}{}", "{\"L\":[".repeat(126), "]}".repeat(126)),
        other => VALUES[other - 4].to_owned(),
    }
}

/// The object with an entry more, of so many levels.
pub(super) fn deep(body: &[u8], levels: usize) -> Vec<u8> {
    let Some(rest) = body.strip_prefix(b"{") else { return body.to_vec() };
    let comma = if rest.starts_with(b"}") { "" } else { "," };
    let entry = format!("{{\"Deep\":{}1{}{comma}", "{\"a\":[".repeat(levels / 2), "]}".repeat(levels / 2));
    [entry.as_bytes(), rest].concat()
}

/// The JSON with a value, a name or an entry changed; what is no JSON stays.
pub(super) fn forged(body: &[u8], rng: &mut Rng) -> Vec<u8> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    let mut places = 0;
    count(&value, &mut places);
    let mut at = rng.usize(..places);
    let mut text = String::new();
    write(&value, &mut at, rng, &mut text);
    text.into_bytes()
}

fn count(value: &Value, places: &mut usize) {
    *places += 1;
    match value {
        Value::Array(items) => items.iter().for_each(|item| count(item, places)),
        Value::Object(map) => map.values().for_each(|item| count(item, places)),
        _ => {}
    }
}

/// Writes a value; the one at the place `left` comes out as another.
fn write(value: &Value, left: &mut usize, rng: &mut Rng, text: &mut String) {
    let here = *left == 0;
    *left = left.wrapping_sub(1);
    if here {
        match (value, rng.u8(..4)) {
            (Value::Object(map), 0) if !map.is_empty() => return renamed(map, rng, text),
            (Value::Object(map), 1) if !map.is_empty() => return doubled(map, text),
            (Value::Array(items), 0) if !items.is_empty() => {
                // An entry less.
                text.push_str(&Value::from(items[1..].to_vec()).to_string());
                return;
            }
            _ => {
                text.push_str(&hostile(rng));
                return;
            }
        }
    }
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write(item, left, rng, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            for (at, (name, item)) in map.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(item, left, rng, text);
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

type Object = serde_json::Map<String, Value>;

fn renamed(map: &Object, rng: &mut Rng, text: &mut String) {
    let at = rng.usize(..map.len());
    let names = map.iter().enumerate().map(|(n, (name, value))| {
        let name = if n == at { format!("{name}x") } else { name.clone() };
        (name, value.clone())
    });
    text.push_str(&Value::Object(names.collect()).to_string());
}

/// Each entry twice.
fn doubled(map: &Object, text: &mut String) {
    let entries = map.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    let entries: Vec<_> = entries.collect();
    text.push_str(&format!("{{{0},{0}}}", entries.join(",")));
}
