//! What a request would cost on DynamoDB, by its rules, worked out from what another store holds.
//!
//! The requests are those that this backend sends, and each says what DynamoDB would report of it ("Capacity unit
//! consumption for read operations", and the same for writes, in the Amazon DynamoDB Developer Guide).

mod held;
mod imagined;
mod pages;
mod reads;
mod sent;
mod sizes;
mod writes;

pub(crate) use self::sent::Sent;

use std::cell::Cell;

use self::held::{AtHand, Held, Store};
use self::imagined::Imagined;
use crate::backend::Backend;
use crate::request::{Call, Query, Request};

/// What would be sent for a request, on a store that answers at once and holds what DynamoDB would.
pub(crate) fn requests_for(store: &dyn Backend, call: &Call, request: Request<'_>) -> Vec<Sent> {
    asked(&AtHand(store), call, true, |held| requests_of(held, request))
}

/// What would be sent for a request if each record that it meets is there, and has so many bytes.
pub(crate) fn requests_beforehand(call: &Call, request: Request<'_>, bytes: usize) -> Vec<Sent> {
    asked(&Imagined::of(request, bytes), call, false, |held| requests_of(held, request))
}

fn requests_of(held: Held<'_>, request: Request<'_>) -> Vec<Sent> {
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
    asked(&AtHand(store), call, true, |held| pages::count(held, query))
}

/// What is sent until the store has answered. Of a repository that is not there the first request is refused.
fn asked(store: &dyn Store, call: &Call, judges: bool, estimate: impl FnOnce(Held<'_>) -> Vec<Sent>) -> Vec<Sent> {
    let is_undefined = Cell::new(false);
    let mut sent = estimate(Held::new(store, call, judges, &is_undefined));
    if is_undefined.get() {
        sent.truncate(1);
        sent.iter_mut().for_each(Sent::refuse);
    }
    sent
}
