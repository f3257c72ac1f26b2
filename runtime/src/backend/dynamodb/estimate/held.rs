//! A store in DynamoDB's place.

use crate::backend::{Backend, Reply};
use crate::definition::Definition;
use crate::request::{Call, Get, RecordKey};
use crate::value::Record;

/// A store that answers at once, and is asked what it holds.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) store: &'a dyn Backend,
    pub(super) call: &'a Call,
}

impl Held<'_> {
    /// The record of a key.
    pub(super) fn record(self, definition: &'static Definition, key: &RecordKey) -> Option<Record> {
        at_hand(self.store.get(self.call.clone(), Get::new(definition, key.clone(), true))).flatten()
    }
}

/// An answer that is at hand.
pub(super) fn at_hand<T>(reply: Reply<'_, T>) -> Option<T> {
    reply.into_parts().ok()?.ok()
}
