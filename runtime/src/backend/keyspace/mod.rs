//! One ordered key space for the embedded backends: how records, indexes and expiries are laid out
//! in it, and what every operation does to it. Where it is kept is a [`Space`]'s matter.

pub(crate) mod encoding;

#[cfg(feature = "memory")]
mod define;
#[cfg(feature = "memory")]
mod explain;
#[cfg(feature = "memory")]
mod layout;
#[cfg(feature = "memory")]
mod query;
#[cfg(feature = "memory")]
mod read;
#[cfg(feature = "memory")]
mod schema;
#[cfg(feature = "memory")]
mod space;
#[cfg(feature = "memory")]
mod store;
#[cfg(all(test, feature = "memory"))]
mod tests;
#[cfg(feature = "memory")]
mod write;

#[cfg(feature = "memory")]
pub(crate) use {
    explain::{explain_query, explain_write},
    space::{Batch, Entry, Space, View, Visit},
    store::Keyspace,
};
