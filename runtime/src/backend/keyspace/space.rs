//! What the keyspace needs of a store: an ordered map of keys to entries.

use std::ops::ControlFlow;
use std::vec;

use super::bounds::Bounds;
use super::entry::Entry;
use crate::error::Result;

/// Is shown entries until it breaks off.
pub type Visit<'a> = dyn FnMut(&[u8], &Entry) -> Result<ControlFlow<()>> + 'a;

/// Is given a key, and writes the key that it leads to.
pub type Lead<'a> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<()> + 'a;

/// One state of a store: it does not change while it is looked at.
pub trait View {
    /// What stands under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Entry>>;

    /// Shows the entries within bounds, in the order of their keys or in its reverse, until `visit`
    /// breaks off or fails. `visit` may itself use the view. The bounds are never
    /// [empty](Bounds::is_empty).
    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()>;

    /// Shows the entries that those within bounds lead to, in the order of these. `lead` writes the key that an
    /// entry's key leads to over the one before; what is not there is left out.
    ///
    /// Entries that stand beside each other often lead to entries that do, which a store may find sooner.
    fn follow(&self, bounds: &Bounds, descending: bool, lead: &mut Lead<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let mut key = Vec::new();
        self.scan(bounds, descending, &mut |from, _| {
            lead(from, &mut key)?;
            self.get(&key)?.map_or(Ok(ControlFlow::Continue(())), |entry| visit(&key, &entry))
        })
    }
}

/// An ordered store of keys and entries, which a [`Keyspace`](super::Keyspace) keeps its data in.
///
/// A store of bytes implements [`ByteSpace`](super::ByteSpace), and is a `Space` by that. This trait is for a
/// store in this process's memory, which keeps entries as they are.
pub trait Space: Send + Sync + 'static {
    /// Looks at the state as it is now.
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T>;

    /// The same for a look that may take long: at many keys, or at all of them. A store in which writers wait
    /// until nobody looks any more shows it a state of its own.
    fn read_long<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        self.read(look)
    }

    /// Looks at the state and changes it; no other write comes between. The batch is applied whole,
    /// or, after an error, not at all.
    fn write<T>(&self, change: impl FnOnce(&dyn View) -> Result<(T, Batch)>) -> Result<T>;

    /// Whether the one keyspace over this store is all that writes to it while it is open. If so, the
    /// catalogue is read once; if not, each operation looks at its generation.
    fn is_exclusive(&self) -> bool {
        false
    }
}

/// What a write changes: for each key its new entry, or nothing if the key is removed. It yields them in the
/// order of the keys.
///
/// ```
/// use std::collections::BTreeMap;
/// use reposit::keyspace::Batch;
///
/// fn apply(batch: Batch<Vec<u8>>, map: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
///     for (key, entry) in batch {
///         match entry {
///             Some(entry) => drop(map.insert(key, entry)),
///             None => drop(map.remove(&key)),
///         }
///     }
/// }
/// # apply(Batch::default(), &mut BTreeMap::new());
/// ```
#[derive(Debug, Clone)]
pub struct Batch<E = Entry>(Vec<(Vec<u8>, Option<E>)>);

impl<E> Batch<E> {
    /// A batch of changes that stand in the order of their keys, each key once.
    pub(crate) fn of_sorted(changes: Vec<(Vec<u8>, Option<E>)>) -> Self {
        Self(changes)
    }

    /// How many keys change.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing changes. There is nothing to commit then.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that change, in order.
    #[cfg(feature = "memory")]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|(key, _)| key.as_slice())
    }

    /// The same changes with entries of another form.
    pub(super) fn map<F>(self, form: impl Fn(E) -> F) -> Batch<F> {
        Batch(self.0.into_iter().map(|(key, entry)| (key, entry.map(&form))).collect())
    }
}

impl<E> Default for Batch<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E> IntoIterator for Batch<E> {
    type Item = (Vec<u8>, Option<E>);
    type IntoIter = Changes<E>;

    fn into_iter(self) -> Changes<E> {
        Changes(self.0.into_iter())
    }
}

/// The changes of a [`Batch`], in the order of their keys.
#[derive(Debug)]
pub struct Changes<E>(vec::IntoIter<(Vec<u8>, Option<E>)>);

impl<E> Iterator for Changes<E> {
    type Item = (Vec<u8>, Option<E>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}
