//! An upsert: a record is changed, or made.

use std::fmt;

use super::changes::Changes;
use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_done, poll_left};
use super::prepare::write::{self, WriteParts};
use super::transaction::TransactionItem;
use super::update::{Update, decode_left};
use crate::codec;
use crate::condition::Condition;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::{Field, FieldType, List, Many, Numeric, Optional, Set, Settable};
use crate::model::{EncodedKey, Model};
use crate::request::{Returning, Write, Written};
use crate::value::Record;

/// Changes a record, or makes it: what `M::upsert(..)` returns.
///
/// Executes to the record as it is then, with [`exec_unit`](Self::exec_unit) to nothing. If there is none, the new record is made of the key,
/// the changes and the defaults; if that is not a whole `M`, the error is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) and nothing is sent. One request. On DynamoDB two
/// on a model with a unique index, and if it adds to a float: the record is read first. On PostgreSQL a transaction on a
/// model with a ttl, and if it adds to a float. On Redis two: the record is read first.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Page { #[hash_key] path: String, text: String, hits: u64, #[version] revision: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
/// let hit = || Page::upsert("/").add(Page::HITS, 1).default(Page::TEXT, "");
/// assert_eq!(hit().exec(&db).await?.hits, 1);
/// assert_eq!(hit().exec(&db).await?.hits, 2);
/// # Ok(()) }
/// ```
#[must_use = "an operation does nothing until it is executed"]
pub struct Upsert<M> {
    update: Update<M>,
}

impl<M: Model> Upsert<M> {
    /// An upsert of the record with this key.
    pub fn new(key: EncodedKey) -> Self {
        Self { update: Update::new(key) }
    }

    /// Stores a value in a field.
    #[rustfmt::skip]
    pub fn set<T: FieldType, Role: Settable>( // no Option: leave `None` out, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        Self { update: self.update.set(field, value) }
    }

    /// Stores a value in a field that has none: in a new record, and in an old one without it.
    #[rustfmt::skip]
    pub fn default<T: FieldType, Role: Settable>( // no Option: leave `None` out, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        Self { update: Update::of(self.update.changes.set_if_missing(field.of, value)) }
    }

    /// Adds to a number; a missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        Self { update: self.update.add(field, delta) }
    }

    /// Stores a value in a field, if there is one: of `None` nothing is changed.
    pub fn set_if_some<T: FieldType, Role: Settable>(
        self,
        field: Field<M, T, Role>,
        value: Option<T::Arg<'_>>,
    ) -> Self {
        Self { update: self.update.set_if_some(field, value) }
    }

    /// Stores what an optional field is to be: a value, or with `None` nothing.
    pub fn set_option<T: Optional<Role>, Role: Settable>(
        self,
        field: Field<M, T, Role>,
        value: Option<T::Arg<'_>>,
    ) -> Self {
        Self { update: self.update.set_option(field, value) }
    }

    /// Takes the value of an optional field away, so that it is read as `None`, or an entry out of a map, whatever
    /// its type.
    pub fn remove<T: Optional<Role>, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        Self { update: self.update.remove(field) }
    }

    /// Adds items to the end of a list; a missing list counts as empty. See [`Many`] for what can be given.
    pub fn append<T: List, Role: Settable>(self, field: Field<M, T, Role>, items: impl Many<T::Item>) -> Self {
        Self { update: self.update.append(field, items) }
    }

    /// Adds items before the first of a list, in the order in which they are given; a missing list counts as empty.
    pub fn prepend<T: List, Role: Settable>(self, field: Field<M, T, Role>, items: impl Many<T::Item>) -> Self {
        Self { update: self.update.prepend(field, items) }
    }

    /// Puts members into a set; those that are in it stay. A missing set counts as empty.
    pub fn insert<T: Set, Role: Settable>(self, field: Field<M, T, Role>, members: impl Many<T::Member>) -> Self {
        Self { update: self.update.insert(field, members) }
    }

    /// Takes members out of a set; those that are not in it are no error.
    pub fn discard<T: Set, Role: Settable>(self, field: Field<M, T, Role>, members: impl Many<T::Member>) -> Self {
        Self { update: self.update.discard(field, members) }
    }

    /// Takes the item at a position out of the list of a record that is there, as
    /// [`Update::remove_at`](super::Update::remove_at) does; a new record has none to take out. DynamoDB reads the
    /// record first.
    pub fn remove_at<T: List, Role: Settable>(self, field: Field<M, T, Role>, position: usize) -> Self {
        Self { update: self.update.remove_at(field, position) }
    }

    /// Only if the condition is true of the record that is there; another is
    /// [`ConditionFailed`](crate::ErrorKind::ConditionFailed). Where there is none, the new record is stored. Several
    /// are all needed.
    ///
    /// ```
    /// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Limit { #[hash_key] caller: String, calls: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Limit>().await?;
    /// let call = || Limit::upsert("ada").add(Limit::CALLS, 1).only_if(Limit::CALLS.lt(2));
    /// assert_eq!(call().exec(&db).await?.calls, 1);
    /// assert_eq!(call().exec(&db).await?.calls, 2);
    /// assert_eq!(call().exec(&db).await.unwrap_err().kind(), ErrorKind::ConditionFailed);
    /// # Ok(()) }
    /// ```
    pub fn only_if(self, condition: Condition<M>) -> Self {
        Self { update: self.update.only_if(condition) }
    }

    /// Does it, and returns the record as it is then.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Executing { asking: self.asking(db), poll: poll_left }
    }

    /// Does it, and asks for no record: the server sends none, and none is read. The errors and the requests are
    /// those of [`exec`](Self::exec).
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Page { #[hash_key] path: String, hits: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
    /// Page::upsert("/").add(Page::HITS, 1).exec_unit(&db).await?;
    /// assert_eq!(Page::get("/").exec(&db).await?.map(|page| page.hits), Some(1));
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
        let check_whole = |new| codec::decode::<M>(new, M::DEFINITION).map(drop);
        let Changes { key, changes, condition, .. } = self.update.changes;
        WriteParts::Upsert { key, changes, condition, check_whole }
    }
}

impl<M: Model> Prepare for Upsert<M> {
    const NAME: &'static str = "upsert";
    const DEFINITION: &'static Definition = M::DEFINITION;
    type Request = Write;
    type Rest = ();

    fn prepare(self, db: &Database) -> Result<(Write, ())> {
        Ok((write::one(db, M::DEFINITION, self.into_parts())?, ()))
    }
}

impl<M: Model> Operation for Upsert<M> {
    type Output = M;

    fn finish((): (), written: Written) -> Result<M> {
        decode_left(written, Self::NAME)
    }
}

impl<M: Model> TransactionItem for Upsert<M> {
    type Returned = M;

    const RETURNING: Returning = Returning::After;

    fn returned(_: Option<Record>, written: Written) -> Result<M> {
        decode_left(written, Self::NAME)
    }
}

impl<M> Clone for Upsert<M> {
    fn clone(&self) -> Self {
        Self { update: self.update.clone() }
    }
}

impl<M: Model> fmt::Debug for Upsert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upsert").field(&self.update).finish()
    }
}
