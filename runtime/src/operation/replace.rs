//! A replacement: a record is stored in the place of a live one.

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

/// Stores a record in the place of a live one: what `M::replace(&m)` returns. Not offered with a version, where
/// `save` does it.
///
/// Executes to `()`. The record is stored whole: nothing is left of the one that was there. If there is none, or it
/// has expired, the error is [`NotFound`](crate::ErrorKind::NotFound) and nothing is stored. With
/// [`only_if`](Self::only_if), a record for which the condition is false stays and the error is
/// [`ConditionFailed`](crate::ErrorKind::ConditionFailed). A value of a unique index that another record holds is
/// [`UniqueViolation`](crate::ErrorKind::UniqueViolation).
///
/// One request. With unique fields on DynamoDB two: the record that is replaced is read first, so
/// that its unique values are freed. On Redis two: the record is read, and then written if it is still the same.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// let refused = User::replace(&ada).exec(&db).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
/// User::create(&ada).exec(&db).await?;
/// User::replace(&User { age: 37, ..ada }).exec(&db).await?;
/// assert_eq!(User::get("u1").exec(&db).await?.map(|user| user.age), Some(37));
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Replace<'a, M> {
    record: &'a M,
    condition: Option<Composed>,
}

impl<'a, M: Model> Replace<'a, M> {
    /// A replacement by `record`.
    // Only here is the bound asked for: one that cannot be made needs no second error.
    pub fn new(record: &'a M) -> Self
    where
        M: Unversioned,
    {
        Self { record, condition: None }
    }

    /// Only if the condition is true of the stored record. Several are all needed.
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Order { #[hash_key] id: String, state: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Order>().await?;
    /// # let order = Order { id: "o1".into(), state: "sent".into() };
    /// # Order::create(&order).exec(&db).await?;
    /// let refused = Order::replace(&order).only_if(Order::STATE.eq("open")).exec(&db).await;
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
        WriteParts::Store { record, condition: self.condition, action: Action::Replace }
    }
}

impl<M: Model> Prepare for Replace<'_, M> {
    const NAME: &'static str = "replace";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Replace<'_, M> {
    type Output = ();

    fn finish((): (), _: Written) -> Result<()> {
        Ok(())
    }
}

impl<M: Model> TransactionItem for Replace<'_, M> {
    type Returned = M;

    fn returned(stored: Option<Record>, _: Written) -> Result<M> {
        decode_whole(stored)
    }
}

impl<M> Clone for Replace<'_, M> {
    fn clone(&self) -> Self {
        Self { record: self.record, condition: self.condition.clone() }
    }
}

impl<M: Model> fmt::Debug for Replace<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replace({})", M::DEFINITION.name())
    }
}
