//! What a backend is asked: plain data, with no builder and no model type in it.

use std::ops::Bound;
use std::time::{Duration, Instant};

use crate::change::Change;
use crate::condition::Expr;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{EXPIRES, Record, Value};

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
    pub fn of(definition: &Definition, record: &Record) -> Result<Self> {
        let part = |name: &str| {
            let value = record.get(name).cloned();
            value.ok_or_else(|| {
                Error::codec(format!("the key field {name} is missing")).in_repository(definition.name())
            })
        };
        Ok(Self { hash: part(definition.hash_name())?, range: definition.range_name().map(part).transpose()? })
    }
}

impl Record {
    /// When the record expires, in whole seconds since the epoch.
    pub fn expires(&self) -> Option<i64> {
        self.get(EXPIRES).and_then(Value::as_int).and_then(|n| i64::try_from(n).ok())
    }

    /// Whether the record still exists for a reader.
    pub fn is_live(&self, call: &Call) -> bool {
        self.expires().is_none_or(|at| at > call.now_seconds())
    }
}

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
}

/// What a write does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Action {
    /// Stores a record where no live one is.
    Create(Record),
    /// Stores a record whatever is there.
    Put(Record),
    /// Stores a record in place of a live one.
    Replace(Record),
    /// Changes a live record.
    Update(Vec<Change>),
    /// Changes a live record, or stores `insert` where there is none.
    Upsert {
        /// The changes to a record that is there.
        changes: Vec<Change>,
        /// The record where there is none.
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
    /// The record after an update or upsert.
    pub record: Option<Record>,
}

impl Written {
    /// Of a write to a record that did (not) exist.
    pub fn existed(existed: bool) -> Self {
        Self { existed, record: None }
    }

    /// Of an update.
    pub fn updated(record: Record) -> Self {
        Self { existed: true, record: Some(record) }
    }
}

impl Write {
    /// A write with no condition.
    pub fn new(definition: &'static Definition, key: RecordKey, action: Action) -> Self {
        Self { definition, key, action, condition: None, version: None }
    }

    /// Whether the stored record allows the write, and if not, why: the one place where reasons
    /// are decided, for every backend.
    ///
    /// A delete of a missing record is allowed: it does nothing.
    pub fn judge(&self, stored: Option<&Record>, call: &Call) -> Result<()> {
        let live = stored.filter(|record| record.is_live(call));
        let Some(record) = live else {
            return match self.action {
                Action::Create(_) | Action::Put(_) | Action::Upsert { .. } | Action::Delete => Ok(()),
                Action::Replace(_) | Action::Update(_) | Action::Check => {
                    Err(Error::new(ErrorKind::NotFound, "no live record has this key"))
                }
            };
        };
        if matches!(self.action, Action::Create(_)) {
            return Err(Error::new(ErrorKind::AlreadyExists, "a live record has this key"));
        }
        if let Some(expected) = self.version {
            self.judge_version(record, expected)?;
        }
        if let Some(condition) = &self.condition
            && !record.satisfies(condition)
        {
            return Err(Error::new(ErrorKind::ConditionFailed, "the condition is false for the stored record"));
        }
        let impossible =
            self.changes().iter().find(|change| change.requires().is_some_and(|needs| !record.satisfies(&needs)));
        match impossible {
            Some(change) => Err(crate::change::impossible(change)),
            None => Ok(()),
        }
    }

    fn judge_version(&self, record: &Record, expected: u64) -> Result<()> {
        let name = self.definition.version().unwrap_or_default();
        let stored = record.get(name).and_then(Value::as_int);
        if stored == Some(expected.into()) {
            return Ok(());
        }
        let stored = stored.map_or_else(|| "none".to_owned(), |version| version.to_string());
        Err(Error::new(
            ErrorKind::VersionConflict,
            format!("expected version {expected}, the stored version is {stored}"),
        ))
    }

    /// The changes of an update or upsert.
    pub fn changes(&self) -> &[Change] {
        match &self.action {
            Action::Update(changes) | Action::Upsert { changes, .. } => changes,
            _ => &[],
        }
    }

    /// Everything that must be true of a live stored record besides being there: the version, the
    /// caller's condition, and what the changes need.
    pub fn requirement(&self) -> Option<Expr> {
        let version = self.version.zip(self.definition.version()).map(|(expected, name)| Expr::Compare {
            path: crate::field::Path::field(name),
            op: crate::condition::Op::Eq,
            value: Value::Int(expected.into()),
        });
        let needs = self.changes().iter().filter_map(Change::requires).collect::<Vec<_>>();
        let needs = (!needs.is_empty()).then_some(Expr::And(needs));
        Expr::both(Expr::both(version, self.condition.clone()), needs)
    }

    /// The record after the write, given the live one before: nothing after a delete or check.
    pub fn outcome(&self, live: Option<&Record>) -> Result<Option<Record>> {
        match &self.action {
            Action::Create(record) | Action::Put(record) | Action::Replace(record) => Ok(Some(record.clone())),
            Action::Upsert { insert, changes } => match live {
                Some(record) => crate::change::apply(record, changes).map(Some),
                None => Ok(Some(insert.clone())),
            },
            Action::Update(changes) => live.map(|record| crate::change::apply(record, changes)).transpose(),
            Action::Delete => Ok(None),
            Action::Check => Ok(live.cloned()),
        }
    }

    /// Whether the write may change the fields of a unique index.
    pub fn touches(&self, index: &IndexDef) -> bool {
        match &self.action {
            Action::Update(changes) => {
                let names: Vec<_> = index.parts().map(|part| self.definition.part_name(part)).collect();
                let expiry = changes.iter().any(|change| change.path().root() == EXPIRES);
                expiry || changes.iter().any(|change| names.contains(&change.path().root()))
            }
            Action::Check => false,
            _ => true,
        }
    }
}

/// The values of a record in an index, in the order of its parts; nothing where one is missing and
/// the record is therefore not in the index.
pub fn index_values(definition: &Definition, index: &IndexDef, record: &Record) -> Option<Vec<Value>> {
    index.parts().map(|part| record.get(definition.part_name(part)).cloned()).collect()
}

/// A read of records by their keys.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Get {
    /// The repository.
    pub definition: &'static Definition,
    /// Which record.
    pub key: RecordKey,
    /// Whether it must be the latest.
    pub consistent: bool,
}

impl Get {
    /// A read of the record with this key.
    pub fn new(definition: &'static Definition, key: RecordKey, consistent: bool) -> Self {
        Self { definition, key, consistent }
    }
}

/// A read of the one record that has these values of a unique index.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FindUnique {
    /// The repository.
    pub definition: &'static Definition,
    /// The unique index.
    pub index: &'static IndexDef,
    /// A value for each of its parts.
    pub values: Vec<Value>,
    /// Whether it must be the latest.
    pub consistent: bool,
}

impl FindUnique {
    /// A find by the values of a unique index.
    pub fn new(
        definition: &'static Definition,
        index: &'static IndexDef,
        values: Vec<Value>,
        consistent: bool,
    ) -> Self {
        Self { definition, index, values, consistent }
    }
}

/// What a read of many records goes over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Source {
    /// The records with one hash key, in the order of their range keys.
    Primary {
        /// The hash key.
        hash: Value,
    },
    /// The records with one value in a secondary index, in its order.
    Index {
        /// The index.
        index: &'static IndexDef,
        /// The value of its hash field.
        hash: Value,
    },
    /// All records, in no order.
    Scan {
        /// Which part of how many; each record is in exactly one.
        segment: Option<(u32, u32)>,
    },
}

/// Which range values are wanted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Span {
    /// All of them.
    All,
    /// Those between the bounds.
    Between(Bound<Value>, Bound<Value>),
    /// Text that begins so.
    Prefix(String),
}

/// Where a page ended: the values of its last record. The next page begins after it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Position {
    /// The record's range values in the index read; none for a scan.
    pub ranges: Vec<Value>,
    /// Its primary key.
    pub key: RecordKey,
}

impl Position {
    /// A position after a record with these range values and this key.
    pub fn new(ranges: Vec<Value>, key: RecordKey) -> Self {
        Self { ranges, key }
    }
}

/// A read of a page of records.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Query {
    /// The repository.
    pub definition: &'static Definition,
    /// What is read.
    pub source: Source,
    /// The range values wanted, of the first range field.
    pub span: Span,
    /// What must be true of a record to be returned.
    pub filter: Option<Expr>,
    /// Whether the order is turned round.
    pub descending: bool,
    /// How many records to return at most, after the filter. A page with fewer is the last.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<Position>,
    /// Whether the records must be the latest.
    pub consistent: bool,
    /// The stored names of the fields wanted; nothing for all of them. The keys, the range fields and
    /// the expiry have to come besides; whatever else comes is dropped.
    pub projection: Option<&'static [&'static str]>,
}

impl Query {
    /// A read of `source` with no restriction but `limit`.
    pub fn new(definition: &'static Definition, source: Source, limit: usize) -> Self {
        Self {
            definition,
            source,
            span: Span::All,
            filter: None,
            descending: false,
            limit,
            after: None,
            consistent: false,
            projection: None,
        }
    }

    /// The stored names of the range fields in the order read.
    pub fn range_names(&self) -> Vec<&'static str> {
        match &self.source {
            Source::Primary { .. } => self.definition.range_name().into_iter().collect(),
            Source::Index { index, .. } => index.ranges.iter().map(|part| self.definition.part_name(*part)).collect(),
            Source::Scan { .. } => Vec::new(),
        }
    }

    /// Where a record stands in what is read.
    pub fn position_of(&self, record: &Record) -> Result<Position> {
        let ranges = self.range_names().into_iter().map(|name| {
            let value = record.get(name).cloned();
            value.ok_or_else(|| {
                Error::codec(format!("the range field {name} is missing")).in_repository(self.definition.name())
            })
        });
        Ok(Position { ranges: ranges.collect::<Result<_>>()?, key: RecordKey::of(self.definition, record)? })
    }
}

/// A page of records.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Records {
    /// The records.
    pub records: Vec<Record>,
    /// Where to go on; nothing at the end.
    pub next: Option<Position>,
}

impl Records {
    /// A page of `records` that goes on at `next`.
    pub fn new(records: Vec<Record>, next: Option<Position>) -> Self {
        Self { records, next }
    }
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
