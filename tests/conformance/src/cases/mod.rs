//! The cases, by their subject: a module for each, with its list.

#![allow(missing_docs, reason = "models as a program has them")]

mod api;
mod automatic_fields;
mod batches;
mod bulk_writes;
mod cancellation;
mod coalesced;
mod codec;
mod conditional_writes;
mod conditions;
mod create_get_delete;
mod cursors;
mod error_messages;
mod expiry;
pub mod field_types;
mod index_parts;
pub mod instants;
mod key_types;
mod keys;
mod lenient;
mod locks;
mod many;
mod nested;
mod own_names;
mod pages;
mod pages_back;
pub mod prefixes;
mod projections;
mod queries;
mod queries_as_values;
mod query_bounds;
mod reads;
mod removal;
mod schema;
pub mod sets;
mod stale_reads;
mod stored_dates;
mod stored_forms_of_instants;
mod transaction_results;
mod transactions;
mod unique;
mod unknown_names;
pub mod unstamped;
mod updates;
mod versions;
mod what_was_there;

use crate::case::Case;

/// All cases of the suite.
pub fn all() -> Vec<Case> {
    [
        api::CASES,
        automatic_fields::CASES,
        batches::CASES,
        bulk_writes::CASES,
        cancellation::CASES,
        coalesced::CASES,
        codec::floats::CASES,
        codec::nulls_and_defaults::CASES,
        codec::random_values::CASES,
        codec::serde_shapes::CASES,
        codec::stored_forms::CASES,
        codec::strict_reading::CASES,
        conditional_writes::CASES,
        conditions::collections::CASES,
        conditions::comparisons::CASES,
        conditions::composition::CASES,
        conditions::text::CASES,
        create_get_delete::CASES,
        cursors::CASES,
        error_messages::CASES,
        expiry::expired_records::CASES,
        expiry::ttl_field::CASES,
        field_types::containers::CASES,
        field_types::days::CASES,
        field_types::other_forms::CASES,
        field_types::singles::CASES,
        field_types::spellings::CASES,
        index_parts::given::CASES,
        index_parts::hash::CASES,
        instants::CASES,
        key_types::CASES,
        keys::CASES,
        lenient::CASES,
        locks::CASES,
        many::CASES,
        nested::CASES,
        own_names::CASES,
        pages::CASES,
        pages_back::CASES,
        prefixes::CASES,
        projections::CASES,
        queries::CASES,
        queries_as_values::CASES,
        query_bounds::CASES,
        reads::CASES,
        removal::CASES,
        schema::CASES,
        sets::asked::CASES,
        sets::changed::CASES,
        sets::kept::CASES,
        sets::older::CASES,
        stale_reads::CASES,
        stored_dates::CASES,
        stored_forms_of_instants::CASES,
        transaction_results::CASES,
        transactions::CASES,
        unique::claims::CASES,
        unique::expired::CASES,
        unique::many_values::CASES,
        unique::transfer::CASES,
        unique::values::CASES,
        unknown_names::CASES,
        unstamped::operations::CASES,
        unstamped::expiry::CASES,
        updates::changes::CASES,
        updates::lists::CASES,
        updates::nested::CASES,
        updates::no_changes::CASES,
        updates::numbers::CASES,
        updates::patches::CASES,
        versions::CASES,
        what_was_there::CASES,
    ]
    .concat()
}
