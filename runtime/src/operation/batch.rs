use std::fmt;
use std::marker::PhantomData;

use super::prepare::{named, store};
use crate::codec;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::progress::{Observer, Progress};
use crate::repository::{EncodedKey, IntoKey, Repository, Unversioned, check_key_parts};
use crate::request::{self, Action, RecordKey, Request, Write, WriteMany};

/// Reads many records by their keys: what `M::get_many(..)` gives.
///
/// Executes to `Vec<Option<M>>` in the order asked; a key may repeat, and there may be any number
/// of them. DynamoDB: one `BatchGetItem` for 100 keys; MongoDB: one `find` for 1,000.
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
    keys: Vec<EncodedKey>,
    consistent: bool,
    progress: Option<Progress>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> GetMany<M> {
    /// A read of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(|key| M::key_parts(&key.into_key())).collect();
        Self { keys, consistent: false, progress: None, marker: PhantomData }
    }

    /// Reads the latest: on DynamoDB strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Lets the batch be watched, and accounted for where its future is dropped.
    pub fn progress(mut self, progress: &Progress) -> Self {
        progress.begin(self.keys.len());
        self.progress = Some(progress.clone());
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<Vec<Option<M>>> {
        let definition = M::definition();
        let named = named(definition, "get_many");
        let keys = keys::<M>(self.keys, db).map_err(&named)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let observer = Observer::new(self.progress);
        let get = request::GetMany::new(definition, keys, self.consistent).observed(observer.clone());
        let found = db.backend().get_many(db.call("get_many"), get).await.map_err(&named)?;
        (0..found.len()).for_each(|at| observer.report(at, None));
        let found = found.into_iter();
        found.map(|record| record.map(|record| codec::decode(record, definition)).transpose().map_err(&named)).collect()
    }

    /// The requests that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let (definition, consistent) = (M::definition(), self.consistent);
        let keys = keys::<M>(self.keys, db);
        let get = keys.map(|keys| request::GetMany::new(definition, keys, consistent));
        get.and_then(|get| db.explain(Request::GetMany(&get))).map_err(named(definition, "explain"))
    }
}

/// The keys as they are sent.
fn keys<M: Repository>(keys: Vec<EncodedKey>, db: &Database) -> Result<Vec<RecordKey>> {
    let limits = db.backend().limits();
    keys.into_iter().map(|key| check_key_parts(M::definition(), key?, &limits)).collect()
}

/// Stores many records: what `M::put_many(&[m])` gives. Not offered with a version.
///
/// Each is put for itself. Executes to `()`, or to an error whose [`failures`](Error::failures)
/// give, for each record that was not stored, its position and its own error. Of one key that appears
/// twice, the last record wins.
///
/// DynamoDB: one `BatchWriteItem` for 25 records, single writes with unique fields; MongoDB: one
/// command for up to 1,000.
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

impl<'a, M: Repository> PutMany<'a, M> {
    /// A put of each of these records.
    pub fn new(records: &'a [M]) -> Self
    where
        M: Unversioned,
    {
        Self { records, progress: None }
    }

    /// Lets the batch be watched, and accounted for where its future is dropped.
    pub fn progress(mut self, progress: &Progress) -> Self {
        progress.begin(self.records.len());
        self.progress = Some(progress.clone());
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let writes = self.writes(db).collect();
        let written = write_many(db, "put_many", writes, Observer::new(self.progress));
        written.await.map_err(named(M::definition(), "put_many"))
    }

    /// The requests that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        explain_many(db, self.writes(db)).map_err(named(M::definition(), "explain"))
    }

    fn writes(&self, db: &Database) -> impl Iterator<Item = Result<Write>> {
        let definition = M::definition();
        self.records.iter().map(move |record| store(db, definition, codec::encode(record, definition)?, Action::Put))
    }
}

/// Takes many records away: what `M::delete_many(..)` gives. Not offered with a version.
///
/// Executes to `()`, or to an error whose [`failures`](Error::failures) give, for each key that was
/// not done, its position and its own error. A key with no record is no failure.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq }).collect();
/// # Event::put_many(&events).exec(&db).await?;
/// Event::delete_many([("s", 0), ("s", 1), ("none", 0)]).exec(&db).await?;
/// assert_eq!(Event::query("s").count(&db).await?, 3);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct DeleteMany<M> {
    keys: Vec<EncodedKey>,
    progress: Option<Progress>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> DeleteMany<M> {
    /// A delete of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self
    where
        M: Unversioned,
    {
        let keys = keys.into_iter().map(|key| M::key_parts(&key.into_key())).collect();
        Self { keys, progress: None, marker: PhantomData }
    }

    /// Lets the batch be watched, and accounted for where its future is dropped.
    pub fn progress(mut self, progress: &Progress) -> Self {
        progress.begin(self.keys.len());
        self.progress = Some(progress.clone());
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<()> {
        let writes = self.keys.into_iter().map(|key| delete::<M>(db, key)).collect();
        let written = write_many(db, "delete_many", writes, Observer::new(self.progress));
        written.await.map_err(named(M::definition(), "delete_many"))
    }

    /// The requests that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let writes = self.keys.into_iter().map(|key| delete::<M>(db, key));
        explain_many(db, writes).map_err(named(M::definition(), "explain"))
    }
}

fn delete<M: Repository>(db: &Database, key: EncodedKey) -> Result<Write> {
    let definition = M::definition();
    Ok(Write::new(definition, check_key_parts(definition, key?, &db.backend().limits())?, Action::Delete))
}

fn explain_many(db: &Database, writes: impl Iterator<Item = Result<Write>>) -> Result<String> {
    let writes: Vec<_> = writes.collect::<Result<_>>()?;
    db.explain(Request::WriteMany(&writes))
}

/// Does the writes that could be prepared, and tells of every one that was not done.
async fn write_many(
    db: &Database,
    operation: &'static str,
    prepared: Vec<Result<Write>>,
    observer: Observer,
) -> Result<()> {
    let total = prepared.len();
    let (mut writes, mut positions, mut failures) = (Vec::with_capacity(total), Vec::with_capacity(total), Vec::new());
    for (position, write) in prepared.into_iter().enumerate() {
        match write {
            Ok(write) => {
                writes.push(write);
                positions.push(position);
            }
            Err(error) => {
                observer.report(position, Some(&error));
                failures.push((position, error));
            }
        }
    }
    if !writes.is_empty() {
        let many = WriteMany::new(writes).observed(observer.for_positions(&positions));
        let results = db.backend().write_many(db.call(operation), many).await?;
        for (position, result) in positions.into_iter().zip(results) {
            observer.report(position, result.as_ref().err());
            failures.extend(result.err().map(|error| (position, error)));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    failures.sort_by_key(|(position, _)| *position);
    Err(Error::of_batch(failures, total))
}

impl<M> Clone for GetMany<M> {
    fn clone(&self) -> Self {
        let (keys, progress) = (self.keys.clone(), self.progress.clone());
        Self { keys, consistent: self.consistent, progress, marker: PhantomData }
    }
}

impl<M> Clone for PutMany<'_, M> {
    fn clone(&self) -> Self {
        Self { records: self.records, progress: self.progress.clone() }
    }
}

impl<M> Clone for DeleteMany<M> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), progress: self.progress.clone(), marker: PhantomData }
    }
}

impl<M: Repository> fmt::Debug for GetMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GetMany({}, {} keys)", M::definition().name(), self.keys.len())
    }
}

impl<M: Repository> fmt::Debug for PutMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PutMany({}, {} records)", M::definition().name(), self.records.len())
    }
}

impl<M: Repository> fmt::Debug for DeleteMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteMany({}, {} keys)", M::definition().name(), self.keys.len())
    }
}
