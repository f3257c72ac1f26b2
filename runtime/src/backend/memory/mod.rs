//! The embedded store in memory.

mod forest;
mod keys;
mod node;
pub(crate) mod settings;
#[cfg(test)]
mod tests;
mod tree;

use std::any::Any;
use std::sync::Arc;

use self::settings::MemorySettings;
pub(crate) use self::tree::Tree;
use super::keyspace::Keyspace;
use super::settings::{OpenOptions, Target};
use super::{
    Backend, BoxFuture, Call, FindMany, FindUnique, Get, GetMany, Limits, Plan, Query, RecordPage, Reply, Request,
    Verify, Write, WriteMany, Written,
};
use crate::definition::Definition;
use crate::error::Result;
use crate::value::Record;

/// A store in this process's memory, gone when its last handle is. Each that is opened is a store
/// of its own.
///
/// Records and index entries stand in one ordered tree, under keys whose bytes have the order of the
/// values. Readers do not wait for each other, and a record is not copied for the one who reads it. One write
/// comes after the other; a reader waits at most while a change of a few keys, or a pointer to the outcome of a
/// longer one, is put in its place. Every answer is at hand at once: no
/// operation waits, and none is ever [`Timeout`](crate::ErrorKind::Timeout),
/// [`Throttled`](crate::ErrorKind::Throttled) or [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// - `get` looks one key up, `get_many` each of its keys, in one state of the store.
/// - A query reads the part of one index between two keys, one record further than its page, and
///   looks each record up; a filter is applied to what is read.
/// - `find_unique` reads the entries that have its values, usually one. Every read is consistent.
/// - A write looks up the record that is there, and for each unique index the entries with the new
///   values; it then changes the record and the entries that differ, all at once.
/// - A transaction does its writes one after another on one state; each sees those before it.
/// - `define` indexes the records that are there already. A later definition may add indexes, and
///   one that lacks some leaves them as they are: they are kept up to date all the same.
/// - Each write on a repository with a time to live clears two expired records away.
#[derive(Debug)]
pub struct Memory {
    inner: Keyspace<Tree>,
}

impl Memory {
    /// An empty store.
    pub fn new(settings: &MemorySettings) -> Self {
        Self { inner: Keyspace::new(Tree::default(), settings.limits).named("memory") }
    }
}

impl Target for MemorySettings {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn open<'a>(&'a self, _: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(Memory::new(self)) as Arc<dyn Backend>) })
    }
}

// Written out, not by `Forward`: a layer over a `Memory` uses both traits, and each of its calls would be
// ambiguous if `Memory` had the methods of both.
impl Backend for Memory {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn is_embedded(&self) -> bool {
        self.inner.is_embedded()
    }

    /// The two share all nodes until one of them changes some.
    fn fork(&self) -> Option<Arc<dyn Backend>> {
        let space = self.inner.space().fork();
        Some(Arc::new(Self { inner: Keyspace::new(space, self.limits()).named(self.name()) }))
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.inner.ping(call)
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.inner.plan(call, definition)
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner.define(call, definition)
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner.drop_repository(call, definition)
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.inner.truncate(call, definition)
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        self.inner.repositories(call, prefix)
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.inner.get(call, get)
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.inner.get_many(call, get)
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.inner.find_unique(call, find)
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.inner.find_many(call, find)
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.inner.query(call, query)
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.inner.count(call, query)
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.inner.write(call, write)
    }

    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.inner.write_many(call, writes)
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.inner.transact(call, writes)
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.inner.read_snapshot(call, gets)
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        self.inner.verify(call, verify)
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        self.inner.explain(call, request)
    }
}
