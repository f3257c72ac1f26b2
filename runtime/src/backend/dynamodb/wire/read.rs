//! Items as records, in one pass.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scan::{DEEPEST, Malformed, Scanner};
use crate::backend::dynamodb::decimal;
use crate::error::{Error, Result};
use crate::value::{Map, Record, Value};

/// Reads an item, which is the whole of these bytes.
///
/// Errors: [`Codec`](crate::ErrorKind::Codec) if they are no item, or a number in it cannot be read.
pub(crate) fn read_item(json: &[u8]) -> Result<Record> {
    let unreadable = |why: Malformed| Error::codec(format!("an item that is no JSON of DynamoDB's: {why}"));
    let mut scanner = Scanner::new(json).map_err(unreadable)?;
    let record = scan_item(&mut scanner, 1).map_err(unreadable)?;
    scanner.end().map_err(unreadable)?;
    record
}

/// Reads an item that comes next, of which `depth` levels are open around it. What is no item of DynamoDB's is
/// `Malformed`; a value in it that cannot be read is the error within.
pub(crate) fn scan_item(scanner: &mut Scanner<'_>, depth: usize) -> std::result::Result<Result<Record>, Malformed> {
    scanner.expect(b'{')?;
    let (mut record, mut fault, mut first) = (Record::new(), None, true);
    while let Some(name) = scanner.next_name(&mut first)? {
        match scan_attribute(scanner, depth + 1)? {
            Ok(value) => record.insert(name, value),
            // The text is read to its end all the same: it may be none of DynamoDB's.
            Err(why) => fault = fault.or(Some(Error::codec(format!("{name}: {}", why.message())))),
        }
    }
    Ok(fault.map_or(Ok(record), Err))
}

/// Reads an attribute. Sets, which only others write, are foreign: written back as a list, one would be a set
/// no more.
fn scan_attribute(scanner: &mut Scanner<'_>, depth: usize) -> std::result::Result<Result<Value>, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed("it nests too deep"));
    }
    // As DynamoDB itself writes it, without blanks.
    if let Some([b'{', b'"', kind @ (b'S' | b'N' | b'B' | b'M' | b'L'), b'"', b':']) = scanner.ahead() {
        scanner.pass(5);
        let kind = match kind {
            b'S' => "S",
            b'N' => "N",
            b'B' => "B",
            b'M' => "M",
            _ => "L",
        };
        let value = scan_content(scanner, kind, depth + 1)?;
        if scanner.take(b'}') {
            return Ok(value);
        }
        return scan_variants(scanner, Some(value), depth + 1);
    }
    scanner.expect(b'{')?;
    scan_variants(scanner, None, depth + 1)
}

/// The members of an attribute: one that says its kind, perhaps among some that say nothing.
fn scan_variants(
    scanner: &mut Scanner<'_>,
    mut found: Option<Result<Value>>,
    depth: usize,
) -> std::result::Result<Result<Value>, Malformed> {
    let mut first = found.is_none();
    while let Some(kind) = scanner.next_name(&mut first)? {
        if scanner.null()? {
            continue;
        }
        if kind == "__type" {
            scanner.skip(depth)?;
            continue;
        }
        if found.is_some() {
            return Err(Malformed("an attribute is of two types"));
        }
        found = Some(scan_content(scanner, &kind, depth)?);
    }
    found.ok_or(Malformed("an attribute has no type"))
}

fn scan_content(
    scanner: &mut Scanner<'_>,
    kind: &str,
    depth: usize,
) -> std::result::Result<Result<Value>, Malformed> {
    Ok(Ok(match kind {
        "S" => Value::String(scanner.string()?.into_owned()),
        "N" => return Ok(decimal::parse_number(&scanner.string()?)),
        "B" => scan_bytes(scanner)?,
        "BOOL" => Value::Bool(scanner.bool()?),
        "NULL" => scanner.bool().map(|_| Value::Null)?,
        "L" => return scan_list(scanner, depth),
        "M" => return scan_map(scanner, depth),
        "SS" => scan_set(scanner, false).map(|()| Value::Foreign("a set of strings"))?,
        "NS" => scan_set(scanner, false).map(|()| Value::Foreign("a set of numbers"))?,
        "BS" => scan_set(scanner, true).map(|()| Value::Foreign("a set of bytes"))?,
        _ => scanner.skip(depth).map(|()| Value::Foreign("an attribute of an unknown type"))?,
    }))
}

fn scan_list(scanner: &mut Scanner<'_>, depth: usize) -> std::result::Result<Result<Value>, Malformed> {
    scanner.expect(b'[')?;
    let (mut items, mut fault, mut first) = (Vec::new(), None, true);
    while scanner.next_entry(&mut first)? {
        match scan_attribute_after_blanks(scanner, depth + 1)? {
            Ok(value) => items.push(value),
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    Ok(fault.map_or(Ok(Value::List(items)), Err))
}

fn scan_map(scanner: &mut Scanner<'_>, depth: usize) -> std::result::Result<Result<Value>, Malformed> {
    scanner.expect(b'{')?;
    let (mut map, mut fault, mut first) = (Map::new(), None, true);
    while let Some(name) = scanner.next_name(&mut first)? {
        match scan_attribute_after_blanks(scanner, depth + 1)? {
            Ok(value) => drop(map.insert(name.into_owned(), value)),
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    Ok(fault.map_or(Ok(Value::Map(map)), Err))
}

fn scan_attribute_after_blanks(
    scanner: &mut Scanner<'_>,
    depth: usize,
) -> std::result::Result<Result<Value>, Malformed> {
    scanner.peek();
    scan_attribute(scanner, depth)
}

/// Empty bytes of a model are an empty list, which they would not be found as.
fn scan_bytes(scanner: &mut Scanner<'_>) -> std::result::Result<Value, Malformed> {
    let bytes = decode(&scanner.string()?)?;
    Ok(if bytes.is_empty() { Value::Foreign("empty binary data") } else { Value::Bytes(bytes) })
}

fn decode(text: &Cow<'_, str>) -> std::result::Result<Vec<u8>, Malformed> {
    STANDARD.decode(text.as_bytes()).map_err(|_| Malformed("bytes are no base64"))
}

fn scan_set(scanner: &mut Scanner<'_>, of_bytes: bool) -> std::result::Result<(), Malformed> {
    scanner.expect(b'[')?;
    let mut first = true;
    while scanner.next_entry(&mut first)? {
        let text = scanner.string()?;
        if of_bytes {
            decode(&text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::dynamodb::wire::write::write_item;
    use crate::error::ErrorKind;

    #[test]
    fn a_record_comes_back_as_it_went() {
        let nested = [("a.b".to_owned(), Value::List(vec![Value::Null, Value::Float(0.1)]))];
        let record: Record = [
            ("text".to_owned(), Value::from("")),
            ("quoted \"".to_owned(), Value::from("a\\b\u{1F600}")),
            ("max".to_owned(), Value::from(u64::MAX)),
            ("min".to_owned(), Value::from(i64::MIN)),
            ("bytes".to_owned(), Value::Bytes(vec![0, 255])),
            ("yes".to_owned(), Value::Bool(true)),
            ("map".to_owned(), Value::Map(nested.into_iter().collect())),
        ]
        .into_iter()
        .collect();
        let mut json = Vec::new();
        write_item(&record, &mut json);
        assert_eq!(read_item(&json).ok(), Some(record.clone()));
        let spaced = serde_json::from_slice::<serde_json::Value>(&json).unwrap();
        assert_eq!(read_item(format!("{spaced:#}").as_bytes()).ok(), Some(record));
    }

    #[test]
    fn what_others_write_is_read_too() {
        let item = br#"{"null":{"NULL":true},"tags":{"SS":["a"]},"counts":{"NS":["1","2.5"]},"blobs":{"BS":["AA=="]},
            "empty":{"B":""},"new":{"X":[1,{"y":null}]},"odd":{"__type":"x","S":"a","N":null}}"#;
        let record = read_item(item).unwrap();
        assert_eq!(record.get("null"), None);
        assert_eq!(record.get("odd").and_then(|value| value.as_str().map(str::to_owned)).as_deref(), Some("a"));
        for (name, what) in [
            ("tags", "a set of strings"),
            ("counts", "a set of numbers"),
            ("blobs", "a set of bytes"),
            ("empty", "empty binary data"),
            ("new", "an attribute of an unknown type"),
        ] {
            assert_eq!(record.get(name).map(|value| value.type_name()), Some(what));
        }
    }

    #[test]
    fn a_number_that_is_none_is_an_error_that_names_the_field() {
        for item in [r#"{"age":{"N":"x"},"b":{"S":"y"}}"#, r#"{"age":{"L":[{"M":{"a":{"N":"1e999"}}}]}}"#] {
            let error = read_item(item.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Codec);
            assert!(error.message().starts_with("age: "), "{error}");
        }
    }

    #[test]
    fn what_is_no_item_is_refused() {
        let deep = format!("{{\"a\":{}{{\"S\":\"x\"}}{}}}", "{\"L\":[".repeat(5000), "]}".repeat(5000));
        for item in [
            "", "null", "[]", "{", r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":{"S":1}}"#, r#"{"a":{"S":"x","N":"1"}}"#,
            r#"{"a":{"N":1}}"#, r#"{"a":{"B":"***"}}"#, r#"{"a":{"M":null}}"#, r#"{"a":null}"#, r#"{"a":{"SS":[1]}}"#,
            r#"{"a":{"BS":["*"]}}"#, r#"{"a":{"NULL":"x"}}"#, r#"{"a":{"S":"\ud800"}}"#, r#"{"a":{"S":"x"}}}"#, &deep,
        ] {
            let error = read_item(item.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Codec, "{item}");
        }
    }
}
