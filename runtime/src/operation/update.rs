use std::fmt;
use std::marker::PhantomData;

use super::fill;
use super::prepare::{changes, conditioned, named, store_as_it_is};
use super::transaction::TransactionItem;
use crate::change::{self, Change};
use crate::codec;
use crate::condition::{Condition, Expr};
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Field, FieldType, List, Numeric, Optional, Settable};
use crate::path::Path;
use crate::repository::{KeyArg, Repository, checked};
use crate::request::{Action, Get, Request, Write};
use crate::value::{Record, Value};

/// Changes fields of a record: what `M::update(..)` gives.
///
/// Executes to the updated `M`. A missing or expired record is
/// [`NotFound`](crate::ErrorKind::NotFound), a false condition
/// [`ConditionFailed`](crate::ErrorKind::ConditionFailed), a sum beyond what the field holds
/// [`InvalidInput`](crate::ErrorKind::InvalidInput); nothing is changed then. Every change sees
/// the record as it was before. A version goes up by one, and unique values move.
///
/// One request. On DynamoDB two where the update touches a unique field (or the ttl of a model with
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
    key: KeyArg,
    changes: Result<Vec<Change>>,
    condition: Option<Condition<M>>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Repository> Update<M> {
    /// An update of the record with this key.
    pub fn new(key: KeyArg) -> Self {
        Self { key, changes: Ok(Vec::new()), condition: None, marker: PhantomData }
    }

    // The compiler shows the line with the name if the value is of another type, so the line says what to write.
    /// Stores a value in a field. To take the value of an optional field away, use [`remove`](Self::remove).
    #[rustfmt::skip]
    pub fn set<T: FieldType, Role: Settable>( // no Option: `.remove(field)` for `None`, `x` for `Some(x)`
        self, field: Field<M, T, Role>, value: T::Arg<'_>,
    ) -> Self {
        let value = field.encode(value);
        self.with(&field, |path| match value? {
            // A unit and its like: stored as in a whole record.
            Value::Null if !field.keeps_null(M::definition())? => Ok(Change::Remove(path)),
            value => Ok(Change::Set(path, value)),
        })
    }

    /// Adds to a number; a negative one takes away. A missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        self.with(&field, |path| Ok(Change::Add { path, start: 0, delta: T::delta(delta)?, bounds: T::BOUNDS }))
    }

    /// Takes the value of an optional field away, so that it is read as `None`.
    pub fn remove<T: Optional, Role: Settable>(self, field: Field<M, T, Role>) -> Self {
        self.with(&field, |path| match field.reads_otherwise(M::definition())? {
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
        self.with(&field, |path| Ok(Change::Append(path, items?)))
    }

    /// Only where the condition is true of the stored record. Several are all needed.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.condition = Some(match self.condition {
            Some(other) => other.and(condition),
            None => condition,
        });
        self
    }

    /// Does it, and gives the record as it is then.
    pub async fn exec(self, db: &Database) -> Result<M> {
        let definition = M::definition();
        let named = named(definition, "update");
        let write = self.write(db).map_err(&named)?;
        if matches!(write.action, Action::Check) {
            return read(db, &write).await.and_then(|record| codec::decode(record, definition)).map_err(named);
        }
        let written = db.write("update", write).await?;
        let missing = || Error::new(ErrorKind::Backend, "the backend gave no record after an update");
        written.record.ok_or_else(missing).and_then(|record| codec::decode(record, definition)).map_err(named)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let explain = |write: Write| match write.action {
            Action::Check => db.explain(Request::Get(&whole(&write))),
            _ => db.explain(Request::Write(&write)),
        };
        self.write(db).and_then(explain).map_err(named(M::definition(), "explain"))
    }

    fn with<T, Role>(mut self, field: &Field<M, T, Role>, change: impl FnOnce(Path) -> Result<Change>) -> Self {
        self.changes = self.changes.and_then(|mut changes| {
            changes.push(change(field.changed(M::definition())?)?);
            Ok(changes)
        });
        self
    }

    fn write(&self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let key = checked(definition, self.key.clone()?, &db.backend().limits())?;
        let asked = self.changes.clone()?;
        let action = match asked.is_empty() {
            // Nothing is filled in and no version goes up where nothing changes.
            true => Action::Check,
            false => Action::Update(changes(db, definition, asked)?),
        };
        let condition = self.condition.clone().map(Condition::into_expr).transpose()?;
        conditioned(Write::new(definition, key, action), condition)
    }
}

/// The read that an update without changes is.
fn whole(write: &Write) -> Get {
    Get::new(write.definition, write.key.clone(), true)
}

/// What an update without changes gives: the record, if the update would have been made.
async fn read(db: &Database, write: &Write) -> Result<Record> {
    let call = db.call("update");
    let stored = db.backend().get(call.clone(), whole(write)).await?;
    write.judge(stored.as_ref(), &call)?;
    stored.ok_or_else(|| Error::new(ErrorKind::NotFound, "no live record has this key"))
}

impl<M: Repository> TransactionItem for Update<M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "update"))
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
            .field("changes", &self.changes)
            .field("condition", &condition)
            .finish()
    }
}

/// Changes a record, or makes it: what `M::upsert(..)` gives.
///
/// Executes to the record as it is then. Where there is none, the new record is made of the key,
/// the changes and the defaults; if that is not a whole `M`, the error is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) and nothing is sent. One request. On DynamoDB two
/// on a model with a unique index, and where it adds to a float: the record is read first.
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

impl<M: Repository> Upsert<M> {
    /// An upsert of the record with this key.
    pub fn new(key: KeyArg) -> Self {
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
        let value = field.encode(value);
        if matches!((&value, field.keeps_null(M::definition())), (Ok(Value::Null), Ok(false))) {
            return self;
        }
        Self { update: self.update.with(&field, |path| Ok(Change::SetIfMissing(path, value?))) }
    }

    /// Adds to a number; a missing number counts as zero.
    pub fn add<T: Numeric, Role: Settable>(self, field: Field<M, T, Role>, delta: T::Delta) -> Self {
        Self { update: self.update.add(field, delta) }
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
        Self { update: self.update.append(field, items) }
    }

    /// Does it, and gives the record as it is then.
    pub async fn exec(self, db: &Database) -> Result<M> {
        let definition = M::definition();
        let named = named(definition, "upsert");
        let write = self.write(db).map_err(&named)?;
        let written = db.write("upsert", write).await?;
        let missing = || Error::new(ErrorKind::Backend, "the backend gave no record after an upsert");
        written.record.ok_or_else(missing).and_then(|record| codec::decode(record, definition)).map_err(named)
    }

    /// The request that the database's backend would send; nothing is sent.
    pub fn explain(self, db: &Database) -> Result<String> {
        let write = self.write(db);
        write.and_then(|write| db.explain(Request::Write(&write))).map_err(named(M::definition(), "explain"))
    }

    fn write(&self, db: &Database) -> Result<Write> {
        let definition = M::definition();
        let asked = self.update.changes.clone()?;
        let changes_nothing = asked.is_empty();
        let key = checked(definition, self.update.key.clone()?, &db.backend().limits())?;
        let mut changes = changes(db, definition, asked)?;
        fill::created(definition, &mut changes, db.now());
        let new = change::apply(&key.to_record(definition), &change::for_new_record(&changes))?;
        codec::decode::<M>(new.clone(), definition)
            .map_err(|e| Error::invalid(format!("the new record would not be whole: {}", e.message())))?;
        // The changes have filled in what nobody set: the new record is theirs, whatever they say.
        let mut write = store_as_it_is(db, definition, new, Action::Put)?;
        if changes_nothing {
            // A record that is there stays as it is.
            changes.clear();
        }
        if let Action::Put(insert) = write.action {
            write.action = Action::Upsert { changes, insert };
        }
        Ok(write)
    }
}

impl<M: Repository> TransactionItem for Upsert<M> {
    fn prepare(&mut self, db: &Database) -> Result<Write> {
        self.write(db).map_err(named(M::definition(), "upsert"))
    }
}

impl<M> Clone for Upsert<M> {
    fn clone(&self) -> Self {
        Self { update: self.update.clone() }
    }
}

impl<M: Repository> fmt::Debug for Upsert<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upsert").field(&self.update).finish()
    }
}
