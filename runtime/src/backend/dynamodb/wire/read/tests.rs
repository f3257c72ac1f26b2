//! Records that come back, what others write, and what is refused.

use super::*;
use crate::backend::dynamodb::wire::write::write_item;
use crate::error::ErrorKind;
use crate::value::Value;

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
    assert_eq!(read_item(&json, &[]).ok(), Some(record.clone()));
    let spaced = serde_json::from_slice::<serde_json::Value>(&json).unwrap();
    assert_eq!(read_item(format!("{spaced:#}").as_bytes(), &[]).ok(), Some(record));
}

#[test]
fn what_others_write_is_read_too() {
    let item = br#"{"null":{"NULL":true},"tags":{"SS":["a"]},"counts":{"NS":["1","2.5"]},"blobs":{"BS":["AA=="]},
        "empty":{"B":""},"new":{"X":[1,{"y":null}]},"odd":{"__type":"x","S":"a","N":null}}"#;
    let record = read_item(item, &[]).unwrap();
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
        let error = read_item(item.as_bytes(), &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec);
        assert!(error.message().starts_with("age: "), "{error}");
    }
}

#[test]
fn what_is_no_item_is_refused() {
    let deep = format!("{{\"a\":{}{{\"S\":\"x\"}}{}}}", "{\"L\":[".repeat(5000), "]}".repeat(5000));
    for item in [
        "",
        "null",
        "[]",
        "{",
        r#"{"a":1}"#,
        r#"{"a":{}}"#,
        r#"{"a":{"S":1}}"#,
        r#"{"a":{"S":"x","N":"1"}}"#,
        r#"{"a":{"N":1}}"#,
        r#"{"a":{"B":"***"}}"#,
        r#"{"a":{"M":null}}"#,
        r#"{"a":null}"#,
        r#"{"a":{"SS":[1]}}"#,
        r#"{"a":{"S":"x"},"a":{"S":"x"}}"#,
        r#"{"a":{"M":{"b":{"S":"x"},"b":{"S":"x"}}}}"#,
        r#"{"a":{"S":null}}"#,
        r#"{"a":{"BS":["*"]}}"#,
        r#"{"a":{"NULL":"x"}}"#,
        r#"{"a":{"S":"\ud800"}}"#,
        r#"{"a":{"S":"x"}}}"#,
        &deep,
    ] {
        let error = read_item(item.as_bytes(), &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec, "{item}");
    }
}

/// The records of a list of items, each read as the ones before it taught.
fn read_page(items: &str) -> std::result::Result<Vec<Record>, Malformed> {
    let mut scanner = Scanner::new(items.as_bytes())?;
    let (mut reader, mut records, mut first) = (ItemReader::new(&[]), Vec::new(), true);
    scanner.expect(b'[')?;
    while scanner.next_entry(&mut first)? {
        scanner.peek();
        records.push(reader.read(&mut scanner, 2)?.unwrap());
    }
    scanner.end().map(|()| records)
}

#[test]
fn a_name_that_is_there_twice_is_found_whatever_came_before() {
    for items in [
        r#"[{"a":{"S":"x"},"b":{"N":"1"}},{"a":{"S":"y"},"a":{"S":"y"}}]"#,
        r#"[{"a":{"S":"x"},"b":{"N":"1"}},{"b":{"N":"1"},"a":{"S":"y"},"b":{"N":"1"}}]"#,
        r#"[{"a":{"S":"x"},"b":{"N":"1"}},{"b":{"N":"1"},"a":{"S":"y"}},{"a":{"S":"x"},"b":{"N":"1"},"a":{"S":"x"}}]"#,
        r#"[{"a":{"S":"x"}},{"c":{"S":"x"},"a":{"S":"y"},"c":{"BOOL":true}}]"#,
        r#"[{"a":{"S":"x"}},{"a":{"S":"x"},"\u0061":{"S":"x"}}]"#,
        r#"[{"a":{"SS":["x"]}},{"a":{"SS":["x"]},"a":{"S":"x"}}]"#,
        r#"[{"m":{"M":{"a":{"N":"1"},"b":{"N":"2"}}}},{"m":{"M":{"b":{"N":"1"},"a":{"N":"2"},"b":{"N":"3"}}}}]"#,
        r#"[{"l":{"L":[{"M":{"a":{"N":"1"}}},{"M":{"a":{"N":"1"},"a":{"N":"1"}}}]}}]"#,
    ] {
        assert_eq!(read_page(items).unwrap_err(), Malformed("a name is there twice"), "{items}");
    }
    let many = |last| {
        let names = (0..200).map(|n| format!(r#""n{n}":{{"N":"{n}"}},"#)).collect::<String>();
        format!(r#"[{{{names}"n{last}":{{"N":"0"}}}}]"#)
    };
    assert!(read_page(&many(200)).is_ok());
    for last in [0, 63, 64, 199] {
        assert!(read_page(&many(last)).is_err(), "{last}");
    }
}

/// An attribute whose kind, and whether it is there, is drawn.
fn attribute(name: usize, kind: u8) -> Option<String> {
    let value = match kind {
        0 => r#"{"S":"x\n\"y"}"#.to_owned(),
        1 => r#"{"S":"plain"}"#.to_owned(),
        2 => r#"{"N":"12.50"}"#.to_owned(),
        3 => r#"{"BOOL":false}"#.to_owned(),
        4 => r#"{"NULL":true}"#.to_owned(),
        5 => r#"{"L":[{"M":{"a":{"N":"1"},"b":{"S":""}}},{"M":{"b":{"S":""},"a":{"B":"AP8="}}}]}"#.to_owned(),
        6 => format!(r#"{{"M":{{"n{name}":{{"S":"x"}},"z":{{"N":"1"}}}}}}"#),
        7 => r#"{ "S" : "spaced" }"#.to_owned(),
        8 => r#"{"SS":["a"]}"#.to_owned(),
        9 => r#"{"S":"x","N":null}"#.to_owned(),
        10 => r#"{"BOOL":null,"N":"7"}"#.to_owned(),
        _ => return None,
    };
    Some(format!(r#""n{name}":{value}"#))
}

proptest::proptest! {
    #[test]
    fn items_are_read_alike_alone_and_after_others(
        drawn in proptest::collection::vec(proptest::collection::vec((0_usize..6, 0_u8..14), 0..8), 0..6),
    ) {
        let items: Vec<_> = drawn
            .iter()
            .map(|item| {
                let attributes: Vec<_> = item.iter().filter_map(|(name, kind)| attribute(*name, *kind)).collect();
                format!("{{{}}}", attributes.join(","))
            })
            .collect();
        // What is foreign equals nothing, so that bytes are compared.
        let bytes = |record: Record| record.as_bytes().to_vec();
        let alone: Option<Vec<_>> = items.iter().map(|item| read_item(item.as_bytes(), &[]).ok().map(bytes)).collect();
        let page = read_page(&format!("[{}]", items.join(","))).ok();
        let page: Option<Vec<_>> = page.map(|page| page.into_iter().map(bytes).collect());
        proptest::prop_assert_eq!(&page, &alone);
        let unique = |item: &Vec<(usize, u8)>| {
            let mut names: Vec<_> = item.iter().filter(|(_, kind)| *kind <= 10).map(|(name, _)| name).collect();
            names.sort_unstable();
            names.windows(2).all(|pair| pair[0] != pair[1])
        };
        proptest::prop_assert_eq!(page.is_some(), drawn.iter().all(unique));
    }
}
