//! The database: a backend, a clock and deadlines, behind a handle that is cheap to clone.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::settings::{OpenOptions, Secret};
use crate::backend::{Backend, Layer, Plan};
use crate::binding::Binding;
use crate::clock::Clock;
use crate::coalesce::Coalescing;
use crate::definition::{Definition, LOCKS};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::repository_set::RepositorySet;
use crate::request::{Call, Query, Request, StaleReads, Verify};
use crate::ulid::Sequence;

/// A database that repositories run on. Cloning it is cheap, and clones share everything.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// let db = Database::open("memory:").await?;
/// db.define::<User>().await?;
/// User::create(&User { id: "u1".into(), age: 36 }).exec(&db).await?;
/// let ada = User::update("u1").add(User::AGE, 1).exec(&db).await?;
/// assert_eq!(ada.age, 37);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Database(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    define_timeout: Duration,
    cursor_key: Vec<u8>,
    /// Where reads go, if they may be stale.
    stale: Option<Arc<StaleReads>>,
    /// Those that are filled in as keys.
    ids: Arc<Sequence>,
}

impl Database {
    pub(crate) fn assemble(backend: Arc<dyn Backend>, options: OpenOptions, cursor_key: &Secret) -> Self {
        let OpenOptions { timeout, define_timeout, clock, .. } = options;
        let cursor_key = cursor_key.expose().as_bytes().to_vec();
        let ids = Arc::new(Sequence::new());
        Self(Arc::new(Inner { backend, clock, timeout, define_timeout, cursor_key, stale: None, ids }))
    }

    /// The same database on another backend.
    pub(crate) fn map_backend(&self, change: impl FnOnce(Arc<dyn Backend>) -> Arc<dyn Backend>) -> Self {
        let inner = Inner::clone(&self.0);
        Self(Arc::new(Inner { backend: change(inner.backend), ..inner }))
    }

    /// The same database, whose reads may be stale.
    pub(crate) fn reading_stale(&self, reads: StaleReads) -> Self {
        Self(Arc::new(Inner { stale: Some(Arc::new(reads)), ..Inner::clone(&self.0) }))
    }

    /// Creates what is missing for a model's repository, or for those of a tuple of models and tuples, and checks
    /// what exists. It drops nothing, changes nothing that exists, and waits until tables and indexes
    /// are ready, for no longer than `define_timeout` for all the models together. Any number of
    /// processes may run it at once.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[derive(Serialize, Deserialize, Repository)] struct Token { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?;
    /// db.define::<User>().await?;
    /// db.define::<(User, Token)>().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch), listing each difference, where
    /// something exists with another shape; nothing is changed then, of any model in a tuple;
    /// [`Timeout`](crate::ErrorKind::Timeout), naming what was waited for.
    ///
    /// DynamoDB: `DescribeTable`, and what is missing: `CreateTable`, `UpdateTable` for an index,
    /// `UpdateTimeToLive`; no read or write units. MongoDB: `listCollections`, `listIndexes`, and
    /// `create` and `createIndexes` for what is missing. PostgreSQL: reads of its catalogue and of the table `_reposit`, under an
    /// advisory lock; `CREATE TABLE`, or `CREATE INDEX CONCURRENTLY` on a table that is there. Redis: `HGETALL`, and scripts
    /// that put 200 records each into a new index.
    pub async fn define<P: RepositorySet>(&self) -> Result<()> {
        self.define_all(&P::definitions()).await
    }

    /// Does what [`define`](Self::define) does for the repositories of these definitions: where they are gathered
    /// at run time, from the modules of a program for example.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[derive(Serialize, Deserialize, Repository)] struct Token { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?;
    /// let modules = [User::definition(), Token::definition()];
    /// db.define_all(&modules).await?;
    /// assert!(db.plan_all(&modules).await?.iter().all(|plan| plan.is_empty()));
    /// # Ok(()) }
    /// ```
    pub async fn define_all(&self, definitions: &[&'static Definition]) -> Result<()> {
        // One deadline for all of them.
        let call = Call::new("define", self.now(), self.0.define_timeout);
        if definitions.len() > 1 {
            // What one of them would refuse is found before another is made.
            for plan in self.plans(&call, definitions).await? {
                plan.refusal().map_or(Ok(()), |refusal| Err(refusal.in_operation("define")))?;
            }
        }
        for definition in definitions {
            let named = |e: Error| e.in_repository(definition.name()).in_operation("define");
            self.0.backend.define(call.clone(), definition).await.map_err(named)?;
        }
        Ok(())
    }

    /// What [`define`](Self::define) would do for a model, or for a tuple of models. Changes nothing, and
    /// takes no longer than one operation for all the models together.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[derive(Serialize, Deserialize, Repository)] struct Token { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?;
    /// for plan in db.plan::<(User, Token)>().await? {
    ///     println!("{plan}");
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn plan<P: RepositorySet>(&self) -> Result<Vec<Plan>> {
        self.plan_all(&P::definitions()).await
    }

    /// Does what [`plan`](Self::plan) does for the repositories of these definitions.
    pub async fn plan_all(&self, definitions: &[&'static Definition]) -> Result<Vec<Plan>> {
        let call = Call::new("plan", self.now(), self.0.timeout.min(self.0.define_timeout));
        self.plans(&call, definitions).await
    }

    async fn plans(&self, call: &Call, definitions: &[&'static Definition]) -> Result<Vec<Plan>> {
        let mut plans = Vec::new();
        for definition in definitions {
            let named = |e: Error| e.in_repository(definition.name()).in_operation(call.operation);
            plans.push(self.0.backend.plan(call.clone(), definition).await.map_err(named)?);
        }
        Ok(plans)
    }

    /// The names of the repositories that are there, in order, without the table prefix. That of the locks is not
    /// among them.
    ///
    /// For tools and tests.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] #[repository(name = "users")] struct User { #[hash_key] id: String }
    /// # #[derive(Serialize, Deserialize, Repository)] #[repository(name = "tokens")] struct Token { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// let db = Database::open("memory:?table_prefix=staging-").await?;
    /// db.define::<(User, Token)>().await?;
    /// assert_eq!(db.repositories().await?, ["tokens", "users"]);
    /// # Ok(()) }
    /// ```
    ///
    /// | backend | lists | requests |
    /// |---|---|---|
    /// | memory, SQLite | what was defined in the store | none |
    /// | MongoDB | what was defined in the database under this prefix and has its collection; other programs' collections are not listed | `find` in `_reposit`, `listCollections` |
    /// | PostgreSQL | what was defined in the schema under this prefix | a `SELECT` in `_reposit` |
    /// | Redis | what was defined under this prefix | `SMEMBERS`, and an `EXISTS` for each |
    /// | DynamoDB | all tables of the account and region that begin with the prefix, whoever made them, but those of unique values | `ListTables`, one for 100 tables |
    ///
    /// Without a prefix, the embedded backends, Redis and DynamoDB list what is there under any. Errors:
    /// [`Unsupported`](crate::ErrorKind::Unsupported) by a backend of someone else's that has no such list.
    pub async fn repositories(&self) -> Result<Vec<String>> {
        let listed = self.0.backend.repositories(self.call("repositories"), "").await;
        let mut names = listed.map_err(|e| e.in_operation("repositories"))?;
        names.retain(|name| name != LOCKS);
        names.sort_unstable();
        Ok(names)
    }

    /// Finds what others broke of a repository's uniqueness, a line each.
    ///
    /// DynamoDB: guards of unique values without their record, and records without their guards; reads
    /// all records and guards. MongoDB: unique indexes that are missing or of another shape; reads the
    /// records only if one is missing, for values that they share. Redis: records that are missing in their indexes; reads all
    /// records. PostgreSQL, which keeps its indexes itself, and the embedded backends: nothing is looked for.
    ///
    /// Writers may be at work meanwhile: what they are in the middle of is not taken for broken. May take
    /// as long as [`define`](Self::define).
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, #[index(unique)] email: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// assert!(db.verify::<User>().await?.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// Errors: [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if a server does not have the repository.
    pub async fn verify<M: Model>(&self) -> Result<Vec<String>> {
        self.run_verify("verify", Verify::new(M::DEFINITION)).await
    }

    /// Does what [`verify`](Self::verify) does, and repairs what it finds, a guard at a time and only if the
    /// record is still as it was seen. What only the data's owner can decide is reported and left as it is:
    /// two records that share a value.
    pub async fn repair<M: Model>(&self) -> Result<Vec<String>> {
        self.run_verify("repair", Verify::new(M::DEFINITION).repairing()).await
    }

    async fn run_verify(&self, operation: &'static str, verify: Verify) -> Result<Vec<String>> {
        let name = verify.definition.name();
        let call = Call::new(operation, self.now(), self.0.define_timeout);
        let named = |e: Error| e.in_repository(name).in_operation(operation);
        self.0.backend.verify(call, verify).await.map_err(named)
    }

    /// The same database on a handle whose `get`s are gathered: those that come within `window` of the
    /// first go to the server as one request, and each gets its own record. Every other operation is as it is
    /// without. `explain` shows the get alone.
    ///
    /// For many gets at the same time that know nothing of each other, such as those of the handlers of a
    /// server. Where the keys are known together, `get_many` is the simpler way.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into() }).exec(&db).await?;
    /// use std::time::Duration;
    ///
    /// let gathered = db.coalesced(Duration::from_millis(1));
    /// let (one, other) = tokio::join!(User::get("u1").exec(&gathered), User::get("u2").exec(&gathered));
    /// assert_eq!((one?, other?), (Some(User { id: "u1".into() }), None));
    /// # Ok(()) }
    /// ```
    ///
    /// Limits: gets are gathered by handle (and its clones), by model and by whether they are
    /// `consistent`. With the hundredth, a request is sent at once, and the next get begins another. A get
    /// waits for `window`, by tokio's timer, which counts in milliseconds; [`Duration::ZERO`] gathers what is
    /// asked for in one turn of the runtime. Each get keeps its own deadline. One whose time is
    /// not twice the `window`, or no more than 25 ms, is sent alone and at once.
    ///
    /// No task is spawned: one of the gets drives the request while it is polled. If it is dropped, another
    /// goes on at once; if it is merely not polled, after 25 ms.
    ///
    /// Errors: of one request that cannot be reached, is throttled or times out, each of its gets has the
    /// error. After any other error each get is sent again alone, so that a record that cannot be read
    /// is an error only where it was asked for.
    ///
    /// DynamoDB: one `BatchGetItem`; the same read units. MongoDB: one `find` with `$in`. PostgreSQL: one `SELECT`. Redis: one script. A get that nobody
    /// joined is the request that it always is. The embedded backend answers at once, and the handle is the same.
    #[must_use]
    pub fn coalesced(&self, window: Duration) -> Self {
        match self.backend().is_embedded() {
            true => self.clone(),
            false => self.map_backend(|backend| Coalescing { window }.layer(backend)),
        }
    }

    /// The backend's name: `memory`, `sqlite`, `mongodb`, `dynamodb`, `postgres`, `redis`, or that of one of your own.
    pub fn backend_name(&self) -> &'static str {
        self.0.backend.name()
    }

    /// The backend's own client, for what the library does not do: `aws_sdk_dynamodb::Client`,
    /// `mongodb::Database`, `deadpool_postgres::Pool`, `redis::Client`; of the embedded ones the store itself. Nothing if the backend's is of another type.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// let db = reposit::Database::open("memory:").await?;
    /// assert!(db.raw::<reposit::backend::memory::Memory>().is_some());
    /// # Ok(()) }
    /// ```
    pub fn raw<T: Any>(&self) -> Option<&T> {
        self.0.backend.raw().downcast_ref()
    }

    /// Whether the backend answers within the deadline.
    pub async fn ping(&self) -> Result<()> {
        self.0.backend.ping(self.call("ping")).await.map_err(|e| e.in_operation("ping"))
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.0.backend
    }

    /// How long an operation may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// How long definitions and removals may take.
    pub(crate) fn define_timeout(&self) -> Duration {
        self.0.define_timeout
    }

    /// The time by the database's clock, in milliseconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.0.clock.now_millis()
    }

    /// The identifiers that are filled in.
    pub(crate) fn ids(&self) -> &Sequence {
        &self.0.ids
    }

    pub(crate) fn call(&self, operation: &'static str) -> Call {
        Call::new(operation, self.now(), self.0.timeout).stale(self.0.stale.clone())
    }

    /// What the backend would send, at this time of the database's clock.
    pub(crate) fn explain(&self, request: Request<'_>) -> Result<String> {
        self.backend().explain(self.call("explain"), request)
    }

    pub(crate) fn bind(&self, query: &Query) -> Binding {
        Binding::new(query, &self.0.cursor_key)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("backend", &self.0.backend)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}
