//! The traits that the derive implements: what the operations need to know of a model.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::field::Key;
use crate::limits::{self, Limits};
use crate::request::RecordKey;
use crate::value::{Record, Value};

/// What the library knows of a model: its definition and its key. The derive implements it, and with it every
/// model is a [`Repository`](trait@crate::Repository), which has the operations.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a repository",
    label = "not a repository",
    note = "derive it: `#[derive(Serialize, Deserialize, Repository)]`"
)]
pub trait Model: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The primary key: the hash key's type, or a pair of the hash and range keys' types. What
    /// [`own_key`](Self::own_key) returns, and what [`IntoKey`] converts to in operations on many keys.
    type Key: Send + Sync + 'static;

    /// The definition.
    const DEFINITION: &'static Definition;

    /// The model's own key.
    fn own_key(&self) -> Self::Key;

    /// A key in its stored parts, as the `new` of an operation on one key takes it.
    fn encode_key(key: &Self::Key) -> EncodedKey;
}

impl Record {
    /// The model in this record.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) if it does not fit.
    pub fn decode<M: Model>(self) -> Result<M> {
        codec::decode(self, M::DEFINITION)
    }
}

/// A key on its way into an operation: its stored parts, or why one of them cannot be stored.
///
/// It is kept as it is until the operation is executed, whose error it then is. So a key that cannot be
/// stored needs no `?` of its own when the operation is made.
///
/// ```
/// use reposit::{Database, ErrorKind, Repository, operation::Get};
///
/// # use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Serialize, Deserialize, Repository)] struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// let key = Event::key_parts(&("s".to_owned(), 7))?;
/// assert_eq!((key.hash(), key.range()), (&"s".into(), Some(&7_u64.into())));
/// let refused = Get::<Event>::new(Event::key_parts(&(String::new(), 7))).exec(&db).await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
/// # Ok(()) }
/// ```
pub type EncodedKey = Result<RecordKey>;

/// A key of one part.
#[doc(hidden)]
pub fn hash_key(hash: Result<Value>) -> EncodedKey {
    Ok(RecordKey::new(hash?))
}

/// A key of two parts.
#[doc(hidden)]
pub fn hash_range_key(hash: Result<Value>, range: Result<Value>) -> EncodedKey {
    Ok(RecordKey::new(hash?).with_range(range?))
}

/// Checks the parts of a key against their kinds and the backend's limits, and returns the key.
pub(crate) fn check_key_parts(definition: &Definition, key: RecordKey, limits: &Limits) -> Result<RecordKey> {
    limits::check_key(key.hash(), definition.hash().kind, definition.hash_name(), limits.hash_key)?;
    match (key.range(), definition.range()) {
        (Some(value), Some(part)) => limits::check_key(value, part.kind, definition.part_name(part), limits.range_key)?,
        (None, None) => {}
        _ => return Err(Error::invalid("the key has another number of parts than the model's")),
    }
    Ok(key)
}

/// What operations on many keys take for each: the key itself, a reference to it, or what `get` takes.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)] struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// let key = ("s".to_owned(), 7_u64);
/// assert_eq!(Event::get_many([&key]).exec(&db).await?, [None]);
/// assert_eq!(Event::get_many([("s", 7), ("s", 8)]).exec(&db).await?, [None, None]);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of this repository, whose key is `{K}`",
    label = "not a key of this repository",
    note = "a key is given as the key itself, a reference to it, or what `get` takes for it; a key of two parts as a tuple: `[(hash, range)]`"
)]
pub trait IntoKey<K> {
    /// The key.
    fn into_key(self) -> K;
}

impl<T: Key> IntoKey<T> for T {
    fn into_key(self) -> T {
        self
    }
}

impl<T: Key> IntoKey<T> for &T {
    fn into_key(self) -> T {
        self.clone()
    }
}

/// Keys of text, for which a `&str` stands.
macro_rules! texts {
    ($($ty:ty),*) => {$(
        impl IntoKey<$ty> for &str {
            fn into_key(self) -> $ty {
                self.to_owned().into()
            }
        }

        impl IntoKey<$ty> for &&str {
            fn into_key(self) -> $ty {
                (*self).to_owned().into()
            }
        }
    )*};
}

texts!(String, Box<str>, Arc<str>, Cow<'static, str>);

impl IntoKey<Vec<u8>> for &[u8] {
    fn into_key(self) -> Vec<u8> {
        self.to_vec()
    }
}

impl IntoKey<Vec<u8>> for &&[u8] {
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

impl<'a, A, B, H, R> IntoKey<(H, R)> for &'a (A, B)
where
    &'a A: IntoKey<H>,
    &'a B: IntoKey<R>,
{
    fn into_key(self) -> (H, R) {
        ((&self.0).into_key(), (&self.1).into_key())
    }
}

/// A model with a version: `save`, and `.version(v)` on a delete. The derive implements it.
///
/// ```
/// use reposit::{Database, Result, Versioned, operation};
///
/// async fn saved<M: Versioned>(db: &Database, mut record: M) -> Result<u64> {
///     operation::Save::new(&mut record).exec(db).await?;
///     Ok(record.version())
/// }
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct Page { #[hash_key] path: String, #[version] revision: u32 }
/// # let _ = saved::<Page>;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no version",
    label = "only offered on a model with `#[version]`",
    note = "add a field with `#[version]` to the model"
)]
pub trait Versioned: Model {
    /// The type of the version field.
    type Version;

    /// The record's version; 0 is that of a record which was not stored yet.
    fn version(&self) -> u64;

    /// Gives the record a version. One that the field cannot hold becomes the last that it can.
    fn set_version(&mut self, version: u64);

    /// A version of the field's type as a number.
    fn version_number(version: &Self::Version) -> u64;
}

/// A model without a version: `put` and batches, which could not check one. The derive implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a version, which this operation cannot check",
    label = "not offered on a model with `#[version]`",
    note = "to store a record, use `{Self}::save(&mut record)`, for many records `{Self}::save_many(&mut records)` or `{Self}::create_many(&records)`"
)]
pub trait Unversioned: Model {}
