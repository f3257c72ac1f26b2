//! The bytes of a record: how names and values are laid out, and how they are walked over.
//!
//! `docs/record-format.md` draws them. A record is its entries, one after another: a name, then a value.

use super::text::is_same;

/// The version of the format. Another one is another set of kinds, or another layout.
pub(super) const VERSION: u8 = 3;

pub(super) const NULL: u8 = 0x00;
pub(super) const FALSE: u8 = 0x01;
pub(super) const TRUE: u8 = 0x02;
pub(super) const INT_1: u8 = 0x03;
pub(super) const INT_2: u8 = 0x04;
pub(super) const INT_4: u8 = 0x05;
pub(super) const INT_8: u8 = 0x06;
pub(super) const INT_16: u8 = 0x07;
pub(super) const FLOAT: u8 = 0x08;
pub(super) const INSTANT: u8 = 0x09;
pub(super) const TEXT_SHORT: u8 = 0x0a;
pub(super) const TEXT: u8 = 0x0b;
pub(super) const BYTES_SHORT: u8 = 0x0c;
pub(super) const BYTES: u8 = 0x0d;
pub(super) const LIST: u8 = 0x0e;
pub(super) const MAP: u8 = 0x0f;
pub(super) const FOREIGN: u8 = 0x10;
pub(super) const SET: u8 = 0x11;
pub(super) const OBJECT_ID: u8 = 0x12;

/// The bytes before the content of a list, map or set: its kind, the length of the content, how many items.
pub(super) const HEAD: usize = 9;

/// The length of a name that has four bytes of length after this one.
pub(super) const LONG_NAME: u8 = 0xff;

/// How many lists and maps may stand within each other when bytes are checked: more than any record that is
/// written has, and few enough for any thread's stack.
const DEPTH: usize = 256;

/// The kind of one of the bytes of a value, which are stored without kinds of their own.
pub(super) const BYTE: u8 = 0xff;

/// A value as it lies in the bytes: its kind and its content.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(super) kind: u8,
    pub(super) content: &'a [u8],
    /// The number of items of a list or map.
    pub(super) count: u32,
}

#[inline(always)]
fn take<'a>(input: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(length)?;
    *input = rest;
    Some(taken)
}

#[inline(always)]
fn take_u8(input: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = input.split_first()?;
    *input = rest;
    Some(*byte)
}

#[inline(always)]
fn take_u32(input: &mut &[u8]) -> Option<u32> {
    let (bytes, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(u32::from_le_bytes(*bytes))
}

/// Takes a name off.
#[inline(always)]
pub(super) fn take_name<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = match take_u8(input)? {
        LONG_NAME => take_u32(input)? as usize,
        short => short.into(),
    };
    take(input, length)
}

/// Takes a value off, without a look at what is in it. Nothing is taken off if no whole value is there.
#[inline]
pub(crate) fn take_value<'a>(input: &mut &'a [u8]) -> Option<Raw<'a>> {
    let (value, rest) = split_value(input)?;
    *input = rest;
    Some(value)
}

/// The first value, and what is behind it.
// What is left is not written back at each step, so that the compiler keeps it in registers.
#[inline(always)]
fn split_value(mut input: &[u8]) -> Option<(Raw<'_>, &[u8])> {
    let input = &mut input;
    let kind = take_u8(input)?;
    let mut count = 0;
    let length = match kind {
        NULL | FALSE | TRUE => 0,
        INT_1 => 1,
        INT_2 => 2,
        INT_4 => 4,
        INT_8 | FLOAT | INSTANT => 8,
        INT_16 => 16,
        OBJECT_ID => 12,
        TEXT_SHORT | BYTES_SHORT | FOREIGN => take_u8(input)?.into(),
        TEXT | BYTES => take_u32(input)? as usize,
        LIST | MAP | SET => {
            let length = take_u32(input)?;
            count = take_u32(input)?;
            length as usize
        }
        _ => return None,
    };
    let content = take(input, length)?;
    Some((Raw { kind, content, count }, input))
}

/// Takes a name and a value off, or nothing. It is the innermost step of all that reads records.
#[inline(always)]
pub(crate) fn take_entry<'a>(input: &mut &'a [u8]) -> Option<(&'a [u8], Raw<'a>)> {
    let mut rest = *input;
    let name = take_name(&mut rest)?;
    let (value, rest) = split_value(rest)?;
    *input = rest;
    Some((name, value))
}

/// The names of entries, in the order in which they are kept.
pub(crate) fn names(mut entries: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || take_entry(&mut entries).map(|(name, _)| name))
}

/// The value under a name among entries.
pub(crate) fn find<'a>(mut entries: &'a [u8], name: &[u8]) -> Option<Raw<'a>> {
    while let Some((found, value)) = take_entry(&mut entries) {
        if is_same(found, name) {
            return Some(value);
        }
    }
    None
}

/// How many levels of lists and maps there are in a value, the innermost value included.
pub(super) fn levels(value: &Raw<'_>) -> usize {
    let mut rest = value.content;
    let mut deepest = 0;
    match value.kind {
        LIST | SET => {
            while let Some(item) = take_value(&mut rest) {
                deepest = deepest.max(levels(&item));
            }
        }
        MAP => {
            while let Some((_, item)) = take_entry(&mut rest) {
                deepest = deepest.max(levels(&item));
            }
        }
        _ => {}
    }
    1 + deepest
}

/// Whether bytes are entries through and through, so many if that is known.
pub(super) fn is_entries(bytes: &[u8], count: Option<u32>) -> bool {
    are_entries(bytes, count, DEPTH)
}

fn are_entries(mut rest: &[u8], count: Option<u32>, depth: usize) -> bool {
    let mut found: u32 = 0;
    while !rest.is_empty() {
        let Some((name, value)) = take_entry(&mut rest) else { return false };
        if std::str::from_utf8(name).is_err() || !is_value(&value, depth) {
            return false;
        }
        found = found.saturating_add(1);
    }
    count.is_none_or(|count| count == found)
}

fn is_value(value: &Raw<'_>, depth: usize) -> bool {
    match value.kind {
        TEXT | TEXT_SHORT | FOREIGN => std::str::from_utf8(value.content).is_ok(),
        FLOAT => <[u8; 8]>::try_from(value.content).is_ok_and(|bytes| f64::from_le_bytes(bytes).is_finite()),
        INT_16 => <[u8; 16]>::try_from(value.content).is_ok_and(|bytes| is_kept(i128::from_le_bytes(bytes))),
        MAP => depth > 0 && are_entries(value.content, Some(value.count), depth - 1),
        LIST | SET => {
            let (mut rest, mut found) = (value.content, 0_u32);
            if depth == 0 {
                return false;
            }
            while !rest.is_empty() {
                let Some(item) = take_value(&mut rest) else { return false };
                if !is_value(&item, depth - 1) {
                    return false;
                }
                found = found.saturating_add(1);
            }
            found == value.count
        }
        _ => true,
    }
}

/// Whether an integer is in the range that integers are kept in.
fn is_kept(n: i128) -> bool {
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&n)
}
