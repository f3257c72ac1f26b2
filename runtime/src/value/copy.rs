//! Copies of values that are looked at.

use super::{Value, ValueRef};

/// What a foreign value is if nothing better is known.
const UNKNOWN: &str = "what no field is read from";

/// What is foreign on some backend, in words that a [`Value`] can hold.
const FOREIGN: &[&str] = &[
    "a set of strings",
    "a set of numbers",
    "a set of bytes",
    "an attribute of an unknown type",
    "empty binary data",
    "a number that is nearly whole",
    "bytes that do not agree with the text an index orders them by",
    "text that is not bytes in lower-case hex",
    "binary data in place of hex text",
    "a Decimal128 that no number here is exactly",
    "NaN",
    "an infinity",
    "a UUID in binary data (subtype 4)",
    "a UUID in binary data (subtype 3)",
    "binary data of a subtype that is not generic",
    "an _id that is not a document of h and r",
    "an ObjectId",
    "a regular expression",
    "JavaScript code",
    "a timestamp of replication",
    "a symbol",
    "a DBPointer",
    "a MinKey",
    "a MaxKey",
    "a BSON value of a kind that is not known",
];

impl ValueRef<'_> {
    /// A copy of its own.
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Int(n) => Value::Int(n),
            Self::Float(x) => Value::Float(x),
            Self::Instant(millis) => Value::Instant(millis),
            Self::ObjectId(id) => Value::ObjectId(id),
            Self::String(text) => Value::String(text.to_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_owned()),
            Self::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Self::Set(members) => Value::Set(members.iter().map(Self::to_value).collect()),
            Self::Map(map) => Value::Map(map.iter().map(|(name, value)| (name.to_owned(), value.to_value())).collect()),
            Self::Foreign(what) => {
                Value::Foreign(FOREIGN.iter().find(|known| **known == what).copied().unwrap_or(UNKNOWN))
            }
        }
    }
}
