//! One suite over `Database`, run on every backend.
//!
//! A case is written once. `cases!` makes a test of it for each backend, and what ran where is
//! counted, so that no backend skips one in silence.

mod afterlife;
mod batches;
mod conditions;
mod contested;
mod create_get_delete;
mod cursors;
mod design;
mod dropped;
mod edges;
mod expiry;
mod fidelity;
mod filled;
mod in_mongodb;
mod instants;
mod key_types;
mod keys;
mod locks;
mod messages;
mod moves;
mod nested;
mod no_changes;
mod pages;
mod projections;
mod queries;
mod random_values;
mod reads;
mod round_trips;
mod rounded;
mod schema;
mod stored_forms;
mod strict_reading;
mod transactions;
mod unique;
mod unique_values;
mod updates;
mod versions;
