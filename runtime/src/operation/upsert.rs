//! An upsert: a record is changed, or made.

use std::fmt;

use super::changes::Changes;
use super::execute::{Operation, Prepare};
use super::executing::{Asked, Asking, Executing, poll_left};
use super::prepare::write::{self, WriteParts};
use super::transaction::TransactionItem;
use super::update::{Update, decode_left};
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::{Field, FieldType, List, Many, Numeric, Optional, Set, Settable};
use crate::model::{EncodedKey, Model};
use crate::request::{Write, Written};

/// Changes a record, or makes it: what `M::upsert(..)` returns.
///
/// Executes to the record as it is then. If there is none, the new record is made of the key,
/// the changes and the defaults; if that is not a whole `M`, the error is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) and nothing is sent. One request. On DynamoDB two
/// on a model with a unique index, and if it adds to a float: the record is read first.
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

    /// Does it, and returns the record as it is then.
    pub fn exec(self, db: &Database) -> impl Future<Output = Result<M>> + Send {
        Executing { asking: self.asking(db), poll: poll_left }
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
        let Changes { key, changes, .. } = self.update.changes;
        WriteParts::Upsert { key, changes, check_whole }
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

impl<M: Model> TransactionItem for Upsert<M> {}

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
