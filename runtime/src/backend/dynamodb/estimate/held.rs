//! A store in DynamoDB's place.

use std::cell::Cell;

use crate::backend::{Backend, Reply};
use crate::definition::Definition;
use crate::error::{ErrorKind, Result};
use crate::request::{Call, FindUnique, Get, Query, RecordKey, RecordPage};
use crate::value::Record;

/// What costs depend on: the records that are there. Nothing is an answer that is not at hand.
pub(super) trait Store {
    fn get(&self, call: &Call, get: Get) -> Option<Result<Option<Record>>>;

    fn find_unique(&self, call: &Call, find: FindUnique) -> Option<Result<Option<Record>>>;

    fn query(&self, call: &Call, query: Query) -> Option<Result<RecordPage>>;
}

/// A backend that answers at once.
pub(super) struct AtHand<'a>(pub(super) &'a dyn Backend);

impl Store for AtHand<'_> {
    fn get(&self, call: &Call, get: Get) -> Option<Result<Option<Record>>> {
        at_hand(self.0.get(call.clone(), get))
    }

    fn find_unique(&self, call: &Call, find: FindUnique) -> Option<Result<Option<Record>>> {
        at_hand(self.0.find_unique(call.clone(), find))
    }

    fn query(&self, call: &Call, query: Query) -> Option<Result<RecordPage>> {
        at_hand(self.0.query(call.clone(), query))
    }
}

fn at_hand<T>(reply: Reply<'_, T>) -> Option<Result<T>> {
    reply.into_parts().ok()
}

/// A store that is asked what it holds, for a call.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    store: &'a dyn Store,
    pub(super) call: &'a Call,
    /// Whether writes are judged by what is there.
    pub(super) judges: bool,
    is_undefined: &'a Cell<bool>,
}

impl<'a> Held<'a> {
    /// `is_undefined` becomes true if the store refuses to answer, since it has no such repository.
    pub(super) fn new(store: &'a dyn Store, call: &'a Call, judges: bool, is_undefined: &'a Cell<bool>) -> Self {
        Self { store, call, judges, is_undefined }
    }

    /// The record of a key.
    pub(super) fn record(self, definition: &'static Definition, key: &RecordKey) -> Option<Record> {
        self.told(self.store.get(self.call, Get::new(definition, key.clone(), true))).flatten()
    }

    /// The record of a unique value.
    pub(super) fn holder(self, find: FindUnique) -> Option<Record> {
        self.told(self.store.find_unique(self.call, find)).flatten()
    }

    pub(super) fn page(self, query: Query) -> Option<RecordPage> {
        self.told(self.store.query(self.call, query))
    }

    fn told<T>(self, answer: Option<Result<T>>) -> Option<T> {
        let answer = answer?;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::SchemaMismatch) {
            self.is_undefined.set(true);
        }
        answer.ok()
    }
}
