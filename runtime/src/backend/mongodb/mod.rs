//! MongoDB, through its own driver.

mod command;
mod connect;
mod convert;
mod errors;
mod explain;
mod expression;
mod patience;
mod query;
mod read;
mod shape;
mod update;
mod write;

use std::any::Any;
use std::fmt;
use std::time::Duration;

use mongodb::bson::doc;

use self::command::{Command, Stamps};
use super::{Backend, Plan, Reply};
use crate::config::MongoDbSettings;
use crate::definition::Definition;
use crate::error::Result;
use crate::limits::Limits;
use crate::request::{Call, FindUnique, Get, Query, RecordKey, Records, Write, Written};
use crate::value::Record;

/// A database of MongoDB.
pub struct MongoDb {
    database: mongodb::Database,
}

impl MongoDb {
    /// x
    pub async fn connect(settings: &MongoDbSettings, connect_timeout: Duration, call_timeout: Duration) -> Result<Self> {
        Ok(Self { database: connect::connect(settings, connect_timeout, call_timeout).await? })
    }
}

impl fmt::Debug for MongoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoDb").field("database", &self.database.name()).finish_non_exhaustive()
    }
}

impl Backend for MongoDb {
    fn name(&self) -> &'static str {
        "mongodb"
    }

    fn limits(&self) -> Limits {
        Limits::NONE
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        &self.database
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        Reply::later(async move {
            patience::read(&call, |_| self.database.run_command(doc! { "ping": 1 }).into_future()).await.map(drop)
        })
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        let _ = (call, definition);
        Reply::now(Ok(Plan::default()))
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let _ = (call, definition);
        Reply::now(Ok(()))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(read::get(&self.database, call, get))
    }

    fn get_many(
        &self,
        call: Call,
        definition: &'static Definition,
        keys: Vec<RecordKey>,
        _consistent: bool,
    ) -> Reply<'_, Vec<Option<Record>>> {
        Reply::later(read::get_many(&self.database, call, definition, keys))
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Reply::later(read::find_unique(&self.database, call, find))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, Records> {
        Reply::later(query::query(&self.database, call, query))
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        Reply::later(query::count(&self.database, call, query))
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        Reply::later(write::write(&self.database, call, write))
    }

    fn write_many(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Result<Written>>> {
        let _ = (call, writes);
        Reply::now(Ok(vec![]))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let _ = (call, writes);
        Reply::now(Ok(vec![]))
    }

    fn explain_query(&self, query: &Query) -> Result<String> {
        let call = Call::new("explain", crate::clock::Clock::now_millis(&crate::clock::SystemClock), Duration::ZERO);
        match query::Find::new(query, call.now_seconds())? {
            Some(find) => explain::text(&find.explain(query)),
            None => Ok("nothing is sent: no record can be in it".to_owned()),
        }
    }

    fn explain_write(&self, write: &Write) -> Result<String> {
        let call = Call::new("explain", crate::clock::Clock::now_millis(&crate::clock::SystemClock), Duration::ZERO);
        explain::text(&Command::new(write, &call, Stamps::new())?.explain(write.definition.name())?)
    }
}
