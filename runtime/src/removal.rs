//! Taking away a repository, or all its records: for tests and tools.

use crate::backend::Backend;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Error;
use crate::error::Result;
use crate::model::Model;
use crate::request::Call;

/// Says that records are to be taken away for good: the argument of [`Database::drop_repository`] and
/// [`Database::truncate`], which no other call takes, so that neither is made by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DropForGood;

impl Database {
    /// Takes a repository away: its records, its indexes, its unique values, and what is written down of it.
    /// If there is none, nothing happens. Afterwards it can be defined anew, with other keys too.
    ///
    /// For tests and tools. Nobody else may be at work on the repository: a process that knows it goes on as if
    /// it were there, and on MongoDB its writes would make a collection without the indexes. Records are not
    /// kept anywhere. It may take as long as [`define`](Self::define); if it fails midway, call it again.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?;
    /// use reposit::{DropForGood, ErrorKind};
    ///
    /// db.define::<User>().await?;
    /// db.drop_repository::<User>(DropForGood).await?;
    /// assert_eq!(User::get("u1").exec(&db).await.unwrap_err().kind(), ErrorKind::SchemaMismatch);
    /// # Ok(()) }
    /// ```
    ///
    /// DynamoDB: `DeleteTable` for the table and for that of its unique values, then `DescribeTable` until both
    /// are gone. MongoDB: `drop`, and a `delete` in the collection `_reposit`. PostgreSQL: `DROP TABLE`, and a `DELETE` in the
    /// table `_reposit`, in one transaction. Redis: a script for 200 records.
    ///
    /// Errors: [`Timeout`](crate::ErrorKind::Timeout) if it is not gone in time; what the server says if it is
    /// protected from being deleted.
    pub async fn drop_repository<M: Model>(&self, _: DropForGood) -> Result<()> {
        self.remove("drop_repository", M::DEFINITION, Backend::drop_repository).await
    }

    /// Deletes all records of a repository, those that have expired too, and keeps the repository.
    ///
    /// For tests and tools. It is not one step: what others write meanwhile may stay or not, and on DynamoDB
    /// a unique value that is taken meanwhile may be lost to [`verify`](Self::verify), which finds that. It may
    /// take as long as [`define`](Self::define); if it fails midway, call it again.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?;
    /// use reposit::DropForGood;
    ///
    /// db.define::<User>().await?;
    /// User::create(&User { id: "u1".into() }).exec(&db).await?;
    /// db.truncate::<User>(DropForGood).await?;
    /// assert_eq!(User::scan().count(&db).await?, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// DynamoDB: a `Scan` of the keys and `BatchWriteItem` of 25, four at a time, of the table and of that of
    /// its unique values: the read and write units of every record. MongoDB: one `delete`. PostgreSQL: one
    /// `DELETE`. Redis: a script for 200 records. The embedded backends: one step.
    ///
    /// Errors: [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) if there is no such repository;
    /// [`Timeout`](crate::ErrorKind::Timeout) if it is not done in time.
    pub async fn truncate<M: Model>(&self, _: DropForGood) -> Result<()> {
        self.remove("truncate", M::DEFINITION, Backend::truncate).await
    }

    async fn remove(&self, operation: &'static str, definition: &'static Definition, remove: Remove) -> Result<()> {
        let call = Call::new(operation, self.now(), self.define_timeout());
        let named = |e: Error| e.in_repository(definition.name()).in_operation(operation);
        remove(self.backend(), call, definition).await.map_err(named)
    }
}

/// Either removal of a backend.
type Remove = for<'a> fn(&'a dyn Backend, Call, &'static Definition) -> crate::backend::Reply<'a, ()>;
