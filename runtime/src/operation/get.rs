use std::fmt;
use std::marker::PhantomData;

use super::prepare::{named, named_on};
use crate::codec;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::limits;
use crate::repository::{KeyArg, Repository, checked};
use crate::request::{self, Request};
use crate::value::Value;

/// Reads a record by its key: what `M::get(..)` gives.
///
/// Executes to `Option<M>`: nothing where there is no live record. One request.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// assert_eq!(User::get("u1").consistent().exec(&db).await?, Some(ada));
/// assert_eq!(User::get("nobody").exec(&db).await?, None);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Get<M> {
    key: KeyArg,
    consistent: bool,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Get<M> {
    /// A read of the record with this key.
    pub fn new(key: KeyArg) -> Self {
        Self { key, consistent: false, marker: PhantomData }
    }

    /// Reads the latest: on DynamoDB a strongly consistent read, at twice the read units. MongoDB
    /// and the embedded backend always do.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<Option<M>> {
        let definition = M::definition();
        let named = named(definition, "get");
        let get = self.request(db).map_err(&named)?;
        let found = db.backend().get(db.call("get"), get).await.map_err(&named)?;
        found.map(|record| codec::decode(record, definition)).transpose().map_err(named)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let get = self.request(db);
        get.and_then(|get| db.explain(Request::Get(&get))).map_err(named(M::definition(), "explain"))
    }

    pub(crate) fn request(&self, db: &Database) -> Result<request::Get> {
        let definition = M::definition();
        let key = checked(definition, self.key.clone()?, &db.backend().limits())?;
        Ok(request::Get::new(definition, key, self.consistent))
    }
}

impl<M> Clone for Get<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), consistent: self.consistent, marker: PhantomData }
    }
}

impl<M: Repository> fmt::Debug for Get<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("repository", &M::definition().name()).field("key", &self.key).finish()
    }
}

/// Finds a record by a unique index: what `M::find_by_..(..)` gives on one.
///
/// Executes to `Option<M>`. One request; on DynamoDB a query of the index, which lags behind
/// writes by a moment, and with [`consistent`](Self::consistent) two reads that do not.
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
    index: usize,
    values: Vec<Result<Value>>,
    consistent: bool,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> FindUnique<M> {
    /// A find in the unique index at a position of the definition, by a value for each part.
    #[doc(hidden)]
    pub fn new(index: usize, values: impl Into<Vec<Result<Value>>>) -> Self {
        Self { index, values: values.into(), consistent: false, marker: PhantomData }
    }

    /// Reads the latest, on every backend. On DynamoDB two strongly consistent reads: of the guard of the
    /// value, and of its record.
    pub fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Does it.
    pub async fn exec(self, db: &Database) -> Result<Option<M>> {
        let definition = M::definition();
        let named = named_on(definition, "find", Some(self.index));
        let find = self.request(db).map_err(&named)?;
        let found = db.backend().find_unique(db.call("find"), find).await.map_err(&named)?;
        found.map(|record| codec::decode(record, definition)).transpose().map_err(named)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let index = self.index;
        let find = self.request(db);
        find.and_then(|find| db.explain(Request::FindUnique(&find))).map_err(named_on(
            M::definition(),
            "explain",
            Some(index),
        ))
    }

    fn request(self, db: &Database) -> Result<request::FindUnique> {
        let definition = M::definition();
        let unknown = || Error::invalid(format!("the model has no index at position {}", self.index));
        let index = definition.indexes().get(self.index).ok_or_else(unknown)?;
        let values: Vec<_> = self.values.into_iter().collect::<Result<_>>()?;
        let limits = db.backend().limits();
        for (at, (part, value)) in index.parts().zip(&values).enumerate() {
            let limit = if at == 0 { limits.hash_key } else { limits.range_key };
            limits::check_key(value, part.kind, definition.part_name(part), limit)
                .map_err(|e| e.on_index(index.name))?;
        }
        Ok(request::FindUnique::new(definition, index, values, self.consistent))
    }
}

impl<M> Clone for FindUnique<M> {
    fn clone(&self) -> Self {
        Self { index: self.index, values: self.values.clone(), consistent: self.consistent, marker: PhantomData }
    }
}

impl<M: Repository> fmt::Debug for FindUnique<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindUnique")
            .field("repository", &M::definition().name())
            .field("index", &M::definition().indexes().get(self.index).map(|index| index.name))
            .field("values", &self.values)
            .finish()
    }
}
