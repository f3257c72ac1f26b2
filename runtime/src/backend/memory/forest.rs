//! Trees of keys that begin alike, in the order of what these begin with.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use super::node::{Leaf, Node};
use crate::backend::keyspace::{Bounds, Entry, Lead, View, Visit};
use crate::error::Result;

/// How many bytes the keys of one tree begin alike with: what kind of entry, and of which repository.
const HEAD: usize = 5;

/// An ordered map of keys to entries. The records of a repository have a tree of their own, and so have the entries of
/// its indexes: in none of its nodes is a key compared with what begins otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    trees: Vec<(Head, Arc<Node>)>,
}

/// The first bytes of a key. Zeros stand for what a shorter key lacks: of two keys the greater has no lesser head.
type Head = [u8; HEAD];

fn head_of(key: &[u8]) -> Head {
    key.first_chunk().copied().unwrap_or_else(|| {
        let mut head = [0; HEAD];
        head.iter_mut().zip(key).for_each(|(to, byte)| *to = *byte);
        head
    })
}

impl Forest {
    /// Puts an entry under a key.
    pub(super) fn put(&mut self, key: &[u8], entry: Entry) {
        let at = self.position(key).unwrap_or_else(|at| {
            self.trees.insert(at, (head_of(key), Arc::default()));
            at
        });
        if let Some((_, root)) = self.trees.get_mut(at) {
            Node::put(root, key, entry);
        }
    }

    /// Takes the entry under a key out.
    pub(super) fn take(&mut self, key: &[u8]) {
        let Ok(at) = self.position(key) else { return };
        if let Some((_, root)) = self.trees.get_mut(at) {
            Node::take(root, key);
            if root.is_empty() {
                self.trees.remove(at);
            }
        }
    }

    /// The position of the tree that a key belongs in; if there is none, the position that it would have.
    fn position(&self, key: &[u8]) -> Result<usize, usize> {
        let head = head_of(key);
        self.trees.binary_search_by(|(other, _)| other.cmp(&head))
    }

    fn find(&self, key: &[u8]) -> Option<(&Leaf, usize)> {
        let (_, root) = self.trees.get(self.position(key).ok()?)?;
        root.find(key)
    }

    /// The same, of a key that may stand behind the one that was found last, or before it.
    fn find_beside<'a>(&'a self, last: Option<(&'a Leaf, usize)>, key: &[u8]) -> Option<(&'a Leaf, usize)> {
        last.and_then(|(leaf, at)| leaf.find_beside(at, key)).or_else(|| self.find(key))
    }

    /// The trees in which there may be keys within bounds.
    fn trees_within(&self, bounds: &Bounds) -> &[(Head, Arc<Node>)] {
        let first = match bounds.low() {
            Bound::Included(low) | Bound::Excluded(low) => self.position(low).unwrap_or_else(|at| at),
            Bound::Unbounded => 0,
        };
        let end = match bounds.high() {
            Bound::Included(high) | Bound::Excluded(high) => self.position(high).map_or_else(|at| at, |at| at + 1),
            Bound::Unbounded => self.trees.len(),
        };
        self.trees.get(first..end).unwrap_or_default()
    }
}

impl View for Forest {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        Ok(self.find(key).map(|(leaf, at)| leaf.entry(at).clone()))
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut trees = self.trees_within(bounds).iter();
        while let Some((_, root)) = if descending { trees.next_back() } else { trees.next() } {
            if root.walk((bounds.low(), bounds.high()), descending, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn follow(&self, bounds: &Bounds, descending: bool, lead: &mut Lead<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let (mut key, mut found) = (Vec::new(), None);
        self.scan(bounds, descending, &mut |from, _| {
            lead(from, &mut key)?;
            found = self.find_beside(found, &key);
            found.map_or(Ok(ControlFlow::Continue(())), |(leaf, at)| visit(&key, leaf.entry(at)))
        })
    }
}
