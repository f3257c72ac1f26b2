//! Creates of many records, each for itself.

use std::fmt;

use super::exchange::Batch;
use super::execute::{Operation, Prepare};
use super::many::{self, Stores};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::progress::Progress;

/// Creates many records: what `M::create_many(&[m])` returns.
///
/// Each is created for itself, as [`Create`](super::Create) does it: with its automatic key and times, and with
/// version 1 for a 0. Executes to `()`, or to an error whose [`failures`](crate::Error::failures) give, for each
/// record that was not stored, its position and its own error: [`AlreadyExists`](crate::ErrorKind::AlreadyExists) for
/// a key that a live record has, [`UniqueViolation`](crate::ErrorKind::UniqueViolation) for a taken value. Of one key
/// that appears twice, the first record is stored and the second is `AlreadyExists`.
///
/// DynamoDB has no batch with conditions: a `PutItem` for each record, with unique fields a `TransactWriteItems`,
/// eight at once. MongoDB: one `insert` for up to 1,000, with a ttl field one `update`. PostgreSQL: a statement for each,
/// eight at once, with unique fields one after another. Redis: one script for up to 100.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// let events: Vec<_> = (0..3).map(|seq| Event { stream: "s".into(), seq }).collect();
/// Event::create_many(&events[..1]).exec(&db).await?;
///
/// let error = Event::create_many(&events).exec(&db).await.unwrap_err();
/// let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
/// assert_eq!(failed, [(0, ErrorKind::AlreadyExists)]);
/// assert_eq!(Event::query("s").count(&db).await?, 3);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct CreateMany<'a, M> {
    records: &'a [M],
    progress: Option<Progress>,
}

impl<'a, M: Model> CreateMany<'a, M> {
    /// A create of each of these records.
    pub fn new(records: &'a [M]) -> Self {
        Self { records, progress: None }
    }

    /// Lets the batch be watched, and accounted for if its future is dropped.
    pub fn progress(mut self, progress: &Progress) -> Self {
        progress.begin(self.records.len());
        self.progress = Some(progress.clone());
        self
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        many::store(db, M::DEFINITION, Self::NAME, self.into_stores())
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        many::explain(db, M::DEFINITION, Self::NAME, Ok(self.into_stores().prepare(db, M::DEFINITION)))
    }

    fn into_stores(self) -> Stores {
        Stores::of(self.records, self.progress, true)
    }
}

impl<M: Model> Prepare for CreateMany<'_, M> {
    const NAME: &'static str = "create_many";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Batch;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Batch, ())> {
        Ok((self.into_stores().prepare(db, M::DEFINITION), ()))
    }
}

impl<M: Model> Operation for CreateMany<'_, M> {
    type Output = ();

    fn finish((): (), (): ()) -> Result<()> {
        Ok(())
    }
}

impl<M> Clone for CreateMany<'_, M> {
    fn clone(&self) -> Self {
        Self { records: self.records, progress: self.progress.clone() }
    }
}

impl<M: Model> fmt::Debug for CreateMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreateMany({}, {} records)", M::DEFINITION.name(), self.records.len())
    }
}
