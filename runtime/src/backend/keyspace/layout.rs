//! Which keys a repository's data stand under.
//!
//! | key | entry |
//! |---|---|
//! | `0` … | the catalogue: see [`catalog`](super::catalog) |
//! | `1` repository, primary key | the record |
//! | `2` repository, index, index values, primary key | a mark |
//! | `3` repository, expiry, primary key | a mark |
//!
//! Repositories and indexes are numbers of four bytes, values are written by [`encoding`]. The
//! primary key at the end of an entry makes the order total and leads to the record. A unique
//! index is one in which no two live records share the values: a look at the entries that begin
//! with them tells.

use std::ops::Bound;

use super::bounds::Bounds;
use super::encoding;
use super::schema::{IndexSchema, Schema};
use crate::backend::plan::{Mismatch, Plan};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::{KeyRange, RecordKey};
use crate::value::{Record, Value};

const RECORDS: u8 = 1;
const INDEXES: u8 = 2;
const EXPIRIES: u8 = 3;

/// The bytes before the values in a record's key and in an index entry's.
const RECORD_HEAD: usize = 5;
const INDEX_HEAD: usize = 9;

/// A repository that was defined.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) id: u32,
    pub(super) schema: Schema,
    /// The definitions of this process by which it was defined.
    known: Vec<&'static Definition>,
}

impl Layout {
    pub(super) fn new(id: u32, schema: Schema) -> Self {
        Self { id, schema, known: Vec::new() }
    }

    /// Whether the repository was defined by this definition, in this process.
    pub(super) fn knows(&self, definition: &'static Definition) -> bool {
        self.known.iter().any(|known| std::ptr::eq(*known, definition))
    }

    /// Takes in that the repository was defined by this definition.
    pub(super) fn learn(&mut self, definition: &'static Definition) {
        if !self.knows(definition) {
            self.known.push(definition);
        }
    }

    /// Refuses a definition that does not fit what was defined.
    pub(super) fn check_fits(&self, definition: &Definition) -> Result<()> {
        let wanted = Schema::from_definition(definition);
        let mut plan = Plan::new(definition.name());
        self.schema.compare(&wanted, &mut plan);
        let missing = wanted.indexes.iter().filter(|index| self.index(&index.name).is_none());
        missing.for_each(|index| plan.add_mismatch(Mismatch::MissingIndex(index.name.clone())));
        if wanted.expires && !self.schema.expires {
            plan.add_mismatch(Mismatch::Other("the time to live is off; call define first".to_owned()));
        }
        plan.refusal().map_or(Ok(()), Err)
    }

    /// An index and its number.
    pub(super) fn index(&self, name: &str) -> Option<(u32, &IndexSchema)> {
        (0..).zip(&self.schema.indexes).find(|(_, index)| index.name == name)
    }

    pub(super) fn record_prefix(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(32);
        key.push(RECORDS);
        key.extend_from_slice(&self.id.to_be_bytes());
        key
    }

    pub(super) fn record_key(&self, key: &RecordKey) -> Result<Vec<u8>> {
        let mut out = self.record_prefix();
        push_key(&mut out, key)?;
        Ok(out)
    }

    pub(super) fn index_prefix(&self, index: u32) -> Vec<u8> {
        let mut key = Vec::with_capacity(64);
        key.push(INDEXES);
        key.extend_from_slice(&self.id.to_be_bytes());
        key.extend_from_slice(&index.to_be_bytes());
        key
    }

    /// The key of the record that an index entry leads to.
    pub(super) fn record_key_of_entry(&self, entry: &[u8], index: &IndexSchema) -> Result<Vec<u8>> {
        let values = entry.get(INDEX_HEAD..);
        let primary = index.parts.iter().try_fold(values, |rest, _| Some(rest.and_then(encoding::skip_value)));
        let primary = primary.flatten().ok_or_else(|| broken_entry(&index.name))?;
        let mut key = self.record_prefix();
        key.extend_from_slice(primary);
        Ok(key)
    }

    /// The keys of a record's entries: in the indexes it is part of, and by its expiry.
    pub(super) fn entry_keys(&self, record_key: &[u8], record: &Record) -> Result<Vec<Vec<u8>>> {
        let mut keys = Vec::with_capacity(self.schema.indexes.len() + 1);
        for (id, index) in (0..).zip(&self.schema.indexes) {
            if let Some(mut key) = self.values_prefix(id, index, record)? {
                key.extend_from_slice(record_key.get(RECORD_HEAD..).unwrap_or_default());
                keys.push(key);
            }
        }
        if let Some(at) = record.expires() {
            let mut key = self.expiry_prefix();
            encoding::push_value(&mut key, &Value::Int(at.into()))?;
            key.extend_from_slice(record_key.get(RECORD_HEAD..).unwrap_or_default());
            keys.push(key);
        }
        Ok(keys)
    }

    fn expiry_prefix(&self) -> Vec<u8> {
        let mut key = vec![EXPIRIES];
        key.extend_from_slice(&self.id.to_be_bytes());
        key
    }

    /// The expiries at `now` and before.
    pub(super) fn expired_bounds(&self, now: i64) -> Result<Bounds> {
        let until = Bound::Included(Value::Int(now.into()));
        encoding::range_bounds(self.expiry_prefix(), &KeyRange::Between(Bound::Unbounded, until))
    }

    /// The key of the record that an expiry leads to.
    pub(super) fn record_key_of_expiry(&self, expiry: &[u8]) -> Option<Vec<u8>> {
        let mut key = self.record_prefix();
        key.extend_from_slice(encoding::skip_value(expiry.get(RECORD_HEAD..)?)?);
        Some(key)
    }

    /// What a record's entry in an index begins with; nothing if the record is not in it.
    pub(super) fn values_prefix(&self, id: u32, index: &IndexSchema, record: &Record) -> Result<Option<Vec<u8>>> {
        let mut key = self.index_prefix(id);
        for part in &index.parts {
            let Some(value) = record.get(&part.name) else { return Ok(None) };
            encoding::push_value(&mut key, value).map_err(|e| e.on_index(&index.name))?;
        }
        Ok(Some(key))
    }
}

/// Appends a primary key.
pub(super) fn push_key(out: &mut Vec<u8>, key: &RecordKey) -> Result<()> {
    encoding::push_values(out, key.parts())
}

fn broken_entry(index: &str) -> Error {
    Error::codec("an index entry leads to no record").on_index(index)
}
