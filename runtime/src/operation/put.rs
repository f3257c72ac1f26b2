//! A put: a record is stored whatever is there.

use std::fmt;

use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_done};
use super::prepare::write::{self, WriteParts};
use super::returning::{Returning, decode_whole};
use super::transaction::TransactionItem;
use crate::codec;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{Model, Unversioned};
use crate::request::{Action, Write, Written};
use crate::value::Record;

/// Stores a record whatever is there: what `M::put(&m)` returns. Not offered with a version.
///
/// Executes to `()`. With [`only_if`](Self::only_if), a live record for which the condition is false stays and the
/// error is [`ConditionFailed`](crate::ErrorKind::ConditionFailed). A value of a unique index that another record holds is
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation).
///
/// One request. With unique fields on DynamoDB two: the record that is replaced is read first, so
/// that its unique values are freed. On Redis two under a condition, as the record is read first.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// User::put(&User { age: 37, ..ada }).exec(&db).await?;
/// assert_eq!(User::get("u1").exec(&db).await?.map(|user| user.age), Some(37));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Put<'a, M> {
    record: &'a M,
    condition: Option<Composed>,
}

impl<'a, M: Model> Put<'a, M> {
    /// A put of `record`.
    // Only here is the bound asked for: a put that cannot be made needs no second error.
    pub fn new(record: &'a M) -> Self
    where
        M: Unversioned,
    {
        Self { record, condition: None }
    }

    /// Only if the condition is true of the live record that is there; if there is none, the record is stored.
    /// Several are all needed.
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Reading { #[hash_key] sensor: String, at: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Reading>().await?;
    /// // Readings may come in any order; the latest one stays.
    /// let late = Reading { sensor: "a".into(), at: 7 };
    /// Reading::put(&late).only_if(Reading::AT.lt(late.at)).exec(&db).await?;
    /// let early = Reading { sensor: "a".into(), at: 5 };
    /// let refused = Reading::put(&early).only_if(Reading::AT.lt(early.at)).exec(&db).await;
    /// assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
    /// # Ok(()) }
    /// ```
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.condition, condition.composed);
        self
    }

    /// Does it.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        Executing { asking: self.asking(db), poll: poll_done }
    }

    /// Does it, and returns the record as it was stored, with its automatic key and times.
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
        let record = codec::encode(self.record, M::DEFINITION);
        WriteParts::Store { record, condition: self.condition, action: Action::Put }
    }
}

impl<M: Model> Prepare for Put<'_, M> {
    const NAME: &'static str = "put";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Put<'_, M> {
    type Output = ();

    fn finish((): (), _: Written) -> Result<()> {
        Ok(())
    }
}

impl<M: Model> TransactionItem for Put<'_, M> {
    type Returned = M;

    fn returned(stored: Option<Record>, _: Written) -> Result<M> {
        decode_whole(stored)
    }
}

impl<M> Clone for Put<'_, M> {
    fn clone(&self) -> Self {
        Self { record: self.record, condition: self.condition.clone() }
    }
}

impl<M: Model> fmt::Debug for Put<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put({})", M::DEFINITION.name())
    }
}
