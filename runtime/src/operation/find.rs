//! A find of a record by the values of a unique index.

use std::fmt;
use std::marker::PhantomData;

use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_found};
use super::prepare::read::{self, FindParts};
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::request;
use crate::value::{Record, Value};

/// Finds a record by a unique index: what `M::find_by_..(..)` returns on one.
///
/// Executes to `Option<M>`. One request; on DynamoDB a query of the index, which lags behind
/// writes by a moment, and with [`consistent`](Self::consistent) two reads that do not. On Redis it is one script.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let found = User::find_by_email("ada@example.com").consistent().exec(&db).await?;
/// assert_eq!(found, Some(ada));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct FindUnique<M> {
    pub(super) parts: FindParts,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> FindUnique<M> {
    /// A find in the unique index at a position of the definition, by a value for each part.
    #[doc(hidden)]
    pub fn new(index: usize, values: impl Into<Vec<Result<Value>>>) -> Self {
        Self { parts: FindParts { index, values: values.into(), consistent: false }, marker: PhantomData }
    }

    /// Reads the latest, on every backend. On DynamoDB two strongly consistent reads: of the guard of the
    /// value, and of its record.
    pub fn consistent(mut self) -> Self {
        self.parts.consistent = true;
        self
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<Option<M>>> + Send {
        Executing { asking: self.asking(db), poll: poll_found }
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.asking(db).explain()
    }

    fn asking(self, db: &Database) -> Asking<'_> {
        Asking::new(db, M::DEFINITION, Self::NAME, Asked::Find(self.parts))
    }
}

impl<M: Model> Prepare for FindUnique<M> {
    const NAME: &'static str = "find";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::FindUnique;
    type Rest = ();

    fn index_position(&self) -> Option<usize> {
        Some(self.parts.index)
    }

    fn prepare(self, db: &Database) -> Result<(request::FindUnique, ())> {
        Ok((read::find_unique(db, M::DEFINITION, self.parts)?, ()))
    }
}

impl<M: Model> Operation for FindUnique<M> {
    type Output = Option<M>;

    fn finish((): (), found: Option<Record>) -> Result<Option<M>> {
        decode_found(found)
    }
}

/// The record that was found, if one was.
pub(super) fn decode_found<M: Model>(found: Option<Record>) -> Result<Option<M>> {
    match found {
        Some(record) => match codec::decode(record, M::DEFINITION) {
            Ok(model) => Ok(Some(model)),
            Err(error) => Err(error),
        },
        None => Ok(None),
    }
}

impl<M> Clone for FindUnique<M> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for FindUnique<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindUnique")
            .field("repository", &M::DEFINITION.name())
            .field("index", &M::DEFINITION.indexes().get(self.parts.index).map(|index| index.name))
            .field("values", &self.parts.values)
            .finish()
    }
}
