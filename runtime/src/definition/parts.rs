//! What a definition is made of: fields, keys, indexes and the time to live, with the const functions that build them.

use crate::error::{Error, Result};
use crate::value::ValueRef;

/// What kind of value a key is, on every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Text, ordered by its UTF-8 bytes.
    String,
    /// An integer, ordered by value.
    Integer,
    /// A point in time, ordered by value: a date on MongoDB, an integer of milliseconds on DynamoDB.
    Instant,
    /// Bytes, ordered as bytes.
    Bytes,
    /// MongoDB's ObjectId, ordered by its bytes: on DynamoDB text of 24 hex digits.
    ObjectId,
}

impl KeyKind {
    /// The kind as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Instant => "instant",
            Self::Bytes => "bytes",
            Self::ObjectId => "ObjectId",
        }
    }

    /// Whether a value is of this kind.
    pub(crate) fn holds(self, value: ValueRef<'_>) -> bool {
        match self {
            Self::String => matches!(value, ValueRef::String(_)),
            Self::Integer => value.as_int().is_some(),
            Self::Instant => matches!(value, ValueRef::Instant(_)),
            Self::Bytes => matches!(value, ValueRef::Bytes(_)),
            Self::ObjectId => matches!(value, ValueRef::ObjectId(_)),
        }
    }

    /// Refuses a stored value of another kind: no key or range would find it.
    pub(crate) fn check_stored<'a>(self, field: &str, value: impl Into<ValueRef<'a>>) -> Result<()> {
        let value = value.into();
        let noun = match self {
            Self::String => "text",
            Self::Integer => "an integer",
            Self::Instant => "an instant",
            Self::Bytes => "bytes",
            Self::ObjectId => "an ObjectId",
        };
        match self.holds(value) {
            true => Ok(()),
            false => Err(Error::codec(format!("{field} is stored as {}, not as {noun}", value.noun()))),
        }
    }
}

/// A field that is part of a key or an index.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct KeyDef {
    /// The field's position in [`Definition::fields`](crate::Definition::fields).
    pub field: usize,
    /// Its kind.
    pub kind: KeyKind,
}

impl KeyDef {
    #[doc(hidden)]
    pub const fn new(field: usize, kind: KeyKind) -> Self {
        Self { field, kind }
    }
}

/// Which fields an index holds apart from the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Projection {
    /// All of them.
    All,
    /// None: a query fetches the rest of each record by its key.
    KeysOnly,
    /// These, by their stored names.
    Include(&'static [&'static str]),
}

/// A secondary index.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct IndexDef {
    /// Its name.
    pub name: &'static str,
    hash: KeyDef,
    more_hash: &'static [KeyDef],
    ranges: &'static [KeyDef],
    /// Whether no two live records may share its values.
    pub unique: bool,
    /// Whether it shares the table's hash key (DynamoDB's local secondary index).
    pub local: bool,
    /// Whether records without one of its fields are left out of it.
    pub sparse: bool,
    /// What it holds.
    pub projection: Projection,
    /// Provisioned read capacity; none is on-demand.
    pub read_capacity: Option<u64>,
    /// Provisioned write capacity; none is on-demand.
    pub write_capacity: Option<u64>,
}

impl IndexDef {
    #[doc(hidden)]
    pub const fn new(name: &'static str, hash: KeyDef, ranges: &'static [KeyDef]) -> Self {
        Self {
            name,
            hash,
            more_hash: &[],
            ranges,
            unique: false,
            local: false,
            sparse: false,
            projection: Projection::All,
            read_capacity: None,
            write_capacity: None,
        }
    }

    /// The fields it is looked up by besides the first.
    #[doc(hidden)]
    pub const fn hashed_also(mut self, more: &'static [KeyDef]) -> Self {
        self.more_hash = more;
        self
    }

    #[doc(hidden)]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    #[doc(hidden)]
    pub const fn local(mut self) -> Self {
        self.local = true;
        self
    }

    #[doc(hidden)]
    pub const fn sparse(mut self, sparse: bool) -> Self {
        self.sparse = sparse;
        self
    }

    #[doc(hidden)]
    pub const fn projecting(mut self, projection: Projection) -> Self {
        self.projection = projection;
        self
    }

    #[doc(hidden)]
    pub const fn capacity(mut self, read: Option<u64>, write: Option<u64>) -> Self {
        (self.read_capacity, self.write_capacity) = (read, write);
        self
    }

    /// The field it is looked up by: the first, if there are several.
    pub const fn hash(&self) -> KeyDef {
        self.hash
    }

    /// The fields it is looked up by: one, or up to four.
    pub fn hash_parts(&self) -> impl Iterator<Item = KeyDef> + use<> {
        std::iter::once(self.hash).chain(self.more_hash.iter().copied())
    }

    /// The fields it is looked up by besides the first, for const functions.
    pub(super) const fn more_hash(&self) -> &'static [KeyDef] {
        self.more_hash
    }

    /// The fields its entries are ordered by.
    pub const fn ranges(&self) -> &'static [KeyDef] {
        self.ranges
    }

    /// The fields in the order of the index: those it is looked up by, then those it is ordered by.
    pub fn parts(&self) -> impl Iterator<Item = KeyDef> + use<> {
        self.hash_parts().chain(self.ranges.iter().copied())
    }
}

/// What the number in a field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeUnit {
    /// Seconds since the epoch: an integer field.
    Seconds,
    /// Milliseconds since the epoch: an instant.
    Milliseconds,
    /// Milliseconds since the epoch: an integer.
    WholeMilliseconds,
}

/// The field that says when a record expires.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TtlDef {
    /// The field's position in [`Definition::fields`](crate::Definition::fields).
    pub field: usize,
    /// Seconds from the field's instant to the expiry.
    pub seconds: u64,
    /// What the field counts.
    pub unit: TimeUnit,
}

impl TtlDef {
    #[doc(hidden)]
    pub const fn new(field: usize, seconds: u64, unit: TimeUnit) -> Self {
        Self { field, seconds, unit }
    }
}
