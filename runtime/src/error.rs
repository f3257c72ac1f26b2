//! The one error of the crate: what kind it is, where it happened, and what caused it.

mod kind;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub use self::kind::ErrorKind;

use crate::cursor::Cursor;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How long a message may be, in bytes.
const LONGEST: usize = 4096;

/// How much of a longer message is kept of its end, which often says what was expected.
const TAIL: usize = 512;

/// Leaves out the middle of a text that is too long for a message.
fn shorten(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let head = text.floor_char_boundary(LONGEST - TAIL - 64);
    let tail = text.ceil_char_boundary(text.len() - TAIL);
    format!("{} … ({} bytes are left out) … {}", &text[..head], tail - head, &text[tail..])
}

/// An error of any operation: its [`kind`](Error::kind), the repository, operation and index
/// concerned, a message, and the SDK's own error as its source.
///
/// ```
/// use reposit::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no live record has this key").in_repository("users").in_operation("update");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "users: update: not found: no live record has this key");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    repository: Option<String>,
    operation: Option<&'static str>,
    index: Option<String>,
    position: Option<usize>,
    versions: Option<Versions>,
    failures: Vec<Failure>,
    /// The key of the record concerned, whose type is known further up.
    key: Option<Arc<dyn Any + Send + Sync>>,
    cursor: Option<Cursor>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Of a version conflict: what was expected, and what is stored.
#[derive(Debug, Clone, Copy)]
struct Versions {
    expected: u64,
    stored: Option<u64>,
}

impl Inner {
    /// What is said of a batch is said of each of its items.
    fn each_failure(&mut self, change: impl Fn(Error) -> Error) {
        for failure in &mut self.failures {
            failure.error = change(failure.error.clone());
        }
    }
}

/// One item of a batch that was not done.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, tags: Vec<String> }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// let user = |id: &str| User { id: id.into(), email: format!("{id}@example.com"), tags: vec![] };
/// let error = User::put_many(&[user("a"), user("")]).exec(&db).await.unwrap_err();
/// for failure in error.failures() {
///     println!("item {}: {}", failure.position, failure.error);
/// }
/// # assert_eq!(error.failures()[0].position, 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The item's position in what the caller passed.
    pub position: usize,
    /// Why it was not done.
    pub error: Error,
}

impl Error {
    /// An error of `kind` that says `message`. Of one that is longer than 4 KB, as where it quotes a
    /// value of the caller's, the middle is left out.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: shorten(message.into()),
            repository: None,
            operation: None,
            index: None,
            position: None,
            versions: None,
            failures: Vec::new(),
            key: None,
            cursor: None,
            source: None,
        }))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The repository concerned, by its stored name.
    pub fn repository(&self) -> Option<&str> {
        self.0.repository.as_deref()
    }

    /// The operation concerned, for example `create`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The index concerned: of a [`ErrorKind::UniqueViolation`], the one whose value is taken.
    pub fn index(&self) -> Option<&str> {
        self.0.index.as_deref()
    }

    /// In a refused transaction, the position of the operation that was refused, counted from 0.
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// Of a [`ErrorKind::VersionConflict`], the version that the operation expected.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Page { #[hash_key] path: String, #[version] revision: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Page>().await?;
    /// Page::create(&Page { path: "/".into(), revision: 5 }).exec(&db).await?;
    /// let error = Page::delete("/").version(3).exec(&db).await.unwrap_err();
    /// assert_eq!((error.expected_version(), error.stored_version()), (Some(3), Some(5)));
    /// # Ok(()) }
    /// ```
    pub fn expected_version(&self) -> Option<u64> {
        self.0.versions.map(|versions| versions.expected)
    }

    /// Of a [`ErrorKind::VersionConflict`], the version of the stored record; nothing if it has none that the model
    /// can have.
    pub fn stored_version(&self) -> Option<u64> {
        self.0.versions.and_then(|versions| versions.stored)
    }

    /// A stored record has another version than was expected, or none.
    pub(crate) fn of_versions(expected: u64, stored: Option<i128>) -> Self {
        let found = stored.map_or_else(|| "none".to_owned(), |version| version.to_string());
        let message = format!("expected version {expected}, the stored version is {found}");
        let stored = stored.and_then(|version| u64::try_from(version).ok());
        Self::new(ErrorKind::VersionConflict, message)
            .edit(|inner| inner.versions = Some(Versions { expected, stored }))
    }

    /// Of a batch, every item that was not done, with its own error, in the order of the items. Empty for
    /// any other error.
    pub fn failures(&self) -> &[Failure] {
        &self.0.failures
    }

    /// Of a [`BulkWrite`](crate::operation::BulkWrite) that ended early, where it goes on. Nothing if it is to be begun
    /// anew, as nothing was done, and of any other error.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64, seen: u8 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
    /// # for (seq, seen) in [(1, 1), (2, u8::MAX)] { Event::create(&Event { stream: "s".into(), seq, seen }).exec(&db).await?; }
    /// let error = Event::scan().update_all(&db, |event| event.add(Event::SEEN, 1)).await.unwrap_err();
    /// let failed = &error.failures()[0];
    /// assert_eq!(failed.error.key().and_then(|key| key.range().cloned()), Some(2_u64.into()));
    /// let rest = Event::scan().after(error.cursor()).update_all(&db, |event| event.add(Event::SEEN, 1)).await?;
    /// assert_eq!(rest, 0);
    /// # Ok(()) }
    /// ```
    pub fn cursor(&self) -> Option<&Cursor> {
        self.0.cursor.as_ref()
    }

    pub(crate) fn at_cursor(self, cursor: Option<Cursor>) -> Self {
        self.edit(|inner| inner.cursor = cursor)
    }

    /// The key of the record concerned, as what it was given as.
    pub(crate) fn key_as<K: Any>(&self) -> Option<&K> {
        self.0.key.as_deref()?.downcast_ref()
    }

    pub(crate) fn with_key<K: Any + Send + Sync>(self, key: K) -> Self {
        self.edit(|inner| inner.key = Some(Arc::new(key)))
    }

    /// Names the repository, unless an inner layer has.
    #[must_use]
    pub fn in_repository(self, name: &str) -> Self {
        self.edit(|inner| {
            inner.repository.get_or_insert_with(|| name.to_owned());
            inner.each_failure(|error| error.in_repository(name));
        })
    }

    /// Names the repository of the operation that it is of, by the repositories of all: the only one,
    /// if it does not say of which.
    pub(crate) fn in_one_of(self, names: &[&str]) -> Self {
        let only = names.first().filter(|first| names.iter().all(|name| name == *first));
        match self.position().and_then(|at| names.get(at)).or(only) {
            Some(name) => self.in_repository(name),
            None => self,
        }
    }

    /// Names the operation, unless an inner layer has.
    #[must_use]
    pub fn in_operation(self, operation: &'static str) -> Self {
        self.edit(|inner| {
            inner.operation.get_or_insert(operation);
            inner.each_failure(|error| error.in_operation(operation));
        })
    }

    /// Names the index.
    #[must_use]
    pub fn on_index(self, index: &str) -> Self {
        self.edit(|inner| inner.index = Some(index.to_owned()))
    }

    /// Says which operation of a transaction this is about.
    #[must_use]
    pub fn at_position(self, position: usize) -> Self {
        self.edit(|inner| inner.position = Some(position))
    }

    /// Says something else, of the same thing that went wrong.
    #[cfg(any(feature = "dynamodb", feature = "mongodb"))]
    pub(crate) fn with_message(self, message: impl Into<String>) -> Self {
        self.edit(|inner| inner.message = shorten(message.into()))
    }

    /// Adds to a time-out what was being done, or waited for.
    #[cfg(any(feature = "dynamodb", feature = "mongodb"))]
    pub(crate) fn timed_out_while(self, what: &str) -> Self {
        match self.kind() {
            ErrorKind::Timeout if !what.is_empty() => {
                let message = format!("{}, while {what}", self.message());
                self.with_message(message)
            }
            _ => self,
        }
    }

    /// Keeps the error that caused this one, boxed already or not.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        self.edit(|inner| inner.source = Some(Arc::from(source)))
    }

    /// An error over several items; its kind is that of the first failure.
    pub(crate) fn of_batch(failures: Vec<(usize, Error)>, total: usize) -> Self {
        let kind = failures.first().map_or(ErrorKind::Backend, |(_, e)| e.kind());
        let first = failures.first().map_or_else(String::new, |(i, e)| format!("; item {i}: {e}"));
        let message = format!("{} of {total} items were not done{first}", failures.len());
        Self::new(kind, message).edit(|inner| {
            inner.failures = failures.into_iter().map(|(position, error)| Failure { position, error }).collect();
        })
    }

    /// The value of a unique index is another record's.
    #[cfg(any(feature = "keyspace", feature = "mongodb", feature = "dynamodb", feature = "postgres"))]
    pub(crate) fn taken(index: &str) -> Self {
        Self::new(ErrorKind::UniqueViolation, "another live record holds the value").on_index(index)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn codec(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Codec, message)
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(repository) = &inner.repository {
            write!(f, "{repository}: ")?;
        }
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        if let Some(position) = inner.position {
            write!(f, "operation {position}: ")?;
        }
        write!(f, "{}", inner.kind)?;
        if let Some(index) = &inner.index {
            write!(f, " on index {index}")?;
        }
        if !inner.message.is_empty() {
            write!(f, ": {}", inner.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", &inner.kind).field("message", &inner.message);
        if let Some(repository) = &inner.repository {
            out.field("repository", repository);
        }
        if let Some(operation) = inner.operation {
            out.field("operation", &operation);
        }
        if let Some(index) = &inner.index {
            out.field("index", index);
        }
        if let Some(position) = inner.position {
            out.field("position", &position);
        }
        if let Some(versions) = inner.versions {
            out.field("versions", &versions);
        }
        if !inner.failures.is_empty() {
            out.field("failures", &inner.failures);
        }
        if let Some(source) = &inner.source {
            out.field("source", &shorten(source.to_string()));
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_bounded_and_keeps_its_beginning_and_its_end() {
        for filler in ["x", "ü", "\u{20ac}", "\u{1F980}"] {
            for more in 0..8 {
                let value = "y".repeat(more) + &filler.repeat(1_000_000);
                let error = Error::codec(format!("size: invalid type: string {value:?}, expected u64"));
                assert!(error.message().len() <= LONGEST, "{}", error.message().len());
                assert!(error.message().starts_with("size: invalid type"), "{error}");
                assert!(error.message().ends_with(", expected u64"), "{error}");
                let error = Error::of_batch(vec![(0, error.in_repository("files"))], 1);
                assert!(error.to_string().len() <= LONGEST + 100, "once more in the batch's own");
            }
        }
        let text = "z".repeat(LONGEST);
        assert_eq!(Error::codec(text.clone()).message(), text);
    }

    #[test]
    fn the_source_is_shown_in_part_where_it_is_long() {
        let error = Error::codec("short").with_source(std::io::Error::other("s".repeat(10_000_000)));
        assert!(format!("{error:?}").len() < 2 * LONGEST);
    }
}
