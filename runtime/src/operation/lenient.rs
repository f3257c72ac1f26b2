//! Reads that give a record which does not fit the model as an error of its own.

use std::fmt;
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;

use super::collect;
use super::execute::{Origin, Prepare};
use super::executing::Executing;
use super::index_kind::IndexKind;
use super::page::Page;
use super::query::Query;
use super::reading::{Collected, Reading, decode_one};
use super::scan::Scan;
use super::stream::RecordStream;
use crate::backend::Reply;
use crate::database::Database;
use crate::error::Result;
use crate::model::Model;
use crate::request::RecordKey;
use crate::value::Record;

/// A query or scan that gives each record as its own `Result`: what `.lenient()` returns.
///
/// A record that others stored so that it does not fit the model is a [`Codec`](crate::ErrorKind::Codec) error in
/// its place, which names the field and what was found, and whose [`key`](crate::Error::key) is the record's. Without
/// `lenient` it is the end of the read. All else that can go wrong ends the read as before: a server that is away, or a record whose
/// key or place in the index is none, after which nothing could go on.
///
/// It costs nothing more on any backend.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] #[repository(name = "users")]
/// # struct Theirs { #[hash_key] id: String, age: String }
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)] #[repository(name = "users")]
/// # struct User { #[hash_key] id: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # User::create(&User { id: "ada".into(), age: 36 }).exec(&db).await?;
/// // Another program stored text where the model has a number.
/// Theirs::put(&Theirs { id: "bob".into(), age: "young".into() }).exec(&db).await?;
/// let users = User::scan().lenient().all(&db).await?;
/// let (whole, broken): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| user.is_ok());
/// assert_eq!((whole.len(), broken.len()), (1, 1));
/// let error = broken[0].as_ref().unwrap_err();
/// assert_eq!(error.key().map(|key| key.hash().clone()), Some("bob".into()));
/// assert!(error.to_string().contains("age"));
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until it is executed"]
#[derive(Clone)]
pub struct Lenient<Q>(Q);

impl<M: Model, R, K: IndexKind, O: DeserializeOwned + Send> Query<M, R, K, O> {
    /// Gives each record as its own `Result`: see [`Lenient`].
    pub fn lenient(self) -> Lenient<Self> {
        Lenient(self)
    }
}

impl<M: Model, O: DeserializeOwned + Send> Scan<M, O> {
    /// Gives each record as its own `Result`: see [`Lenient`].
    pub fn lenient(self) -> Lenient<Self> {
        Lenient(self)
    }
}

impl<M: Model, R, K: IndexKind, O: DeserializeOwned + Send> Lenient<Query<M, R, K, O>> {
    /// A page. The errors are those of [`Query::exec`], but for records that do not fit.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Page<Result<O>>>> + Send {
        Executing { asking: self.reading(db), poll: poll_page }
    }

    /// All records, or as many as the limit says.
    pub fn all(self, db: &Database) -> impl Future<Output = Result<Vec<Result<O>>>> + Send {
        Executing { asking: self.reading(db), poll: poll_all }
    }

    /// The records one by one. The stream goes on after one that does not fit; any other error ends it.
    pub fn stream(self, db: &Database) -> RecordStream<M, O> {
        RecordStream::lenient(self.reading(db))
    }

    fn reading(self, db: &Database) -> Reading<'_> {
        Reading::of_query(db, M::DEFINITION, <Query<M, R, K, O> as Prepare>::NAME, self.0.parts)
    }
}

impl<M: Model, O: DeserializeOwned + Send> Lenient<Scan<M, O>> {
    /// A page. The errors are those of [`Scan::exec`], but for records that do not fit.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Page<Result<O>>>> + Send {
        Executing { asking: self.reading(db), poll: poll_page }
    }

    /// All records, or as many as the limit says, in segments if there are any.
    pub fn all(self, db: &Database) -> impl Future<Output = Result<Vec<Result<O>>>> + Send {
        let reading = collect::read_segments(db, M::DEFINITION, <Scan<M, O> as Prepare>::NAME, self.0.parts);
        Executing { asking: Reply::later(reading), poll: poll_collected }
    }

    /// The records one by one. The stream goes on after one that does not fit; any other error ends it.
    pub fn stream(self, db: &Database) -> RecordStream<M, O> {
        RecordStream::lenient(self.reading(db))
    }

    fn reading(self, db: &Database) -> Reading<'_> {
        Reading::of_scan(db, M::DEFINITION, <Scan<M, O> as Prepare>::NAME, self.0.parts)
    }
}

impl<Q: fmt::Debug> fmt::Debug for Lenient<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lenient").field(&self.0).finish()
    }
}

fn poll_page<O: DeserializeOwned>(
    reading: &mut Reading<'_>,
    context: &mut Context<'_>,
) -> Poll<Result<Page<Result<O>>>> {
    reading.poll_ends(context).map_ok(|ends| {
        let items = decode_each(ends.records, &reading.origin, reading.fields);
        Page { items, next: ends.next, previous: ends.previous }
    })
}

fn poll_all<O: DeserializeOwned>(reading: &mut Reading<'_>, context: &mut Context<'_>) -> Poll<Result<Vec<Result<O>>>> {
    reading.poll_records(context).map_ok(|records| decode_each(records, &reading.origin, reading.fields))
}

fn poll_collected<O: DeserializeOwned>(
    collecting: &mut Reply<'_, Collected>,
    context: &mut Context<'_>,
) -> Poll<Result<Vec<Result<O>>>> {
    let collected = std::pin::Pin::new(collecting).poll(context);
    collected.map_ok(|Collected { records, origin, fields }| decode_each(records, &origin, fields))
}

/// Each record as `O`, or why it is none.
fn decode_each<O: DeserializeOwned>(records: Vec<Record>, origin: &Origin, fields: Option<&[&str]>) -> Vec<Result<O>> {
    let mut decoded = Vec::with_capacity(records.len());
    for record in records {
        let key = RecordKey::from_record(origin.definition, &record);
        decoded.push(match decode_one(record, origin.definition, fields) {
            Ok(one) => Ok(one),
            Err(error) => Err(origin.name_of(error, key)),
        });
    }
    decoded
}
