//! Deletes of many records, each for itself.

use std::fmt;
use std::marker::PhantomData;

use super::batch::encode_keys;
use super::exchange::Batch;
use super::execute::{Operation, Prepare};
use super::many::{self, Keys};
use crate::backend::Reply;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{IntoKey, Model, Unversioned, Versioned};
use crate::progress::Progress;

/// Nothing was said of the versions that a delete of many records may meet.
#[derive(Debug, Clone, Copy)]
pub struct NoVersion;

/// A delete of many records takes them away whatever their versions are.
#[derive(Debug, Clone, Copy)]
pub struct AnyVersion;

/// Whether a delete of many records may be executed: on a model without a version, or with
/// [`any_version`](DeleteMany::any_version).
#[diagnostic::on_unimplemented(
    message = "`delete_many` of `{M}`, which has a version, would check none",
    label = "write `.any_version()` before this",
    note = "to delete the records whatever their versions are, write `{M}::delete_many(keys).any_version()`; to check each version, delete one by one: `{M}::delete(key).version(v)`"
)]
pub trait DeletesUnchecked<M> {}

impl<M: Model> DeletesUnchecked<M> for AnyVersion {}

#[diagnostic::do_not_recommend]
impl<M: Unversioned> DeletesUnchecked<M> for NoVersion {}

/// Deletes many records: what `M::delete_many(..)` returns.
///
/// Executes to `()`, or to an error whose [`failures`](crate::Error::failures) give, for each key that was
/// not done, its position and its own error. A key with no record is no failure. On a model with a version it is
/// executed only with [`any_version`](Self::any_version), since it checks none.
///
/// DynamoDB: one `BatchWriteItem` for 25 keys, single writes with unique fields; MongoDB: one command for up to 1,000;
/// PostgreSQL: one statement for up to 1,000, one for each with unique fields; Redis: one script for up to 100.
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
pub struct DeleteMany<M, V = NoVersion> {
    keys: Keys,
    marker: PhantomData<fn() -> (M, V)>,
}

impl<M: Model> DeleteMany<M> {
    /// A delete of the records with these keys.
    pub fn new<K: IntoKey<M::Key>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: encode_keys::<M, K>(keys), marker: PhantomData }
    }
}

impl<M: Model, V> DeleteMany<M, V> {
    /// Deletes the records whatever their versions are.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Page { #[hash_key] path: String, #[version] revision: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
    /// # Page::create(&Page { path: "/a".into(), revision: 0 }).exec(&db).await?;
    /// Page::delete_many(["/a", "/b"]).any_version().exec(&db).await?;
    /// assert_eq!(Page::scan().count(&db).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn any_version(self) -> DeleteMany<M, AnyVersion>
    where
        M: Versioned,
    {
        DeleteMany { keys: self.keys, marker: PhantomData }
    }

    /// Lets the batch be watched, and accounted for if its future is dropped.
    pub fn progress(self, progress: &Progress) -> Self {
        Self { keys: self.keys.watched(progress), marker: PhantomData }
    }

    /// Does it.
    // A type with a name: of one without, each use would repeat the compiler's message about the bound.
    pub fn exec(self, db: &Database) -> Reply<'_, ()>
    where
        V: DeletesUnchecked<M>,
    {
        many::delete(db, M::DEFINITION, NAME, self.keys)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        many::explain(db, M::DEFINITION, NAME, Ok(self.keys.prepare_delete(db, M::DEFINITION)))
    }
}

const NAME: &str = "delete_many";

impl<M: Model, V: DeletesUnchecked<M>> Prepare for DeleteMany<M, V> {
    const NAME: &'static str = NAME;
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Batch;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Batch, ())> {
        Ok((self.keys.prepare_delete(db, M::DEFINITION), ()))
    }
}

impl<M: Model, V: DeletesUnchecked<M>> Operation for DeleteMany<M, V> {
    type Output = ();

    fn finish((): (), (): ()) -> Result<()> {
        Ok(())
    }
}

impl<M, V> Clone for DeleteMany<M, V> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), marker: PhantomData }
    }
}

impl<M: Model, V> fmt::Debug for DeleteMany<M, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteMany({}, {} keys)", M::DEFINITION.name(), self.keys.keys.len())
    }
}
