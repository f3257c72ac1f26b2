//! Which record a request is about, and what a record has in an index.

use crate::definition::{Definition, IndexDef, KeyDef};
use crate::error::{Error, Result};
use crate::value::{Record, Value, ValueRef};

/// Which record: its primary key, checked.
///
/// It is opaque, so that a key can come to have more parts.
///
/// ```
/// use reposit::Value;
/// use reposit::backend::RecordKey;
///
/// let key = RecordKey::new(Value::from("s")).with_range(Value::from(7_u64));
/// assert_eq!((key.hash(), key.range()), (&Value::from("s"), Some(&Value::from(7_u64))));
/// assert_eq!(key.parts().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RecordKey {
    hash: Value,
    range: Option<Value>,
}

impl RecordKey {
    /// A key of one part.
    pub fn new(hash: Value) -> Self {
        Self { hash, range: None }
    }

    /// The same key with a range key.
    #[must_use]
    pub fn with_range(self, range: Value) -> Self {
        Self { range: Some(range), ..self }
    }

    /// The hash key.
    pub fn hash(&self) -> &Value {
        &self.hash
    }

    /// The range key, if the model has one.
    pub fn range(&self) -> Option<&Value> {
        self.range.as_ref()
    }

    /// Its values under the stored names of the key fields.
    pub fn fields(&self, definition: &Definition) -> impl Iterator<Item = (&'static str, &Value)> {
        let names = std::iter::once(definition.hash_name()).chain(definition.range_name());
        names.zip(self.parts())
    }

    /// A record of nothing but this key.
    pub(crate) fn to_record(&self, definition: &Definition) -> Record {
        self.fields(definition).map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// Its values, the hash key first.
    pub fn parts(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    /// The key of a stored record.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) if a part of it is missing or of another kind.
    pub fn from_record(definition: &Definition, record: &Record) -> Result<Self> {
        let key = Self::from_unchecked(definition, record)?;
        let check = |part: KeyDef, value: &Value| {
            let checked = part.kind.check_stored(definition.part_name(part), value);
            checked.map_err(|e| e.in_repository(definition.repository()))
        };
        check(definition.hash(), &key.hash)?;
        definition.range().zip(key.range.as_ref()).map_or(Ok(()), |(part, value)| check(part, value))?;
        Ok(key)
    }

    /// The key of a record that is to be stored, of whatever kind it was written.
    pub(crate) fn from_unchecked(definition: &Definition, record: &Record) -> Result<Self> {
        let part = |name: &str| {
            let value = record.get(name).map(ValueRef::to_value);
            value.ok_or_else(|| {
                Error::codec(format!("the key field {name} is missing")).in_repository(definition.repository())
            })
        };
        Ok(Self { hash: part(definition.hash_name())?, range: definition.range_name().map(part).transpose()? })
    }
}

impl Error {
    /// The key of the record that the error is about, where it is one of several that the caller did not name: of a
    /// failure of a [`BulkWrite`](crate::operation::BulkWrite). Operations take it by their `new`, as in
    /// `operation::Delete::<User>::new(Ok(key.clone()))`. It is not in the error's text.
    pub fn key(&self) -> Option<&RecordKey> {
        self.key_as()
    }

    pub(crate) fn of_record(self, key: RecordKey) -> Self {
        self.with_key(key)
    }
}

/// The values of a record in an index, in the order of its parts; nothing if one is missing and
/// the record is therefore not in the index.
pub fn index_values(definition: &Definition, index: &IndexDef, record: &Record) -> Option<Vec<Value>> {
    index.parts().map(|part| record.get(definition.part_name(part)).map(ValueRef::to_value)).collect()
}
