//! Records and filters as the bytes of BSON documents, written in one pass.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::{BinarySubtype, ElementType};
use mongodb::bson::{DateTime, RawDocument, RawDocumentBuf};

use super::elements::has_nul;
use super::value::{decimal, name_has_nul};
use crate::error::{Error, Result};
use crate::value::{ListRef, MapRef, Raw, ValueRef, as_text, take_entry, take_value};

/// Appends the fields of a document, and the documents and arrays within it.
#[derive(Debug)]
pub(super) struct DocumentWriter(Vec<u8>);

/// Where a document or array began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(usize);

impl DocumentWriter {
    /// A document with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut writer = Self(Vec::with_capacity(bytes));
        writer.begin();
        writer
    }

    /// The document of what was written.
    pub(super) fn finish(mut self) -> Result<RawDocumentBuf> {
        self.end(Begun(0))?;
        let unwritable = |error| Error::codec("a record cannot be written as BSON").with_source(error);
        RawDocumentBuf::from_bytes(self.0).map_err(unwritable)
    }

    fn begin(&mut self) -> Begun {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; 4]);
        Begun(start)
    }

    /// Ends a document or array.
    pub(super) fn end(&mut self, Begun(start): Begun) -> Result<()> {
        self.0.push(0);
        let length = length_of(self.0.len() - start)?;
        // The length is known only now; its place was kept free.
        if let Some(place) = self.0.get_mut(start..start + 4) {
            place.copy_from_slice(&length);
        }
        Ok(())
    }

    #[inline]
    fn head(&mut self, kind: ElementType, name: &[u8]) -> Result<()> {
        self.0.push(kind as u8);
        // BSON ends a name at its first NUL.
        if has_nul(name) {
            return Err(name_has_nul(&String::from_utf8_lossy(name)));
        }
        self.0.extend_from_slice(name);
        self.0.push(0);
        Ok(())
    }

    fn fixed(&mut self, kind: ElementType, name: &str, content: &[u8]) -> Result<()> {
        self.head(kind, name.as_bytes())?;
        self.0.extend_from_slice(content);
        Ok(())
    }

    /// Begins a document within this one.
    pub(super) fn begin_document(&mut self, name: &str) -> Result<Begun> {
        self.head(ElementType::EmbeddedDocument, name.as_bytes())?;
        Ok(self.begin())
    }

    /// Begins an array, whose items are named by their positions.
    pub(super) fn begin_array(&mut self, name: &str) -> Result<Begun> {
        self.head(ElementType::Array, name.as_bytes())?;
        Ok(self.begin())
    }

    pub(super) fn bool(&mut self, name: &str, b: bool) -> Result<()> {
        self.fixed(ElementType::Boolean, name, &[b.into()])
    }

    pub(super) fn int64(&mut self, name: &str, n: i64) -> Result<()> {
        self.fixed(ElementType::Int64, name, &n.to_le_bytes())
    }

    pub(super) fn date(&mut self, name: &str, at: DateTime) -> Result<()> {
        self.fixed(ElementType::DateTime, name, &at.timestamp_millis().to_le_bytes())
    }

    pub(super) fn object_id(&mut self, name: &str, id: ObjectId) -> Result<()> {
        self.fixed(ElementType::ObjectId, name, &id.bytes())
    }

    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.checked_text(name.as_bytes(), text.as_bytes())
    }

    /// The same of a name and a text that are known to be UTF-8.
    #[inline]
    fn checked_text(&mut self, name: &[u8], text: &[u8]) -> Result<()> {
        self.head(ElementType::String, name)?;
        self.0.extend_from_slice(&length_of(text.len() + 1)?);
        self.0.extend_from_slice(text);
        self.0.push(0);
        Ok(())
    }

    /// A document that is written already.
    pub(super) fn document(&mut self, name: &str, document: &RawDocument) -> Result<()> {
        self.fixed(ElementType::EmbeddedDocument, name, document.as_bytes())
    }

    /// A value of a record as it lies there: what most values are is written without a look at what is in it.
    pub(super) fn raw(&mut self, name: &[u8], value: Raw<'_>) -> Result<()> {
        if value.is_text() {
            return self.checked_text(name, value.content());
        }
        if let Some(n) = value.small() {
            self.head(ElementType::Int64, name)?;
            self.0.extend_from_slice(&n.to_le_bytes());
            return Ok(());
        }
        if let Some((mut items, _)) = value.items() {
            self.head(ElementType::Array, name)?;
            let (begun, mut at) = (self.begin(), 0);
            while let Some(item) = take_value(&mut items) {
                match DIGITS.as_bytes().get(at..=at) {
                    Some(digit) => self.raw(digit, item)?,
                    None => self.raw(at.to_string().as_bytes(), item)?,
                }
                at += 1;
            }
            return self.end(begun);
        }
        if value.is_map() {
            self.head(ElementType::EmbeddedDocument, name)?;
            let (begun, mut entries) = (self.begin(), value.content());
            while let Some((name, value)) = take_entry(&mut entries) {
                self.raw(name, value)?;
            }
            return self.end(begun);
        }
        self.value(as_text(name).unwrap_or_default(), ValueRef::from_raw(value))
    }

    /// A value as it is stored: an integer is an Int64 if it fits, and a Decimal128 above that.
    pub(super) fn value(&mut self, name: &str, value: ValueRef<'_>) -> Result<()> {
        match value {
            // What is foreign is never written.
            ValueRef::Null | ValueRef::Foreign(_) => self.head(ElementType::Null, name.as_bytes()),
            ValueRef::Bool(b) => self.bool(name, b),
            ValueRef::Int(n) => match i64::try_from(n) {
                Ok(n) => self.int64(name, n),
                Err(_) => self.fixed(ElementType::Decimal128, name, &decimal(n).bytes()),
            },
            ValueRef::Float(x) => self.fixed(ElementType::Double, name, &x.to_le_bytes()),
            ValueRef::Instant(millis) => self.date(name, DateTime::from_millis(millis)),
            ValueRef::ObjectId(id) => self.fixed(ElementType::ObjectId, name, &id),
            ValueRef::String(text) => self.text(name, text),
            ValueRef::Bytes(bytes) => {
                self.head(ElementType::Binary, name.as_bytes())?;
                self.0.extend_from_slice(&length_of(bytes.len())?);
                self.0.push(BinarySubtype::Generic.into());
                self.0.extend_from_slice(bytes);
                Ok(())
            }
            ValueRef::List(items) | ValueRef::Set(items) => self.list(name, items),
            ValueRef::Map(map) => self.map(name, map),
        }
    }

    fn list(&mut self, name: &str, items: ListRef<'_>) -> Result<()> {
        let begun = self.begin_array(name)?;
        for (at, item) in items.iter().enumerate() {
            match DIGITS.get(at..=at) {
                Some(digit) => self.value(digit, item)?,
                None => self.value(&at.to_string(), item)?,
            }
        }
        self.end(begun)
    }

    fn map(&mut self, name: &str, map: MapRef<'_>) -> Result<()> {
        let begun = self.begin_document(name)?;
        for (name, value) in map.iter() {
            self.value(name, value)?;
        }
        self.end(begun)
    }
}

const DIGITS: &str = "0123456789";

/// A length as BSON has it.
fn length_of(bytes: usize) -> Result<[u8; 4]> {
    let length = i32::try_from(bytes);
    length.map(i32::to_le_bytes).map_err(|_| Error::invalid(format!("a value has {bytes} bytes, more than BSON holds")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Map, Record, Value};

    #[test]
    fn a_value_is_written_the_same_from_the_bytes_of_a_record() {
        let map = Value::Map([("a".to_owned(), Value::Int(1)), ("ä".to_owned(), Value::Null)].into_iter().collect());
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-1),
            Value::Int(300),
            Value::Int(i64::MIN.into()),
            Value::Int(u64::MAX.into()),
            Value::Float(0.5),
            Value::Instant(7),
            Value::ObjectId([7; 12]),
            Value::from("é".repeat(200)),
            Value::Bytes(vec![0, 255]),
            Value::List((0..12).map(|n| Value::from(n.to_string())).chain([map.clone()]).collect()),
            map,
        ];
        let record: Record =
            values.iter().cloned().enumerate().map(|(at, value)| (format!("name {at}"), value)).collect();
        let (mut raw, mut owned) = (DocumentWriter::with_capacity(0), DocumentWriter::with_capacity(0));
        let mut entries = record.as_bytes();
        while let Some((name, value)) = take_entry(&mut entries) {
            raw.raw(name, value).unwrap();
        }
        for (name, value) in record.iter() {
            owned.value(name, value).unwrap();
        }
        assert_eq!(raw.finish().unwrap(), owned.finish().unwrap());
    }

    #[test]
    fn a_nul_in_a_name_is_refused() {
        let map = Value::Map([("a\0b".to_owned(), Value::Int(1))].into_iter().collect::<Map>());
        let written = DocumentWriter::with_capacity(0).value("x", map.view());
        assert_eq!(written.unwrap_err().kind(), crate::ErrorKind::Unsupported);
        let record = Record::from_iter([("x".to_owned(), map)]);
        let (name, value) = take_entry(&mut record.as_bytes()).unwrap();
        let error = DocumentWriter::with_capacity(0).raw(name, value).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
        assert!(error.message().contains(r"a\0b"), "{error}");
    }
}
