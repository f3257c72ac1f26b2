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

/// How much room the values of an index are given: most take no more.
const INDEX_ROOM: usize = 64;

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

    /// The definitions of this process by which it was defined.
    pub(super) fn known(&self) -> impl Iterator<Item = &'static Definition> {
        self.known.iter().copied()
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
        let mut plan = Plan::new(definition.repository());
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
        self.index_prefix_with_room(index, INDEX_ROOM)
    }

    fn index_prefix_with_room(&self, index: u32, room: usize) -> Vec<u8> {
        let mut key = Vec::with_capacity(room);
        key.push(INDEXES);
        key.extend_from_slice(&self.id.to_be_bytes());
        key.extend_from_slice(&index.to_be_bytes());
        key
    }

    /// The key of the record that an index entry leads to.
    pub(super) fn record_key_of_entry(&self, entry: &[u8], index: &IndexSchema) -> Result<Vec<u8>> {
        let mut key = self.record_prefix();
        self.lead_to_record(&mut key, entry, INDEX_HEAD, index.parts.len(), &index.name)?;
        Ok(key)
    }

    /// Makes of a record's key that of the record that an index entry leads to. So many values stand before the
    /// primary key, after so many bytes.
    pub(super) fn lead_to_record(
        &self,
        key: &mut Vec<u8>,
        entry: &[u8],
        head: usize,
        values: usize,
        index: &str,
    ) -> Result<()> {
        let primary = (0..values).fold(entry.get(head..), |rest, _| rest.and_then(encoding::skip_value));
        key.truncate(RECORD_HEAD);
        key.extend_from_slice(primary.ok_or_else(|| broken_entry(index))?);
        Ok(())
    }

    /// The keys of a record's entries: in the indexes it is part of, and by its expiry.
    pub(super) fn entry_keys(&self, record_key: &[u8], record: &Record) -> Result<Vec<Vec<u8>>> {
        let mut keys = Vec::with_capacity(self.schema.indexes.len() + 1);
        for (id, index) in (0..).zip(&self.schema.indexes) {
            keys.extend(self.index_key(id, index, record_key, record)?);
        }
        keys.extend(self.expiry_key(record_key, record)?);
        Ok(keys)
    }

    /// The key of a record's entry in an index; nothing if the record is not in it.
    pub(super) fn index_key(
        &self,
        id: u32,
        index: &IndexSchema,
        record_key: &[u8],
        record: &Record,
    ) -> Result<Option<Vec<u8>>> {
        let primary = record_key.get(RECORD_HEAD..).unwrap_or_default();
        let mut key = self.index_prefix_with_room(id, INDEX_ROOM + primary.len());
        if !push_index_values(&mut key, index, record)? {
            return Ok(None);
        }
        key.extend_from_slice(primary);
        Ok(Some(key))
    }

    /// The key of a record's entry by its expiry, if it has one.
    pub(super) fn expiry_key(&self, record_key: &[u8], record: &Record) -> Result<Option<Vec<u8>>> {
        let Some(at) = record.expires() else { return Ok(None) };
        let mut key = self.expiry_prefix();
        encoding::push_value(&mut key, &Value::Int(at.into()))?;
        key.extend_from_slice(record_key.get(RECORD_HEAD..).unwrap_or_default());
        Ok(Some(key))
    }

    fn expiry_prefix(&self) -> Vec<u8> {
        let mut key = vec![EXPIRIES];
        key.extend_from_slice(&self.id.to_be_bytes());
        key
    }

    /// Where all that is kept of the repository stands.
    pub(super) fn all_bounds(&self) -> [Bounds; 3] {
        [RECORDS, INDEXES, EXPIRIES].map(|kind| {
            let mut prefix = vec![kind];
            prefix.extend_from_slice(&self.id.to_be_bytes());
            encoding::prefix_bounds(prefix)
        })
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
        Ok(push_index_values(&mut key, index, record)?.then_some(key))
    }
}

/// Appends what a record has in an index; says so if it is not in it.
pub(in crate::backend) fn push_index_values(out: &mut Vec<u8>, index: &IndexSchema, record: &Record) -> Result<bool> {
    for part in &index.parts {
        let Some(value) = record.get(&part.name) else { return Ok(false) };
        encoding::push_value(out, value).map_err(|e| e.on_index(&index.name))?;
    }
    Ok(true)
}

/// Appends a primary key.
pub(in crate::backend) fn push_key(out: &mut Vec<u8>, key: &RecordKey) -> Result<()> {
    encoding::push_values(out, key.parts())
}

fn broken_entry(index: &str) -> Error {
    Error::codec("an index entry leads to no record").on_index(index)
}
