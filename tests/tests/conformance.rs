//! One suite over `Database`, run on every backend: memory, MongoDB, DynamoDB Local and dynoxide.
//!
//! A case is written once. `cases!` makes a test of it for each backend, and what ran where is
//! counted, so that no backend skips one in silence.

#[path = "conformance/harness.rs"]
#[macro_use]
mod harness;
#[path = "conformance/messages.rs"]
mod messages;
#[path = "conformance/models.rs"]
mod models;

#[path = "conformance/afterlife.rs"]
mod afterlife;
#[path = "conformance/batches.rs"]
mod batches;
#[path = "conformance/conditions.rs"]
mod conditions;
#[path = "conformance/contested.rs"]
mod contested;
#[path = "conformance/create_get_delete.rs"]
mod create_get_delete;
#[path = "conformance/cursors.rs"]
mod cursors;
#[path = "conformance/design.rs"]
mod design;
#[path = "conformance/dropped.rs"]
mod dropped;
#[path = "conformance/edges.rs"]
mod edges;
#[path = "conformance/expiry.rs"]
mod expiry;
#[path = "conformance/fidelity.rs"]
mod fidelity;
#[path = "conformance/filled.rs"]
mod filled;
#[path = "conformance/in_mongodb.rs"]
mod in_mongodb;
#[path = "conformance/instants.rs"]
mod instants;
#[path = "conformance/key_types.rs"]
mod key_types;
#[path = "conformance/keys.rs"]
mod keys;
#[path = "conformance/locks.rs"]
mod locks;
#[path = "conformance/moves.rs"]
mod moves;
#[path = "conformance/nested.rs"]
mod nested;
#[path = "conformance/no_changes.rs"]
mod no_changes;
#[path = "conformance/pages.rs"]
mod pages;
#[path = "conformance/projections.rs"]
mod projections;
#[path = "conformance/queries.rs"]
mod queries;
#[path = "conformance/random_values.rs"]
mod random_values;
#[path = "conformance/reads.rs"]
mod reads;
#[path = "conformance/round_trips.rs"]
mod round_trips;
#[path = "conformance/rounded.rs"]
mod rounded;
#[path = "conformance/schema.rs"]
mod schema;
#[path = "conformance/stored_forms.rs"]
mod stored_forms;
#[path = "conformance/strict_reading.rs"]
mod strict_reading;
#[path = "conformance/transactions.rs"]
mod transactions;
#[path = "conformance/unique.rs"]
mod unique;
#[path = "conformance/unique_values.rs"]
mod unique_values;
#[path = "conformance/updates.rs"]
mod updates;
#[path = "conformance/versions.rs"]
mod versions;
