//! A read of a record by its key.

use std::fmt;
use std::marker::PhantomData;

use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_found};
use super::find::decode_found;
use super::prepare::read::{self, GetParts};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{EncodedKey, Model};
use crate::request;
use crate::value::Record;

/// Reads a record by its key: what `M::get(..)` returns.
///
/// Executes to `Option<M>`: `None` if there is no live record. One request.
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
    pub(super) parts: GetParts,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Get<M> {
    /// A read of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { parts: GetParts { key, consistent: false }, marker: PhantomData }
    }

    /// Reads the latest: on DynamoDB a strongly consistent read, at twice the read units. The
    /// other backends always do.
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
        Asking::new(db, M::DEFINITION, Self::NAME, Asked::Get(self.parts))
    }
}

impl<M: Model> Prepare for Get<M> {
    const NAME: &'static str = "get";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = request::Get;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(request::Get, ())> {
        Ok((read::get(db, M::DEFINITION, self.parts)?, ()))
    }
}

impl<M: Model> Operation for Get<M> {
    type Output = Option<M>;

    fn finish((): (), found: Option<Record>) -> Result<Option<M>> {
        decode_found(found)
    }
}

impl<M> Clone for Get<M> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for Get<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("repository", &M::DEFINITION.name()).field("key", &self.parts.key).finish()
    }
}
