//! MongoDB, through its own driver.

mod batch;
mod chunk;
mod command;
mod connect;
mod decode;
mod define;
mod document;
mod duplicate;
mod elements;
mod encode;
mod expiry;
mod explain;
mod failure;
mod find;
mod find_values;
#[cfg(test)]
mod fuzz;
mod guard;
mod handle;
mod hints;
mod last_seen;
mod missed;
mod options;
mod parts;
mod predicate;
mod query;
mod raw;
mod read;
mod retry;
mod session;
pub(crate) mod settings;
mod shallow;
mod stale;
mod stored;
#[cfg(test)]
mod test_definition;
mod topology;
mod transact;
mod update;
mod value;
mod write;

pub use raw::decode;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use mongodb::bson::doc;

use self::handle::Handle;
use self::hints::Hints;
use self::settings::MongoDbSettings;
use self::topology::Topology;
use super::settings::{OpenOptions, Target};
use super::support::by_definition::ByDefinition;
use super::support::runtime::ClientRuntime;
use super::{Backend, BoxFuture, Plan, Reply};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::request::{
    Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, StaleReads, Verify, Write, WriteMany, Written,
};
use crate::value::Record;

/// A database of MongoDB 6.0 or newer, through its own driver.
///
/// A repository is a collection, and its primary key is `_id`: the hash key itself, or the document
/// `{h, r}` of hash and range key. Other fields keep their names. An integer above `i64::MAX` is a
/// Decimal128, which the server compares and indexes with the other numbers by value; an instant is a
/// date. A ttl field that is an instant has the TTL index itself. The library's own fields begin with `_reposit`: of any
/// other ttl field the expiry as a date, with a TTL index on it; the stamp of the call
/// that wrote the record last; and, beside bytes that an index is ordered by, their hex text, since
/// binary data sorts by its length first. The keys of each repository are written down in the
/// collection `_reposit`, where a later `define` compares them. Under a table prefix, its name begins with that.
///
/// What each operation sends ("Database Commands" in the MongoDB manual):
///
/// | operation | commands |
/// |---|---|
/// | create | `insert`; with a ttl field `update` with upsert, which replaces an expired record |
/// | put, save | `update` that replaces; a put with upsert |
/// | get, find by a unique field | `find` |
/// | get of many | `find` with `$in`, one for 1,000 keys, four at a time |
/// | a page of a query or scan | `find`, bounded by the index it names, of one record more than the page |
/// | count | `aggregate` |
/// | update, upsert | `findAndModify` with a pipeline ("Updates with Aggregation Pipeline") |
/// | delete | `delete` |
/// | put and delete of many | `update` or `delete`, one for 1,000 records |
/// | transaction | a `find` that begins it, each write's command, `commitTransaction` |
/// | reads at one moment | `find`, one for each repository, in a session with a snapshot |
/// | repositories | `find` in `_reposit`, `listCollections` of the names |
/// | verify, repair | `listCollections`, `listIndexes`; of a unique index that is missing, `aggregate` for values that records share, and to repair it `createIndexes` |
///
/// The first call of a model on a database that did not define it looks at the collection and its indexes
/// (`listCollections`, `listIndexes`, and a `find` in `_reposit`), and is
/// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if they are not as the model says; later calls do not look.
///
/// An index of the model's name that another program made serves, if it holds the same records and refuses the same
/// writes: without `_id` at its end as well, or descending. A query names it as it is there, and the server sorts where
/// its order is another.
///
/// If a write finds no record that it may change, a `find` follows that shows why. If a unique
/// value is refused in a repository with a ttl field, a `find` shows who holds it now: only a live record
/// makes it a violation; one that has expired is deleted, and the write sent again.
///
/// Reads go to the primary, so that every one is as consistent as a consistent one, but for those of
/// [`stale_reads`](crate::Database::stale_reads); a connection string
/// that prefers others, asks for another than the latest, or wants no acknowledgement, is refused. Its other
/// read and write concerns are kept; a transaction has `snapshot` and `majority`. A write concern of
/// less than a majority can lose writes that were acknowledged.
///
/// Sessions of the driver are kept for the calls to come. So `shutdown` of the driver's client waits until the
/// database is dropped, unless it is told to be immediate.
///
/// A client of a program's own is taken as it is, by [`from_database`](MongoDb::from_database).
///
/// Connections and monitors are tasks of the tokio runtime that the database was opened on. A call from
/// another is [`Unavailable`](crate::ErrorKind::Unavailable) if that one has ended or does not run.
///
/// The driver sends a write again when the connection breaks, and the server applies it once ("Retryable
/// Writes"). If that is not enough, the record is read: the stamp in it shows that the write was applied. If
/// it is not there, the write is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// A scan in segments reads everything in the first; MongoDB divides no collection by itself. A put
/// reports that a record was there before also if that one had expired; a `write_many` of deletes reports
/// it of all or of none, since the server only counts.
///
/// Refused as [`Unsupported`](crate::ErrorKind::Unsupported): a NUL in a name, which BSON ends at; a
/// field other than the hash key that is stored as `_id`; order between bytes, but for range keys.
pub struct MongoDb {
    database: Handle,
    /// The repositories that are known to be defined as the model says, so that only the first call of a model looks;
    /// with how a query names the indexes of each.
    defined: ByDefinition<Hints>,
    runtime: ClientRuntime,
    topology: Topology,
    /// Of a client that was brought, why it cannot be used.
    refused: Option<Error>,
    /// Whether the client was made elsewhere, so that nobody looked yet at what answers.
    is_brought: bool,
}

/// The repositories of several requests, most of which are of one.
fn repositories(definitions: impl Iterator<Item = &'static Definition>) -> Vec<&'static Definition> {
    let mut definitions: Vec<_> = definitions.collect();
    definitions.dedup_by(|one, other| std::ptr::eq(*one, *other));
    definitions
}

/// How many records a transaction may write: what "Production Considerations" of transactions in the
/// MongoDB manual advises at most.
const TRANSACTION: usize = 1000;

impl Target for MongoDbSettings {
    fn name(&self) -> &'static str {
        "mongodb"
    }

    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(MongoDb::connect(self, options).await?) as Arc<dyn Backend>) })
    }
}

impl MongoDb {
    /// Opens a database, and waits until the server has answered.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::mongodb::MongoDb;
    /// use reposit::config::{MongoDbSettings, OpenOptions};
    ///
    /// let mut settings = MongoDbSettings::default();
    /// settings.uri = "mongodb://localhost:27017/?replicaSet=rs0".into();
    /// settings.database = "users".into();
    /// let mongodb = MongoDb::connect(&settings, &OpenOptions::default()).await?;
    /// let db = Database::builder().backend(mongodb).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) for a connection string that is not valid or breaks a
    /// promise, if authentication fails, and outside a tokio runtime;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) if nothing answers within
    /// [`connect_timeout`](OpenOptions::connect_timeout), with the cause for each server.
    pub async fn connect(settings: &MongoDbSettings, options: &OpenOptions) -> Result<Self> {
        let runtime = ClientRuntime::fixed("MongoDB's driver")?;
        let (database, topology) = connect::connect(settings, options.connect_timeout, options.timeout).await?;
        Ok(Self::new(database, runtime, topology))
    }

    /// A backend in a database of a client that is there already: its credentials, hosts, certificates, pool,
    /// compression and events are as they are. Nothing is sent before the first call;
    /// [`Builder::open`](crate::Builder::open) checks that the primary can be reached.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// use reposit::Database;
    /// use reposit::backend::mongodb::MongoDb;
    /// use reposit::mongodb::Client;
    ///
    /// # let client = Client::with_uri_str("mongodb://localhost").await.unwrap();
    /// let backend = MongoDb::from_database(client.database("users"));
    /// let db = Database::builder().backend(backend).table_prefix("staging-").open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Reads go to the primary whichever member the database prefers; its read and write concerns are kept. A
    /// client whose `serverSelectionTimeoutMS` is longer than a fifth of the
    /// [`timeout`](crate::Builder::timeout) may still be looking for a server when a call ends: then a write in an
    /// outage is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) or `Timeout`, where it would be
    /// `Unavailable`. The driver's default is 30 s.
    ///
    /// Errors of the calls: [`Config`](crate::ErrorKind::Config) for a write concern without acknowledgement or a read
    /// concern that may not read the latest, as for a URL; [`Unavailable`](crate::ErrorKind::Unavailable) if
    /// nothing answers, or what answers at opening is not the primary. The database has to be of the release that
    /// is compiled in, [`reposit::mongodb`](crate::mongodb).
    pub fn from_database(database: mongodb::Database) -> Self {
        let refused = connect::check_concerns(database.read_concern(), database.write_concern()).err();
        let database = connect::on_primary(&database);
        Self { refused, is_brought: true, ..Self::new(database, ClientRuntime::brought(false), Topology::default()) }
    }

    fn new(database: mongodb::Database, runtime: ClientRuntime, topology: Topology) -> Self {
        let (database, defined) = (Handle::new(database), ByDefinition::default());
        Self { database, defined, runtime, topology, refused: None, is_brought: false }
    }

    /// Refuses a call that could not be answered, or not as promised.
    async fn check_usable(&self, call: &Call) -> Result<()> {
        match &self.refused {
            Some(refused) => Err(refused.clone()),
            None => self.runtime.check_runs(call).await,
        }
    }

    /// The reply of `work`, if this is a runtime on which an answer can come. If no server was found, the error
    /// names the causes.
    fn reply<'a, T, W>(&'a self, call: Call, work: impl FnOnce(Call) -> W + Send + 'a) -> Reply<'a, T>
    where
        T: Send + 'a,
        W: Future<Output = Result<T>> + Send + 'a,
    {
        Reply::later(async move {
            self.check_usable(&call).await?;
            work(self.located(call)).await.map_err(|error| self.topology.explain(error))
        })
    }

    /// The call, with the server that it goes to if it is watched.
    fn located(&self, call: Call) -> Call {
        let primary = if call.is_watched() && call.stale_reads().is_none() { self.topology.primary() } else { None };
        match primary {
            Some((host, port)) => call.to_server(host, port),
            None => call,
        }
    }

    /// The database, once these repositories are known to be defined.
    async fn database_with(&self, call: &Call, definitions: &[&'static Definition]) -> Result<&Handle> {
        for definition in definitions {
            self.hints_of(call, definition).await?;
        }
        Ok(&self.database)
    }

    /// How a query names the repository's indexes, once it is known to be defined.
    async fn hints_of(&self, call: &Call, definition: &'static Definition) -> Result<Hints> {
        if let Some(hints) = self.defined.get(definition) {
            return Ok(hints);
        }
        // A write to a collection that does not exist would create it, without the indexes.
        // Boxed, since every call would have room for it.
        let hints = Box::pin(define::check_defined(&self.database, call, definition)).await?;
        self.defined.insert(definition, hints.clone());
        Ok(hints)
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
        Limits::NONE.record(document::LARGEST).transaction(TRANSACTION, usize::MAX)
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        &*self.database as &mongodb::Database
    }

    fn check_stale_reads(&self, reads: &StaleReads) -> Result<()> {
        stale::check(reads)
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            if self.is_brought {
                let hello = |_| self.database.run_command(doc! { "hello": 1 }).into_future();
                return connect::check_primary(&retry::read(&call, "hello", hello).await?);
            }
            retry::read(&call, "ping", |_| self.database.run_command(doc! { "ping": 1 }).into_future()).await.map(drop)
        })
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.reply(call, move |call| async move {
            document::check_unstamped(definition)?;
            define::plan(&self.database, &call, definition).await
        })
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            document::check_unstamped(definition)?;
            let hints = define::define(&self.database, &call, definition).await?;
            // An index may be there in another form than before.
            self.defined.remove(definition);
            self.defined.insert(definition, hints);
            Ok(())
        })
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            self.defined.remove(definition);
            define::drop_repository(&self.database, &call, definition).await
        })
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.reply(call, move |call| async move {
            define::truncate(self.database_with(&call, &[definition]).await?, &call, definition).await
        })
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let prefix = prefix.to_owned();
        self.reply(call, move |call| async move { define::repositories(&self.database, &call, &prefix).await })
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            read::get(self.database_with(&call, &[get.definition]).await?, &call, get).await
        })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let database = self.database_with(&call, &[get.definition]).await?;
            read::get_many(database, &call, get).await
        })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.reply(call, move |call| async move {
            read::find_unique(self.database_with(&call, &[find.definition]).await?, &call, find).await
        })
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            find_values::find_many(self.database_with(&call, &[find.definition]).await?, &call, &find).await
        })
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.reply(call, move |call| async move {
            let hints = self.hints_of(&call, query.definition).await?;
            query::query(&self.database, &call, query, &hints).await
        })
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.reply(call, move |call| async move {
            let hints = self.hints_of(&call, query.definition).await?;
            query::count(&self.database, &call, query, &hints).await
        })
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        // Not by `reply`, which would have room for the write twice.
        Reply::later(async move {
            self.check_usable(&call).await?;
            let call = self.located(call);
            let written = match self.database_with(&call, &[write.definition]).await {
                Ok(database) => write::write(database, &call, &write).await,
                Err(error) => Err(error),
            };
            written.map_err(|error| self.topology.explain(error))
        })
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.reply(call, move |call| async move {
            let definitions = repositories(many.writes.iter().map(|write| write.definition));
            let database = self.database_with(&call, &definitions).await?;
            let results = batch::write_many(database, &call, many).await?;
            Ok(results.into_iter().map(|done| done.map_err(|error| self.topology.explain(error))).collect())
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.reply(call, move |call| async move {
            let definitions = repositories(writes.iter().map(|write| write.definition));
            let database = self.database_with(&call, &definitions).await?;
            transact::transact(database, &call, writes).await
        })
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.reply(call, move |call| async move {
            let definitions = repositories(gets.iter().map(|get| get.definition));
            let database = self.database_with(&call, &definitions).await?;
            read::snapshot(database, &call, gets).await
        })
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        self.reply(call, move |call| async move { define::verify(&self.database, &call, verify).await })
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        explain::explain(&call, request, |definition| self.defined.get(definition).unwrap_or_default())
    }
}
