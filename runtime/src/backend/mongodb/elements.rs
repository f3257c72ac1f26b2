//! The bytes of BSON documents, field by field.
//!
//! The driver checks no more of an answer than the length of each document, so everything is checked here.

use std::io;

use mongodb::bson::spec::ElementType;

use super::value::broken;
use crate::error::{Error, Result};

/// A field of a document as it lies in the bytes, or an item of an array.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) kind: u8,
    pub(super) name: &'a str,
    pub(super) content: &'a [u8],
}

/// The fields of a document, one after another.
pub(super) struct Elements<'a>(&'a [u8]);

pub(super) const DOUBLE: u8 = ElementType::Double as u8;
pub(super) const STRING: u8 = ElementType::String as u8;
pub(super) const DOCUMENT: u8 = ElementType::EmbeddedDocument as u8;
pub(super) const ARRAY: u8 = ElementType::Array as u8;
pub(super) const BINARY: u8 = ElementType::Binary as u8;
pub(super) const UNDEFINED: u8 = ElementType::Undefined as u8;
pub(super) const OBJECT_ID: u8 = ElementType::ObjectId as u8;
pub(super) const BOOLEAN: u8 = ElementType::Boolean as u8;
pub(super) const DATE: u8 = ElementType::DateTime as u8;
pub(super) const NULL: u8 = ElementType::Null as u8;
pub(super) const REGEX: u8 = ElementType::RegularExpression as u8;
pub(super) const DB_POINTER: u8 = ElementType::DbPointer as u8;
pub(super) const CODE: u8 = ElementType::JavaScriptCode as u8;
pub(super) const SYMBOL: u8 = ElementType::Symbol as u8;
pub(super) const CODE_WITH_SCOPE: u8 = ElementType::JavaScriptCodeWithScope as u8;
pub(super) const INT32: u8 = ElementType::Int32 as u8;
pub(super) const TIMESTAMP: u8 = ElementType::Timestamp as u8;
pub(super) const INT64: u8 = ElementType::Int64 as u8;
pub(super) const DECIMAL: u8 = ElementType::Decimal128 as u8;
pub(super) const MAX_KEY: u8 = ElementType::MaxKey as u8;
pub(super) const MIN_KEY: u8 = ElementType::MinKey as u8;

/// The length of the length before a text, a document or bytes.
pub(super) const HEAD: usize = 4;

impl<'a> Elements<'a> {
    /// The fields of a document.
    pub(super) fn of(document: &'a [u8]) -> Result<Self> {
        match (length_at(document), document) {
            (Some(length), [_, _, _, _, fields @ .., 0]) if length == document.len() => Ok(Self(fields)),
            _ => Err(malformed("a document's length is not that of its bytes")),
        }
    }

    /// The next field, with its name.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>> {
        let Some((kind, name, content)) = self.take()? else { return Ok(None) };
        let name =
            std::str::from_utf8(name).map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        Ok(Some(Element { kind, name, content }))
    }

    /// The next item of an array, whose name is its position.
    pub(super) fn next_item(&mut self) -> Result<Option<Element<'a>>> {
        let element = self.take()?;
        Ok(element.map(|(kind, _, content)| Element { kind, name: "", content }))
    }

    fn take(&mut self) -> Result<Option<Taken<'a>>> {
        let Some((kind, rest)) = self.0.split_first() else { return Ok(None) };
        let split = rest.iter().position(|byte| *byte == 0).and_then(|end| {
            let (name, rest) = rest.split_at_checked(end)?;
            let rest = rest.get(1..)?;
            let (content, rest) = rest.split_at_checked(content_length(*kind, rest)?)?;
            Some((name, content, rest))
        });
        let Some((name, content, rest)) = split else {
            return Err(malformed("a field ends beyond its document, or is of no kind that there is"));
        };
        self.0 = rest;
        Ok(Some((*kind, name, content)))
    }
}

/// The kind, the name and the content of a field.
type Taken<'a> = (u8, &'a [u8], &'a [u8]);

/// The length that stands at the beginning of bytes.
pub(super) fn length_at(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().and_then(|length| usize::try_from(i32::from_le_bytes(*length)).ok())
}

/// How many of the bytes are the content of a value of a kind; nothing if there is no such kind.
fn content_length(kind: u8, bytes: &[u8]) -> Option<usize> {
    let after = |bytes: &[u8]| bytes.iter().position(|byte| *byte == 0).map(|end| end + 1);
    Some(match kind {
        UNDEFINED | NULL | MAX_KEY | MIN_KEY => 0,
        BOOLEAN => 1,
        INT32 => 4,
        DOUBLE | DATE | TIMESTAMP | INT64 => 8,
        OBJECT_ID => 12,
        DECIMAL => 16,
        STRING | CODE | SYMBOL => HEAD + length_at(bytes)?,
        DOCUMENT | ARRAY | CODE_WITH_SCOPE => length_at(bytes)?,
        BINARY => HEAD + 1 + length_at(bytes)?,
        DB_POINTER => HEAD + length_at(bytes)? + 12,
        REGEX => {
            let pattern = after(bytes)?;
            pattern + after(bytes.get(pattern..)?)?
        }
        _ => return None,
    })
}

impl<'a> Element<'a> {
    /// Whether it is a null, or the undefined value of old.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind, NULL | UNDEFINED)
    }

    /// The date in milliseconds, if it is one.
    pub(super) fn as_date(&self) -> Option<i64> {
        if self.kind == DATE { self.content.first_chunk().map(|millis| i64::from_le_bytes(*millis)) } else { None }
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Result<Option<&'a str>> {
        if self.kind == STRING { text(self.content).map(Some) } else { Ok(None) }
    }

    /// The fields, if it is a document.
    pub(super) fn as_document(&self) -> Result<Option<Elements<'a>>> {
        if self.kind == DOCUMENT { Elements::of(self.content).map(Some) } else { Ok(None) }
    }

    /// Checks what is in it as far as a value is that nobody reads.
    pub(super) fn check(&self) -> Result<()> {
        match self.kind {
            STRING => text(self.content).map(drop),
            DOCUMENT | ARRAY => Elements::of(self.content).map(drop),
            _ => Ok(()),
        }
    }
}

/// The text that is the content of a value.
pub(super) fn text(content: &[u8]) -> Result<&str> {
    match content {
        [_, _, _, _, text @ .., 0] => {
            std::str::from_utf8(text).map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidData, error)))
        }
        _ => Err(malformed("a text does not end with a NUL")),
    }
}

/// The error of bytes that are no BSON.
pub(super) fn malformed(why: &'static str) -> Error {
    broken(io::Error::new(io::ErrorKind::InvalidData, why))
}
