//! What a request would cost on DynamoDB, by its rules, worked out from what another store holds.
//!
//! The requests are those that this backend sends, and each says what DynamoDB would report of it ("Capacity unit
//! consumption for read operations", and the same for writes, in the Amazon DynamoDB Developer Guide).

mod held;
mod pages;
mod reads;
mod sent;
mod sizes;
mod writes;

pub(crate) use self::sent::Sent;

use self::held::Held;
use crate::backend::Backend;
use crate::request::{Call, Query, Request};

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
