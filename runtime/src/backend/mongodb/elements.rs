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
    /// Not known to be text before [`check_text`] has said so.
    pub(super) name: &'a [u8],
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

    /// The next field, or the next item of an array, whose name is its position.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>> {
        let Some((kind, rest)) = self.0.split_first() else { return Ok(None) };
        let Some((element, rest)) = split_element(*kind, rest) else {
            return Err(malformed("a field ends beyond its document, or is of no kind that there is"));
        };
        self.0 = rest;
        Ok(Some(element))
    }
}

/// The element of a kind that bytes begin with, and what follows it.
#[inline(always)]
fn split_element(kind: u8, bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (name, rest) = bytes.split_at_checked(find_nul(bytes)?)?;
    let (_, rest) = rest.split_first()?;
    let (content, rest) = rest.split_at_checked(content_length(kind, rest)?)?;
    Some((Element { kind, name, content }, rest))
}

/// A one, and the highest bit, in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the first NUL is. Names are short, so eight bytes are looked at together.
#[inline(always)]
fn find_nul(bytes: &[u8]) -> Option<usize> {
    match bytes.first_chunk::<8>().and_then(nul_in_eight) {
        Some(at) => Some(at),
        None => find_nul_beyond(bytes),
    }
}

#[inline(always)]
fn nul_in_eight(bytes: &[u8; 8]) -> Option<usize> {
    let eight = u64::from_le_bytes(*bytes);
    // The lowest byte in which the subtraction reaches the highest bit is zero.
    let nuls = eight.wrapping_sub(ONES) & !eight & HIGH;
    (nuls != 0).then_some(nuls.trailing_zeros() as usize / 8)
}

#[inline(never)]
fn find_nul_beyond(bytes: &[u8]) -> Option<usize> {
    let (eights, rest) = bytes.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        if let Some(nul) = nul_in_eight(eight) {
            return Some(at * 8 + nul);
        }
    }
    rest.iter().position(|byte| *byte == 0).map(|at| eights.len() * 8 + at)
}

/// Whether a NUL is in a name.
#[inline]
pub(super) fn has_nul(name: &[u8]) -> bool {
    match name.last_chunk::<8>() {
        Some(last) => {
            nul_in_eight(last).is_some() || name.as_chunks().0.iter().any(|eight| nul_in_eight(eight).is_some())
        }
        None => name.contains(&0),
    }
}

/// Refuses what is not UTF-8. Most texts are ASCII, which takes less to see.
#[inline]
pub(super) fn check_text(bytes: &[u8]) -> Result<()> {
    if is_ascii(bytes) {
        return Ok(());
    }
    as_text(bytes).map(drop)
}

#[inline(always)]
fn is_ascii(bytes: &[u8]) -> bool {
    // The last eight or four may overlap those before, which does no harm.
    let all = if let Some(last) = bytes.last_chunk::<8>() {
        let (eights, _) = bytes.as_chunks::<8>();
        eights.iter().fold(u64::from_le_bytes(*last), |all, eight| all | u64::from_le_bytes(*eight))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first) | u32::from_le_bytes(*last))
    } else {
        u64::from(bytes.iter().fold(0, |all, byte| all | byte))
    };
    all & HIGH == 0
}

fn as_text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidData, error)))
}

/// The length that stands at the beginning of bytes.
pub(super) fn length_at(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().and_then(|length| usize::try_from(i32::from_le_bytes(*length)).ok())
}

/// How many of the bytes are the content of a value of a kind; nothing if there is no such kind.
#[inline(always)]
fn content_length(kind: u8, bytes: &[u8]) -> Option<usize> {
    let after = |bytes: &[u8]| find_nul(bytes).map(|end| end + 1);
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
        if self.kind == STRING { text(self.content).and_then(as_text).map(Some) } else { Ok(None) }
    }

    /// The name, if it is text.
    pub(super) fn name(&self) -> Result<&'a str> {
        as_text(self.name)
    }

    /// The fields, if it is a document.
    pub(super) fn as_document(&self) -> Result<Option<Elements<'a>>> {
        if self.kind == DOCUMENT { Elements::of(self.content).map(Some) } else { Ok(None) }
    }

    /// Checks what is in it as far as a value is that nobody reads.
    pub(super) fn check(&self) -> Result<()> {
        match self.kind {
            STRING => text(self.content).and_then(check_text),
            DOCUMENT | ARRAY => Elements::of(self.content).map(drop),
            _ => Ok(()),
        }
    }
}

/// The text that is the content of a value, not known to be UTF-8.
#[inline]
pub(super) fn text(content: &[u8]) -> Result<&[u8]> {
    match content {
        [_, _, _, _, text @ .., 0] => Ok(text),
        _ => Err(malformed("a text does not end with a NUL")),
    }
}

/// The error of bytes that are no BSON.
#[cold]
pub(super) fn malformed(why: &'static str) -> Error {
    broken(io::Error::new(io::ErrorKind::InvalidData, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_together_are_what_they_are_one_by_one() {
        for length in 0..40 {
            for filling in [0x01, b'a', 0x7f, 0x80, 0xff] {
                let filled = vec![filling; length];
                assert_eq!((find_nul(&filled), has_nul(&filled)), (None, false));
                for at in 0..length {
                    for byte in [0, b'b', 0x80, 0xc3] {
                        let mut bytes = filled.clone();
                        bytes[at] = byte;
                        let nul = bytes.iter().position(|byte| *byte == 0);
                        assert_eq!((find_nul(&bytes), has_nul(&bytes)), (nul, nul.is_some()), "{bytes:?}");
                        assert_eq!(check_text(&bytes).is_ok(), std::str::from_utf8(&bytes).is_ok(), "{bytes:?}");
                    }
                }
            }
        }
        assert!(check_text("aé — ü".as_bytes()).is_ok());
    }
}
