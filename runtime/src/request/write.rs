//! What is written: plain data.

use super::key::RecordKey;
use crate::change::Change;
use crate::condition::Expr;
use crate::definition::Definition;
use crate::progress::Observer;
use crate::value::Record;

/// A write of one record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Write {
    /// The repository.
    pub definition: &'static Definition,
    /// Which record.
    pub key: RecordKey,
    /// What is done to it.
    pub action: Action,
    /// The caller's condition on the stored record.
    pub condition: Option<Expr>,
    /// The version the stored record must have.
    pub version: Option<u64>,
    /// Which record it tells of.
    pub returning: Returning,
}

/// Which record a write that happened tells of, besides whether a live one was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Returning {
    /// The one after an update or upsert. In a transaction nothing need be told.
    #[default]
    AsUsual,
    /// The live one that was there before an update or delete.
    Before,
    /// The one after an update or upsert, or that a check found. In a transaction as well, which then also
    /// tells whether a delete found one.
    After,
    /// None, nor whether one was there.
    Nothing,
}

/// What a write does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Action {
    /// Stores a record if there is no live one.
    Create(Record),
    /// Stores a record whatever is there.
    Put(Record),
    /// Stores a record in place of a live one.
    Replace(Record),
    /// Changes a live record.
    Update(Vec<Change>),
    /// Changes a live record, or stores `insert` if there is none.
    Upsert {
        /// The changes to a record that is there.
        changes: Vec<Change>,
        /// The record if there is none.
        insert: Record,
    },
    /// Takes a record away.
    Delete,
    /// Does nothing; the record must be live and its condition true.
    Check,
}

/// What a write that happened has to tell.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// Whether a live record was there before.
    pub existed: bool,
    /// The record that the write was to tell of.
    pub record: Option<Record>,
}

impl Written {
    /// Of a write to a record that did (not) exist.
    pub fn existed(existed: bool) -> Self {
        Self { existed, record: None }
    }

    /// Of a write to a live record that tells of one: of the record after an update, or of the one before.
    pub fn updated(record: Record) -> Self {
        Self { existed: true, record: Some(record) }
    }
}

impl Returning {
    /// What a write that [is to tell](Write::told) this tells, given the live record before it and the one after it.
    pub fn written(self, live: Option<&Record>, outcome: Option<&Record>) -> Written {
        let told = match self {
            Self::Before => live,
            Self::After => outcome,
            Self::AsUsual | Self::Nothing => None,
        };
        Written { existed: live.is_some(), record: told.cloned() }
    }
}

/// Writes, each for itself: under its version and its condition if it has them. Updates tell
/// [nothing](Returning::Nothing).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WriteMany {
    /// The writes; those of one record happen in their order.
    pub writes: Vec<Write>,
    /// Whom to report each write to, by its position in `writes`.
    pub observer: Observer,
}

impl WriteMany {
    /// Writes that nobody watches.
    pub fn new(writes: Vec<Write>) -> Self {
        Self { writes, observer: Observer::default() }
    }

    /// The same writes, reported to `observer`.
    #[must_use]
    pub fn observed(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }
}

impl Write {
    /// A write with no condition.
    pub fn new(definition: &'static Definition, key: RecordKey, action: Action) -> Self {
        Self { definition, key, action, condition: None, version: None, returning: Returning::AsUsual }
    }
}
