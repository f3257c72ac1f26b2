//! An update of fields of a record.

use std::fmt;
use std::marker::PhantomData;

use super::changes::Changes;
use super::execute::{Operation, Origin, Prepare, explain};
use super::executing::Executing;
use super::prepare::write::{self, WriteParts};
use super::transaction::TransactionItem;
use crate::codec;
use crate::condition::{Condition, Expr};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Field, FieldType, List, Numeric, Optional, Settable};
use crate::repository::{EncodedKey, Repository};
use crate::request::{Write, Written};

/// Changes fields of a record: what `M::update(..)` returns.
///
/// Executes to the updated `M`. A missing or expired record is
/// [`NotFound`](crate::ErrorKind::NotFound), a false condition
/// [`ConditionFailed`](crate::ErrorKind::ConditionFailed), a sum beyond what the field holds
/// [`InvalidInput`](crate::ErrorKind::InvalidInput); nothing is changed then. Every change sees
/// the record as it was before. A version goes up by one, and unique values move.
///
/// One request. On DynamoDB two if the update touches a unique field (or the ttl of a model with
/// one), or adds to a float: the record is read first, and written on the condition that nobody wrote
/// it since. Without changes it is one consistent read, and writes nothing.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
/// # User::create(&ada).exec(&db).await?;
/// let ada = User::update("u1").add(User::AGE, 1).only_if(User::AGE.lt(37)).exec(&db).await?;
/// assert_eq!(ada.age, 37);
/// let again = User::update("u1").add(User::AGE, 1).only_if(User::AGE.lt(37)).exec(&db).await;
/// assert_eq!(again.unwrap_err().kind(), ErrorKind::ConditionFailed);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Update<M> {
    pub(super) key: EncodedKey,
    pub(super) changes: Changes,
    condition: Option<Condition<M>>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Update<M> {
    /// An update of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { key, changes: Changes::none(), condition: None, marker: PhantomData }
    }

    // The compiler shows the line with the name if the value is of another type, so the line says what to write.
    // That is also why none of these takes a `mut self`.
    /// Stores a value in a field. To take the value of an optional field away, use [`remove`](Self::remove).
    #[rustfmt::skip]
    pub fn set<T: FieldType, Role: Settable>( // no Option: `.remove(field)` for `None`, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        let mut update = self;
        update.changes.set(M::DEFINITION, field.place(), field.encode(value));
        update
    }

    /// Adds to a number; a negative one takes away. A missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        let mut update = self;
        update.changes.add(M::DEFINITION, field.place(), T::delta(delta), T::BOUNDS);
        update
    }

    /// Takes the value of an optional field away, so that it is read as `None`.
    pub fn remove<T: Optional, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        let mut update = self;
        update.changes.remove(M::DEFINITION, field.place());
        update
    }

    /// Adds items to the end of a list; a missing list counts as empty.
    pub fn append<'a, T: List, Role: Settable>(
        self,
        field: Field<M, T, Role>,
        items: impl IntoIterator<Item = <T::Item as FieldType>::Arg<'a>>,
    ) -> Self
    where
        T::Item: 'a,
    {
        let items = items.into_iter().map(T::Item::encode).collect();
        let mut update = self;
        update.changes.append(M::DEFINITION, field.place(), items);
        update
    }

    /// Only if the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Condition::and_also(&mut self.condition, condition);
        self
    }

    /// Does it, and returns the record as it is then.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Executing::new(db, Origin::of(&self), self.into_parts(), decode_updated)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        explain(self, db)
    }

    fn into_parts(self) -> WriteParts {
        let condition = self.condition.map(Condition::into_expr);
        WriteParts::Update { key: self.key, changes: self.changes.0, condition }
    }
}

impl<M: Repository> Prepare for Update<M> {
    const NAME: &'static str = "update";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Repository> Operation for Update<M> {
    type Output = M;

    fn finish((): (), written: Written) -> Result<M> {
        decode_updated(written)
    }
}

impl<M: Repository> TransactionItem for Update<M> {}

fn decode_updated<M: Repository>(written: Written) -> Result<M> {
    decode_written(written, "the backend gave no record after an update")
}

/// The record that a write left, as a backend has to return it.
pub(super) fn decode_written<M: Repository>(written: Written, missing: &str) -> Result<M> {
    match written.record {
        Some(record) => codec::decode(record, M::DEFINITION),
        None => Err(Error::new(ErrorKind::Backend, missing)),
    }
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        let (key, changes, condition) = (self.key.clone(), self.changes.clone(), self.condition.clone());
        Self { key, changes, condition, marker: PhantomData }
    }
}

impl<M: Repository> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition: Option<Result<Expr>> = self.condition.clone().map(Condition::into_expr);
        f.debug_struct("Update")
            .field("repository", &M::definition().name())
            .field("key", &self.key)
            .field("changes", &self.changes.0)
            .field("condition", &condition)
            .finish()
    }
}
