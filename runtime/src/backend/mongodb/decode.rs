//! The values of BSON documents, written into records as they are read.
//!
//! What no field is read from is that of another program, and known by what it is.

use std::collections::BTreeMap;

use mongodb::bson::spec::{BinarySubtype, ElementType};
use mongodb::bson::{Decimal128, RawDocument};

use super::elements::{
    ARRAY, BINARY, BOOLEAN, DATE, DECIMAL, DOCUMENT, DOUBLE, Element, Elements, HEAD, INT32, INT64, NULL, OBJECT_ID,
    STRING, UNDEFINED, check_text, length_at, malformed, text,
};
use super::value::{broken, from_decimal};
use crate::error::{Error, Result};
use crate::value::{Record, ValueRef, Writer, whole};

/// How deep a document may be nested that a server stores, from its source; each level takes room on the stack.
pub(super) const LEVELS: usize = 200;

impl Element<'_> {
    /// Writes the value as it is read, but for lists and maps that are nested too deep.
    pub(super) fn read(&self, out: &mut Writer) -> Result<()> {
        self.read_to(out, LEVELS)
    }

    fn read_to(&self, out: &mut Writer, levels: usize) -> Result<()> {
        let content = self.content;
        match self.kind {
            STRING => {
                let text = text(content)?;
                check_text(text)?;
                out.checked_text(text);
            }
            INT32 => out.int(i32::from_le_bytes(fixed(content)?).into()),
            INT64 => out.int(i64::from_le_bytes(fixed(content)?).into()),
            DOUBLE => match f64::from_le_bytes(fixed(content)?) {
                x if x.is_nan() => out.foreign("NaN"),
                x if x.is_infinite() => out.foreign("an infinity"),
                x => match whole(x) {
                    Some(n) => out.int(n),
                    None => out.float(x),
                },
            },
            BOOLEAN => match content {
                [0] => out.bool(false),
                [1] => out.bool(true),
                _ => return Err(malformed("a truth value is neither true nor false")),
            },
            DATE => out.instant(i64::from_le_bytes(fixed(content)?)),
            OBJECT_ID => out.object_id(fixed(content)?),
            NULL | UNDEFINED => out.null(),
            DECIMAL => out.value(from_decimal(Decimal128::from_bytes(fixed(content)?)).view()),
            BINARY => read_binary(content, out)?,
            ARRAY => read_array(content, out, below(levels)?)?,
            DOCUMENT => read_map(content, out, below(levels)?)?,
            _ => out.foreign(noun(self)?),
        }
        Ok(())
    }
}

fn below(levels: usize) -> Result<usize> {
    levels.checked_sub(1).ok_or_else(|| Error::codec(format!("a value is nested deeper than {LEVELS} levels")))
}

fn fixed<const N: usize>(content: &[u8]) -> Result<[u8; N]> {
    content.try_into().map_err(|_| malformed("a value has not the length of its kind"))
}

/// The server compares the subtype too, and bytes of a model are generic.
fn read_binary(content: &[u8], out: &mut Writer) -> Result<()> {
    let [_, _, _, _, subtype, bytes @ ..] = content else { return Err(malformed("binary data has no subtype")) };
    match BinarySubtype::from(*subtype) {
        // A model's are written as an empty list, which they would not be found as.
        BinarySubtype::Generic if bytes.is_empty() => out.foreign("empty binary data"),
        BinarySubtype::Generic => out.bytes(bytes),
        BinarySubtype::Uuid => out.foreign("a UUID in binary data (subtype 4)"),
        BinarySubtype::UuidOld => out.foreign("a UUID in binary data (subtype 3)"),
        BinarySubtype::BinaryOld if length_at(bytes) != bytes.len().checked_sub(HEAD) => {
            return Err(malformed("binary data has not the length that it says"));
        }
        _ => out.foreign("binary data of a subtype that is not generic"),
    }
    Ok(())
}

fn read_array(content: &[u8], out: &mut Writer, levels: usize) -> Result<()> {
    let (mut items, mut count) = (Elements::of(content)?, 0);
    let list = out.begin_list();
    while let Some(item) = items.next()? {
        item.read_to(out, levels)?;
        count += 1;
    }
    out.end(list, count);
    Ok(())
}

/// A map in the order of its names.
fn read_map(content: &[u8], out: &mut Writer, levels: usize) -> Result<()> {
    let (mut fields, mut count, mut is_sorted, mut last) = (Elements::of(content)?, 0, true, None);
    let start = out.len();
    let map = out.begin_map();
    while let Some(field) = fields.next()? {
        is_sorted &= last.is_none_or(|last| last < field.name);
        last = Some(field.name);
        check_text(field.name)?;
        out.checked_name(field.name);
        field.read_to(out, levels)?;
        count += 1;
    }
    let twice = if is_sorted { None } else { out.sort(map) };
    out.end(map, count);
    if twice.is_some() {
        keep_last(out, start);
    }
    Ok(())
}

/// Keeps of the values under one name in the map that was written at a place the last, as the server's own
/// drivers do.
fn keep_last(out: &mut Writer, start: usize) {
    let mut kept = Writer::default();
    if let ValueRef::Map(map) = out.value_at(start) {
        let last: BTreeMap<&str, ValueRef<'_>> = map.iter().collect();
        let begun = kept.begin_map();
        for (name, value) in &last {
            kept.name(name);
            kept.value(*value);
        }
        kept.end(begun, last.len());
    }
    out.truncate(start);
    out.append(kept.finish().as_bytes());
}

/// What a value is that no field is read from. It is read as the driver reads it.
fn noun(element: &Element<'_>) -> Result<&'static str> {
    const NAMELESS: usize = 2;
    let length = i32::try_from(HEAD + NAMELESS + element.content.len() + 1);
    let length = length.map_err(|_| malformed("a value is larger than a document"))?.to_le_bytes();
    let alone = [&length[..], &[element.kind, 0], element.content, &[0]].concat();
    let document = RawDocument::from_bytes(&alone).map_err(broken)?;
    let value = document.iter().next().transpose().map_err(broken)?;
    Ok(match value.map(|(_, value)| value.element_type()) {
        Some(ElementType::RegularExpression) => "a regular expression",
        Some(ElementType::JavaScriptCode | ElementType::JavaScriptCodeWithScope) => "JavaScript code",
        Some(ElementType::Timestamp) => "a timestamp of replication",
        Some(ElementType::Symbol) => "a symbol",
        Some(ElementType::DbPointer) => "a DBPointer",
        Some(ElementType::MinKey) => "a MinKey",
        Some(ElementType::MaxKey) => "a MaxKey",
        _ => "a BSON value of a kind that is not known",
    })
}

/// Whether the field of a document can be read.
pub(super) fn is_readable(document: &RawDocument, name: &str) -> Result<bool> {
    let mut elements = Elements::of(document.as_bytes())?;
    while let Some(element) = elements.next()? {
        if element.name == name.as_bytes() {
            return Ok(element.read(&mut Writer::default()).is_ok());
        }
    }
    Ok(false)
}

/// Whether two entries of a record have one name.
pub(super) fn has_twice(record: &Record) -> bool {
    let mut names: Vec<&str> = record.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair.first() == pair.last())
}

#[cfg(test)]
mod tests {
    use mongodb::bson::raw::cstr;
    use mongodb::bson::{Bson, Document, RawBson, RawDocumentBuf, doc, rawdoc};

    use super::super::encode::DocumentWriter;
    use super::*;
    use crate::value::Value;

    /// The value of a document's one field.
    fn read(document: &RawDocument) -> Result<Value> {
        let mut out = Writer::default();
        let element = Elements::of(document.as_bytes())?.next()?.unwrap();
        element.read(&mut out)?;
        Ok(out.value_at(0).to_value())
    }

    fn there_and_back(value: &Value) -> Value {
        let mut writer = DocumentWriter::with_capacity(0);
        writer.value("x", value.view()).unwrap();
        read(&writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn values_come_back_as_they_were() {
        let map = [("b".to_owned(), Value::Null), ("$a.b".to_owned(), Value::Int(1))];
        let values = [
            Value::Int(i64::MIN.into()),
            Value::Int(i64::MAX.into()),
            Value::Int(i128::from(i64::MAX) + 1),
            Value::Int(u64::MAX.into()),
            Value::Float(0.1),
            Value::Float(1e100),
            Value::ObjectId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]),
            Value::Instant(-1),
            Value::Instant(i64::MAX),
            Value::from("a\0b"),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Null, Value::Bool(true)]),
        ];
        for value in values {
            assert_eq!(there_and_back(&value), value);
        }
        let map = Value::Map(map.into_iter().collect());
        assert_eq!(there_and_back(&map), map);
    }

    #[test]
    fn what_is_nested_deeper_than_a_server_stores_is_not_read() {
        let nested =
            |levels| (0..levels).fold(RawBson::Int32(1), |below, _| RawBson::Array([below].into_iter().collect()));
        let read = |levels| read(&rawdoc! { "x": nested(levels) });
        assert!(read(LEVELS).is_ok());
        for levels in [LEVELS + 1, 20_000] {
            assert_eq!(read(levels).unwrap_err().kind(), crate::ErrorKind::Codec);
        }
    }

    #[test]
    fn the_last_value_under_a_name_counts_and_names_are_sorted() {
        let mut inner = rawdoc! { "b": 1, "a": { "z": 1, "y": 2 } };
        inner.append(cstr!("b"), 3);
        let read = read(&rawdoc! { "x": inner }).unwrap();
        let below =
            Value::Map([("y".to_owned(), Value::Int(2)), ("z".to_owned(), Value::Int(1))].into_iter().collect());
        let expected: crate::value::Map =
            [("a".to_owned(), below), ("b".to_owned(), Value::Int(3))].into_iter().collect();
        assert_eq!(read, Value::Map(expected));
    }

    /// Documents of every kind of value.
    fn samples() -> Vec<RawDocumentBuf> {
        use mongodb::bson::{Binary, JavaScriptCodeWithScope, Regex, Timestamp, oid::ObjectId, spec::BinarySubtype};
        let binary = |subtype, bytes: Vec<u8>| Bson::Binary(Binary { subtype, bytes });
        let values: Vec<Bson> = vec![
            1_i32.into(),
            1_i64.into(),
            1.5.into(),
            f64::NAN.into(),
            true.into(),
            "text".into(),
            Bson::Null,
            Bson::Undefined,
            Bson::MinKey,
            Bson::MaxKey,
            Bson::DateTime(mongodb::bson::DateTime::from_millis(5)),
            Bson::ObjectId(ObjectId::new()),
            Bson::Timestamp(Timestamp { time: 1, increment: 2 }),
            Bson::Symbol("s".to_owned()),
            Bson::JavaScriptCode("f()".to_owned()),
            Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: "f()".to_owned(), scope: doc! { "a": 1 } }),
            Bson::RegularExpression(Regex { pattern: cstr!("a+").into(), options: cstr!("i").into() }),
            Bson::Decimal128("1.5".parse().unwrap()),
            binary(BinarySubtype::Generic, vec![1, 2]),
            binary(BinarySubtype::Generic, vec![]),
            binary(BinarySubtype::Uuid, vec![0; 16]),
            binary(BinarySubtype::BinaryOld, vec![1]),
            vec![Bson::from(1), "x".into()].into(),
            doc! { "b": 1, "a": [2] }.into(),
        ];
        let mut samples: Vec<_> =
            values.iter().map(|value| RawDocumentBuf::try_from(&doc! { "x": value }).unwrap()).collect();
        let all: Document = values.into_iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect();
        samples.push(RawDocumentBuf::try_from(&all).unwrap());
        samples
    }

    fn read_all(bytes: &[u8]) -> Result<()> {
        let mut elements = Elements::of(bytes)?;
        while let Some(element) = elements.next()? {
            element.read(&mut Writer::default())?;
        }
        Ok(())
    }

    #[test]
    fn whatever_bytes_come_they_are_read_or_refused_as_the_driver_does() {
        for sample in samples() {
            read_all(sample.as_bytes()).unwrap();
            for at in 0..sample.as_bytes().len() {
                for byte in [0, 1, 2, 3, 4, 5, 8, 0x0c, 0x13, 0x7f, 0x80, 0xff] {
                    let mut bytes = sample.as_bytes().to_vec();
                    bytes[at] = byte;
                    let ours = read_all(&bytes);
                    if let Err(error) = &ours {
                        assert_eq!(error.kind(), crate::ErrorKind::Codec);
                    }
                    let theirs = RawDocument::from_bytes(&bytes).and_then(Document::try_from);
                    // The driver's conversion into a whole document checks more, such as the names of an array's items.
                    assert!(ours.is_ok() || theirs.is_err(), "{bytes:02x?}: {ours:?} {theirs:?}");
                }
            }
            for length in 0..sample.as_bytes().len() {
                assert!(read_all(&sample.as_bytes()[..length]).is_err());
            }
        }
    }
}
