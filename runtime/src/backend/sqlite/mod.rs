//! The embedded store in an SQLite file.

mod batch;
mod commit;
mod core;
mod disk;
mod failure;
mod file;
mod json_query;
mod queue;
mod readable;
mod reader;
mod readers;
pub(crate) mod settings;
mod task;
mod turn;
mod view;
mod writer;

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::core::{Core, Handle};
use self::disk::Disk;
use self::settings::SqliteSettings;
use self::task::Act;
use super::keyspace::Keyspace;
use super::settings::{OpenOptions, Target};
use super::{
    Backend, BoxFuture, Call, FindMany, FindUnique, Get, GetMany, Limits, Plan, Query, RecordPage, Reply, Request,
    Write, WriteMany, Written,
};
use crate::clock::Clock;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::value::Record;

/// How long a connection of the user's own waits for a lock.
const CONNECT: Duration = Duration::from_secs(1);

/// What a read does.
type Look<I, T> = fn(&Keyspace<Disk>, &Call, &I) -> Result<T>;

/// A store in an SQLite file, which several processes may use at the same time.
///
/// Records and index entries stand in one table, in the order of their keys, as the backend in memory has them: both
/// mean the same. The page [`sqlite`](crate::guide::sqlite) of the guide draws the file.
///
/// - Reads are done at once, by the thread that asks, on a connection of their own: they wait for no writer. One that
///   passes more than 256 entries begins anew on a thread that may wait.
/// - Writes are done by one thread, which takes all that wait into one commit. Each is still done whole or not at all,
///   and has its own answer. When it is answered is the [`Durability`](crate::config::Durability).
/// - Expired records are deleted once a second, up to 200 at a time, by the clock of the database. If that is not known,
///   as with [`open`](Self::open), it is the time of the last call.
///
/// Three threads are started when the store is opened: `reposit-sqlite-write`, `reposit-sqlite-read1` and
/// `reposit-sqlite-read2`. They end when the last handle is gone and what they were given is done. Deadlines need a tokio
/// runtime that has its time enabled; without a runtime only the threads look at them.
pub struct Sqlite {
    core: Handle,
}

impl Sqlite {
    /// Opens a store for a [builder](crate::Database::builder). A database that is opened by a URL or a file does so by
    /// itself.
    ///
    /// ```
    /// use reposit::Database;
    /// use reposit::backend::sqlite::Sqlite;
    /// use reposit::config::SqliteSettings;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// let store = Sqlite::open(&SqliteSettings::new(":memory:")).await?;
    /// let db = Database::builder().backend(store).open().await?;
    /// assert_eq!(db.backend_name(), "sqlite");
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`Config`](crate::ErrorKind::Config) for a file that is none of the library's, is of a later format, or
    /// may not be used; [`Timeout`](crate::ErrorKind::Timeout) if another process kept it locked for five seconds.
    pub async fn open(settings: &SqliteSettings) -> Result<Self> {
        let core = Core::open(settings.clone(), None, OpenOptions::default().connect_timeout, commit::run).await?;
        Ok(Self { core })
    }

    async fn open_with(settings: &SqliteSettings, options: &OpenOptions) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::clone(&options.clock);
        let core = Core::open(settings.clone(), Some(clock), options.connect_timeout, commit::run).await?;
        Ok(Self { core })
    }

    /// The file; `:memory:` if there is none.
    pub fn path(&self) -> &Path {
        self.core.disk().path()
    }

    /// A connection of your own to the file, that only reads: for what the library does not do. What it sees is drawn
    /// in the guide.
    ///
    /// ```
    /// # use reposit::{Database, Repository, backend::sqlite::Sqlite}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] #[repository(name = "users")] struct User { #[hash_key] id: String }
    /// # fn count(db: &Database) -> Result<i64, Box<dyn std::error::Error>> {
    /// let store = db.raw::<Sqlite>().ok_or("not on SQLite")?;
    /// let count = store.connect()?.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
    /// # Ok(count) }
    /// ```
    ///
    /// Errors: [`Unsupported`](crate::ErrorKind::Unsupported) in memory, where nobody else can connect;
    /// [`Timeout`](crate::ErrorKind::Timeout) if the file is locked for a second. It blocks, as the connection does.
    pub fn connect(&self) -> Result<rusqlite::Connection> {
        match self.core.disk().is_in_memory() {
            true => Err(Error::unsupported("a store in memory has no file that could be connected to")),
            false => turn::until(Instant::now() + CONNECT, || file::open_reader(self.path())),
        }
    }

    /// Looks at once if that is quick, else on another thread.
    fn look<I, T>(&self, call: Call, input: I, look: Look<I, T>) -> Reply<'_, T>
    where
        I: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.core.note(&call);
        match turn::at_once(|| look(&self.core.keyspace, &call, &input)) {
            Some(seen) => Reply::now(seen),
            None => Reply::later(async move {
                let look_on: Act<_, T> = |keyspace, call, (input, look): (I, Look<I, T>)| look(keyspace, call, &input);
                self.core.read(call, (input, look), look_on).await
            }),
        }
    }

    /// Has a write done by the thread that writes.
    fn change<I, T>(&self, call: Call, input: I, act: Act<I, T>) -> Reply<'_, T>
    where
        I: Clone + Send + 'static,
        T: Send + 'static,
    {
        self.core.note(&call);
        Reply::later(self.core.write(call, input, act, false))
    }

    /// The same with a transaction of its own.
    fn change_alone<I, T>(&self, call: Call, input: I, act: Act<I, T>) -> Reply<'_, T>
    where
        I: Clone + Send + 'static,
        T: Send + 'static,
    {
        self.core.note(&call);
        Reply::later(self.core.write(call, input, act, true))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path()).field("keyspace", &self.core.keyspace).finish()
    }
}

impl Target for SqliteSettings {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, Result<Arc<dyn Backend>>> {
        Box::pin(async move { Ok(Arc::new(Sqlite::open_with(self, options).await?) as Arc<dyn Backend>) })
    }
}

impl Backend for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn limits(&self) -> Limits {
        self.core.keyspace.limits()
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn is_embedded(&self) -> bool {
        true
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        self.look(call, (), |keyspace, _, ()| keyspace.check_catalog())
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        self.look(call, definition, |keyspace, call, definition| keyspace.plan_definition(call, definition))
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.change_alone(call, definition, |keyspace, call, definition| keyspace.define_repository(call, definition))
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.change_alone(call, definition, |keyspace, _, definition| keyspace.remove_repository(definition))
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.change_alone(call, definition, |keyspace, _, definition| keyspace.remove_records(definition))
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        self.look(call, prefix.to_owned(), |keyspace, _, prefix| keyspace.repository_names(prefix))
    }

    fn backup(&self, call: Call, to: &Path) -> Reply<'_, ()> {
        let back_up: Act<PathBuf, ()> =
            |keyspace, _, to| keyspace.space().with_reader(|connection| file::back_up(connection, &to));
        Reply::later(self.core.read(call, to.to_owned(), back_up))
    }

    fn compact(&self, call: Call) -> Reply<'_, ()> {
        self.change_alone(call, (), |keyspace, _, ()| keyspace.space().compact())
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        match turn::singly(|| self.core.keyspace.get_record(&call, &get)) {
            Some(seen) => {
                self.core.note(&call);
                Reply::now(seen)
            }
            None => self.look(call, get, Keyspace::get_record),
        }
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.look(call, get, Keyspace::get_records)
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        self.look(call, find, Keyspace::find_record)
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        self.look(call, find, Keyspace::find_records)
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        self.look(call, query, Keyspace::query_page)
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        self.look(call, query, Keyspace::count_records)
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        self.change(call, write, Keyspace::write_record)
    }

    fn write_many(&self, call: Call, writes: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        self.core.note(&call);
        Reply::later(batch::write_many(&self.core, call, writes))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        self.change(call, writes, Keyspace::write_together)
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        self.look(call, gets, |keyspace, call, gets| keyspace.get_snapshot(call, gets))
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        self.core.keyspace.explain(call, request)
    }
}
