//! PostgreSQL, through its own driver for Rust.

mod batch;
mod chunk;
mod commit;
mod connect;
mod define;
mod expiry;
mod explain;
mod failure;
mod json;
mod link;
mod locked;
mod names;
mod param;
mod pushdown;
mod query;
mod read;
pub(crate) mod settings;
mod single;
#[doc(hidden)]
pub mod sql;
mod stamped;
mod statements;
mod table;
mod transact;
mod write;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use self::expiry::Now;
use self::link::Link;
use self::settings::PostgresSettings;
use self::table::Table;
use self::transact::Transaction;
use self::write::Sender;
use super::settings::{OpenOptions, Target};
use super::support::by_definition::ByDefinition;
use super::support::runtime::ClientRuntime;
use super::support::write_id::WriteIds;
use super::{Backend, BoxFuture, Plan, Reply};
use crate::definition::Definition;
use crate::error::{ErrorKind, Result};
use crate::limits::Limits;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, Write, WriteMany, Written};
use crate::value::Record;

/// A database of PostgreSQL 14 or newer.
///
/// A repository is a table: its primary key in the columns `h` and `r`, each of its own type, and the record as `jsonb` in
/// `doc`. Indexes are indexes of PostgreSQL over fields of the document, unique ones among them. `stamp` names the call
/// that wrote the row last, and of a model with a ttl `expires` says when the record expires. What was defined is written
/// down in the table `_reposit`.
///
/// What each operation sends:
///
/// | operation | statements |
/// |---|---|
/// | create, put, delete, replace, update, upsert | one, with its condition in it |
/// | get, find by a unique field, a page of a query or scan, count | one |
/// | get of many | one for 1,000 keys |
/// | transaction | two round trips: all rows are locked in the order of their keys, then changed and committed |
/// | put and delete of many | one for 1,000 records of a repository without unique indexes, else one for each |
/// | reads at one moment | one; of several repositories, one for each in a transaction |
///
/// A write that a statement does not decide is a transaction: one that is refused, so that the reason is seen, and one that SQL
/// cannot make in the same way. [PostgreSQL](crate::guide::postgresql) in the guide says which.
///
/// A write whose answer was lost is known by the stamp in its row; a transaction by what the server says of its id, or, if
/// the server crashed since, by its stamps. A deleted row bears no stamp: then the delete is
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// Connections are tasks of the tokio runtime that the database was opened on; they are made when they are needed. The
/// statement of a call that is given up is cancelled, and its connection closed, in the background. For each
/// model with a ttl that is used, a task deletes up to 1,000 records about every ten seconds that have expired by the
/// database's clock; if it was opened over this backend, by the time of the last call.
///
/// Text with a NUL, which PostgreSQL keeps none of, is stored with other characters in its place. Refused as
/// [`InvalidInput`](crate::ErrorKind::InvalidInput): keys and values of an index that together are longer than an index
/// holds (about 2,700 bytes).
pub struct Postgres {
    link: Link,
    schema: String,
    /// The only host, which attempts go to.
    host: Option<(String, u16)>,
    /// The tables of repositories that are known to be defined as the model says.
    defined: ByDefinition<Arc<Table>>,
    runtime: ClientRuntime,
    ids: WriteIds,
    now: Now,
}

impl Target for PostgresSettings {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move {
            let mut postgres = Postgres::connect(self, options).await?;
            // It is the database's own.
            postgres.now = Now::of_clock(options.clock.clone());
            Ok(Arc::new(postgres) as Arc<dyn Backend>)
        })
    }
}

impl Postgres {
    /// Opens a database, and waits until the server has answered.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::postgres::Postgres;
    /// use reposit::config::{OpenOptions, PostgresSettings};
    ///
    /// let mut settings = PostgresSettings::default();
    /// settings.hosts = vec![("localhost".into(), 5432)];
    /// settings.database = "users".into();
    /// let postgres = Postgres::connect(&settings, &OpenOptions::default()).await?;
    /// let db = Database::builder().backend(postgres).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) for settings that are not valid, if the server refuses the user or
    /// knows no such database, and outside a tokio runtime; [`Unavailable`](crate::ErrorKind::Unavailable) if nothing
    /// answers within [`connect_timeout`](OpenOptions::connect_timeout), or what answers takes no writes.
    pub async fn connect(settings: &PostgresSettings, options: &OpenOptions) -> Result<Self> {
        let runtime = ClientRuntime::fixed("PostgreSQL's driver")?;
        let link = connect::connect(settings, options).await?;
        let host = match &*settings.hosts {
            [host] => Some(host.clone()),
            _ => None,
        };
        let (schema, defined) = (settings.schema.clone(), ByDefinition::default());
        Ok(Self { link, schema, host, defined, runtime, ids: WriteIds::new(), now: Now::default() })
    }

    /// The reply of `work`, if this is a runtime on which an answer can come.
    fn reply<'a, T, W>(&'a self, call: Call, work: impl FnOnce(Call) -> W + Send + 'a) -> Reply<'a, T>
    where
        T: Send + 'a,
        W: Future<Output = Result<T>> + Send + 'a,
    {
        Reply::later(async move {
            self.runtime.check_runs(&call).await?;
            work(self.located(call)).await
        })
    }

    /// The call, with the server that it goes to if it is watched.
    fn located(&self, call: Call) -> Call {
        self.now.note(&call);
        match self.host.as_ref().filter(|_| call.is_watched()) {
            Some((host, port)) => call.to_server(host.clone(), *port),
            None => call,
        }
    }

    fn table(&self, definition: &'static Definition) -> Arc<Table> {
        self.defined.get(definition).unwrap_or_else(|| Arc::new(Table::new(&self.schema, definition)))
    }

    /// The table of a repository, once it is known to be defined.
    async fn table_of(&self, call: &Call, definition: &'static Definition) -> Result<Arc<Table>> {
        if let Some(table) = self.defined.get(definition) {
            return Ok(table);
        }
        let table = Arc::new(Table::new(&self.schema, definition));
        let defined = Box::pin(define::check_defined(&self.link, call, &self.schema, &table)).await;
        defined.map_err(|error| error.in_repository(definition.repository()))?;
        self.keep(definition, table.clone());
        Ok(table)
    }

    /// Keeps a table that is known to be defined.
    fn keep(&self, definition: &'static Definition, table: Arc<Table>) {
        if definition.ttl().is_some() && self.defined.get(definition).is_none() {
            expiry::keep_sweeping(&self.link, &table, &self.now);
        }
        self.defined.insert(definition, table);
    }

    async fn tables_of(
        &self,
        call: &Call,
        definitions: impl Iterator<Item = &'static Definition> + Send,
    ) -> Result<Vec<Arc<Table>>> {
        let definitions: Vec<_> = definitions.collect();
        let mut tables = Vec::with_capacity(definitions.len());
        for definition in definitions {
            tables.push(self.table_of(call, definition).await?);
        }
        Ok(tables)
    }

    /// What became of a request of a repository. If its table has gone, the next call looks again.
    fn noted<T>(&self, definition: &'static Definition, result: Result<T>) -> Result<T> {
        result.inspect_err(|error| {
            if error.kind() == ErrorKind::SchemaMismatch {
                self.defined.remove(definition);
            }
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn limits(&self) -> Limits {
        locked::LIMITS
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        &self.link.pool
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            connect::hello(&self.link, &call).await.map_err(|failure| failure.into_error(call.operation))
        })
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.reply(call, move |call| async move {
            define::plan(&self.link, &call, &self.schema, &Table::new(&self.schema, definition)).await
        })
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            let table = Arc::new(Table::new(&self.schema, definition));
            define::define(&self.link, &call, &self.schema, &table).await?;
            self.keep(definition, table);
            Ok(())
        })
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            self.defined.remove(definition);
            define::drop_repository(&self.link, &call, &self.schema, &Table::new(&self.schema, definition)).await
        })
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, definition).await?;
            self.noted(definition, define::truncate(&self.link, &call, &table).await)
        })
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let prefix = prefix.to_owned();
        self.reply(
            call,
            move |call| async move { define::repositories(&self.link, &call, &self.schema, &prefix).await },
        )
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, get.definition).await?;
            self.noted(get.definition, read::get(&self.link, &call, &table, &get).await)
        })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, get.definition).await?;
            self.noted(get.definition, read::get_many(&self.link, &call, &table, &get).await)
        })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, find.definition).await?;
            self.noted(find.definition, read::find_unique(&self.link, &call, &table, &find).await)
        })
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, find.definition).await?;
            self.noted(find.definition, read::find_many(&self.link, &call, &table, &find).await)
        })
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, query.definition).await?;
            self.noted(query.definition, query::query(&self.link, &call, &table, &query).await)
        })
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, query.definition).await?;
            self.noted(query.definition, query::count(&self.link, &call, &table, &query).await)
        })
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.reply(call, move |call| async move {
            let table = self.table_of(&call, write.definition).await?;
            let sender = Sender { link: &self.link, call: &call, table: &table, write: &write, ids: &self.ids };
            self.noted(write.definition, sender.run().await)
        })
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.reply(call, move |call| async move {
            let tables = self.tables_of(&call, many.writes.iter().map(|write| write.definition)).await?;
            Ok(batch::write_many(&self.link, &call, &tables, many, &self.ids).await)
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.reply(call, move |call| async move {
            let tables = self.tables_of(&call, writes.iter().map(|write| write.definition)).await?;
            let (link, ids) = (&self.link, &self.ids);
            let transaction =
                Transaction { link, call: &call, tables: &tables, writes: &writes, ids, is_of_one: false };
            let written = transaction.run().await;
            tables.iter().fold(written, |written, table| self.noted(table.definition, written))
        })
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let tables = self.tables_of(&call, gets.iter().map(|get| get.definition)).await?;
            let found = read::snapshot(&self.link, &call, &tables, &gets).await;
            tables.iter().fold(found, |found, table| self.noted(table.definition, found))
        })
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        explain::explain(&call, request, |definition| self.table(definition))
    }
}
