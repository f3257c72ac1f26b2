//! Records from the JSON that PostgreSQL writes of a `jsonb`.

use std::borrow::Cow;

use super::form::{BYTES, SET};
use super::write::own_text;
use crate::definition::{Definition, Lowering};
use crate::error::{Error, Result};
use crate::value::{Record, Writer, stored_object_id};

/// How deep lists and maps may stand within each other: deeper than any record that is written.
const DEEPEST: usize = 64;

/// What another program stored under a name that begins with one `$`.
const FOREIGN: &str = "an object with a name that begins with $";

/// The fields of a model that are read by their type: instants and ObjectIds, which JSON has no form for.
#[derive(Debug, Default)]
pub(in super::super) struct Readers(Vec<(&'static str, &'static Lowering)>);

impl Readers {
    pub(in super::super) fn new(definition: &'static Definition) -> Self {
        let by_type = definition.fields().iter().flat_map(|field| {
            let lowering = field.lowering().filter(|lowering| lowering.is_read_by_type());
            let names = field.aliases().iter().copied().chain([field.name]);
            lowering.into_iter().flat_map(move |lowering| names.clone().map(move |name| (name, lowering)))
        });
        Self(by_type.collect())
    }

    fn of(&self, name: &str) -> Option<&'static Lowering> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, lowering)| *lowering)
    }
}

/// The record that an object is.
pub(in super::super) fn read_record(json: &[u8], readers: &Readers) -> Result<Record> {
    let text = std::str::from_utf8(json).map_err(|_| malformed())?;
    let mut reader = Reader { text, at: 0, out: Writer::with_capacity(json.len()) };
    reader.record(readers).ok_or_else(malformed)?;
    if reader.out.is_too_long() {
        return Err(Error::codec("a record is longer than any that is kept"));
    }
    Ok(reader.out.finish())
}

fn malformed() -> Error {
    Error::codec("what the server gave is no JSON object of a record")
}

/// A text under way. What is not JSON is nothing.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: Writer,
}

impl<'a> Reader<'a> {
    fn record(&mut self, readers: &Readers) -> Option<()> {
        self.expect(b'{')?;
        let mut first = true;
        while self.has_next(&mut first, b'}')? {
            let name = self.string()?;
            self.expect(b':')?;
            self.out.name(&name);
            let lowering = if readers.0.is_empty() { None } else { readers.of(&name) };
            self.value(lowering, 0)?;
        }
        self.skip_blanks();
        (self.at == self.text.len()).then_some(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// Whether there is one more before the end, which is taken.
    fn has_next(&mut self, first: &mut bool, end: u8) -> Option<bool> {
        if self.take(end) {
            return Some(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Some(true)
    }

    fn value(&mut self, lowering: Option<&'static Lowering>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_blanks();
        match self.peek()? {
            b'"' => self.text_value(lowering)?,
            b'{' => self.object(lowering, depth)?,
            b'[' => {
                let list = self.out.begin_list();
                let count = self.items(lowering.and_then(|list| list.of_item()), depth)?;
                self.out.end(list, count);
            }
            b't' => {
                self.word("true")?;
                self.out.bool(true);
            }
            b'f' => {
                self.word("false")?;
                self.out.bool(false);
            }
            b'n' => {
                self.word("null")?;
                self.out.null();
            }
            _ => self.number(lowering)?,
        }
        Some(())
    }

    fn text_value(&mut self, lowering: Option<&'static Lowering>) -> Option<()> {
        let text = self.string()?;
        let of_id = lowering.filter(|lowering| matches!(lowering, Lowering::ObjectId));
        match of_id.and_then(|_| stored_object_id(&text)) {
            Some(id) => self.out.object_id(id),
            None => self.out.text(&own_text(&text)),
        }
        Some(())
    }

    fn items(&mut self, lowering: Option<&'static Lowering>, depth: usize) -> Option<usize> {
        self.expect(b'[')?;
        let (mut first, mut count) = (true, 0);
        while self.has_next(&mut first, b']')? {
            self.value(lowering, depth + 1)?;
            count += 1;
        }
        Some(count)
    }

    fn object(&mut self, lowering: Option<&'static Lowering>, depth: usize) -> Option<()> {
        self.expect(b'{')?;
        let start = self.out.len();
        let map = self.out.begin_map();
        let (mut first, mut count, mut is_foreign) = (true, 0, false);
        while self.has_next(&mut first, b'}')? {
            let name = self.string()?;
            self.expect(b':')?;
            if let Some(own) = name.strip_prefix('$').filter(|own| !own.starts_with('$')) {
                self.out.truncate(start);
                let is_own = count == 0 && !is_foreign && self.special(own, lowering, depth)?;
                if is_own && self.take(b'}') {
                    return Some(());
                }
                if !is_own {
                    self.value(None, depth + 1)?;
                }
                is_foreign = true;
                continue;
            }
            self.out.name(name.strip_prefix("$$").map_or(&*name, |_| name.get(1..).unwrap_or_default()));
            self.value(lowering.and_then(|map| map.of_name(&name)), depth + 1)?;
            count += 1;
        }
        if is_foreign {
            self.out.truncate(start);
            self.out.foreign(FOREIGN);
        } else {
            self.out.end(map, count);
        }
        Some(())
    }

    /// Reads bytes or a set in the place of the map; false if it is neither.
    fn special(&mut self, name: &str, lowering: Option<&'static Lowering>, depth: usize) -> Option<bool> {
        self.skip_blanks();
        match (name, self.peek()?) {
            (name, b'"') if BYTES.ends_with(name) && name.len() + 1 == BYTES.len() => {
                let text = self.string()?;
                match unhex(&text) {
                    Some(bytes) => self.out.bytes(&bytes),
                    None => self.out.foreign("bytes that are no hex digits"),
                }
                Some(true)
            }
            (name, b'[') if SET.ends_with(name) && name.len() + 1 == SET.len() => {
                let set = self.out.begin_set();
                self.items(lowering.and_then(|set| set.of_item()), depth)?;
                self.out.end_set(set);
                Some(true)
            }
            _ => Some(false),
        }
    }

    fn number(&mut self, lowering: Option<&'static Lowering>) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let digits = self.text.get(self.at..self.at + length)?;
        self.at += length;
        let is_kept = |n: &i128| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(n);
        match digits.parse::<i128>().ok().filter(is_kept) {
            Some(n) => match (i64::try_from(n), lowering) {
                (Ok(millis), Some(Lowering::Instant(_))) => self.out.instant(millis),
                _ => self.out.int(n),
            },
            None => match digits.parse::<f64>().ok()? {
                x if x.is_finite() => self.out.float(x),
                _ => self.out.foreign("a number beyond every float"),
            },
        }
        Some(())
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.text.as_bytes().get(start..)?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        self.at = start + end;
        let plain = self.text.get(start..self.at)?;
        if self.peek()? == b'"' {
            self.at += 1;
            return Some(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    /// The rest of a text that has escapes in it.
    fn escaped(&mut self, mut text: String) -> Option<String> {
        loop {
            let rest = self.text.get(self.at..)?;
            let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\'))?;
            text.push_str(rest.get(..end)?);
            self.at += end + 1;
            if rest.as_bytes().get(end) == Some(&b'"') {
                return Some(text);
            }
            let kind = self.peek()?;
            self.at += 1;
            text.push(match kind {
                b'"' | b'\\' | b'/' => char::from(kind),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.code_point()?,
                _ => return None,
            });
        }
    }

    fn code_point(&mut self) -> Option<char> {
        let high = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.word("\\u")?;
        let low = self.code_unit()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>()?;
    rest.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::write_record;
    use super::*;
    use crate::value::{Map, Value};

    fn record(value: Value) -> Record {
        Record::from_iter([("v".to_owned(), value)])
    }

    #[test]
    fn a_value_comes_back_as_what_it_was() {
        let map = |name: &str| Value::Map(Map::from_iter([(name.to_owned(), Value::Int(1))]));
        for value in [
            Value::Null,
            Value::Bool(true),
            Value::Int(i64::MIN.into()),
            Value::Int(u64::MAX.into()),
            Value::Float(0.1),
            Value::Float(2.0),
            Value::Float(-1e125),
            Value::Float(5e-130),
            Value::from("é \u{1} \" \\ \u{10ffff}\n"),
            Value::Bytes(vec![]),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Bytes(vec![7]), Value::Null]),
            Value::set([Value::Bytes(vec![9, 9]), Value::Bytes(vec![10])]),
            Value::set([]),
            map("$set"),
            map("$$bytes"),
            map("a"),
            Value::Map(Map::new()),
        ] {
            let json = write_record(&record(value.clone())).unwrap();
            let back = read_record(&json, &Readers::default()).unwrap();
            let found = back.stored("v").unwrap();
            assert!(found == value && found.type_name() == value.type_name(), "{value:?}: {back:?}");
        }
    }

    #[test]
    fn what_others_write_under_a_dollar_is_foreign() {
        for json in [r#"{"v":{"$oid":"x"}}"#, r#"{"v":{"a":1,"$set":[1]}}"#, r#"{"v":{"$set":[1],"abcde":{}}}"#] {
            let found = read_record(json.as_bytes(), &Readers::default()).unwrap();
            assert!(found.stored("v").and_then(|value| value.foreign()).is_some(), "{json}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = format!("{{\"v\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        for json in ["", "[]", "{", r#"{"a"}"#, r#"{"a":1}x"#, r#"{"a":--}"#, r#"{"a":"\ud800"}"#, &deep] {
            assert!(read_record(json.as_bytes(), &Readers::default()).is_err(), "{json}");
        }
    }

    #[test]
    fn text_with_a_nul_is_another_that_sorts_alike() {
        use super::super::stored_text;
        let texts = [
            "",
            "\0",
            "\0\0",
            "\0\u{1}",
            "\0a",
            "\u{1}",
            "\u{1}\0",
            "\u{1}\u{2}",
            "\u{2}",
            "a",
            "a\0",
            "a\0b",
            "a\u{1}",
        ];
        assert!(texts.is_sorted());
        assert!(texts.map(|text| stored_text(text).into_owned()).is_sorted());
        for text in texts {
            let json = write_record(&record(Value::from(text))).unwrap();
            assert!(!String::from_utf8_lossy(&json).contains("\\u0000"));
            assert_eq!(read_record(&json, &Readers::default()).unwrap(), record(Value::from(text)));
        }
    }

    #[test]
    fn a_name_with_a_nul_is_refused_by_its_field() {
        let map = Map::from_iter([("a\0".to_owned(), Value::Null)]);
        let error = write_record(&record(Value::Map(map))).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
        assert!(error.message().starts_with("v "), "{error}");
    }
}
