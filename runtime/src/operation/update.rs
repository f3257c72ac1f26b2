//! An update of fields of a record.

use std::fmt;
use std::marker::PhantomData;

use super::changes::Changes;
use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, no_record, poll_done, poll_left};
use super::prepare::found::FoundParts;
use super::prepare::write::{self, WriteParts};
use super::transaction::TransactionItem;
use crate::codec;
use crate::condition::{Composed, Condition, Expr};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::{Field, FieldType, List, Many, Numeric, Optional, Set, Settable};
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
/// it since. On PostgreSQL a transaction if it touches the ttl, adds to a float, or tells of the record before. On Redis
/// two: the record is read, and written if it is still the same. Without changes it is one consistent read, and writes
/// nothing.
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

    /// Stores a value in a field, if there is one: of `None` nothing is changed. Of a request that brings some
    /// fields, each is so one line; if it brings none, the update only reads.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, age: u32, nickname: Option<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), age: 36, nickname: Some("Ada".into()) }).exec(&db).await?;
    /// struct Patch { age: Option<u32>, nickname: Option<String> }
    /// let patch = Patch { age: Some(37), nickname: None };
    /// let user = User::update("u1")
    ///     .set_if_some(User::AGE, patch.age)
    ///     .set_if_some(User::NICKNAME, patch.nickname.as_deref())
    ///     .exec(&db).await?;
    /// assert_eq!((user.age, user.nickname.as_deref()), (37, Some("Ada")));
    /// # Ok(()) }
    /// ```
    pub fn set_if_some<T: FieldType, Role: Settable>(
        self,
        field: Field<M, T, Role>,
        value: Option<T::Arg<'_>>,
    ) -> Self {
        Self::of(self.changes.set_if_some(field.of, value))
    }

    /// Stores what an optional field is to be: a value, or with `None` nothing, as [`remove`](Self::remove) does.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, nickname: Option<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), nickname: Some("Ada".into()) }).exec(&db).await?;
    /// let user = User::update("u1").set_option(User::NICKNAME, None).exec(&db).await?;
    /// assert_eq!(user.nickname, None);
    /// # Ok(()) }
    /// ```
    pub fn set_option<T: Optional<Role>, Role: Settable>(
        self,
        field: Field<M, T, Role>,
        value: Option<T::Arg<'_>>,
    ) -> Self {
        Self::of(self.changes.set_option(field.of, value))
    }

    /// Takes the value of an optional field away, so that it is read as `None`, or an entry out of a map, whatever
    /// its type.
    pub fn remove<T: Optional<Role>, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        Self::of(self.changes.remove(field.of.place))
    }

    /// Adds items to the end of a list; a missing list counts as empty. See [`Many`] for what can be given.
    pub fn append<T: List, Role: Settable>(self, field: Field<M, T, Role>, items: impl Many<T::Item>) -> Self {
        Self::of(self.changes.append(field.of, items))
    }

    /// Adds items before the first of a list, in the order in which they are given; a missing list counts as empty.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, tags: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), tags: vec!["c".into()] }).exec(&db).await?;
    /// let user = User::update("u1").prepend(User::TAGS, ["a", "b"]).exec(&db).await?;
    /// assert_eq!(user.tags, ["a", "b", "c"]);
    /// # Ok(()) }
    /// ```
    pub fn prepend<T: List, Role: Settable>(self, field: Field<M, T, Role>, items: impl Many<T::Item>) -> Self {
        Self::of(self.changes.prepend(field.of, items))
    }

    /// Puts members into a set; those that are in it stay. A missing set counts as empty. What several writers insert at
    /// the same time all comes to be in it.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) if another program stored something else than a set or a list in the
    /// field. One request; on DynamoDB two if the set is nested, as DynamoDB changes a set in a field of the record only.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// use std::collections::BTreeSet;
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, roles: BTreeSet<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # User::create(&User { id: "u1".into(), roles: BTreeSet::new() }).exec(&db).await?;
    /// let user = User::update("u1").insert(User::ROLES, ["admin", "guest"]).exec(&db).await?;
    /// assert_eq!(user.roles.len(), 2);
    /// let user = User::update("u1").discard(User::ROLES, ["guest", "nobody"]).exec(&db).await?;
    /// assert_eq!(user.roles, BTreeSet::from(["admin".to_owned()]));
    /// # Ok(()) }
    /// ```
    pub fn insert<T: Set, Role: Settable>(self, field: Field<M, T, Role>, members: impl Many<T::Member>) -> Self {
        Self::of(self.changes.insert(field.of, members))
    }

    /// Takes members out of a set; those that are not in it are no error. Nothing is stored of a set that has none left:
    /// it is missing, and read as empty. See [`insert`](Self::insert).
    pub fn discard<T: Set, Role: Settable>(self, field: Field<M, T, Role>, members: impl Many<T::Member>) -> Self {
        Self::of(self.changes.discard(field.of, members))
    }

    /// Takes the item at a position out of a list, counted from 0; the items after it move up. If the list has no item
    /// there, the error is [`InvalidInput`](crate::ErrorKind::InvalidInput) and nothing is changed.
    ///
    /// Positions are those of the stored list, before the update: two items of one list are taken out by two
    /// positions of it. Another writer may have moved the items since the list was read, so it is often better to say
    /// on which condition: `.only_if(User::TAGS.nth(1).eq("b"))`.
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, tags: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// # let tags = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # User::create(&User { id: "u1".into(), tags }).exec(&db).await?;
    /// let user = User::update("u1").remove_at(User::TAGS, 0).remove_at(User::TAGS, 1).exec(&db).await?;
    /// assert_eq!(user.tags, ["c"]);
    /// let beyond = User::update("u1").remove_at(User::TAGS, 1).exec(&db).await;
    /// assert_eq!(beyond.unwrap_err().kind(), ErrorKind::InvalidInput);
    /// # Ok(()) }
    /// ```
    pub fn remove_at<T: List, Role: Settable>(self, field: Field<M, T, Role>, position: usize) -> Self {
        Self::of(self.changes.remove_at(field.of.place, position))
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

    /// The same update of every record that is found.
    pub(super) fn into_found(self) -> FoundParts {
        let Changes { changes, condition, version, .. } = self.changes;
        FoundParts::Update { changes, condition, version }
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
