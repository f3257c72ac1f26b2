//! An update of fields of a record.

use std::fmt;
use std::marker::PhantomData;

use super::changes::Changes;
use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, no_record, poll_done, poll_left};
use super::prepare::write::{self, WriteParts};
use super::transaction::TransactionItem;
use crate::codec;
use crate::condition::{Composed, Condition, Expr};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::{Field, FieldType, List, Numeric, Optional, Settable};
use crate::model::{EncodedKey, Model, Versioned};
use crate::request::{Returning, Write, Written};
use crate::value::Record;

/// Changes fields of a record: what `M::update(..)` returns.
///
/// Executes to the updated `M`; with [`exec_previous`](Self::exec_previous) to the record as it was before, with
/// [`exec_unit`](Self::exec_unit) to nothing. A missing or expired record is
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
    pub(super) changes: Changes,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Update<M> {
    /// An update of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self::of(Changes::none(M::DEFINITION, key))
    }

    pub(super) fn of(changes: Changes) -> Self {
        Self { changes, marker: PhantomData }
    }

    // The compiler shows the line with the name if the value is of another type, so the line says what to write.
    // That is also why none of these takes a `mut self`.
    /// Stores a value in a field. To take the value of an optional field away, use [`remove`](Self::remove).
    #[rustfmt::skip]
    pub fn set<T: FieldType, Role: Settable>( // no Option: `.remove(field)` for `None`, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        Self::of(self.changes.set(field.of, value))
    }

    /// Adds to a number; a negative one takes away. A missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        Self::of(self.changes.add(field.of, delta))
    }

    /// Takes the value of an optional field away, so that it is read as `None`.
    pub fn remove<T: Optional, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        Self::of(self.changes.remove(field.of.place))
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
        Self::of(self.changes.append(field.of, items))
    }

    /// Only if the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        Composed::and_also(&mut self.changes.condition, condition.composed);
        self
    }

    /// Only if the stored record has this version; another is
    /// [`VersionConflict`](crate::ErrorKind::VersionConflict), which names both
    /// ([`Error::expected_version`](crate::Error::expected_version),
    /// [`Error::stored_version`](crate::Error::stored_version)).
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Page { #[hash_key] path: String, text: String, #[version] revision: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
    /// # Page::create(&Page { path: "/".into(), text: "one".into(), revision: 0 }).exec(&db).await?;
    /// let page = Page::update("/").set(Page::TEXT, "two").version(1).exec(&db).await?;
    /// assert_eq!(page.revision, 2);
    /// let refused = Page::update("/").set(Page::TEXT, "three").version(1).exec(&db).await.unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::VersionConflict);
    /// assert_eq!((refused.expected_version(), refused.stored_version()), (Some(1), Some(2)));
    /// # Ok(()) }
    /// ```
    pub fn version(mut self, version: M::Version) -> Self
    where
        M: Versioned,
    {
        self.changes.version = Some(M::version_number(&version));
        self
    }

    /// Does it, and returns the record as it is then.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Executing { asking: self.asking(db), poll: poll_left }
    }

    /// Does it, and returns the record as it was before.
    ///
    /// The errors and the requests are those of [`exec`](Self::exec). But if the answer is lost, the record
    /// before is lost with it: then the error may be [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown)
    /// although it is known that the update was done.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
    /// # User::create(&ada).exec(&db).await?;
    /// let before = User::update("u1").set(User::EMAIL, "ada@example.org").exec_previous(&db).await?;
    /// assert_eq!(before.email, "ada@example.com");
    /// # Ok(()) }
    /// ```
    pub fn exec_previous(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Executing { asking: self.asking(db).returning(Returning::Before), poll: poll_left }
    }

    /// Does it, and asks for no record: the server sends none, and none is read.
    ///
    /// The errors and the requests are those of [`exec`](Self::exec). A record that does not fit the model is
    /// none of them, since it is not looked at.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, #[index(unique)] email: String, age: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # let ada = User { id: "u1".into(), email: "ada@example.com".into(), age: 36 };
    /// # User::create(&ada).exec(&db).await?;
    /// User::update("u1").add(User::AGE, 1).exec_unit(&db).await?;
    /// # Ok(()) }
    /// ```
    pub fn exec_unit(self, db: &Database) -> impl Future<Output = Result<()>> + Send {
        Executing { asking: self.asking(db).returning(Returning::Nothing), poll: poll_done }
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        self.asking(db).explain()
    }

    fn asking(self, db: &Database) -> Asking<'_> {
        Asking::new(db, M::DEFINITION, Self::NAME, Asked::Write(self.into_parts()))
    }

    fn into_parts(self) -> WriteParts {
        self.changes.into_update()
    }
}

impl<M: Model> Prepare for Update<M> {
    const NAME: &'static str = "update";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Update<M> {
    type Output = M;

    fn finish((): (), written: Written) -> Result<M> {
        decode_left(written, Self::NAME)
    }
}

impl<M: Model> TransactionItem for Update<M> {
    type Returned = M;

    const RETURNING: Returning = Returning::After;

    fn returned(_: Option<Record>, written: Written) -> Result<M> {
        decode_left(written, Self::NAME)
    }
}

/// The record that a write tells of, as a backend has to return it.
pub(super) fn decode_left<M: Model>(written: Written, operation: &str) -> Result<M> {
    match written.record {
        Some(record) => codec::decode(record, M::DEFINITION),
        None => Err(no_record(operation)),
    }
}

impl<M> Clone for Update<M> {
    fn clone(&self) -> Self {
        Self { changes: self.changes.clone(), marker: PhantomData }
    }
}

impl<M: Model> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition: Option<Result<Expr>> = self.changes.condition.clone().map(Composed::into_expr);
        f.debug_struct("Update")
            .field("repository", &M::DEFINITION.name())
            .field("key", &self.changes.key)
            .field("changes", &self.changes.changes)
            .field("condition", &condition)
            .finish()
    }
}
