//! A check of a record, which takes part in a transaction and writes nothing.

use std::fmt;
use std::marker::PhantomData;

use super::execute::Prepare;
use super::prepare::write;
use super::transaction::TransactionItem;
use crate::condition::{Composed, Condition};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{EncodedKey, Model};
use crate::request::{Action, Write, Written};
use crate::value::Record;

/// Takes part in a transaction without writing: what `M::check(..)` returns. The record must be live
/// and the condition true of it, or the transaction is refused.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let eve = User { id: "u2".into(), email: "eve@example.com".into(), age: 20 };
/// let refused = db.transaction().add(User::create(&eve)).add(User::check("u1").only_if(User::AGE.gt(50))).commit().await;
/// assert_eq!(refused.unwrap_err().position(), Some(1));
/// # Ok(()) }
/// ```
#[must_use = "a check does nothing until it is part of a transaction"]
pub struct Check<M> {
    key: EncodedKey,
    condition: Option<Composed>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Check<M> {
    /// A check of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { key, condition: None, marker: PhantomData }
    }

    /// The condition must be true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.condition, condition.composed);
        self
    }
}

impl<M: Model> Prepare for Check<M> {
    const NAME: &'static str = "check";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        let condition = self.condition.map(Composed::into_expr);
        Ok((write::on_key(db, M::DEFINITION, self.key, Action::Check, condition)?, ()))
    }
}

impl<M: Model> TransactionItem for Check<M> {
    type Returned = ();

    fn returned(_: Option<Record>, _: Written) -> Result<()> {
        Ok(())
    }
}

impl<M> Clone for Check<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), condition: self.condition.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for Check<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("repository", &M::DEFINITION.name())
            .field("key", &self.key)
            .field("condition", &self.condition)
            .finish()
    }
}
