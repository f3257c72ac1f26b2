//! Values that are bound to a statement, each in the binary form of its type.

use std::error::Error as StdError;
use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value that is bound to a statement. `Debug` shows its type only.
#[derive(Clone, PartialEq)]
pub(super) enum Param {
    /// `text`.
    Text(String),
    /// `bigint`.
    Int(i64),
    /// `numeric` without a fraction.
    Integer(i128),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `jsonb`, as text.
    Json(Vec<u8>),
    /// `uuid`.
    Stamp([u8; 16]),
    /// `text[]`.
    Texts(Vec<String>),
    /// `numeric[]`.
    Integers(Vec<i128>),
    /// `bytea[]`.
    Blobs(Vec<Vec<u8>>),
    /// `jsonb[]`, each as text.
    Jsons(Vec<Vec<u8>>),
}

impl Param {
    /// The type that it has in the statement.
    pub(super) fn sql_type(&self) -> Type {
        match self {
            Self::Text(_) => Type::TEXT,
            Self::Int(_) => Type::INT8,
            Self::Integer(_) => Type::NUMERIC,
            Self::Bytes(_) => Type::BYTEA,
            Self::Json(_) => Type::JSONB,
            Self::Stamp(_) => Type::UUID,
            Self::Texts(_) => Type::TEXT_ARRAY,
            Self::Integers(_) => Type::NUMERIC_ARRAY,
            Self::Blobs(_) => Type::BYTEA_ARRAY,
            Self::Jsons(_) => Type::JSONB_ARRAY,
        }
    }

    /// The value as the server writes it as text, if it is a part of a key.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => super::json::hex(bytes),
            other => other.literal(),
        }
    }

    /// The value as it would stand in a statement that is written out, for people to read.
    pub(super) fn literal(&self) -> String {
        match self {
            Self::Text(text) => super::names::literal(text),
            Self::Int(n) => n.to_string(),
            Self::Integer(n) => n.to_string(),
            Self::Bytes(bytes) => format!("'\\x{}'", super::json::hex(bytes)),
            Self::Json(json) => super::names::literal(&String::from_utf8_lossy(json)),
            Self::Stamp(stamp) => format!("'{}'", super::json::hex(stamp)),
            Self::Texts(texts) => array(texts.iter().map(|text| super::names::literal(text))),
            Self::Integers(numbers) => array(numbers.iter().map(i128::to_string)),
            Self::Jsons(jsons) => array(jsons.iter().map(|json| super::names::literal(&String::from_utf8_lossy(json)))),
            Self::Blobs(blobs) => array(blobs.iter().map(|bytes| format!("'\\x{}'", super::json::hex(bytes)))),
        }
    }
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("ARRAY[{}]", items.collect::<Vec<_>>().join(", "))
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param({})", self.sql_type())
    }
}

impl ToSql for Param {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(&Type::TEXT, out),
            Self::Int(n) => n.to_sql(&Type::INT8, out),
            Self::Integer(n) => {
                write_numeric(*n, out);
                Ok(IsNull::No)
            }
            Self::Bytes(bytes) => bytes.to_sql(&Type::BYTEA, out),
            Self::Json(json) => JsonText(json).to_sql(&Type::JSONB, out),
            Self::Stamp(stamp) => {
                out.put_slice(stamp);
                Ok(IsNull::No)
            }
            Self::Texts(texts) => texts.to_sql(&Type::TEXT_ARRAY, out),
            Self::Integers(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(|n| Self::Integer(*n)).collect();
                numbers.to_sql(&Type::NUMERIC_ARRAY, out)
            }
            Self::Blobs(blobs) => blobs.to_sql(&Type::BYTEA_ARRAY, out),
            Self::Jsons(jsons) => {
                let jsons: Vec<_> = jsons.iter().map(|json| JsonText(json)).collect();
                jsons.to_sql(&Type::JSONB_ARRAY, out)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A `jsonb` as text.
#[derive(Debug)]
struct JsonText<'a>(&'a [u8]);

impl ToSql for JsonText<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        // The version of the binary form, which is followed by text.
        out.put_u8(1);
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// An integer in the binary form of `numeric`: digits to the base of 10,000, the first one first.
fn write_numeric(n: i128, out: &mut BytesMut) {
    const BASE: u128 = 10_000;
    const NEGATIVE: u16 = 0x4000;
    let (mut digits, mut rest) = (Vec::with_capacity(6), n.unsigned_abs());
    while rest > 0 {
        digits.push(u16::try_from(rest % BASE).unwrap_or_default());
        rest /= BASE;
    }
    let count = u16::try_from(digits.len()).unwrap_or_default();
    out.put_u16(count);
    out.put_u16(count.saturating_sub(1));
    out.put_u16(if n < 0 { NEGATIVE } else { 0 });
    out.put_u16(0);
    digits.iter().rev().for_each(|digit| out.put_u16(*digit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_digits_to_the_base_of_ten_thousand() {
        let bytes = |n: i128| {
            let mut out = BytesMut::new();
            write_numeric(n, &mut out);
            out.to_vec()
        };
        assert_eq!(bytes(0), [0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes(-12), [0, 1, 0, 0, 0x40, 0, 0, 0, 0, 12]);
        assert_eq!(bytes(10_002), [0, 2, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2]);
    }

    #[test]
    fn a_value_is_not_shown() {
        assert_eq!(format!("{:?}", Param::Text("sesame".into())), "Param(text)");
    }
}
