//! The writes of all that a query or scan finds, as its last step.

use super::bulk_write::BulkWrite;
use super::index_kind::IndexKind;
use super::prepare::found::{FoundParts, no_key};
use super::query::Query;
use super::scan::Scan;
use super::update::Update;
use crate::database::Database;
use crate::model::Model;

/// What is read as the whole model `M`, and not as a projection of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a part of `{M}`: what is written of each record is not read",
    label = "written without `.select::<{Self}>()`",
    note = "leave `.select::<{Self}>()` out: no more than the keys are read in any case"
)]
pub trait Whole<M> {}

impl<M: Model> Whole<M> for M {}

impl<M: Model, R, K: IndexKind, O> Query<M, R, K, O> {
    /// Deletes every record that the query finds, or as many as the limit says, and gives how many.
    ///
    /// See [`BulkWrite`] for what happens meanwhile, how it goes on after an error, and what it costs. Of a model
    /// with a version, records are deleted whatever their versions are.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Token { #[hash_key] id: String, #[index] user: String, used: bool }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Token>().await?;
    /// # for (id, used) in [("a", true), ("b", false), ("c", true)] {
    /// #     Token::create(&Token { id: id.into(), user: "u1".into(), used }).exec(&db).await?;
    /// # }
    /// let deleted = Token::find_by_user("u1").filter(Token::USED.eq(true)).delete_all(&db).await?;
    /// assert_eq!((deleted, Token::scan().count(&db).await?), (2, 1));
    /// # Ok(()) }
    /// ```
    pub fn delete_all(self, db: &Database) -> BulkWrite<'_>
    where
        O: Whole<M>,
    {
        self.bulk_write(db, "delete_all", FoundParts::Delete)
    }

    /// Updates every record that the query finds, or as many as the limit says, and gives how many.
    ///
    /// `update` is called once: every record gets the same changes, a version goes up, unique values move. Conditions
    /// that it adds are of each record as well. See [`BulkWrite`] for what happens meanwhile, how it goes on after an
    /// error, and what it costs.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for changes that move records within the index that
    /// is read, which would be met again. Changes that take them out of what the query finds are none of these.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Job { #[hash_key] id: String, #[index] state: String, tries: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Job>().await?;
    /// # for id in ["a", "b"] {
    /// #     Job::create(&Job { id: id.into(), state: "lost".into(), tries: 1 }).exec(&db).await?;
    /// # }
    /// let again = Job::find_by_state("lost")
    ///     .filter(Job::TRIES.lt(3))
    ///     .update_all(&db, |job| job.set(Job::STATE, "open").add(Job::TRIES, 1))
    ///     .await?;
    /// assert_eq!((again, Job::find_by_state("open").count(&db).await?), (2, 2));
    /// # Ok(()) }
    /// ```
    pub fn update_all(self, db: &Database, update: impl FnOnce(Update<M>) -> Update<M>) -> BulkWrite<'_>
    where
        O: Whole<M>,
    {
        self.bulk_write(db, "update_all", update(Update::new(no_key())).into_found())
    }

    fn bulk_write<'a>(self, db: &'a Database, name: &'static str, parts: FoundParts) -> BulkWrite<'a> {
        BulkWrite::of_query(db, M::DEFINITION, name, self.parts, parts)
    }
}

impl<M: Model, O> Scan<M, O> {
    /// Deletes every record that the scan finds, or as many as the limit says, and gives how many.
    ///
    /// See [`BulkWrite`] for what happens meanwhile, how it goes on after an error, and what it costs. Of a model
    /// with a version, records are deleted whatever their versions are. A scan in segments is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput): there would be no one place to go on from.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # for (id, age) in [("u1", 17), ("u2", 36)] { User::create(&User { id: id.into(), age }).exec(&db).await?; }
    /// assert_eq!(User::scan().filter(User::AGE.lt(18)).delete_all(&db).await?, 1);
    /// # assert_eq!(User::scan().count(&db).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn delete_all(self, db: &Database) -> BulkWrite<'_>
    where
        O: Whole<M>,
    {
        self.bulk_write(db, "delete_all", FoundParts::Delete)
    }

    /// Updates every record that the scan finds, or as many as the limit says, and gives how many.
    ///
    /// `update` is called once: every record gets the same changes, a version goes up, unique values move. Conditions
    /// that it adds are of each record as well. See [`BulkWrite`] for what happens meanwhile, how it goes on after an
    /// error, and what it costs. A scan in segments is [`InvalidInput`](crate::ErrorKind::InvalidInput).
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # for (id, age) in [("u1", 17), ("u2", 36)] { User::create(&User { id: id.into(), age }).exec(&db).await?; }
    /// assert_eq!(User::scan().update_all(&db, |user| user.add(User::AGE, 1)).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn update_all(self, db: &Database, update: impl FnOnce(Update<M>) -> Update<M>) -> BulkWrite<'_>
    where
        O: Whole<M>,
    {
        self.bulk_write(db, "update_all", update(Update::new(no_key())).into_found())
    }

    fn bulk_write<'a>(self, db: &'a Database, name: &'static str, parts: FoundParts) -> BulkWrite<'a> {
        BulkWrite::of_scan(db, M::DEFINITION, name, self.parts, parts)
    }
}
