//! One ordered key space for the embedded backends: how records, indexes and expiries are laid out
//! in it, and what every operation does to it. Where it is kept is a [`Space`]'s matter.

mod define;
pub(crate) mod encoding;
mod explain;
mod layout;
mod query;
mod read;
mod schema;
mod space;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use {
    explain::explain,
    space::{Batch, Entry, Space, View, Visit},
    store::Keyspace,
};
