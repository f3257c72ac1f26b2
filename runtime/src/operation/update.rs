//! An update of fields of a record.

use std::fmt;
use std::marker::PhantomData;

use super::execute::{Operation, Prepare, explain, run};
use super::prepare::write;
use super::transaction::TransactionItem;
use crate::change::Change;
use crate::codec;
use crate::condition::{Condition, Expr};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Field, FieldType, List, Numeric, Optional, Settable};
use crate::path::Path;
use crate::repository::{EncodedKey, Repository};
use crate::request::{Write, Written};
use crate::value::Value;

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
    pub(super) changes: Result<Vec<Change>>,
    condition: Option<Condition<M>>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Update<M> {
    /// An update of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { key, changes: Ok(Vec::new()), condition: None, marker: PhantomData }
    }

    // The compiler shows the line with the name if the value is of another type, so the line says what to write.
    /// Stores a value in a field. To take the value of an optional field away, use [`remove`](Self::remove).
    #[rustfmt::skip]
    pub fn set<T: FieldType, Role: Settable>( // no Option: `.remove(field)` for `None`, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        let value = field.encode(value);
        self.change(&field, |path| match value? {
            // A unit and its like: stored as in a whole record.
            Value::Null if !field.keeps_null(M::definition())? => Ok(Change::Remove(path)),
            value => Ok(Change::Set(path, value)),
        })
    }

    /// Adds to a number; a negative one takes away. A missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        self.change(&field, |path| Ok(Change::Add { path, start: 0, delta: T::delta(delta)?, bounds: T::BOUNDS }))
    }

    /// Takes the value of an optional field away, so that it is read as `None`.
    pub fn remove<T: Optional, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        self.change(&field, |path| match field.reads_otherwise(M::definition())? {
            true => Ok(Change::Set(path, Value::Null)),
            false => Ok(Change::Remove(path)),
        })
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
        let items: Result<Vec<_>> = items.into_iter().map(T::Item::encode).collect();
        self.change(&field, |path| Ok(Change::Append(path, items?)))
    }

    /// Only if the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Condition::and_also(&mut self.condition, condition);
        self
    }

    /// Does it, and returns the record as it is then.
    pub async fn exec(self, db: &Database) -> Result<M> {
        run(self, db).await
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        explain(self, db)
    }

    /// Adds a change, or keeps why it cannot be made: the operation fails for it when it is executed.
    pub(super) fn change<T, Role>(
        mut self,
        field: &Field<M, T, Role>,
        make: impl FnOnce(Path) -> Result<Change>,
    ) -> Self {
        self.changes = self.changes.and_then(|mut changes| {
            changes.push(make(field.changed(M::definition())?)?);
            Ok(changes)
        });
        self
    }
}

impl<M: Repository> Prepare for Update<M> {
    const NAME: &'static str = "update";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        let condition = self.condition.map(Condition::into_expr);
        Ok((write::update(db, M::definition(), self.key, self.changes, condition)?, ()))
    }
}

impl<M: Repository> Operation for Update<M> {
    type Output = M;

    fn finish((): (), written: Written) -> Result<M> {
        decode_written(written, "the backend gave no record after an update")
    }
}

impl<M: Repository> TransactionItem for Update<M> {}

/// The record that a write left, as a backend has to return it.
pub(super) fn decode_written<M: Repository>(written: Written, missing: &str) -> Result<M> {
    let record = written.record.ok_or_else(|| Error::new(ErrorKind::Backend, missing))?;
    codec::decode(record, M::definition())
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
            .field("changes", &self.changes)
            .field("condition", &condition)
            .finish()
    }
}
