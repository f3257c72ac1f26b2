//! What is to be read: records by their keys, or by the values of a unique index.

use super::key::Key;
use super::marks::Began;
use super::store::Store;
use crate::backend::Backend;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::progress::Observer;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, RecordKey};
use crate::value::{Record, Value};

/// Which record is wanted.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// The one with this key.
    Record(RecordKey),
    /// The one with these values of a unique index.
    Values(&'static IndexDef, Vec<Value>),
}

impl Wanted {
    /// What it is kept under.
    pub(super) fn key(&self, definition: &Definition) -> Key {
        match self {
            Self::Record(key) => Key::of_record(definition.name(), key),
            Self::Values(index, values) => Key::of_values(definition.name(), index, values),
        }
    }

    /// What is kept; within, nothing if it is kept that there is none.
    pub(super) fn find_kept(
        &self,
        store: &Store,
        definition: &'static Definition,
        call: &Call,
    ) -> Option<Option<Record>> {
        let key = self.key(definition);
        match self {
            Self::Record(_) => store.record(definition, &key, call),
            Self::Values(index, values) => store.by_values(definition, index, values, &key, call),
        }
    }
}

/// A read: of records by their keys, or by the values of one index.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) call: Call,
    pub(super) definition: &'static Definition,
    pub(super) wanted: Vec<Wanted>,
    /// Whether it was asked for as one record: then it is sent as that.
    is_one: bool,
    observer: Observer,
}

impl Read {
    pub(super) fn one(call: Call, definition: &'static Definition, wanted: Wanted) -> Self {
        Self { call, definition, wanted: vec![wanted], is_one: true, observer: Observer::default() }
    }

    pub(super) fn many(call: Call, definition: &'static Definition, wanted: Vec<Wanted>, observer: Observer) -> Self {
        Self { call, definition, wanted, is_one: false, observer }
    }

    /// The same of what is at these positions only.
    pub(super) fn only(&self, positions: &[usize]) -> Self {
        let wanted = positions.iter().filter_map(|at| self.wanted.get(*at).cloned()).collect();
        Self {
            call: self.call.clone(),
            definition: self.definition,
            wanted,
            is_one: self.is_one,
            // Who joins a read of others hears of it in the end.
            observer: if positions.len() == self.wanted.len() { self.observer.clone() } else { Observer::default() },
        }
    }

    pub(super) fn is_by_index(&self) -> bool {
        matches!(self.wanted.first(), Some(Wanted::Values(..)))
    }

    /// Asks the backend.
    pub(super) async fn send(&self, inner: &dyn Backend) -> Result<Vec<Option<Record>>> {
        let (call, definition) = (self.call.clone(), self.definition);
        match self.wanted.as_slice() {
            [Wanted::Record(key)] if self.is_one => {
                inner.get(call, Get::new(definition, key.clone(), false)).await.map(|record| vec![record])
            }
            [Wanted::Values(index, values)] if self.is_one => {
                let find = FindUnique::new(definition, index, values.clone(), false);
                inner.find_unique(call, find).await.map(|record| vec![record])
            }
            [Wanted::Values(index, _), ..] => {
                let values = self.wanted.iter().filter_map(|wanted| match wanted {
                    Wanted::Values(_, values) => Some(values.clone()),
                    Wanted::Record(_) => None,
                });
                inner.find_many(call, FindMany::new(definition, index, values.collect(), false)).await
            }
            _ => {
                let keys = self.wanted.iter().filter_map(|wanted| match wanted {
                    Wanted::Record(key) => Some(key.clone()),
                    Wanted::Values(..) => None,
                });
                let get = GetMany::new(definition, keys.collect(), false).observed(self.observer.clone());
                inner.get_many(call, get).await
            }
        }
    }

    /// Keeps what was found, and gives it on.
    pub(super) fn keep(&self, store: &Store, began: &Began, records: Vec<Option<Record>>) -> Vec<Option<Record>> {
        let records: Vec<_> = records.into_iter().map(|record| record.map(Record::shared)).collect();
        for (wanted, record) in self.wanted.iter().zip(&records) {
            let key = wanted.key(self.definition);
            match wanted {
                Wanted::Record(_) => {
                    store.keep_record(self.definition, key, began, self.call.now, record.clone());
                }
                Wanted::Values(..) => {
                    store.keep_values(self.definition, key, began, self.call.now, record.clone());
                }
            }
        }
        records
    }
}
