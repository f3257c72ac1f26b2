//! The records that documents hold.

use std::collections::HashMap;

use mongodb::bson::RawDocument;

use super::decode::has_twice;
use super::document::sort_columns;
use super::elements::{Element, Elements, check_text};
use super::expiry::is_marked;
use super::value::{hex, unhex};
use crate::definition::{Definition, FieldDef, KeyKind};
use crate::error::Result;
use crate::value::{EXPIRES, RESERVED, Record, Value, ValueRef, Writer};

/// How an `_id` is named that no record with a key of two parts has.
const OTHER_ID: &str = "an _id that is not a document of h and r";

/// Stands for a value that takes away the one before it under its name, and is none itself.
const NOTHING: &str = "no value";

/// The record that a document holds.
pub(super) fn from_document(definition: &'static Definition, document: &RawDocument) -> Result<Record> {
    let (mut record, is_regular) = read(definition, document.as_bytes())?;
    if !is_regular {
        definition.unalias(&mut record);
    }
    for (name, sort_column) in sort_columns(definition) {
        check_sort_column(&mut record, name, document.get_str(&sort_column).ok());
    }
    Ok(record)
}

/// The record, and whether all of its names are those of the fields, in their order.
fn read(definition: &'static Definition, document: &[u8]) -> Result<(Record, bool)> {
    let mut reader = Reader {
        definition,
        out: Writer::with_capacity(document.len()),
        unread: definition.fields(),
        may_be_twice: false,
        has_expiry: false,
    };
    let mut elements = Elements::of(document)?;
    while let Some(element) = elements.next()? {
        reader.read(&element)?;
    }
    let (may_be_twice, record) = (reader.may_be_twice, reader.out.finish());
    if !may_be_twice {
        return Ok((record, true));
    }
    Ok((if has_twice(&record) { last_of_each(&record) } else { without_nothing(record) }, false))
}

/// A record under way.
struct Reader {
    definition: &'static Definition,
    out: Writer,
    /// The fields after the one that was read last. Names that come in the order of the fields are not there twice.
    unread: &'static [FieldDef],
    may_be_twice: bool,
    has_expiry: bool,
}

impl Reader {
    fn read(&mut self, element: &Element<'_>) -> Result<()> {
        // Fields come in the order in which they were written, so it is the next one. Names that mean something
        // else begin with "_".
        if let Some((next, rest)) = self.unread.split_first()
            && next.name.as_bytes() == element.name
            && !element.name.starts_with(b"_")
        {
            self.out.name(next.name);
            self.unread = rest;
            return element.read(&mut self.out);
        }
        if element.name == b"_id" {
            return self.read_id(element);
        }
        match element.name()? {
            EXPIRES if is_marked(self.definition) => self.read_expiry(element),
            own if own.starts_with(RESERVED) => element.check(),
            name => {
                self.name(name);
                element.read(&mut self.out)
            }
        }
    }

    fn name(&mut self, name: &str) {
        self.out.name(name);
        match self.unread.iter().position(|field| field.name == name) {
            Some(at) => self.unread = self.unread.get(at + 1..).unwrap_or_default(),
            None => self.may_be_twice = true,
        }
    }

    /// A null means the same as a missing name, here as everywhere.
    fn nothing(&mut self, name: &str) {
        self.out.name(name);
        self.out.foreign(NOTHING);
        self.may_be_twice = true;
    }

    /// A date in seconds; anything else is no expiry, to the server either.
    fn read_expiry(&mut self, element: &Element<'_>) -> Result<()> {
        self.may_be_twice |= self.has_expiry;
        self.has_expiry = true;
        match element.as_date() {
            Some(millis) => {
                self.out.name(EXPIRES);
                self.out.int(millis.div_euclid(1000).into());
            }
            None => {
                element.read(&mut Writer::default())?;
                self.nothing(EXPIRES);
            }
        }
        Ok(())
    }

    fn read_id(&mut self, id: &Element<'_>) -> Result<()> {
        let hash_name = self.definition.hash_name();
        let Some(range_name) = self.definition.range_name() else { return self.read_part(hash_name, id) };
        match both_parts(id)? {
            Some((hash, range)) => {
                self.read_part(hash_name, &hash)?;
                self.read_range(range_name, &range)
            }
            None => {
                for name in [hash_name, range_name] {
                    self.name(name);
                    self.out.foreign(OTHER_ID);
                }
                Ok(())
            }
        }
    }

    fn read_part(&mut self, name: &str, value: &Element<'_>) -> Result<()> {
        if value.is_null() {
            self.nothing(name);
            return Ok(());
        }
        self.name(name);
        value.read(&mut self.out)
    }

    fn read_range(&mut self, name: &str, value: &Element<'_>) -> Result<()> {
        if self.definition.range().is_none_or(|range| range.kind != KeyKind::Bytes) {
            return self.read_part(name, value);
        }
        if let Some(text) = value.as_text()? {
            self.name(name);
            match unhex(text) {
                Some(bytes) => self.out.bytes(&bytes),
                None => self.out.foreign("text that is not bytes in lower-case hex"),
            }
            return Ok(());
        }
        let mut alone = Writer::default();
        value.read(&mut alone)?;
        if !matches!(alone.value_at(0), ValueRef::Bytes(_)) {
            return self.read_part(name, value);
        }
        // A read by key looks for text, and would not find binary data.
        self.name(name);
        self.out.foreign("binary data in place of hex text");
        Ok(())
    }
}

/// The values under `h` and `r`, if these are all there is, in this order: the server compares whole
/// documents, so no other one is found by its key.
fn both_parts<'a>(id: &Element<'a>) -> Result<Option<(Element<'a>, Element<'a>)>> {
    let Some(mut parts) = id.as_document()? else { return Ok(None) };
    let parts = (parts.next()?, parts.next()?, parts.next()?);
    [&parts.0, &parts.1, &parts.2].into_iter().flatten().try_for_each(|part| check_text(part.name))?;
    Ok(match parts {
        (Some(hash), Some(range), None) if hash.name == b"h" && range.name == b"r" => Some((hash, range)),
        _ => None,
    })
}

/// A record in which the last value under each name counts.
fn last_of_each(record: &Record) -> Record {
    let last: HashMap<&str, usize> = record.iter().enumerate().map(|(at, (name, _))| (name, at)).collect();
    let mut out = Writer::with_capacity(record.as_bytes().len());
    for (at, (name, value)) in record.iter().enumerate() {
        if last.get(name) == Some(&at) && !is_nothing(value) {
            out.name(name);
            out.value(value);
        }
    }
    out.finish()
}

fn without_nothing(mut record: Record) -> Record {
    let names: Vec<_> =
        record.iter().filter(|(_, value)| is_nothing(*value)).map(|(name, _)| name.to_owned()).collect();
    names.iter().for_each(|name| drop(record.remove(name)));
    record
}

fn is_nothing(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Foreign(NOTHING))
}

/// Marks bytes as foreign that do not agree with their sort column. An index is ordered by the column: if
/// another program left it out, or wrote only one of the two, the record stands in the index where its bytes
/// do not say.
fn check_sort_column(record: &mut Record, name: &str, text: Option<&str>) {
    let own = match record.get(name) {
        Some(ValueRef::Bytes(bytes)) => Some(hex(bytes)),
        // A value that is not bytes has no sort column, and is read as what it is.
        Some(_) => return,
        None => None,
    };
    if own.as_deref() != text {
        record.set(name, Value::Foreign("bytes that do not agree with the text an index orders them by"));
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::oid::ObjectId;
    use mongodb::bson::{Bson, RawDocumentBuf, doc, rawdoc};

    use super::super::document::{stamp_of, to_document};
    use super::super::test_definition::test_definition;
    use super::*;
    use crate::request::RecordKey;

    #[test]
    fn a_record_comes_back_as_it_was() {
        let mut record = Record::new();
        for (name, value) in [
            ("id", Value::from("a")),
            ("part", Value::Bytes(vec![1, 255])),
            ("badge", Value::Bytes(vec![0])),
            ("$odd.name", Value::Int(u64::MAX.into())),
            (EXPIRES, Value::Int(-7)),
        ] {
            record.set(name, value);
        }
        let key = RecordKey::from_record(test_definition(), &record).unwrap();
        let stamp = ObjectId::new();
        let document = to_document(test_definition(), &key, &record, stamp).unwrap();
        assert_eq!(document.get_str("_reposit_hex_badge").unwrap(), "00");
        assert_eq!(document.get_document("_id").unwrap().get_str("r").unwrap(), "01ff");
        assert_eq!(stamp_of(&document), Some(stamp));
        assert_eq!(from_document(test_definition(), &document).unwrap(), record);
    }

    #[test]
    fn the_last_value_under_a_name_counts() {
        let mut document = rawdoc! { "_id": { "h": "a", "r": "01" }, "team": "x", "score": 1 };
        document.append(mongodb::bson::raw::cstr!("team"), "y");
        document.append(mongodb::bson::raw::cstr!("id"), "b");
        document.append(mongodb::bson::raw::cstr!("other"), rawdoc! { "b": 1, "a": 2 });
        let record = from_document(test_definition(), &document).unwrap();
        assert_eq!(record.get("team").and_then(|team| team.as_str()), Some("y"));
        assert_eq!(record.get("id").and_then(|id| id.as_str()), Some("b"));
        assert_eq!(record.len(), 5);
        let names: Vec<_> = record.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["part", "score", "team", "id", "other"]);
    }

    #[test]
    fn a_key_or_an_expiry_that_is_a_null_is_missing() {
        let document = doc! { "id": "b", "_id": { "h": Bson::Null, "r": "01" }, EXPIRES: "never" };
        let record = from_document(test_definition(), &RawDocumentBuf::try_from(&document).unwrap()).unwrap();
        assert_eq!(record.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["part"]);
    }

    #[test]
    fn an_id_of_another_form_is_foreign() {
        for id in [doc! { "r": "01", "h": "a" }, doc! { "h": "a" }, doc! { "h": "a", "r": "01", "x": 1 }] {
            let document = RawDocumentBuf::try_from(&doc! { "_id": id }).unwrap();
            let record = from_document(test_definition(), &document).unwrap();
            assert!(matches!(record.get("id"), Some(ValueRef::Foreign(OTHER_ID))), "{record:?}");
        }
    }
}
