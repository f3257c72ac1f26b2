//! The order-preserving, injective encoding of key values.
//!
//! Bytes compare as the tuples of values do, and two tuples have the same bytes only if they are
//! equal. Each value is self-delimiting: none is the beginning of another.
//!
//! - An integer is one byte that says its sign and how many bytes follow, then those bytes, big
//!   end first; complemented for a negative one. So a longer integer is further from zero.
//! - Text and bytes are a tag, the content, and a 0. In the content 0 is written `01 01` and 1 is
//!   written `01 02`, so that the 0 at the end is less than whatever else might stand there.
//!
//! Integers come before bytes, bytes before text.

use std::ops::Bound;

use crate::error::{Error, Result};
use crate::request::Span;
use crate::value::Value;

const ZERO: u8 = 0x18;
const BYTES: u8 = 0x30;
const TEXT: u8 = 0x40;
const END: u8 = 0x00;
const ESCAPE: u8 = 0x01;

/// The lowest and the highest key of a range.
pub(crate) type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// Appends a value: an integer, text or bytes. Nothing else has an order.
pub(crate) fn push(out: &mut Vec<u8>, value: &Value) -> Result<()> {
    match value {
        Value::String(text) => push_content(out, TEXT, text.as_bytes()),
        Value::Bytes(bytes) => push_content(out, BYTES, bytes),
        other => {
            let unordered = || Error::codec(format!("a {} cannot be a key or in an index", other.type_name()));
            return push_integer(out, other.as_int().ok_or_else(unordered)?);
        }
    }
    out.push(END);
    Ok(())
}

fn push_integer(out: &mut Vec<u8>, n: i128) -> Result<()> {
    let size = n.unsigned_abs();
    let length = (128 - size.leading_zeros()).div_ceil(8) as u8;
    if length > 8 {
        return Err(Error::invalid("an integer is outside the range of i64 and u64"));
    }
    let skip = 16 - usize::from(length);
    if n < 0 {
        out.push(ZERO - length);
        out.extend_from_slice(&(!size).to_be_bytes()[skip..]);
    } else {
        out.push(ZERO + length);
        out.extend_from_slice(&size.to_be_bytes()[skip..]);
    }
    Ok(())
}

fn push_content(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.reserve(content.len() + 2);
    out.push(tag);
    for &byte in content {
        match byte {
            END | ESCAPE => out.extend_from_slice(&[ESCAPE, byte + 1]),
            byte => out.push(byte),
        }
    }
}

/// Appends the values one after another.
pub(crate) fn push_all<'a>(out: &mut Vec<u8>, values: impl IntoIterator<Item = &'a Value>) -> Result<()> {
    values.into_iter().try_for_each(|value| push(out, value))
}

/// What stands after the first value; nothing where no whole value is at the beginning.
pub(crate) fn skip(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    match *tag {
        TEXT | BYTES => rest.iter().position(|byte| *byte == END).and_then(|end| rest.get(end + 1..)),
        tag => rest.get(usize::from(tag.abs_diff(ZERO))..),
    }
}

/// The least key that is greater than all that begin with `prefix`.
fn beyond(mut prefix: Vec<u8>) -> Bound<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Bound::Excluded(prefix);
        }
    }
    Bound::Unbounded
}

/// All keys that begin with `prefix`.
pub(crate) fn all(prefix: Vec<u8>) -> Bounds {
    (Bound::Included(prefix.clone()), beyond(prefix))
}

/// The keys in which `prefix` is followed by a value within `span`.
pub(crate) fn within(prefix: Vec<u8>, span: &Span) -> Result<Bounds> {
    let (low, high) = match span {
        Span::All => return Ok(all(prefix)),
        Span::Prefix(text) => {
            let mut prefix = prefix;
            push_content(&mut prefix, TEXT, text.as_bytes());
            return Ok(all(prefix));
        }
        Span::Between(low, high) => (low, high),
    };
    let followed_by = |value: &Value| {
        let mut key = prefix.clone();
        push(&mut key, value).map(|()| key)
    };
    let low = match low {
        Bound::Included(value) => Bound::Included(followed_by(value)?),
        // All that have the value itself, whatever comes after it, are left out.
        Bound::Excluded(value) => match beyond(followed_by(value)?) {
            Bound::Excluded(key) => Bound::Included(key),
            other => other,
        },
        Bound::Unbounded => Bound::Included(prefix.clone()),
    };
    let high = match high {
        Bound::Included(value) => beyond(followed_by(value)?),
        Bound::Excluded(value) => Bound::Excluded(followed_by(value)?),
        Bound::Unbounded => beyond(prefix.clone()),
    };
    Ok((low, high))
}
