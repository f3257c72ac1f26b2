//! Values as DynamoDB's JSON.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::special::find_special;
use crate::backend::dynamodb::decimal;
#[cfg(test)]
use crate::value::Record;
use crate::value::{ListRef, ValueRef, object_id_text};

/// Appends a record as an item.
#[cfg(test)]
pub(crate) fn write_item(record: &Record, json: &mut Vec<u8>) {
    write_object(record.iter(), json);
}

/// Appends an object of these entries.
pub(crate) fn write_object<'a>(entries: impl Iterator<Item = (&'a str, ValueRef<'a>)>, json: &mut Vec<u8>) {
    let mut before: &[u8] = b"{\"";
    for (name, value) in entries {
        json.extend_from_slice(before);
        write_escaped(name, json);
        json.extend_from_slice(b"\":");
        write_value(value, json);
        before = b",\"";
    }
    json.extend_from_slice(if before == b"{\"" { b"{}" } else { b"}" });
}

/// Appends a value as an attribute.
pub(crate) fn write_value(value: ValueRef<'_>, json: &mut Vec<u8>) {
    match value {
        // What is foreign is never written: no operand is.
        ValueRef::Null | ValueRef::Foreign(_) => json.extend_from_slice(br#"{"NULL":true}"#),
        ValueRef::Bool(true) => json.extend_from_slice(br#"{"BOOL":true}"#),
        ValueRef::Bool(false) => json.extend_from_slice(br#"{"BOOL":false}"#),
        ValueRef::Int(n) => write_integer(n, json),
        ValueRef::Instant(millis) => write_integer(millis.into(), json),
        ValueRef::ObjectId(id) => {
            json.extend_from_slice(br#"{"S":""#);
            json.extend_from_slice(object_id_text(id).as_bytes());
            json.extend_from_slice(br#""}"#);
        }
        ValueRef::Float(x) => write_number(&decimal::format_float(x), json),
        ValueRef::String(text) => {
            json.extend_from_slice(br#"{"S":""#);
            write_escaped(text, json);
            json.extend_from_slice(br#""}"#);
        }
        ValueRef::Bytes(bytes) => write_bytes(bytes, json),
        ValueRef::List(items) => write_list(items, json),
        ValueRef::Set(members) => write_set(members, json),
        ValueRef::Map(map) => {
            json.extend_from_slice(br#"{"M":"#);
            write_object(map.iter(), json);
            json.push(b'}');
        }
    }
}

fn write_list(items: ListRef<'_>, json: &mut Vec<u8>) {
    json.extend_from_slice(br#"{"L":["#);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write_value(item, json);
    }
    json.extend_from_slice(b"]}");
}

/// Appends a set of the kind of its members. DynamoDB has none without members: it is an empty list within others.
fn write_set(members: ListRef<'_>, json: &mut Vec<u8>) {
    let kind = |member| match member {
        ValueRef::String(_) | ValueRef::ObjectId(_) => Some("SS"),
        ValueRef::Int(_) | ValueRef::Instant(_) | ValueRef::Float(_) => Some("NS"),
        ValueRef::Bytes(_) => Some("BS"),
        _ => None,
    };
    let first = members.get(0).and_then(kind);
    let Some(name) = first.filter(|_| members.iter().all(|member| kind(member) == first)) else {
        return write_list(members, json);
    };
    json.extend_from_slice(br#"{""#);
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(br#"":["#);
    for (at, member) in members.iter().enumerate() {
        json.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
        match member {
            ValueRef::String(text) => write_escaped(text, json),
            ValueRef::ObjectId(id) => json.extend_from_slice(object_id_text(id).as_bytes()),
            ValueRef::Bytes(bytes) => write_base64(bytes, json),
            ValueRef::Int(n) => write_integer_text(n, json),
            ValueRef::Instant(millis) => write_integer_text(millis.into(), json),
            ValueRef::Float(x) => json.extend_from_slice(decimal::format_float(x).as_bytes()),
            _ => {}
        }
        json.push(b'"');
    }
    json.extend_from_slice(b"]}");
}

fn write_integer(n: i128, json: &mut Vec<u8>) {
    json.extend_from_slice(br#"{"N":""#);
    write_integer_text(n, json);
    json.extend_from_slice(br#""}"#);
}

fn write_integer_text(n: i128, json: &mut Vec<u8>) {
    match i64::try_from(n) {
        Ok(n) => write_digits(n, json),
        // A Vec takes whatever is written to it.
        Err(_) => drop(write!(json, "{n}")),
    }
}

/// Appends the digits of an integer.
pub(crate) fn write_digits(n: i64, json: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let (mut rest, mut at) = (n.unsigned_abs(), digits.len());
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        (rest, at) = (rest / 10, at - 1);
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        json.push(b'-');
    }
    json.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Appends a number that is text already.
pub(crate) fn write_number(text: &str, json: &mut Vec<u8>) {
    json.extend_from_slice(br#"{"N":""#);
    json.extend_from_slice(text.as_bytes());
    json.extend_from_slice(br#""}"#);
}

/// Appends bytes as an attribute.
pub(crate) fn write_bytes(bytes: &[u8], json: &mut Vec<u8>) {
    json.extend_from_slice(br#"{"B":""#);
    write_base64(bytes, json);
    json.extend_from_slice(br#""}"#);
}

fn write_base64(bytes: &[u8], json: &mut Vec<u8>) {
    let start = json.len();
    json.resize(start + bytes.len().div_ceil(3) * 4, 0);
    if let Some(place) = json.get_mut(start..) {
        // There is a place for each of them.
        let _ = STANDARD.encode_slice(bytes, place);
    }
}

/// Appends a string.
pub(crate) fn write_string(text: &str, json: &mut Vec<u8>) {
    json.push(b'"');
    write_escaped(text, json);
    json.push(b'"');
}

/// Appends what stands between the quotes of a string.
fn write_escaped(text: &str, json: &mut Vec<u8>) {
    match find_special(text.as_bytes()) {
        None => json.extend_from_slice(text.as_bytes()),
        Some(_) => write_escapes(text.as_bytes(), json),
    }
}

#[inline(never)]
fn write_escapes(mut rest: &[u8], json: &mut Vec<u8>) {
    while let Some((plain, [special, after @ ..])) = find_special(rest).and_then(|at| rest.split_at_checked(at)) {
        json.extend_from_slice(plain);
        match special {
            b'"' => json.extend_from_slice(br#"\""#),
            b'\\' => json.extend_from_slice(br"\\"),
            b'\n' => json.extend_from_slice(br"\n"),
            b'\r' => json.extend_from_slice(br"\r"),
            b'\t' => json.extend_from_slice(br"\t"),
            byte => drop(write!(json, "\\u{byte:04x}")),
        }
        rest = after;
    }
    json.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn written(value: &Value) -> String {
        let mut json = Vec::new();
        write_value(value.view(), &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn each_kind_of_value_is_an_attribute() {
        for (value, wanted) in [
            (Value::Null, r#"{"NULL":true}"#),
            (Value::Bool(true), r#"{"BOOL":true}"#),
            (Value::Bool(false), r#"{"BOOL":false}"#),
            (Value::Int(0), r#"{"N":"0"}"#),
            (Value::from(u64::MAX), r#"{"N":"18446744073709551615"}"#),
            (Value::from(i64::MIN), r#"{"N":"-9223372036854775808"}"#),
            (Value::Instant(-120), r#"{"N":"-120"}"#),
            (Value::ObjectId([0xa0; 12]), r#"{"S":"a0a0a0a0a0a0a0a0a0a0a0a0"}"#),
            (Value::Float(0.25), r#"{"N":"0.25"}"#),
            (Value::from("a\"\\\n\u{1}é"), r#"{"S":"a\"\\\n\u0001é"}"#),
            (Value::Bytes(vec![0, 255, 7, 8]), r#"{"B":"AP8HCA=="}"#),
            (Value::List(vec![Value::Int(1), Value::Null]), r#"{"L":[{"N":"1"},{"NULL":true}]}"#),
            (Value::set([Value::from("b"), Value::from("a\"")]), r#"{"SS":["a\"","b"]}"#),
            (
                Value::set([Value::Int(10), Value::Int(9), Value::from(u64::MAX)]),
                r#"{"NS":["9","10","18446744073709551615"]}"#,
            ),
            (Value::set([Value::Instant(-1)]), r#"{"NS":["-1"]}"#),
            (Value::set([Value::ObjectId([1; 12])]), r#"{"SS":["010101010101010101010101"]}"#),
            (Value::set([Value::Bytes(vec![0, 255, 7, 8])]), r#"{"BS":["AP8HCA=="]}"#),
            (Value::set([]), r#"{"L":[]}"#),
            (Value::Map([("a.b".to_owned(), Value::from(""))].into_iter().collect()), r#"{"M":{"a.b":{"S":""}}}"#),
        ] {
            assert_eq!(written(&value), wanted);
        }
    }

    proptest::proptest! {
        #[test]
        fn strings_are_written_as_others_read_them(text: String) {
            let mut json = Vec::new();
            write_string(&text, &mut json);
            proptest::prop_assert_eq!(serde_json::from_slice::<String>(&json).ok(), Some(text));
        }

        #[test]
        fn digits_are_those_of_the_number(n: i64) {
            let mut json = Vec::new();
            write_digits(n, &mut json);
            proptest::prop_assert_eq!(String::from_utf8(json), Ok(n.to_string()));
        }
    }
}
