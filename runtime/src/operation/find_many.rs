//! Finds of many records by the values of a unique index.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::execute::{Operation, Origin, Prepare};
use super::executing::Executing;
use super::many::{self, Found, Wanted, decode_many};
use crate::backend::Reply;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::request::FindMany as Request;
use crate::value::{Record, Value};

/// Finds many records by the values of a unique index: what `M::find_many_by_..(..)` returns on one.
///
/// Executes to `Vec<Option<M>>` in the order asked; a value may repeat, and there may be any number of them. Values
/// of an index of several fields are tuples.
///
/// MongoDB: one `find` for 1,000 values; PostgreSQL: one `SELECT` for 1,000; Redis: one script for 500. DynamoDB: a `BatchGetItem` of the guards of 100 values, and one of their
/// records. A record that was stored without the library has no guard, and is found only by
/// [`FindUnique`](super::FindUnique).
///
/// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a value that no record can have, and those of every
/// read.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let found = User::find_many_by_email(["ada@example.com", "bob@example.com"]).exec(&db).await?;
/// assert_eq!(found, [Some(ada), None]);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct FindMany<M> {
    pub(super) wanted: Wanted,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> FindMany<M> {
    /// A find in the unique index of one field at a position of the definition.
    #[doc(hidden)]
    pub fn new(index: usize, values: Result<Vec<Value>>) -> Self {
        Self::of(index, values.map(|values| values.into_iter().map(|value| vec![value]).collect()))
    }

    /// The same in one of several fields.
    #[doc(hidden)]
    pub fn of_parts<const N: usize>(index: usize, values: impl IntoIterator<Item = [Result<Value>; N]>) -> Self {
        let all = |parts: [Result<Value>; N]| parts.into_iter().collect();
        Self::of(index, values.into_iter().map(all).collect())
    }

    fn of(index: usize, values: Result<Vec<Vec<Value>>>) -> Self {
        Self { wanted: Wanted { index, values, consistent: false }, marker: PhantomData }
    }

    /// Reads the latest, on every backend. On DynamoDB the reads are strongly consistent, at twice the read units.
    pub fn consistent(mut self) -> Self {
        self.wanted.consistent = true;
        self
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Vec<Option<M>>>> + Send {
        Executing { asking: many::find(db, M::DEFINITION, Self::NAME, self.wanted), poll: poll_many }
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let find = self.wanted.prepare(db, M::DEFINITION);
        many::explain(db, M::DEFINITION, Self::NAME, find)
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

impl<M: Model> Prepare for FindMany<M> {
    const NAME: &'static str = "find_many";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Request;
    type Rest = usize;

    fn index_position(&self) -> Option<usize> {
        Some(self.wanted.index)
    }

    fn prepare(self, db: &Database) -> Result<(Request, usize)> {
        let index = self.wanted.index;
        Ok((self.wanted.prepare(db, M::DEFINITION)?, index))
    }
}

impl<M: Model> Operation for FindMany<M> {
    type Output = Vec<Option<M>>;

    fn finish(index: usize, found: Vec<Option<Record>>) -> Result<Vec<Option<M>>> {
        decode_many(found, &Origin::new(M::DEFINITION, Self::NAME, Some(index)))
    }
}

impl<M> Clone for FindMany<M> {
    fn clone(&self) -> Self {
        Self { wanted: self.wanted.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for FindMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindMany")
            .field("repository", &M::DEFINITION.name())
            .field("index", &M::DEFINITION.indexes().get(self.wanted.index).map(|index| index.name))
            .field("values", &self.wanted.values)
            .finish()
    }
}
