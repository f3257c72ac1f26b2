//! The examples of the page on the format, and bytes that are no record.

use super::{Map, Record, Value, Writer};

const PAGE: &str = include_str!("../../../docs/record-format.md");

/// The bytes as the page writes them.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut record = Record::new();
    record.insert("", value.clone());
    // After the byte of the empty name.
    record.as_bytes()[1..].to_vec()
}

fn map_of(name: &str, value: Value) -> Value {
    Value::Map(Map::from_iter([(name.to_owned(), value)]))
}

#[test]
fn the_page_shows_each_kind_as_it_is_written() {
    let values = [
        Value::Null,
        Value::Bool(false),
        Value::Bool(true),
        Value::Int(-1),
        Value::Int(300),
        Value::Int(70_000),
        Value::Int(5_000_000_000),
        Value::Int(u64::MAX.into()),
        Value::Float(0.5),
        Value::Instant(1000),
        Value::from("hi"),
        Value::from("a".repeat(256)),
        Value::Bytes(vec![0, 255]),
        Value::Bytes(vec![255; 256]),
        Value::List(vec![Value::Null]),
        map_of("a", Value::Int(1)),
        Value::Foreign("a symbol"),
        Value::set(["b", "a", "b"].map(Value::from)),
        Value::ObjectId([0x65, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff]),
    ];
    for (kind, value) in values.iter().enumerate() {
        let bytes = bytes_of(value);
        assert_eq!(usize::from(bytes[0]), kind);
        let shown = match bytes.len() {
            ..30 => hex(&bytes),
            _ => format!("{} …", hex(&bytes[..7])),
        };
        let rows = PAGE.lines().filter(|line| line.starts_with(&format!("| `{kind:02x}` |")));
        assert_eq!(rows.filter(|row| row.ends_with(&format!("| `{shown}` |"))).count(), 1, "{shown}");
    }
}

#[test]
fn the_page_shows_a_record_as_it_is_written() {
    let mut record = Record::new();
    record.set("id", Value::from("u1"));
    record.set("age", Value::Int(36));
    record.set("tags", Value::List(vec![Value::from("a"), Value::Bool(true)]));
    let block = PAGE.split("```text\n").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    let bytes: Vec<&str> = block.lines().flat_map(|line| line[..48].split_whitespace()).collect();
    assert_eq!(bytes.join(" "), hex(record.as_bytes()));
}

/// The record of one entry without a name, whose value is these bytes.
fn read(value: &[u8]) -> crate::Result<Record> {
    Record::from_bytes([&[0], value].concat())
}

#[test]
fn what_is_no_record_is_refused() {
    let int = |n: i128| [&[7][..], &n.to_le_bytes()].concat();
    let float = |x: f64| [&[8][..], &x.to_le_bytes()].concat();
    for good in [int(1), int(u64::MAX.into()), int(i64::MIN.into()), float(2.0)] {
        assert!(read(&good).is_ok(), "{good:?}");
    }
    let bad: [&[u8]; 19] = [
        &[],
        &[0x13],
        &[0x12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        &[0x11],
        &[0x11, 1, 0, 0, 0, 2, 0, 0, 0, 0],
        &[0xff],
        &[3],
        &[0x0a, 2, b'a'],
        &[0x0b, 0xff, 0xff, 0xff, 0xff, b'a'],
        &[0x0a, 1, 0xff],
        &[0x10, 1, 0xff],
        &[0x0e, 1, 0, 0, 0, 2, 0, 0, 0, 0],
        &[0x0e, 2, 0, 0, 0, 1, 0, 0, 0, 0],
        &[0x0f, 1, 0, 0, 0, 1, 0, 0, 0, 0],
        &[0x0f, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0],
        &int(i128::from(u64::MAX) + 1),
        &int(i128::from(i64::MIN) - 1),
        &float(f64::NAN),
        &float(f64::NEG_INFINITY),
    ];
    for bad in bad {
        assert_eq!(read(bad).unwrap_err().kind(), crate::ErrorKind::Codec, "{bad:?}");
    }
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let nested = |levels| {
        (0..levels)
            .fold(Value::Null, |inner, at| if at % 2 == 0 { Value::List(vec![inner]) } else { map_of("a", inner) })
    };
    assert!(read(&bytes_of(&nested(256))).is_ok());
    assert!(read(&bytes_of(&nested(257))).is_err());
}

#[test]
fn sets_are_equal_in_whatever_order_and_to_lists_of_their_members() {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let set = Value::set(texts(&["b", "a", "b"]));
    assert_eq!(format!("{set:?}"), r#"{"a", "b"}"#);
    for same in [texts(&["a", "b"]), texts(&["b", "a"]), texts(&["b", "a", "a", "b"])] {
        assert_eq!(set, Value::List(same.clone()));
        assert_eq!(Value::List(same.clone()), set);
        assert_eq!(set, Value::Set(same));
    }
    for other in [texts(&["a"]), texts(&["a", "b", "c"]), texts(&["a", "c"]), Vec::new()] {
        assert_ne!(set, Value::List(other.clone()));
        assert_ne!(set, Value::set(other));
    }
    assert_ne!(Value::List(texts(&["a", "b"])), Value::List(texts(&["b", "a"])));
    let bytes = |bytes: &[&[u8]]| Value::set(bytes.iter().map(|bytes| Value::Bytes(bytes.to_vec())));
    assert_eq!(format!("{:?}", bytes(&[&[1, 2], &[3], &[1, 1]])), "{0x03, 0x0101, 0x0102}");
    assert_eq!(
        Value::set([Value::Int(10), Value::Int(9), Value::Float(9.0)]),
        Value::List(vec![Value::Int(9), Value::Int(10)])
    );
}

#[test]
fn a_set_is_written_sorted_and_each_member_once() {
    let mut out = Writer::default();
    let set = out.begin_set();
    for text in ["b", "a", "c", "b"] {
        out.text(text);
    }
    out.end_set(set);
    let mut sorted = Writer::default();
    sorted.value(Value::set(["a", "b", "c"].map(Value::from)).view());
    assert_eq!(out.raw_at(0).content(), sorted.raw_at(0).content());
    assert_eq!(format!("{:?}", out.value_at(0)), r#"{"a", "b", "c"}"#);
}

#[test]
fn names_and_words_of_any_length_come_back() {
    for length in [0, 1, 254, 255, 256, 70_000] {
        let name = "ä".repeat(length);
        let mut record = Record::new();
        record.insert(&name, Value::from(name.clone()));
        let record = Record::from_bytes(record.as_bytes().to_vec()).unwrap();
        assert_eq!(record.get(&name).and_then(|value| value.as_str()), Some(name.as_str()));
    }
    let mut out = Writer::default();
    out.foreign(&"ä".repeat(200));
    assert_eq!(out.value_at(0).type_name(), "ä".repeat(127));
}

#[test]
fn many_names_out_of_order_are_sorted_in_time() {
    let mut out = Writer::default();
    let begun = out.begin_map();
    for at in (0..60_000_u32).rev() {
        out.name(&format!("{at:08}"));
        out.null();
    }
    assert_eq!(out.sort(begun), None);
    out.end(begun, 60_000);
    let record = out.finish_map().unwrap();
    assert!(record.iter().map(|(name, _)| name).is_sorted());
    assert_eq!(record.len(), 60_000);
}
