//! How many bytes a record is, as DynamoDB counts them ("DynamoDB item sizes and formats").

use crate::value::{Record, STAMP, ValueRef};

/// The write stamp, which a backend adds after the record was measured: its name and 16 bytes.
pub(crate) const STAMP_SIZE: usize = STAMP.len() + 16;

/// The bytes of a record: those of its names and its values.
pub(crate) fn record_size(record: &Record) -> usize {
    record.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

/// The bytes of a value.
pub(crate) fn value_size<'a>(value: impl Into<ValueRef<'a>>) -> usize {
    size_of(value.into())
}

fn size_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Null | ValueRef::Bool(_) | ValueRef::Foreign(_) => 1,
        ValueRef::Int(n) => integer_size(n),
        ValueRef::Instant(millis) => integer_size(millis.into()),
        // As text, which is what DynamoDB counts.
        ValueRef::ObjectId(id) => 2 * id.len(),
        ValueRef::Float(x) => float_size(x),
        ValueRef::String(text) => text.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        ValueRef::List(items) => 3 + items.iter().map(|item| 1 + size_of(item)).sum::<usize>(),
        // DynamoDB has no set without members: it is stored as a list.
        ValueRef::Set(members) if members.is_empty() => 3,
        // As the members by themselves, without a byte for each.
        ValueRef::Set(members) => members.iter().map(size_of).sum(),
        ValueRef::Map(map) => 3 + map.iter().map(|(name, item)| 1 + name.len() + size_of(item)).sum::<usize>(),
    }
}

fn integer_size(n: i128) -> usize {
    let mut digits = n.unsigned_abs();
    let exponent = digits.checked_ilog10().unwrap_or(0);
    let mut significant = exponent as usize + 1;
    while digits != 0 && digits.is_multiple_of(10) {
        digits /= 10;
        significant -= 1;
    }
    if digits == 0 { 1 } else { number_size(significant, exponent as i32, n < 0) }
}

fn float_size(x: f64) -> usize {
    // The shortest digits that are this float, as they are sent: `1.25e-7`.
    let text = format!("{:e}", x.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let significant = digits.trim_end_matches('0').bytes().filter(u8::is_ascii_digit).count();
    if significant == 0 { 1 } else { number_size(significant, exponent.parse().unwrap_or(0), x < 0.0) }
}

/// One byte, one for each pair of digits between the first and the last that is not zero, and one for a
/// minus sign. Pairs are counted from the point, so that a first digit may be half of a pair by itself:
/// `exponent` is that of the first digit.
fn number_size(digits: usize, exponent: i32, negative: bool) -> usize {
    let alone = usize::from(exponent.rem_euclid(2) == 0);
    1 + (digits + alone).div_ceil(2) + usize::from(negative)
}
