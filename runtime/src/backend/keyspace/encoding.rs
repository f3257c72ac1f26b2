//! The order-preserving, injective encoding of key values.
//!
//! Bytes compare as the tuples of values do, and two tuples have the same bytes only if they are
//! equal. Each value is self-delimiting: none is the beginning of another.
//!
//! - An integer is one byte that says its sign and how many bytes follow, then those bytes, big
//!   end first; complemented for a negative one. So a longer integer is further from zero.
//! - An instant is a tag and eight bytes, big end first, of its milliseconds moved up to be none
//!   below zero.
//! - An ObjectId is a tag and its twelve bytes.
//! - Text and bytes are a tag, the content, and a 0. In the content 0 is written `01 01` and 1 is
//!   written `01 02`, so that the 0 at the end is less than whatever else might stand there.
//!
//! Integers come before instants, instants before ObjectIds, these before bytes, bytes before text.

use std::ops::Bound;

use super::bounds::Bounds;
use crate::error::{Error, Result};
use crate::request::KeyRange;
use crate::value::{Value, ValueRef};

const ZERO: u8 = 0x18;
const INSTANT: u8 = 0x28;
const OBJECT_ID: u8 = 0x2c;
const BYTES: u8 = 0x30;
const TEXT: u8 = 0x40;
const END: u8 = 0x00;
const ESCAPE: u8 = 0x01;

/// Appends a value: an integer, an instant, an ObjectId, text or bytes. Nothing else has an order.
pub(super) fn push_value<'a>(out: &mut Vec<u8>, value: impl Into<ValueRef<'a>>) -> Result<()> {
    match value.into() {
        ValueRef::String(text) => push_content(out, TEXT, text.as_bytes()),
        ValueRef::Bytes(bytes) => push_content(out, BYTES, bytes),
        ValueRef::Instant(millis) => {
            out.push(INSTANT);
            out.extend_from_slice(&(millis.cast_unsigned() ^ (1 << 63)).to_be_bytes());
            return Ok(());
        }
        ValueRef::ObjectId(id) => {
            out.push(OBJECT_ID);
            out.extend_from_slice(&id);
            return Ok(());
        }
        other => {
            let unordered = || Error::codec(format!("{} cannot be a key or in an index", other.noun()));
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
    if content.iter().all(|byte| !matches!(*byte, END | ESCAPE)) {
        out.extend_from_slice(content);
        return;
    }
    for &byte in content {
        match byte {
            END | ESCAPE => out.extend_from_slice(&[ESCAPE, byte + 1]),
            byte => out.push(byte),
        }
    }
}

/// Appends the values one after another.
pub(in crate::backend) fn push_values<'a>(
    out: &mut Vec<u8>,
    values: impl IntoIterator<Item = &'a Value>,
) -> Result<()> {
    values.into_iter().try_for_each(|value| push_value(out, value))
}

/// What stands after the first value; nothing if no whole value is at the beginning.
pub(super) fn skip_value(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    match *tag {
        TEXT | BYTES => rest.iter().position(|byte| *byte == END).and_then(|end| rest.get(end + 1..)),
        INSTANT => rest.get(8..),
        OBJECT_ID => rest.get(12..),
        tag => rest.get(usize::from(tag.abs_diff(ZERO))..),
    }
}

/// The least key that is greater than all that begin with `prefix`.
fn after_prefix(mut prefix: Vec<u8>) -> Bound<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            return Bound::Excluded(prefix);
        }
    }
    Bound::Unbounded
}

/// All keys that begin with `prefix`.
pub(super) fn prefix_bounds(prefix: Vec<u8>) -> Bounds {
    Bounds::new(Bound::Included(prefix.clone()), after_prefix(prefix))
}

/// The keys in which `prefix` is followed by a value within `span`.
pub(in crate::backend) fn range_bounds(prefix: Vec<u8>, span: &KeyRange) -> Result<Bounds> {
    let (low, high) = match span {
        KeyRange::All => return Ok(prefix_bounds(prefix)),
        KeyRange::Prefix(text) => {
            let mut prefix = prefix;
            push_content(&mut prefix, TEXT, text.as_bytes());
            return Ok(prefix_bounds(prefix));
        }
        KeyRange::Between(low, high) => (low, high),
    };
    let followed_by = |value: &Value| {
        let mut key = prefix.clone();
        push_value(&mut key, value).map(|()| key)
    };
    let low = match low {
        Bound::Included(value) => Bound::Included(followed_by(value)?),
        // All that have the value itself, whatever comes after it, are left out.
        Bound::Excluded(value) => match after_prefix(followed_by(value)?) {
            Bound::Excluded(key) => Bound::Included(key),
            other => other,
        },
        Bound::Unbounded => Bound::Included(prefix.clone()),
    };
    let high = match high {
        Bound::Included(value) => after_prefix(followed_by(value)?),
        Bound::Excluded(value) => Bound::Excluded(followed_by(value)?),
        Bound::Unbounded => after_prefix(prefix.clone()),
    };
    Ok(Bounds::new(low, high))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn encoded(values: &[Value]) -> Vec<u8> {
        let mut out = Vec::new();
        push_values(&mut out, values).unwrap();
        out
    }

    fn integer() -> impl Strategy<Value = Value> {
        let (least, most) = (i128::from(i64::MIN), i128::from(u64::MAX));
        let edges: Vec<i128> = (0..=64).flat_map(|bits| [-1, 0, 1].map(|near| (1i128 << bits) + near)).collect();
        let edges: Vec<i128> = edges.iter().flat_map(|n| [*n, -*n]).filter(|n| (least..=most).contains(n)).collect();
        prop_oneof![-300i128..300, proptest::sample::select(edges), least..=most].prop_map(Value::Int)
    }

    /// Bytes and text in which the bytes of the encoding itself are frequent.
    fn bytes() -> impl Strategy<Value = Value> {
        let byte = prop_oneof![0u8..3, Just(0xFF), any::<u8>()];
        proptest::collection::vec(byte, 0..5).prop_map(Value::Bytes)
    }

    fn text() -> impl Strategy<Value = Value> {
        let char = prop_oneof![proptest::char::range('\0', '\u{2}'), Just('a'), any::<char>()];
        proptest::collection::vec(char, 0..5).prop_map(|chars| Value::String(chars.into_iter().collect()))
    }

    fn instant() -> impl Strategy<Value = Value> {
        prop_oneof![-3i64..3, proptest::sample::select(vec![i64::MIN, i64::MAX]), any::<i64>()].prop_map(Value::Instant)
    }

    fn object_id() -> impl Strategy<Value = Value> {
        proptest::array::uniform12(prop_oneof![0u8..3, any::<u8>()]).prop_map(Value::ObjectId)
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![integer(), instant(), object_id(), bytes(), text()]
    }

    /// A tuple, and one of the same kinds that often begins as it does.
    fn pair() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
        let parts = prop_oneof![
            (integer(), integer()),
            (instant(), instant()),
            (bytes(), bytes()),
            (text(), text()),
            value().prop_map(|value| (value.clone(), value)),
        ];
        proptest::collection::vec(parts, 1..4).prop_map(|parts| parts.into_iter().unzip())
    }

    fn compare(a: &[Value], b: &[Value]) -> Ordering {
        let parts = a.iter().zip(b).map(|(a, b)| a.compare(b).unwrap());
        parts.fold(Ordering::Equal, Ordering::then)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn bytes_have_the_order_of_the_values((a, b) in pair()) {
            prop_assert_eq!(encoded(&a).cmp(&encoded(&b)), compare(&a, &b));
        }

        #[test]
        fn different_tuples_have_different_bytes_and_none_begins_another(
            a in proptest::collection::vec(value(), 1..4),
            b in proptest::collection::vec(value(), 1..4),
        ) {
            let shorter = a.len().min(b.len());
            let same = a[..shorter] == b[..shorter];
            prop_assert_eq!(encoded(&a) == encoded(&b), a == b);
            prop_assert_eq!(encoded(&b).starts_with(&encoded(&a)), same && a.len() <= b.len());
        }

        #[test]
        fn a_value_is_skipped_whole(values in proptest::collection::vec(value(), 1..4)) {
            let bytes = encoded(&values);
            prop_assert_eq!(skip_value(&bytes), Some(&encoded(&values[1..])[..]));
        }

        #[test]
        fn bounds_hold_what_the_span_holds((a, b) in pair(), (low, high) in pair(), prefix in text()) {
            let (value, low, high) = (&a[0], low[0].clone(), high[0].clone());
            let above = |low: &Value| value.compare(low).map(Ordering::is_ge);
            let below = |high: &Value| value.compare(high).map(Ordering::is_le);
            let spans = [
                (KeyRange::All, Some(true)),
                (KeyRange::Between(Bound::Included(low.clone()), Bound::Unbounded), above(&low)),
                (KeyRange::Between(Bound::Excluded(low.clone()), Bound::Unbounded), above(&low).map(|is| is && *value != low)),
                (KeyRange::Between(Bound::Unbounded, Bound::Included(high.clone())), below(&high)),
                (KeyRange::Between(Bound::Unbounded, Bound::Excluded(high.clone())), below(&high).map(|is| is && *value != high)),
                (
                    KeyRange::Prefix(prefix.as_str().unwrap_or_default().to_owned()),
                    value.as_str().map(|text| text.starts_with(prefix.as_str().unwrap_or_default())),
                ),
            ];
            let hash = encoded(&b);
            let key = encoded(&[&b[..], &a[..], &[Value::Int(7)]].concat());
            for (span, expected) in spans {
                let bounds = range_bounds(hash.clone(), &span).unwrap();
                let holds = std::ops::RangeBounds::contains(&&bounds, &key[..]);
                prop_assert!(!holds || !bounds.is_empty());
                // Values of different kinds do not meet in one field.
                if let Some(expected) = expected {
                    prop_assert_eq!(holds, expected, "{:?} in {:?}", value, span);
                }
            }
        }
    }

    #[test]
    fn what_has_no_order_is_refused() {
        for value in [Value::Null, Value::Bool(true), Value::Float(0.5), Value::List(vec![]), Value::Int(1 << 64)] {
            assert!(push_value(&mut Vec::new(), &value).is_err(), "{value:?}");
        }
        assert_eq!(encoded(&[Value::Float(2.0)]), encoded(&[Value::Int(2)]));
    }

    #[test]
    fn broken_bytes_are_nothing() {
        for bytes in [&[][..], &[TEXT, b'a'], &[ZERO + 3, 1], &[TEXT], &[0xFF, 1, 2]] {
            assert_eq!(skip_value(bytes), None, "{bytes:?}");
        }
    }
}
