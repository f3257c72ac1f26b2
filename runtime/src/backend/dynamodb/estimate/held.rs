//! A store in DynamoDB's place.

use std::cell::Cell;

use crate::backend::{Backend, Reply};
use crate::definition::Definition;
use crate::error::ErrorKind;
use crate::request::{Call, Get, RecordKey};
use crate::value::Record;

/// A store that answers at once, and is asked what it holds.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) store: &'a dyn Backend,
    pub(super) call: &'a Call,
    /// Whether it refused to answer, since it has no such repository.
    pub(super) is_undefined: &'a Cell<bool>,
}

impl Held<'_> {
    /// The record of a key.
    pub(super) fn record(self, definition: &'static Definition, key: &RecordKey) -> Option<Record> {
        self.at_hand(self.store.get(self.call.clone(), Get::new(definition, key.clone(), true))).flatten()
    }

    /// An answer that is at hand.
    pub(super) fn at_hand<T>(self, reply: Reply<'_, T>) -> Option<T> {
        let answer = reply.into_parts().ok()?;
        if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::SchemaMismatch) {
            self.is_undefined.set(true);
        }
        answer.ok()
    }
}
