//! A delete of a record.

use std::fmt;
use std::marker::PhantomData;

use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_existed, poll_found};
use super::prepare::write::{self, DeleteParts, WriteParts};
use super::transaction::TransactionItem;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{EncodedKey, Model, Versioned};
use crate::request::{Returning, Write, Written};
use crate::value::Record;

/// Deletes a record: what `M::delete(..)` returns.
///
/// Executes to whether a live record was there, with [`exec_returning`](Self::exec_returning) to that record. With [`only_if`](Self::only_if), a record for
/// which the condition is false stays and the error is
/// [`ConditionFailed`](crate::ErrorKind::ConditionFailed); if there is none, the answer is
/// `false`. One request.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let refused = User::delete("u1").only_if(User::AGE.gt(50)).exec(&db).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
/// assert!(User::delete("u1").exec(&db).await?);
/// assert!(!User::delete("u1").exec(&db).await?);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Delete<M> {
    parts: DeleteParts,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Delete<M> {
    /// A delete of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { parts: DeleteParts { key, condition: None, version: None }, marker: PhantomData }
    }

    /// Only if the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.parts.condition, condition.composed);
        self
    }

    /// Only if the stored record has this version; another is
    /// [`VersionConflict`](crate::ErrorKind::VersionConflict).
    pub fn version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.parts.version = Some(M::version_number(&version));
        self
    }

    /// Does it. True if a live record was there.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<bool>> + Send {
        Executing { asking: self.asking(db), poll: poll_existed }
    }

    /// Does it, and returns the live record that was deleted, if one was. No other delete returns it too, and
    /// nobody wrote it since.
    ///
    /// The errors and the requests are those of [`exec`](Self::exec). A record that does not fit the model is
    /// [`Codec`](crate::ErrorKind::Codec), and is deleted all the same. After a lost answer the error may be
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), as with `exec`: a delete leaves nothing to find.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
    /// # User::create(&ada).exec(&db).await?;
    /// assert_eq!(User::delete("u1").exec_returning(&db).await?, Some(ada));
    /// assert_eq!(User::delete("u1").exec_returning(&db).await?, None);
    /// # Ok(()) }
    /// ```
    pub fn exec_returning(self, db: &Database) -> impl Future<Output = Result<Option<M>>> + Send {
        Executing { asking: self.asking(db).returning(Returning::Before), poll: poll_found }
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.asking(db).explain()
    }

    fn asking(self, db: &Database) -> Asking<'_> {
        Asking::new(db, M::DEFINITION, Self::NAME, Asked::Write(self.into_parts()))
    }

    fn into_parts(self) -> WriteParts {
        WriteParts::Delete(self.parts)
    }
}

impl<M: Model> Prepare for Delete<M> {
    const NAME: &'static str = "delete";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Delete<M> {
    type Output = bool;

    fn finish((): (), written: Written) -> Result<bool> {
        Ok(written.existed)
    }
}

impl<M: Model> TransactionItem for Delete<M> {
    type Returned = bool;

    const RETURNING: Returning = Returning::After;

    fn returned(_: Option<Record>, written: Written) -> Result<bool> {
        Ok(written.existed)
    }
}

impl<M> Clone for Delete<M> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for Delete<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("repository", &M::DEFINITION.name())
            .field("key", &self.parts.key)
            .field("condition", &self.parts.condition)
            .finish()
    }
}
