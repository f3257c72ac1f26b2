//! What a backend is asked: plain data, with no builder and no model type in it.

mod advance;
pub(crate) mod liveness;
mod read;
mod stored;
mod write;

pub(crate) use advance::Advance;
pub use read::{FindUnique, Get, Position, Query, Records, Source, Span};
pub use write::{Action, Write, Written};

use std::time::{Duration, Instant};

use crate::definition::{Definition, IndexDef, KeyDef};
use crate::error::{Error, Result};
use crate::value::{Record, Value};

/// What every request carries.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Call {
    /// The operation's name, for errors.
    pub operation: &'static str,
    /// The time by the database's clock, in milliseconds since the epoch.
    pub now: i64,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

impl Call {
    /// A call that begins at `now` and may take `within`.
    pub fn new(operation: &'static str, now: i64, within: Duration) -> Self {
        let start = Instant::now();
        Self { operation, now, deadline: start.checked_add(within).unwrap_or(start) }
    }

    /// The time that is left.
    pub fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The time in whole seconds, rounded down: a record whose expiry is at most this has expired.
    pub fn now_seconds(&self) -> i64 {
        self.now.div_euclid(1000)
    }

    /// Whether what expires then has not expired yet.
    pub(crate) fn is_before(&self, expiry: Option<i64>) -> bool {
        expiry.is_none_or(|at| at > self.now_seconds())
    }
}

/// Which record: its primary key, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordKey {
    /// The hash key.
    pub hash: Value,
    /// The range key, where the model has one.
    pub range: Option<Value>,
}

impl RecordKey {
    /// The key of a stored record.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) where a part of it is missing or of another kind.
    pub fn of(definition: &Definition, record: &Record) -> Result<Self> {
        let key = Self::written(definition, record)?;
        let check = |part: KeyDef, value: &Value| {
            let checked = part.kind.check_stored(definition.part_name(part), value);
            checked.map_err(|e| e.in_repository(definition.name()))
        };
        check(definition.hash(), &key.hash)?;
        definition.range().zip(key.range.as_ref()).map_or(Ok(()), |(part, value)| check(part, value))?;
        Ok(key)
    }

    /// The key of a record that is to be stored, of whatever kind it was written.
    pub(crate) fn written(definition: &Definition, record: &Record) -> Result<Self> {
        let part = |name: &str| {
            let value = record.get(name).cloned();
            value.ok_or_else(|| {
                Error::codec(format!("the key field {name} is missing")).in_repository(definition.name())
            })
        };
        Ok(Self { hash: part(definition.hash_name())?, range: definition.range_name().map(part).transpose()? })
    }
}

/// The values of a record in an index, in the order of its parts; nothing where one is missing and
/// the record is therefore not in the index.
pub fn index_values(definition: &Definition, index: &IndexDef, record: &Record) -> Option<Vec<Value>> {
    index.parts().map(|part| record.get(definition.part_name(part)).cloned()).collect()
}

/// A request as it is shown to people: looked at, and not sent.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// A read of one record.
    Get(&'a Get),
    /// A read of many records of one repository.
    GetMany {
        /// The repository.
        definition: &'static Definition,
        /// Which records.
        keys: &'a [RecordKey],
        /// Whether they must be the latest.
        consistent: bool,
    },
    /// A read by the values of a unique index.
    FindUnique(&'a FindUnique),
    /// A read of a page.
    Query(&'a Query),
    /// One write.
    Write(&'a Write),
    /// Puts and deletes, each for itself.
    WriteMany(&'a [Write]),
    /// Writes that happen all together.
    Transact(&'a [Write]),
    /// A read of records as they were at one moment.
    ReadTogether(&'a [Get]),
}
