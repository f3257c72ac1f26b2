//! The nodes of an ordered tree in memory: shared by its states, copied where a state that is still looked at
//! would change.

use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use super::keys::{Keys, count_shared, reserve_more};
use crate::backend::keyspace::{Entry, Visit};
use crate::error::Result;

/// How many entries or children a node has at most, and how many bytes of keys, unless it has few keys.
const MOST: usize = 64;
const MOST_BYTES: usize = 8192;
const FEW: usize = 4;

/// A node with fewer is joined with one beside it.
const LEAST: usize = 16;

const MORE_ENTRIES: usize = 4;

/// A node, and all that is below it.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Leaf(Leaf),
    Inner(Inner),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Leaf {
    keys: Keys,
    /// The entry of each key; none at all if every entry is a mark.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub(super) struct Inner {
    /// Between each two children, a key above all of the one and not above any of the other.
    keys: Keys,
    children: Vec<Arc<Node>>,
}

/// A node that was split off the one before it, and the key between the two.
type Split = Option<(Vec<u8>, Arc<Node>)>;

impl Default for Node {
    fn default() -> Self {
        Self::Leaf(Leaf::default())
    }
}

impl Node {
    /// Puts an entry under a key in the tree of this root.
    pub(super) fn put(root: &mut Arc<Self>, key: &[u8], entry: Entry) {
        if let Some((between, right)) = Self::insert(root, key, entry) {
            let mut keys = Keys::default();
            keys.insert(0, &between);
            let left = std::mem::take(root);
            *root = Arc::new(Self::Inner(Inner { keys, children: vec![left, right] }));
        }
    }

    /// Takes the entry under a key out of the tree of this root.
    pub(super) fn take(root: &mut Arc<Self>, key: &[u8]) {
        if root.find(key).is_none() {
            return;
        }
        Self::remove(root, key);
        while let Self::Inner(inner) = &**root
            && let [only] = &inner.children[..]
        {
            *root = Arc::clone(only);
        }
    }

    fn insert(node: &mut Arc<Self>, key: &[u8], entry: Entry) -> Split {
        match Arc::make_mut(node) {
            Self::Leaf(leaf) => leaf.insert(key, entry),
            Self::Inner(inner) => {
                let at = inner.keys.count_up_to(key);
                let (between, right) = Self::insert(inner.children.get_mut(at)?, key, entry)?;
                inner.insert(at, &between, right)
            }
        }
    }

    fn remove(node: &mut Arc<Self>, key: &[u8]) {
        match Arc::make_mut(node) {
            Self::Leaf(leaf) => leaf.remove(key),
            Self::Inner(inner) => {
                let at = inner.keys.count_up_to(key);
                let Some(child) = inner.children.get_mut(at) else { return };
                Self::remove(child, key);
                if child.len() < LEAST {
                    inner.join(at);
                }
            }
        }
    }

    /// The leaf in which a key is, and its position there.
    pub(super) fn find(&self, key: &[u8]) -> Option<(&Leaf, usize)> {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(leaf) => return leaf.keys.search(key).ok().map(|at| (leaf, at)),
                Self::Inner(inner) => node = inner.children.get(inner.keys.count_up_to(key))?,
            }
        }
    }

    /// Shows the entries between two keys, in the order of their keys or in its reverse.
    pub(super) fn walk(
        &self,
        (low, high): (Bound<&[u8]>, Bound<&[u8]>),
        descending: bool,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>> {
        match self {
            Self::Leaf(leaf) => {
                let span = leaf.keys.first_from(low)..leaf.keys.end_at(high);
                in_order(span, descending, |at| visit(leaf.keys.get(at), leaf.entry(at)))
            }
            Self::Inner(inner) => {
                let child_of = |end: Bound<&[u8]>, without: usize| match end {
                    Bound::Included(key) | Bound::Excluded(key) => inner.keys.count_up_to(key),
                    Bound::Unbounded => without,
                };
                let (first, last) = (child_of(low, 0), child_of(high, inner.keys.len()));
                in_order(first..last + 1, descending, |at| {
                    let Some(child) = inner.children.get(at) else { return Ok(ControlFlow::Continue(())) };
                    let low = if at == first { low } else { Bound::Unbounded };
                    let high = if at == last { high } else { Bound::Unbounded };
                    child.walk((low, high), descending, visit)
                })
            }
        }
    }

    /// Whether there is no key.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys or children it has.
    fn len(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.keys.len(),
            Self::Inner(inner) => inner.children.len(),
        }
    }

    fn keys(&self) -> &Keys {
        match self {
            Self::Leaf(leaf) => &leaf.keys,
            Self::Inner(inner) => &inner.keys,
        }
    }
}

fn in_order(
    mut span: std::ops::Range<usize>,
    descending: bool,
    mut show: impl FnMut(usize) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    while let Some(at) = if descending { span.next_back() } else { span.next() } {
        if show(at)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn is_full(keys: &Keys) -> bool {
    keys.len() >= MOST || (keys.size() >= MOST_BYTES && keys.len() >= FEW)
}

impl Leaf {
    /// A key beside a position.
    pub(super) fn find_beside(&self, at: usize, key: &[u8]) -> Option<(&Self, usize)> {
        let mut beside = [at + 1, at.wrapping_sub(1)].into_iter();
        beside.find(|at| *at < self.keys.len() && self.keys.get(*at) == key).map(|at| (self, at))
    }

    /// The entry of the key at a position.
    pub(super) fn entry(&self, at: usize) -> &Entry {
        self.entries.get(at).unwrap_or(&Entry::MARK)
    }

    fn insert(&mut self, key: &[u8], entry: Entry) -> Split {
        match self.keys.search(key) {
            Ok(at) => {
                self.set(at, entry);
                None
            }
            Err(at) if is_full(&self.keys) => Some(self.insert_and_split(at, key, entry)),
            Err(at) => {
                self.insert_at(at, key, entry);
                None
            }
        }
    }

    fn insert_at(&mut self, at: usize, key: &[u8], entry: Entry) {
        if !self.entries.is_empty() || entry.record().is_some() {
            self.fill_in_marks();
            reserve_more(&mut self.entries, MORE_ENTRIES);
            self.entries.insert(at, entry);
        }
        self.keys.insert(at, key);
    }

    fn set(&mut self, at: usize, entry: Entry) {
        if !self.entries.is_empty() || entry.record().is_some() {
            self.fill_in_marks();
            if let Some(place) = self.entries.get_mut(at) {
                *place = entry;
            }
        }
    }

    /// Gives each key an entry, if there are none because all are marks.
    fn fill_in_marks(&mut self) {
        if self.entries.is_empty() {
            self.entries.resize(self.keys.len(), Entry::MARK);
        }
    }

    /// Inserts into one of the parts, and returns the second.
    fn insert_and_split(&mut self, at: usize, key: &[u8], entry: Entry) -> (Vec<u8>, Arc<Node>) {
        let middle = self.keys.place_to_divide(at);
        let mut right = Self { keys: self.keys.split_off(middle), entries: Vec::new() };
        if !self.entries.is_empty() {
            right.entries = self.entries.split_off(middle);
            self.entries.shrink_to(middle + MORE_ENTRIES);
        }
        match at.checked_sub(middle) {
            // At the middle itself it may go to either side; a side without keys has to get it.
            Some(after) if after > 0 || right.keys.len() == 0 => right.insert_at(after, key, entry),
            _ => self.insert_at(at, key, entry),
        }
        let last = self.keys.get(self.keys.len().saturating_sub(1));
        (shortest_between(last, right.keys.get(0)), Arc::new(Node::Leaf(right)))
    }

    fn remove(&mut self, key: &[u8]) {
        if let Ok(at) = self.keys.search(key) {
            self.keys.remove(at);
            if at < self.entries.len() {
                self.entries.remove(at);
            }
        }
    }

    fn append(&mut self, mut after: Self) {
        if !self.entries.is_empty() || !after.entries.is_empty() {
            self.fill_in_marks();
            after.fill_in_marks();
            self.entries.append(&mut after.entries);
        }
        self.keys.append(&after.keys);
    }
}

/// The shortest key that is above one and not above another.
fn shortest_between(left: &[u8], right: &[u8]) -> Vec<u8> {
    right.get(..=count_shared(left, right)).unwrap_or(right).to_vec()
}

impl Inner {
    /// Puts a child behind the one at a position.
    fn insert(&mut self, at: usize, between: &[u8], child: Arc<Node>) -> Split {
        self.keys.insert(at, between);
        self.children.insert(at + 1, child);
        if !is_full(&self.keys) {
            return None;
        }
        // As in a leaf, what is written in order leaves full nodes behind.
        let middle = if at + 1 == self.keys.len() { at } else { self.keys.len() / 2 };
        let between = self.keys.get(middle).to_vec();
        let keys = self.keys.split_off(middle + 1);
        self.keys.remove(middle);
        let children = self.children.split_off(middle + 1);
        self.children.shrink_to_fit();
        Some((between, Arc::new(Node::Inner(Self { keys, children }))))
    }

    /// Joins a small child with one beside it, if one node can hold both.
    fn join(&mut self, at: usize) {
        let both = [at.checked_sub(1), Some(at)].into_iter().flatten().find(|at| self.fit_in_one(*at));
        let Some(at) = both else { return };
        let between = self.keys.get(at).to_vec();
        self.keys.remove(at);
        let right = Arc::unwrap_or_clone(self.children.remove(at + 1));
        match (self.children.get_mut(at).map(Arc::make_mut), right) {
            (Some(Node::Leaf(left)), Node::Leaf(right)) => left.append(right),
            (Some(Node::Inner(left)), Node::Inner(mut right)) => {
                left.keys.insert(left.keys.len(), &between);
                left.keys.append(&right.keys);
                left.children.append(&mut right.children);
            }
            // All leaves are equally deep.
            _ => {}
        }
    }

    fn fit_in_one(&self, at: usize) -> bool {
        let (Some(left), Some(right)) = (self.children.get(at), self.children.get(at + 1)) else { return false };
        let (left_keys, right_keys) = (left.keys(), right.keys());
        let is_empty = |node: &Node| matches!(node, Node::Leaf(leaf) if leaf.keys.len() == 0);
        is_empty(left)
            || is_empty(right)
            || (left.len() + right.len() < MOST && left_keys.size() + right_keys.size() < MOST_BYTES)
    }
}
