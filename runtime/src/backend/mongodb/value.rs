//! Operands as BSON, and the forms of numbers, bytes and dates in it.
//!
//! An integer is an Int64 if it fits and a Decimal128 above that: the server compares and
//! indexes both by value. Bytes are generic binary data.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Decimal128, Document};

use crate::error::{Error, Result};
use crate::value::Value;

/// A value as an operand.
pub(super) fn to_bson(value: &Value) -> Result<Bson> {
    Ok(match value {
        // What is foreign is never written: no operand is.
        Value::Null | Value::Foreign(_) => Bson::Null,
        Value::Instant(millis) => Bson::DateTime(DateTime::from_millis(*millis)),
        Value::ObjectId(id) => Bson::ObjectId(ObjectId::from_bytes(*id)),
        Value::Bool(b) => Bson::Boolean(*b),
        Value::Int(n) => integer(*n),
        Value::Float(x) => Bson::Double(*x),
        Value::String(text) => Bson::String(text.clone()),
        Value::Bytes(bytes) => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.clone() }),
        Value::List(items) | Value::Set(items) => Bson::Array(items.iter().map(to_bson).collect::<Result<_>>()?),
        Value::Map(map) => Bson::Document(to_document(map.iter())?),
    })
}

fn to_document<'a>(items: impl Iterator<Item = (&'a str, &'a Value)>) -> Result<Document> {
    items.map(|(name, value)| Ok((checked(name)?.to_owned(), to_bson(value)?))).collect()
}

/// A name as BSON holds it: text that ends at the first NUL, so one with a NUL in it cannot be.
fn checked(name: &str) -> Result<&str> {
    if name.contains('\0') { Err(name_has_nul(name)) } else { Ok(name) }
}

/// The error of a name that BSON would end too early.
pub(super) fn name_has_nul(name: &str) -> Error {
    Error::unsupported(format!("the name {name:?} has a NUL in it, which MongoDB cannot hold in a name"))
}

/// An integer as a number of the server.
pub(super) fn integer(n: i128) -> Bson {
    i64::try_from(n).map_or_else(|_| Bson::Decimal128(decimal(n)), Bson::Int64)
}

const EXPONENT_BIAS: i32 = 6176;
const COEFFICIENT_BITS: u32 = 113;

/// An integer of up to 33 digits as a Decimal128 with exponent 0.
pub(super) fn decimal(n: i128) -> Decimal128 {
    let sign = u128::from(n < 0) << 127;
    let exponent = (EXPONENT_BIAS as u128) << COEFFICIENT_BITS;
    Decimal128::from_bytes((sign | exponent | n.unsigned_abs()).to_le_bytes())
}

/// The number that a Decimal128 is: an integer within the range of i64 and u64, else the float that is exactly
/// as large, which the server holds for equal.
pub(super) fn from_decimal(decimal: Decimal128) -> Value {
    number(decimal).unwrap_or(Value::Foreign("a Decimal128 that no number here is exactly"))
}

fn number(decimal: Decimal128) -> Option<Value> {
    let bits = u128::from_le_bytes(decimal.bytes());
    // These two bits mark infinities, NaN and coefficients that are not canonical.
    if (bits >> 125) & 0b11 == 0b11 {
        return None;
    }
    let mut exponent = i32::try_from((bits >> COEFFICIENT_BITS) & 0x3fff).ok()? - EXPONENT_BIAS;
    let mut coefficient = bits & ((1 << COEFFICIENT_BITS) - 1);
    if coefficient == 0 {
        return Some(Value::Int(0));
    }
    while exponent < 0 && coefficient.is_multiple_of(10) {
        coefficient /= 10;
        exponent += 1;
    }
    while exponent > 0 && coefficient < u128::from(u64::MAX) {
        coefficient *= 10;
        exponent -= 1;
    }
    let negative = bits >> 127 == 1;
    let magnitude = i128::try_from(coefficient).ok()?;
    let signed = if negative { -magnitude } else { magnitude };
    if exponent == 0 && (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&signed) {
        return Some(Value::Int(signed));
    }
    let size = exact_float(coefficient, exponent)?;
    Some(Value::Float(if negative { -size } else { size }))
}

/// The float that is exactly `coefficient` times ten to the power of `exponent`; there may be none.
fn exact_float(mut coefficient: u128, exponent: i32) -> Option<f64> {
    // A power of ten is one of five, which has to go into the significand, and one of two.
    for _ in 0..exponent.unsigned_abs() {
        coefficient = match exponent < 0 {
            true => coefficient.is_multiple_of(5).then_some(coefficient / 5)?,
            false => coefficient.checked_mul(5)?,
        };
    }
    let twos = coefficient.trailing_zeros();
    let odd = coefficient >> twos;
    if odd >> f64::MANTISSA_DIGITS != 0 {
        return None;
    }
    let float = odd as f64 * 2_f64.powi(exponent.checked_add(i32::try_from(twos).ok()?)?);
    float.is_finite().then_some(float)
}

/// An answer that is not BSON.
pub(super) fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::codec("a stored document is not BSON").with_source(error)
}

/// The furthest seconds that fit a date, which counts milliseconds.
pub(super) const FURTHEST: i64 = i64::MAX / 1000;

/// Seconds since the epoch as a date, which a TTL index works on. What is beyond it is the furthest date.
pub(super) fn date(seconds: i64) -> DateTime {
    DateTime::from_millis(seconds.clamp(-FURTHEST, FURTHEST) * 1000)
}

/// Bytes as text that sorts as they do: binary data sorts by its length first.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// The bytes that such text stands for.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    // As it is written, and no other way: it is looked for as that.
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_as_the_numbers_they_are() {
        for (text, value) in [
            ("18446744073709551615", Value::Int(u64::MAX.into())),
            ("-5", Value::Int(-5)),
            ("1.50E2", Value::Int(150)),
            ("0E+10", Value::Int(0)),
            ("2.5", Value::Float(2.5)),
            ("-0.0078125", Value::Float(-0.007_812_5)),
            ("36893488147419103232", Value::Float(36_893_488_147_419_103_232.0)),
            ("4.0E+22", Value::Float(4e22)),
        ] {
            assert_eq!(from_decimal(text.parse().unwrap()), value, "{text}");
        }
        assert_eq!(decimal(u64::MAX.into()), "18446744073709551615".parse().unwrap());
        for text in ["NaN", "Infinity", "-Infinity", "0.1", "1E+40", "1E-6000", "1E+6000", "18446744073709551617"] {
            assert!(matches!(from_decimal(text.parse().unwrap()), Value::Foreign(_)), "{text}");
        }
    }

    #[test]
    fn hex_keeps_the_order_of_bytes() {
        let mut bytes: Vec<Vec<u8>> = vec![vec![0], vec![0, 1], vec![1], vec![9, 255, 0], vec![10], vec![255]];
        let texts: Vec<_> = bytes.iter().map(|bytes| hex(bytes)).collect();
        assert!(texts.is_sorted());
        assert_eq!(texts.iter().map(|text| unhex(text).unwrap()).collect::<Vec<_>>(), std::mem::take(&mut bytes));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("0x"), None);
        assert_eq!(unhex("0A"), None);
    }

    #[test]
    fn a_nul_in_a_name_is_refused() {
        let map = Value::Map([("a\0b".to_owned(), Value::Int(1))].into_iter().collect());
        assert_eq!(to_bson(&map).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }
}
