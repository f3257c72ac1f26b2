//! Items as records, in one pass.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::names::Names;
use super::scan::{DEEPEST, Malformed, Scanner};
use crate::backend::dynamodb::decimal;
use crate::definition::{FieldDef, Lowering};
use crate::error::{Error, Result};
use crate::value::{Record, Value, Writer};

type Scanned<T> = std::result::Result<T, Malformed>;

/// How much room a record is given: most take no more.
const ROOM: usize = 512;

/// Reads an item, which is the whole of these bytes.
///
/// Errors: [`Codec`](crate::ErrorKind::Codec) if they are no item, or a number in it cannot be read.
pub(crate) fn read_item(json: &[u8], fields: &'static [FieldDef]) -> Result<Record> {
    let unreadable = |why: Malformed| Error::codec(format!("an item that is no JSON of DynamoDB's: {why}"));
    let mut scanner = Scanner::new(json).map_err(unreadable)?;
    let record = scan_item(&mut scanner, fields, 1).map_err(unreadable)?;
    scanner.end().map_err(unreadable)?;
    record
}

/// Reads an item that comes next, of which `depth` levels are open around it. Integers of fields that hold
/// instants become such. What is no item of DynamoDB's is `Malformed`; a value in it that cannot be read is the
/// error within.
pub(crate) fn scan_item(
    scanner: &mut Scanner<'_>,
    fields: &'static [FieldDef],
    depth: usize,
) -> Scanned<Result<Record>> {
    scanner.expect(b'{')?;
    let mut reader = Reader { out: Writer::with_capacity(ROOM), fault: None };
    let (mut names, mut first) = (Names::default(), true);
    while let Some(name) = scanner.next_name(&mut first)? {
        names.add(&name);
        reader.out.name(&name);
        scanner.peek();
        let had_fault = reader.fault.is_some();
        reader.attribute(scanner, lowering_of(fields, &name), depth + 1)?;
        // The text is read to its end all the same: it may be none of DynamoDB's.
        if let Some(why) = reader.fault.take_if(|_| !had_fault) {
            reader.fault = Some(Error::codec(format!("{name}: {}", why.message())));
        }
    }
    let record = reader.out.finish();
    names.check(record.iter().map(|(name, _)| name))?;
    Ok(reader.fault.map_or(Ok(record), Err))
}

/// How a field with instants in it is stored, by its name or an older one of it.
fn lowering_of(fields: &'static [FieldDef], name: &str) -> Option<&'static Lowering> {
    let field = fields.iter().find(|field| field.name == name || field.aliases().contains(&name))?;
    field.lowering().filter(|lowering| lowering.has_instant())
}

/// A record under way.
struct Reader {
    out: Writer,
    /// The first value that could not be read.
    fault: Option<Error>,
}

impl Reader {
    /// Reads an attribute. Sets, which only others write, are foreign: written back as a list, one would be a set
    /// no more.
    fn attribute(
        &mut self,
        scanner: &mut Scanner<'_>,
        lowering: Option<&'static Lowering>,
        depth: usize,
    ) -> Scanned<()> {
        if depth > DEEPEST {
            return Err(Malformed("it nests too deep"));
        }
        // As DynamoDB itself writes it, without blanks.
        if let Some([b'{', b'"', kind @ (b'S' | b'N' | b'B' | b'M' | b'L'), b'"', b':']) = scanner.ahead() {
            scanner.pass(5);
            if scanner.peek() == Some(b'n') {
                return self.variants(scanner, lowering, false, depth);
            }
            match kind {
                b'S' => self.text(scanner)?,
                b'N' => self.number(scanner, lowering)?,
                b'B' => self.bytes(scanner)?,
                b'M' => self.map(scanner, lowering, depth + 1)?,
                _ => self.list(scanner, lowering, depth + 1)?,
            }
            return if scanner.take(b'}') { Ok(()) } else { self.variants(scanner, lowering, true, depth) };
        }
        scanner.expect(b'{')?;
        let mut first = true;
        let Some(kind) = scanner.next_name(&mut first)? else { return Err(Malformed("an attribute has no type")) };
        let found = self.member(scanner, &kind, lowering, false, depth)?;
        self.rest(scanner, lowering, found, depth)
    }

    /// The members after one that is a null, or that was read.
    fn variants(
        &mut self,
        scanner: &mut Scanner<'_>,
        lowering: Option<&'static Lowering>,
        found: bool,
        depth: usize,
    ) -> Scanned<()> {
        if !found && !scanner.null()? {
            return Err(Malformed("another value is due"));
        }
        self.rest(scanner, lowering, found, depth)
    }

    fn rest(
        &mut self,
        scanner: &mut Scanner<'_>,
        lowering: Option<&'static Lowering>,
        mut found: bool,
        depth: usize,
    ) -> Scanned<()> {
        let mut first = false;
        while let Some(kind) = scanner.next_name(&mut first)? {
            found |= self.member(scanner, &kind, lowering, found, depth)?;
        }
        if found { Ok(()) } else { Err(Malformed("an attribute has no type")) }
    }

    /// A member of an attribute: the one that says its kind, or one that says nothing.
    fn member(
        &mut self,
        scanner: &mut Scanner<'_>,
        kind: &str,
        lowering: Option<&'static Lowering>,
        found: bool,
        depth: usize,
    ) -> Scanned<bool> {
        if scanner.null()? {
            return Ok(false);
        }
        if kind == "__type" {
            return scanner.skip(depth + 1).map(|()| false);
        }
        if found {
            return Err(Malformed("an attribute is of two types"));
        }
        match kind {
            "S" => self.text(scanner)?,
            "N" => self.number(scanner, lowering)?,
            "B" => self.bytes(scanner)?,
            "BOOL" => self.out.bool(scanner.bool()?),
            "NULL" => {
                scanner.bool()?;
                self.out.null();
            }
            "L" => self.list(scanner, lowering, depth + 1)?,
            "M" => self.map(scanner, lowering, depth + 1)?,
            "SS" => self.set(scanner, "a set of strings")?,
            "NS" => self.set(scanner, "a set of numbers")?,
            "BS" => self.set(scanner, "a set of bytes")?,
            _ => {
                scanner.skip(depth + 1)?;
                self.out.foreign("an attribute of an unknown type");
            }
        }
        Ok(true)
    }

    fn text(&mut self, scanner: &mut Scanner<'_>) -> Scanned<()> {
        self.out.text(&scanner.string()?);
        Ok(())
    }

    fn number(&mut self, scanner: &mut Scanner<'_>, lowering: Option<&'static Lowering>) -> Scanned<()> {
        let value = match decimal::parse_number(&scanner.string()?) {
            Ok(value) => value,
            Err(why) => {
                self.fault.get_or_insert(why);
                return Ok(());
            }
        };
        match (value, lowering) {
            (Value::Int(n), Some(Lowering::Instant(_))) => match i64::try_from(n) {
                Ok(millis) => self.out.instant(millis),
                Err(_) => self.out.int(n),
            },
            (value, _) => self.out.value(value.view()),
        }
        Ok(())
    }

    /// Empty bytes of a model are an empty list, which they would not be found as.
    fn bytes(&mut self, scanner: &mut Scanner<'_>) -> Scanned<()> {
        let bytes = decode(&scanner.string()?)?;
        if bytes.is_empty() {
            self.out.foreign("empty binary data")
        } else {
            self.out.bytes(&bytes)
        }
        Ok(())
    }

    fn list(&mut self, scanner: &mut Scanner<'_>, lowering: Option<&'static Lowering>, depth: usize) -> Scanned<()> {
        scanner.expect(b'[')?;
        let (list, of_item) = (self.out.begin_list(), lowering.and_then(|lowering| lowering.of_item()));
        let (mut count, mut first) = (0, true);
        while scanner.next_entry(&mut first)? {
            scanner.peek();
            self.attribute(scanner, of_item, depth + 1)?;
            count += 1;
        }
        self.out.end(list, count);
        Ok(())
    }

    fn map(&mut self, scanner: &mut Scanner<'_>, lowering: Option<&'static Lowering>, depth: usize) -> Scanned<()> {
        scanner.expect(b'{')?;
        let map = self.out.begin_map();
        let (mut names, mut count, mut first) = (Names::default(), 0, true);
        while let Some(name) = scanner.next_name(&mut first)? {
            names.add(&name);
            self.out.name(&name);
            scanner.peek();
            self.attribute(scanner, lowering.and_then(|lowering| lowering.of_name(&name)), depth + 1)?;
            count += 1;
        }
        self.out.end(map, count);
        if names.is_unsure() && self.out.find_twice(map).is_some() {
            return Err(Malformed("a name is there twice"));
        }
        Ok(())
    }

    fn set(&mut self, scanner: &mut Scanner<'_>, what: &'static str) -> Scanned<()> {
        scanner.expect(b'[')?;
        let mut first = true;
        while scanner.next_entry(&mut first)? {
            let text = scanner.string()?;
            if what == "a set of bytes" {
                decode(&text)?;
            }
        }
        self.out.foreign(what);
        Ok(())
    }
}

fn decode(text: &str) -> Scanned<Vec<u8>> {
    STANDARD.decode(text.as_bytes()).map_err(|_| Malformed("bytes are no base64"))
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
}
