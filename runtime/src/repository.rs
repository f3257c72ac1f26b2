//! The trait the derive implements.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::field::FieldType;
use crate::limits::{self, Limits};
use crate::request::RecordKey;
use crate::value::Value;

/// A model with a repository. Derive it; generic code is written over it.
///
/// ```
/// use reposit::{Database, Repository, Result, operation};
///
/// async fn exists<M: Repository>(db: &Database, key: &M::Key) -> Result<bool> {
///     Ok(operation::Get::<M>::new(M::key_parts(key)).exec(db).await?.is_some())
/// }
/// # let _ = exists::<User>;
/// # use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a repository",
    label = "not a repository",
    note = "derive it: `#[derive(Serialize, Deserialize, Repository)]`"
)]
pub trait Repository: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The primary key: the hash key's type, or a pair of the hash and range keys' types.
    type Key: Send + Sync + 'static;

    /// The definition.
    const DEFINITION: &'static Definition;

    /// The definition.
    fn definition() -> &'static Definition {
        Self::DEFINITION
    }

    /// The model's own key.
    fn key(&self) -> Self::Key;

    /// A key in its stored parts, as operations take it.
    fn key_parts(key: &Self::Key) -> KeyArg;
}

/// A key on its way into an operation: its parts, or why one of them cannot be stored.
pub type KeyArg = Result<RecordKey>;

/// A key of one part.
#[doc(hidden)]
pub fn hash_key(hash: Result<Value>) -> KeyArg {
    Ok(RecordKey { hash: hash?, range: None })
}

/// A key of two parts.
#[doc(hidden)]
pub fn hash_range_key(hash: Result<Value>, range: Result<Value>) -> KeyArg {
    Ok(RecordKey { hash: hash?, range: Some(range?) })
}

/// A key checked against its kind and the backend's limits.
pub(crate) fn checked(definition: &Definition, key: RecordKey, limits: &Limits) -> Result<RecordKey> {
    limits::key(&key.hash, definition.hash().kind, definition.hash_name(), limits.hash_key)?;
    match (&key.range, definition.range()) {
        (Some(value), Some(part)) => limits::key(value, part.kind, definition.part_name(part), limits.range_key)?,
        (None, None) => {}
        _ => return Err(Error::invalid("the key has another number of parts than the model's")),
    }
    Ok(key)
}

/// What many-key operations take for a key: the key itself, a reference to it, or what `get` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of this repository, whose key is `{K}`",
    label = "not a key of this repository"
)]
pub trait IntoKey<K> {
    /// The key.
    fn into_key(self) -> K;
}

impl<T: FieldType + Clone> IntoKey<T> for T {
    fn into_key(self) -> T {
        self
    }
}

impl<T: FieldType + Clone> IntoKey<T> for &T {
    fn into_key(self) -> T {
        self.clone()
    }
}

impl IntoKey<String> for &str {
    fn into_key(self) -> String {
        self.to_owned()
    }
}

impl IntoKey<Vec<u8>> for &[u8] {
    fn into_key(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<A, B, H, R> IntoKey<(H, R)> for (A, B)
where
    A: IntoKey<H>,
    B: IntoKey<R>,
{
    fn into_key(self) -> (H, R) {
        (self.0.into_key(), self.1.into_key())
    }
}

impl<H: FieldType + Clone, R: FieldType + Clone> IntoKey<(H, R)> for &(H, R) {
    fn into_key(self) -> (H, R) {
        self.clone()
    }
}

/// A model with a version: `save`, and `.version(v)` on a delete.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    note = "add a field with `#[version]` to the model"
)]
pub trait Versioned: Repository {}

/// A model without a version: `put` and batches, which could not check one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a version, which this operation cannot check",
    note = "use `save` for each record"
)]
pub trait Unversioned: Repository {}
