//! A create: a new record is stored.

use std::fmt;

use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_done};
use super::prepare::write::{self, WriteParts};
use super::returning::{Returning, decode_whole};
use super::transaction::TransactionItem;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::Model;
use crate::request::{Write, Written};
use crate::value::Record;

/// Stores a new record: what `M::create(&m)` returns.
///
/// Executes to `()`. A live record with the key is
/// [`AlreadyExists`](crate::ErrorKind::AlreadyExists), a taken value of a unique index
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) naming the index. On a model with a
/// version, a version of 0 is stored as 1: a stored record never has version 0.
///
/// One request on every backend. DynamoDB: `PutItem`, with unique fields `TransactWriteItems`
/// (twice the write units). MongoDB: `insert`, with a ttl field an `update` that replaces an
/// expired record. PostgreSQL: `INSERT … ON CONFLICT`. Redis: a script.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// User::create(&ada).exec(&db).await?;
/// let again = User::create(&ada).exec(&db).await;
/// assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Create<'a, M> {
    record: &'a M,
}

impl<'a, M: Model> Create<'a, M> {
    /// A create of `record`.
    pub fn new(record: &'a M) -> Self {
        Self { record }
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        Executing { asking: self.asking(db), poll: poll_done }
    }

    /// Does it, and returns the record as it was stored: with its automatic key and times, and the
    /// version that a 0 became. It costs no request of its own.
    pub fn exec_returning(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Returning::exec(self.asking(db))
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.asking(db).explain()
    }

    fn asking(self, db: &Database) -> Asking<'_> {
        Asking::new(db, M::DEFINITION, Self::NAME, Asked::Write(self.into_parts()))
    }

    fn into_parts(self) -> WriteParts {
        WriteParts::Create(codec::encode(self.record, M::DEFINITION))
    }
}

impl<M: Model> Prepare for Create<'_, M> {
    const NAME: &'static str = "create";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Create<'_, M> {
    type Output = ();

    fn finish((): (), _: Written) -> Result<()> {
        Ok(())
    }
}

impl<M: Model> TransactionItem for Create<'_, M> {
    type Returned = M;

    fn returned(stored: Option<Record>, _: Written) -> Result<M> {
        decode_whole(stored)
    }
}

impl<M> Clone for Create<'_, M> {
    fn clone(&self) -> Self {
        Self { record: self.record }
    }
}

impl<M: Model> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Create({})", M::DEFINITION.name())
    }
}
