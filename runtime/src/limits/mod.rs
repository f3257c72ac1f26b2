//! What a value may be: the same on every backend, so that what passes on one passes on all.

pub(crate) mod expression;
pub(crate) mod requests;
mod size;

pub(crate) use size::{STAMP_SIZE, record_size, value_size};

use crate::definition::{IndexDef, KeyKind};
use crate::error::{Error, Result};
use crate::value::{RESERVED, Record, Value, ValueRef, whole};

/// Sizes a backend takes. See each backend for its own figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a hash key, or of a hash field of an index.
    pub hash_key: usize,
    /// Bytes of a range key, or of a range field of an index.
    pub range_key: usize,
    /// Bytes of a record.
    pub record: usize,
    /// Operations in a transaction.
    pub transaction_operations: usize,
    /// Bytes in a transaction.
    pub transaction_bytes: usize,
}

impl Limits {
    /// DynamoDB's, from "Quotas in Amazon DynamoDB": 2,048 and 1,024 bytes of key, 400 KB a record,
    /// 100 operations and 4 MB a transaction.
    pub const DYNAMODB: Self = Self {
        hash_key: 2048,
        range_key: 1024,
        record: 400 * 1024,
        transaction_operations: 100,
        transaction_bytes: 4 * 1024 * 1024,
    };

    /// No limits but those of memory.
    pub const NONE: Self = Self {
        hash_key: usize::MAX,
        range_key: usize::MAX,
        record: usize::MAX,
        transaction_operations: usize::MAX,
        transaction_bytes: usize::MAX,
    };

    /// The longest value of the part of an index at this position.
    pub(crate) fn of_part(&self, index: &IndexDef, at: usize) -> usize {
        if at < index.hash_parts().count() { self.hash_key } else { self.range_key }
    }

    /// Refuses a record that is too large or too deep. What is stored whole was checked before a backend is asked; what an
    /// update makes of a record was not.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn check_record(&self, record: &Record) -> Result<()> {
        check_depth(record)?;
        check_record(record, self)
    }

    /// The same limits with other figures for the keys.
    #[must_use]
    pub const fn keys(mut self, hash_key: usize, range_key: usize) -> Self {
        self.hash_key = hash_key;
        self.range_key = range_key;
        self
    }

    /// The same limits with another figure for a record.
    #[must_use]
    pub const fn record(mut self, bytes: usize) -> Self {
        self.record = bytes;
        self
    }

    /// The same limits with other figures for a transaction.
    #[must_use]
    pub const fn transaction(mut self, operations: usize, bytes: usize) -> Self {
        self.transaction_operations = operations;
        self.transaction_bytes = bytes;
        self
    }
}

/// An integer that every backend keeps exactly.
pub(crate) fn integer(n: i128) -> Result<i128, String> {
    if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&n) {
        Ok(n)
    } else {
        Err("an integer is outside the range of i64 and u64".to_owned())
    }
}

/// A float that every backend holds: finite, and zero or between 1e-130 and 1e126 in size.
pub(crate) fn float(x: f64) -> Result<Value, String> {
    if !x.is_finite() {
        return Err(format!("{x} is not a number that can be stored"));
    }
    if x == 0.0 {
        return Ok(Value::Int(0));
    }
    if !(1e-130..1e126).contains(&x.abs()) {
        return Err(format!("{x:e} is outside the numbers that can be stored (1e-130 to 1e126)"));
    }
    Ok(whole(x).map_or(Value::Float(x), Value::Int))
}

/// Refuses a value that cannot be a key or an index value: of another kind, empty (DynamoDB), or too long
/// (each backend has its own limit).
pub(crate) fn check_key<'a>(value: impl Into<ValueRef<'a>>, kind: KeyKind, field: &str, limit: usize) -> Result<()> {
    let size = match (kind, value.into()) {
        (KeyKind::String, ValueRef::String(text)) => text.len(),
        (KeyKind::Bytes, ValueRef::Bytes(bytes)) => bytes.len(),
        // Empty bytes are written as an empty list; said here as what they are.
        (KeyKind::Bytes, ValueRef::List(items)) if items.is_empty() => 0,
        (KeyKind::Integer, ValueRef::Int(_))
        | (KeyKind::Instant, ValueRef::Instant(_))
        | (KeyKind::ObjectId, ValueRef::ObjectId(_)) => return Ok(()),
        (kind, other) => {
            return Err(Error::codec(format!(
                "the key field {field} is declared {} but was written as {}",
                kind.as_str(),
                other.type_name()
            )));
        }
    };
    if size == 0 {
        return Err(Error::invalid(format!("the key field {field} is empty; an empty key cannot be stored")));
    }
    if size > limit {
        return Err(Error::invalid(format!("the key field {field} has {size} bytes; the limit is {limit}")));
    }
    Ok(())
}

/// Refuses a record that does not fit once it has a stamp on it.
pub(crate) fn check_record(record: &Record, limits: &Limits) -> Result<()> {
    // What takes one byte as it is kept is counted as twelve at most: a number of one byte is up to 21.
    const MOST: usize = 12;
    if record.as_bytes().len().saturating_mul(MOST) <= limits.record.saturating_sub(STAMP_SIZE) {
        return Ok(());
    }
    check_record_size(record_size(record), limits)
}

/// Refuses a size that no record may have.
pub(crate) fn check_record_size(size: usize, limits: &Limits) -> Result<()> {
    let limit = limits.record.saturating_sub(STAMP_SIZE);
    if size > limit {
        return Err(Error::invalid(format!("the record has {size} bytes; the limit is {limit}")));
    }
    Ok(())
}

/// Refuses a transaction of too many items, among which each unique value that moves is one.
#[cfg(any(feature = "keyspace", feature = "dynamodb"))]
pub(crate) fn check_transaction_items(count: usize, limits: &Limits) -> Result<()> {
    let limit = limits.transaction_operations;
    if count > limit {
        let message = format!("a transaction of {count} items, unique values that move included; the limit is {limit}");
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// Refuses a name that a key of a map cannot have: DynamoDB takes no empty one, MongoDB none with a NUL.
pub(crate) fn check_map_key(name: &str) -> Result<()> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.contains('\0') {
        "it has a NUL in it"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("nothing can be stored under the name {name:?}: {reason}")))
}

/// Refuses a name that a field of a record cannot have. The names of a model are checked when it is compiled;
/// a flattened map brings more, at run time.
pub(crate) fn check_field_name(name: &str) -> Result<()> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.starts_with('$') {
        "MongoDB reads a name that starts with `$` as an operator"
    } else if name.contains('.') {
        "a `.` reads as a path into a nested field"
    } else if name.contains('\0') {
        "it has a NUL in it"
    } else if name.starts_with(RESERVED) {
        "`_reposit` is kept for what the library stores itself"
    } else if name.len() > 255 {
        "it has more than 255 bytes"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("a field cannot be stored as {name:?}: {reason}")))
}

/// How deep a list or map may be nested in a record ("Quotas in Amazon DynamoDB").
pub(crate) const DEPTH: usize = 32;

/// Refuses nesting that DynamoDB would refuse.
pub(crate) fn check_depth(record: &Record) -> Result<()> {
    record.find_deeper(DEPTH).map_or(Ok(()), |field| Err(too_deep(field)))
}

/// The same for a value that is so many levels down in a field.
pub(crate) fn check_depth_below<'a>(field: &str, levels: usize, value: impl Into<ValueRef<'a>>) -> Result<()> {
    // The innermost value is a level too.
    fn levels_of(value: ValueRef<'_>) -> usize {
        match value {
            ValueRef::List(items) | ValueRef::Set(items) => 1 + items.iter().map(levels_of).max().unwrap_or(0),
            ValueRef::Map(map) => 1 + map.iter().map(|(_, value)| levels_of(value)).max().unwrap_or(0),
            _ => 1,
        }
    }
    match levels + levels_of(value.into()) > DEPTH {
        true => Err(too_deep(field)),
        false => Ok(()),
    }
}

fn too_deep(field: &str) -> Error {
    Error::invalid(format!("the field {field} is nested deeper than {DEPTH} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_outside_what_dynamodb_holds_are_refused() {
        for x in [f64::NAN, f64::INFINITY, 1e126, -1e200, 1e-131] {
            assert!(float(x).is_err(), "{x}");
        }
        assert_eq!(float(-0.0).ok(), Some(Value::Int(0)));
        assert_eq!(float(1e125).ok(), Some(Value::Float(1e125)));
    }

    #[test]
    fn an_empty_key_is_invalid() {
        let error = check_key(&Value::from(""), KeyKind::String, "id", 10).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
    }
}
