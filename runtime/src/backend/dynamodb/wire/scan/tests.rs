//! Strings, what is passed over, and what is refused.

use super::*;

fn string(text: &str) -> Result<String> {
    let mut scanner = Scanner::new(text.as_bytes())?;
    let string = scanner.string()?.into_owned();
    scanner.end().map(|()| string)
}

#[test]
fn strings_are_read_as_serde_json_reads_them() {
    for text in [
        r#""""#,
        r#""plain""#,
        r#"  "longer than eight bytes, with an é at the end é" "#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u00e9\ud83d\ude00 and after""#,
        r#""1234567\"""#,
        r#""12345678\"""#,
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udc00""#,
        r#""\x""#,
        r#""\u12""#,
        "\"a\u{1}\"",
        "\"12345678\n\"",
        r#""open"#,
        r#""a" b"#,
    ] {
        let wanted = serde_json::from_str::<String>(text).ok();
        assert_eq!(string(text).ok(), wanted, "{text}");
    }
}

fn skips(text: &[u8]) -> bool {
    Scanner::new(text).is_ok_and(|mut scanner| scanner.skip(1).is_ok() && scanner.end().is_ok())
}

#[test]
fn what_is_passed_over_is_json() {
    for text in [
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5e-3",
        "01",
        "1.",
        ".5",
        "1e",
        "-",
        "nul",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "[1,2]",
        "[1,]",
        "[1 2]",
        "{\"a\":[{\"b\":null}]}",
        "",
        "}",
        "[",
        "{",
    ] {
        assert_eq!(skips(text.as_bytes()), serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "{text}");
    }
    assert!(!skips(b"\"\x80\""));
}

#[test]
fn what_nests_too_deep_is_refused() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(skips(nested(100).as_bytes()));
    assert!(!skips(nested(100_000).as_bytes()));
}

proptest::proptest! {
    #[test]
    fn any_string_comes_back(text: String) {
        let written = serde_json::to_string(&text).unwrap();
        proptest::prop_assert_eq!(string(&written), Ok(text));
    }

    #[test]
    fn any_bytes_have_an_end(bytes: Vec<u8>) {
        if let Ok(mut scanner) = Scanner::new(&bytes) {
            let is_json = scanner.skip(1).is_ok() && scanner.end().is_ok();
            let wanted = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
            proptest::prop_assert!(!is_json || wanted);
        }
    }
}
