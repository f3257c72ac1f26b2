//! One suite over `Database`, run on every backend.
//!
//! A case is written once. `cases!` makes a test of it for each backend, and what ran where is
//! counted, so that no backend skips one in silence.

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
mod field_types;
mod index_parts;
mod instants;
mod key_types;
mod keys;
mod lenient;
mod locks;
mod many;
mod mongodb_only;
mod mongodb_unstamped;
mod nested;
mod object_ids;
mod own_names;
mod pages;
mod pages_back;
mod postgres_only;
mod prefixes;
mod projections;
mod queries;
mod queries_as_values;
mod query_bounds;
mod reads;
mod removal;
mod schema;
mod sets;
mod stale_reads;
mod stored_dates;
mod stored_forms_of_instants;
mod transaction_results;
mod transactions;
mod unique;
mod unknown_names;
mod unstamped;
mod updates;
mod versions;
mod what_was_there;
