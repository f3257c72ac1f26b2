//! What a request would cost on DynamoDB, by its rules, worked out from what another store holds.
//!
//! The requests are those that this backend sends, and each says what DynamoDB would report of it ("Capacity unit
//! consumption for read operations", and the same for writes, in the Amazon DynamoDB Developer Guide).

mod pages;
mod reads;
mod sizes;
mod writes;

use crate::backend::{Backend, Reply};
use crate::definition::Definition;
use crate::request::{Attempt, Call, Capacity, Get, Query, RecordKey, Request};
use crate::value::Record;

/// A request that would be sent, and what would be reported of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    request: &'static str,
    examined: Option<u64>,
    consumed: Vec<Capacity>,
}

impl Sent {
    /// A request that consumes nothing that is reported: it is refused.
    fn refused(request: &'static str) -> Self {
        Self { request, ..Self::default() }
    }

    /// A read that looks at so many records.
    fn read(request: &'static str, examined: usize, consumed: Vec<Capacity>) -> Self {
        Self { request, examined: Some(u64::try_from(examined).unwrap_or(u64::MAX)), consumed }
    }

    fn write(request: &'static str, consumed: Vec<Capacity>) -> Self {
        Self { request, examined: None, consumed }
    }

    /// As an attempt that was answered.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        let attempt = Attempt::new(self.request).consumed(&self.consumed);
        match self.examined {
            Some(examined) => attempt.examined(examined),
            None => attempt,
        }
    }
}

/// A store that answers at once, and is asked what it holds.
#[derive(Clone, Copy)]
struct Held<'a> {
    store: &'a dyn Backend,
    call: &'a Call,
}

impl Held<'_> {
    /// The record of a key.
    fn record(self, definition: &'static Definition, key: &RecordKey) -> Option<Record> {
        at_hand(self.store.get(self.call.clone(), Get::new(definition, key.clone(), true))).flatten()
    }
}

/// An answer that is at hand.
fn at_hand<T>(reply: Reply<'_, T>) -> Option<T> {
    reply.into_parts().ok()?.ok()
}

/// What would be sent for a request, on a store that answers at once and holds what DynamoDB would.
pub(crate) fn requests_for(store: &dyn Backend, call: &Call, request: Request<'_>) -> Vec<Sent> {
    let held = Held { store, call };
    match request {
        Request::Get(get) => reads::get(held, get),
        Request::GetMany(get) => reads::get_many(held, get),
        Request::FindUnique(find) => reads::find_unique(held, find),
        Request::FindMany(find) => reads::find_many(held, find),
        Request::Snapshot(gets) => reads::snapshot(held, gets),
        Request::Query(query) => pages::read_page(held, query),
        Request::Write(write) => writes::write(held, write),
        Request::WriteMany(many) => writes::write_many(held, many),
        Request::Transact(together) => writes::transact(held, together),
    }
}

/// What would be sent to count a query.
pub(crate) fn requests_for_count(store: &dyn Backend, call: &Call, query: &Query) -> Vec<Sent> {
    pages::count(Held { store, call }, query)
}
