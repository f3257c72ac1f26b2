//! Reads and puts of many records, each for itself.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::exchange::Batch;
use super::execute::{Operation, Origin, Prepare};
use super::executing::Executing;
use super::many::{self, Found, Keys, Stores, decode_many};
use crate::backend::Reply;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{IntoKey, Model, Unversioned};
use crate::progress::{Observer, Progress};
use crate::request;
use crate::value::Record;

/// Reads many records by their keys: what `M::get_many(..)` returns.
///
/// Executes to `Vec<Option<M>>` in the order asked; a key may repeat, and there may be any number
/// of them. DynamoDB: one `BatchGetItem` for 100 keys; MongoDB: one `find` for 1,000; PostgreSQL: one `SELECT` for 1,000;
/// Redis: one script for 500.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// assert_eq!(User::get_many(["u1", "none", "u1"]).exec(&db).await?, [Some(ada.clone()), None, Some(ada)]);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct GetMany<M> {
    pub(super) keys: Keys,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> GetMany<M> {
    /// A read of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: encode_keys::<M, K>(keys), marker: PhantomData }
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.keys.consistent = true;
        self
    }

    /// Lets the batch be watched, and accounted for if its future is dropped.
    pub fn progress(self, progress: &Progress) -> Self {
        Self { keys: self.keys.watched(progress), marker: PhantomData }
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Vec<Option<M>>>> + Send {
        Executing { asking: many::get(db, M::DEFINITION, Self::NAME, self.keys), poll: poll_many }
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let get = self.keys.prepare_get(db, M::DEFINITION).map(|(get, _)| get);
        many::explain(db, M::DEFINITION, Self::NAME, get)
    }
}

impl<M: Model> Prepare for GetMany<M> {
    const NAME: &'static str = "get_many";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::GetMany;
    type Rest = Observer;

    fn prepare(self, db: &Database) -> Result<(request::GetMany, Observer)> {
        self.keys.prepare_get(db, M::DEFINITION)
    }
}

impl<M: Model> Operation for GetMany<M> {
    type Output = Vec<Option<M>>;

    fn finish(observer: Observer, found: Vec<Option<Record>>) -> Result<Vec<Option<M>>> {
        many::report_read(&found, &observer);
        decode_many(found, &Origin::new(M::DEFINITION, Self::NAME, None))
    }
}

/// Ends in the records that were found.
fn poll_many<M: Model>(reading: &mut Reply<'_, Found>, context: &mut Context<'_>) -> Poll<Result<Vec<Option<M>>>> {
    match Pin::new(reading).poll(context) {
        Poll::Ready(Ok(found)) => Poll::Ready(decode_many(found.records, &found.origin)),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    }
}

/// The keys in their stored parts.
pub(super) fn encode_keys<M: Model, K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Keys {
    let keys = keys.into_iter();
    let mut encoded = Vec::with_capacity(keys.size_hint().0);
    for key in keys {
        encoded.push(M::encode_key(&key.into_key()));
    }
    Keys { keys: encoded, consistent: false, progress: None }
}

/// Stores many records: what `M::put_many(&[m])` returns. Not offered with a version.
///
/// Each is put for itself. Executes to `()`, or to an error whose [`failures`](crate::Error::failures)
/// give, for each record that was not stored, its position and its own error. Of one key that appears
/// twice, the last record wins.
///
/// DynamoDB: one `BatchWriteItem` for 25 records, single writes with unique fields; MongoDB: one
/// command for up to 1,000; PostgreSQL: one statement for up to 1,000, one for each with unique fields; Redis: one script
/// for up to 100.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// let events: Vec<_> = (0..300).map(|seq| Event { stream: "s".into(), seq }).collect();
/// Event::put_many(&events).exec(&db).await?;
///
/// let wrong = Event { stream: String::new(), seq: 0 };
/// let error = Event::put_many(&[wrong]).exec(&db).await.unwrap_err();
/// assert_eq!((error.failures()[0].position, error.failures()[0].error.kind()), (0, ErrorKind::InvalidInput));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct PutMany<'a, M> {
    records: &'a [M],
    progress: Option<Progress>,
}

impl<'a, M: Model> PutMany<'a, M> {
    /// A put of each of these records.
    pub fn new(records: &'a [M]) -> Self
    where
        M: Unversioned,
    {
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
        Stores::of(self.records, self.progress, false)
    }
}

impl<M: Model> Prepare for PutMany<'_, M> {
    const NAME: &'static str = "put_many";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Batch;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Batch, ())> {
        Ok((self.into_stores().prepare(db, M::DEFINITION), ()))
    }
}

impl<M: Model> Operation for PutMany<'_, M> {
    type Output = ();

    fn finish((): (), (): ()) -> Result<()> {
        Ok(())
    }
}

impl<M> Clone for GetMany<M> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), marker: PhantomData }
    }
}

impl<M> Clone for PutMany<'_, M> {
    fn clone(&self) -> Self {
        Self { records: self.records, progress: self.progress.clone() }
    }
}

impl<M: Model> fmt::Debug for GetMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GetMany({}, {} keys)", M::DEFINITION.name(), self.keys.keys.len())
    }
}

impl<M: Model> fmt::Debug for PutMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PutMany({}, {} records)", M::DEFINITION.name(), self.records.len())
    }
}
