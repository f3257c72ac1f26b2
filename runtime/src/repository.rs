//! The operations of every model, for generic code, and for models that leave methods of the derive out.

use crate::definition::Definition;
use crate::model::{EncodedKey, IntoKey, Model, Unversioned, Versioned};
use crate::operation::{
    Check, Create, CreateMany, Delete, DeleteMany, Get, GetMany, Put, PutMany, Replace, Save, SaveMany, Scan, Update,
    Upsert,
};

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

    /// Reads every record: the only full scan. See [`Scan`].
    fn scan() -> Scan<Self> {
        Scan::new()
    }
}

impl<M: Model<Key: Clone + IntoKey<<M as Model>::Key>>> Repository for M {}
