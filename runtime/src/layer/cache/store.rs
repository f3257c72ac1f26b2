//! What is kept: records, that there is none, and which record has the values of a unique index.

use std::collections::HashMap;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache as Kept;

use super::key::{Key, prefix};
use super::marks::{Began, Marks};
use crate::definition::{Definition, IndexDef};
use crate::request::{Call, RecordKey, index_values};
use crate::value::{Record, Value};

/// What an entry takes besides its key and its record.
const HEAD: usize = 128;

/// How much is kept, and for how long.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) ttl: Duration,
    pub(super) ttl_of: HashMap<&'static str, Duration>,
}

impl Bounds {
    /// How many milliseconds an entry of a repository is kept.
    fn ttl(&self, repository: &str) -> u64 {
        let ttl = self.ttl_of.get(repository).unwrap_or(&self.ttl);
        u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The store of one cache.
#[derive(Debug)]
pub(super) struct Store {
    bounds: Bounds,
    kept: Kept<Key, Entry, Weight>,
    pub(super) marks: Marks,
}

#[derive(Debug, Clone)]
struct Entry {
    /// Who read it. Another model of the same repository reads in its own way.
    definition: &'static Definition,
    /// When, by the database's clock.
    at: i64,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// The record, or that there is none.
    Record(Option<Record>),
    /// The key of the record that has the values, or that none has; in which generation of the indexes.
    Values(Option<Key>, u64),
}

/// What an entry weighs: its bytes, but no less than its part of them all, so that both bounds hold.
#[derive(Debug, Clone)]
struct Weight {
    least: u64,
}

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, key: &Key, entry: &Entry) -> u64 {
        let content = match &entry.what {
            What::Record(record) => record.as_ref().map_or(0, |record| record.as_bytes().len()),
            What::Values(key, _) => key.as_ref().map_or(0, Key::len),
        };
        let bytes = HEAD.saturating_add(key.len()).saturating_add(content);
        u64::try_from(bytes).unwrap_or(u64::MAX).max(self.least)
    }
}

impl Store {
    pub(super) fn new(bounds: Bounds) -> Self {
        let entries = u64::try_from(bounds.entries).unwrap_or(u64::MAX);
        let bytes = if entries == 0 { 0 } else { bounds.bytes };
        let weight = Weight { least: bytes.div_ceil(entries.max(1)).max(1) };
        let kept = Kept::with_weighter(bounds.entries, bytes, weight);
        Self { bounds, kept, marks: Marks::new() }
    }

    /// Whether anything of a repository is kept.
    pub(super) fn keeps(&self, definition: &Definition) -> bool {
        self.bounds.ttl(definition.name()) > 0
    }

    fn entry(&self, definition: &'static Definition, key: &Key, call: &Call) -> Option<What> {
        let entry = self.kept.get(key)?;
        // A clock may be set back.
        let age = call.now.abs_diff(entry.at);
        let is_good = std::ptr::eq(entry.definition, definition) && age < self.bounds.ttl(definition.name());
        is_good.then_some(entry.what)
    }

    /// The record that is kept under a key; within, nothing if it is kept that there is none.
    pub(super) fn record(&self, definition: &'static Definition, key: &Key, call: &Call) -> Option<Option<Record>> {
        match self.entry(definition, key, call)? {
            // One that has expired may have been followed by another.
            What::Record(record) if record.as_ref().is_none_or(|record| record.is_live(definition, call)) => {
                Some(record)
            }
            _ => None,
        }
    }

    /// The record that is kept for values of a unique index.
    pub(super) fn by_values(
        &self,
        definition: &'static Definition,
        index: &IndexDef,
        values: &[Value],
        key: &Key,
        call: &Call,
    ) -> Option<Option<Record>> {
        match self.entry(definition, key, call)? {
            What::Values(found, generation) if generation == self.marks.generation(definition.name()) => match found {
                None => Some(None),
                Some(key) => {
                    let record = self.record(definition, &key, call)??;
                    // It may have been read anew since, with other values.
                    let has_values = index_values(definition, index, &record).is_some_and(|own| own == values);
                    has_values.then_some(Some(record))
                }
            },
            _ => None,
        }
    }

    /// Keeps what a read of a key found.
    pub(super) fn keep_record(
        &self,
        definition: &'static Definition,
        key: Key,
        began: &Began,
        at: i64,
        record: Option<Record>,
    ) {
        self.keep(key, began, Entry { definition, at, what: What::Record(record) });
    }

    /// Keeps what a read of values found.
    pub(super) fn keep_values(
        &self,
        definition: &'static Definition,
        key: Key,
        began: &Began,
        at: i64,
        record: Option<Record>,
    ) {
        if !began.indexes_settled() {
            return;
        }
        let Some(record) = record else {
            let what = What::Values(None, began.generation);
            return self.keep(key, began, Entry { definition, at, what });
        };
        let Ok(own) = RecordKey::from_record(definition, &record) else { return };
        let own = Key::of_record(definition.name(), &own);
        self.keep_record(definition, own.clone(), began, at, Some(record));
        self.keep(key, began, Entry { definition, at, what: What::Values(Some(own), began.generation) });
    }

    fn keep(&self, key: Key, began: &Began, entry: Entry) {
        // Under the mark, so that a write that begins now finds it and takes it away.
        let Some(mark) = self.marks.lock(&key) else { return };
        if mark.allows(began) {
            self.kept.insert(key, entry);
        }
    }

    /// Takes away what is kept under a key.
    pub(super) fn forget(&self, key: &Key) {
        self.kept.remove(key);
    }

    /// Takes away all that is kept of a repository.
    pub(super) fn forget_all(&self, repository: &str) {
        let prefix = prefix(repository);
        self.kept.retain(|key, _| !key.begins_with(&prefix));
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}
