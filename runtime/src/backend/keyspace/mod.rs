//! Backends over an ordered store of bytes: how records, indexes and expiries are laid out in one key space,
//! and what every operation does to it.
//!
//! To make a backend of a store of your own, implement [`ByteSpace`] for it and put a [`Keyspace`] over it. The
//! backend in memory is made in the same way, of a [`Space`] that keeps records as they are.

mod backend;
pub(in crate::backend) mod bounds;
mod bytes;
mod catalog;
pub(in crate::backend) mod define;
pub(in crate::backend) mod encoding;
mod entry;
#[cfg(feature = "sqlite")]
mod expired;
mod explain;
pub(in crate::backend) mod layout;
pub(in crate::backend) mod page;
mod pending;
pub(in crate::backend) mod query;
pub(in crate::backend) mod read;
mod remove;
pub(in crate::backend) mod schema;
mod space;
mod store;
#[cfg(test)]
mod tests;
pub(in crate::backend) mod write;

pub use bounds::Bounds;
pub use bytes::{ByteSpace, ByteView, VisitBytes};
pub use entry::Entry;
pub use space::{Batch, Changes, Lead, Space, View, Visit};
pub use store::Keyspace;

#[cfg(feature = "sqlite")]
pub(in crate::backend) use catalog::{CATALOG_HEAD, described_repository};
