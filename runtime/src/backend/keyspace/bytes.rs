//! Stores of bytes as spaces: entries are written as bytes when they are put and read from them when found.

use std::ops::ControlFlow;

use super::bounds::Bounds;
use super::entry::Entry;
use super::space::{Batch, Space, View, Visit};
use crate::error::Result;

/// Is shown keys and what stands under them, until it breaks off.
pub type VisitBytes<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>> + 'a;

/// One state of a store of bytes: it does not change while it is looked at.
pub trait ByteView {
    /// What stands under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Shows what stands within bounds, in the order of the keys' bytes or in its reverse, until `visit`
    /// breaks off or fails. `visit` may itself use the view. The bounds are never
    /// [empty](Bounds::is_empty).
    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut VisitBytes<'_>) -> Result<()>;
}

/// An ordered store of bytes: all that a backend of one's own has to bring.
///
/// A [`Keyspace`](super::Keyspace) over it is a [`Backend`](crate::backend::Backend), with every operation,
/// unique indexes, transactions and the time to live. What the store has to keep:
///
/// - keys are ordered by their bytes, and an entry may be of any length;
/// - a reader sees one state for as long as it looks, whatever is written meanwhile;
/// - one write comes after the other: no write changes the state that another looks at;
/// - a batch is applied whole or not at all. After an error nothing of it may be there, now or later. If the
///   store cannot know that, its error has to be of the kind
///   [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
///
/// The methods block until they are done, and operations of the keyspace run on the thread that polls them.
/// A store that takes long, because it waits for a disk or a lock, should be wrapped in a
/// [`Layer`](crate::backend::Layer) that moves the calls to a thread of their own.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::ops::ControlFlow;
/// use std::sync::{PoisonError, RwLock};
/// use reposit::backend::Limits;
/// use reposit::keyspace::{Batch, Bounds, ByteSpace, ByteView, Keyspace, VisitBytes};
/// use reposit::{Database, Result};
///
/// /// An ordered map behind a lock.
/// #[derive(Default)]
/// struct Shelf(RwLock<Map>);
///
/// #[derive(Default)]
/// struct Map(BTreeMap<Vec<u8>, Vec<u8>>);
///
/// impl ByteView for Map {
///     fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
///         Ok(self.0.get(key).cloned())
///     }
///
///     fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut VisitBytes<'_>) -> Result<()> {
///         let mut range = self.0.range::<[u8], _>(bounds);
///         while let Some((key, bytes)) = if descending { range.next_back() } else { range.next() } {
///             if visit(key, bytes)?.is_break() {
///                 break;
///             }
///         }
///         Ok(())
///     }
/// }
///
/// impl ByteSpace for Shelf {
///     fn read<T>(&self, look: impl FnOnce(&dyn ByteView) -> Result<T>) -> Result<T> {
///         look(&*self.0.read().unwrap_or_else(PoisonError::into_inner))
///     }
///
///     fn write<T>(&self, change: impl FnOnce(&dyn ByteView) -> Result<(T, Batch<Vec<u8>>)>) -> Result<T> {
///         let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
///         let (result, batch) = change(&*map)?;
///         for (key, bytes) in batch {
///             match bytes {
///                 Some(bytes) => drop(map.0.insert(key, bytes)),
///                 None => drop(map.0.remove(&key)),
///             }
///         }
///         Ok(result)
///     }
/// }
///
/// # use reposit::Repository; use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct Note { #[hash_key] id: String, #[index(unique)] title: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let backend = Keyspace::new(Shelf::default(), Limits::NONE).named("shelf");
/// let db = Database::builder().backend(backend).open().await?;
/// db.define::<Note>().await?;
/// Note::create(&Note { id: "n1".into(), title: "Shopping".into() }).exec(&db).await?;
/// assert_eq!(Note::find_by_title("Shopping").exec(&db).await?.map(|note| note.id), Some("n1".into()));
/// # Ok(()) }
/// ```
pub trait ByteSpace: Send + Sync + 'static {
    /// Looks at the state as it is now.
    fn read<T>(&self, look: impl FnOnce(&dyn ByteView) -> Result<T>) -> Result<T>;

    /// Looks at the state and changes it; no other write comes between. The batch is applied whole,
    /// or, after an error, not at all.
    fn write<T>(&self, change: impl FnOnce(&dyn ByteView) -> Result<(T, Batch<Vec<u8>>)>) -> Result<T>;

    /// Whether the one keyspace over this store is all that writes to it while it is open. If so, the
    /// catalogue is read once; if not, each operation reads one key more, to see whether another process
    /// has changed it.
    fn is_exclusive(&self) -> bool {
        false
    }
}

impl<S: ByteSpace> Space for S {
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        ByteSpace::read(self, |view| look(&Decoded(view)))
    }

    fn write<T>(&self, change: impl FnOnce(&dyn View) -> Result<(T, Batch)>) -> Result<T> {
        ByteSpace::write(self, |view| {
            let (result, batch) = change(&Decoded(view))?;
            Ok((result, batch.map(|entry| entry.to_bytes())))
        })
    }

    fn is_exclusive(&self) -> bool {
        ByteSpace::is_exclusive(self)
    }
}

/// A state of a store of bytes, with its bytes read as entries.
struct Decoded<'a>(&'a dyn ByteView);

impl View for Decoded<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        self.0.get(key)?.map(|bytes| Entry::from_bytes(&bytes)).transpose()
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        self.0.scan(bounds, descending, &mut |key, bytes| visit(key, &Entry::from_bytes(bytes)?))
    }
}
