//! A keyspace as a backend.

use std::any::Any;

use super::explain::explain_request;
use super::space::Space;
use super::store::Keyspace;
use crate::backend::plan::Plan;
use crate::backend::reply::Reply;
use crate::backend::{Backend, Limits};
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, Write, WriteMany, Written};
use crate::value::Record;

impl<S: Space> Backend for Keyspace<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        &self.space
    }

    fn is_embedded(&self) -> bool {
        true
    }

    /// Reads the catalogue's generation, so that a store of another format is refused.
    fn ping(&self, _: Call) -> Reply<'_, ()> {
        Reply::now(self.check_catalog())
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        Reply::now(self.plan_definition(&call, definition))
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Reply::now(self.define_repository(&call, definition))
    }

    fn drop_repository(&self, _: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Reply::now(self.remove_repository(definition))
    }

    fn truncate(&self, _: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Reply::now(self.remove_records(definition))
    }

    fn repositories(&self, _: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        Reply::now(self.repository_names(prefix))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::now(self.get_record(&call, &get))
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::now(self.get_records(&call, &get))
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Reply::now(self.find_record(&call, &find))
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::now(self.find_records(&call, &find))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Reply::now(self.query_page(&call, &query))
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        Reply::now(self.count_records(&call, &query))
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        Reply::now(self.write_record(&call, write))
    }

    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        Reply::now(Ok(self.write_records(&call, writes.writes)))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        Reply::now(self.write_together(&call, writes))
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        Reply::now(self.get_snapshot(&call, &gets))
    }

    fn explain(&self, _: Call, request: Request<'_>) -> Result<String> {
        Ok(explain_request(request))
    }
}
