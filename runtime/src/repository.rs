//! The operations of every model, for generic code, and for models that leave methods of the derive out.

use crate::condition::{Condition, Op};
use crate::definition::Definition;
use crate::error::Result;
use crate::model::{EncodedKey, IntoKey, Model, Unversioned, Versioned};
use crate::operation::{
    Check, Create, CreateMany, Delete, DeleteMany, Get, GetMany, Put, PutMany, Replace, Save, SaveMany, Scan, Update,
    Upsert,
};
use crate::value::Value;

/// A model with a repository. Derive it; generic code is written over it.
///
/// It has the operations that do not depend on the model's own fields, under the names of the derived
/// methods. A derived method comes first: `User::create` is the model's own, and
/// `<User as Repository>::create` this one. So a model may have a `create` of its own, if the derive leaves its
/// one out with `#[repository(skip(create))]`.
///
/// ```
/// use reposit::{Database, Repository, Result};
///
/// async fn is_stored<M: Repository>(db: &Database, record: &M) -> Result<bool> {
///     Ok(M::get(record.key()).exec(db).await?.is_some())
/// }
///
/// # use serde::{Serialize, Deserialize};
/// #[derive(Serialize, Deserialize, Repository)]
/// #[repository(skip(create))]
/// struct User {
///     #[hash_key]
///     id: String,
/// }
///
/// impl User {
///     async fn create(db: &Database, id: &str) -> Result<User> {
///         let user = User { id: id.to_lowercase() };
///         <User as Repository>::create(&user).exec(db).await?;
///         Ok(user)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// let ada = User::create(&db, "Ada").await?;
/// assert!(is_stored(&db, &ada).await?);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a repository",
    label = "not a repository",
    note = "derive it: `#[derive(Serialize, Deserialize, Repository)]`"
)]
pub trait Repository: Model<Key: Clone + IntoKey<<Self as Model>::Key>> {
    /// The definition.
    fn definition() -> &'static Definition {
        Self::DEFINITION
    }

    /// The model's own key.
    fn key(&self) -> Self::Key {
        self.own_key()
    }

    /// A key in its stored parts, as the `new` of an operation on one key takes it.
    fn key_parts(key: &Self::Key) -> EncodedKey {
        Self::encode_key(key)
    }

    /// Creates a record, which must not exist yet. See [`Create`].
    fn create(record: &Self) -> Create<'_, Self> {
        Create::new(record)
    }

    /// Creates a record, or replaces it whole. See [`Put`].
    fn put(record: &Self) -> Put<'_, Self>
    where
        Self: Unversioned,
    {
        Put::new(record)
    }

    /// Replaces a record whole, which must exist. See [`Replace`].
    fn replace(record: &Self) -> Replace<'_, Self>
    where
        Self: Unversioned,
    {
        Replace::new(record)
    }

    /// Creates many records, or replaces them whole. See [`PutMany`].
    fn put_many(records: &[Self]) -> PutMany<'_, Self>
    where
        Self: Unversioned,
    {
        PutMany::new(records)
    }

    /// Creates many records, none of which may exist yet. See [`CreateMany`].
    fn create_many(records: &[Self]) -> CreateMany<'_, Self> {
        CreateMany::new(records)
    }

    /// Creates a record that was not stored yet; replaces another if its stored version is still the same. See
    /// [`Save`].
    fn save(record: &mut Self) -> Save<'_, Self>
    where
        Self: Versioned,
    {
        Save::new(record)
    }

    /// Saves many records, each under its version. See [`SaveMany`].
    fn save_many(records: &mut [Self]) -> SaveMany<'_, Self>
    where
        Self: Versioned,
    {
        SaveMany::new(records)
    }

    /// Reads a record. See [`Get`].
    fn get(key: impl IntoKey<Self::Key>) -> Get<Self> {
        Get::new(Self::encode_key(&key.into_key()))
    }

    /// Reads many records. See [`GetMany`].
    fn get_many<K: IntoKey<Self::Key>>(keys: impl IntoIterator<Item = K>) -> GetMany<Self> {
        GetMany::new(keys)
    }

    /// Changes fields of a record. See [`Update`].
    fn update(key: impl IntoKey<Self::Key>) -> Update<Self> {
        Update::new(Self::encode_key(&key.into_key()))
    }

    /// Changes fields of a record, or creates it. See [`Upsert`].
    fn upsert(key: impl IntoKey<Self::Key>) -> Upsert<Self> {
        Upsert::new(Self::encode_key(&key.into_key()))
    }

    /// Deletes a record. See [`Delete`].
    fn delete(key: impl IntoKey<Self::Key>) -> Delete<Self> {
        Delete::new(Self::encode_key(&key.into_key()))
    }

    /// Deletes many records. See [`DeleteMany`].
    fn delete_many<K: IntoKey<Self::Key>>(keys: impl IntoIterator<Item = K>) -> DeleteMany<Self> {
        DeleteMany::new(keys)
    }

    /// Checks a record inside a transaction without writing it. See [`Check`].
    fn check(key: impl IntoKey<Self::Key>) -> Check<Self> {
        Check::new(Self::encode_key(&key.into_key()))
    }

    /// A condition on a field that is known by its name at run time: for filters that come from elsewhere, such as
    /// over HTTP. It is checked against the definition, so that it means what `User::AGE.ge(18)` means.
    ///
    /// The name is the stored one. What is in a field is reached by names between dots: `address.city`, the entry
    /// of a map, the position in a list. A point in time is compared with [`Value::Instant`], or with what serde
    /// writes of it. Local times, IP addresses and UUIDs may be in another spelling: `2001:DB8::0:1` is
    /// `2001:db8::1`.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) for a field that the model does not have, which
    /// lists those that it has; for a comparison that its type does not have; for a value of another kind, and for
    /// text that is no day, local time, IP address or UUID where the field holds such. Of a type of one's own, and
    /// of a field with `serde(with)`, the kind is not known: it is compared with `=` and `<>` alone, and its value
    /// is the caller's to choose. A flattened field has no name.
    ///
    /// ```
    /// # use reposit::{Condition, Database, ErrorKind, Op, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct User { #[hash_key] id: String, age: u32, team: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<User>().await?;
    /// let asked = [("age", Op::Ge, 18_i64.into()), ("team", Op::Eq, "core".into())];
    /// let conditions = asked.into_iter().map(|(name, op, value): (_, _, reposit::Value)| User::condition(name, op, value));
    /// let filter = Condition::all(conditions.collect::<reposit::Result<Vec<_>>>()?);
    /// assert_eq!(User::scan().filter(filter).count(&db).await?, 0);
    ///
    /// let error = User::condition("agee", Op::Ge, 18_i64).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// assert!(error.message().contains("its fields are id, age, team"));
    /// # Ok(()) }
    /// ```
    fn condition(name: &str, op: Op, value: impl Into<Value>) -> Result<Condition<Self>> {
        Condition::named(Self::DEFINITION, name, op, value.into()).map_err(|e| e.in_repository(Self::DEFINITION.name()))
    }

    /// Reads every record: the only full scan. See [`Scan`].
    fn scan() -> Scan<Self> {
        Scan::new()
    }
}

impl<M: Model<Key: Clone + IntoKey<<M as Model>::Key>>> Repository for M {}
