//! The keys of one node of the tree: in order, in one run of bytes.

use std::cmp::Ordering;
use std::ops::Bound;

/// By how many keys, and by how many bytes, there is room for more. Doubling would leave half of it unused.
const MORE_KEYS: usize = 8;
const MORE_BYTES: usize = 256;

/// Keys in order. One allocation for all of them is what keeps an entry of an index small.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends in the bytes.
    ends: Vec<u32>,
    /// With how many bytes all of them begin alike, or fewer.
    shared: usize,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they have together.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Where the key at a position begins, which is where the one before ends.
    fn start(&self, at: usize) -> usize {
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |end| *end as usize)
    }

    pub(super) fn get(&self, at: usize) -> &[u8] {
        let end = self.ends.get(at).map_or(0, |end| *end as usize);
        self.bytes.get(self.start(at)..end).unwrap_or_default()
    }

    /// The position of a key; if it is not there, the position at which it would be.
    pub(super) fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        let shared = self.bytes.get(..self.shared).unwrap_or_default();
        let Some(rest) = key.strip_prefix(shared) else {
            return Err(if key < shared { low } else { high });
        };
        while low < high {
            let middle = low.midpoint(high);
            let found = self.get(middle).get(shared.len()..).unwrap_or_default();
            match found.cmp(rest) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// How many keys are at `key` or before it.
    pub(super) fn count_up_to(&self, key: &[u8]) -> usize {
        self.search(key).map_or_else(|at| at, |at| at + 1)
    }

    /// The position of the first key that a low end admits.
    pub(super) fn first_from(&self, low: Bound<&[u8]>) -> usize {
        match low {
            Bound::Included(key) => self.search(key).unwrap_or_else(|at| at),
            Bound::Excluded(key) => self.count_up_to(key),
            Bound::Unbounded => 0,
        }
    }

    /// The position after the last key that a high end admits.
    pub(super) fn end_at(&self, high: Bound<&[u8]>) -> usize {
        match high {
            Bound::Included(key) => self.count_up_to(key),
            Bound::Excluded(key) => self.search(key).unwrap_or_else(|at| at),
            Bound::Unbounded => self.len(),
        }
    }

    /// Puts a key at its position.
    pub(super) fn insert(&mut self, at: usize, key: &[u8]) {
        let start = self.start(at);
        self.shared = match self.len() {
            0 => key.len(),
            _ => count_shared(self.bytes.get(..self.shared).unwrap_or_default(), key),
        };
        if self.bytes.capacity() - self.bytes.len() < key.len() {
            self.bytes.reserve_exact(key.len() + MORE_BYTES);
        }
        let old = self.bytes.len();
        self.bytes.extend_from_slice(key);
        if start < old {
            self.bytes.copy_within(start..old, start + key.len());
            if let Some(place) = self.bytes.get_mut(start..start + key.len()) {
                place.copy_from_slice(key);
            }
        }
        reserve_more(&mut self.ends, MORE_KEYS);
        self.ends.insert(at, start as u32);
        for end in self.ends.get_mut(at..).unwrap_or_default() {
            *end += key.len() as u32;
        }
    }

    /// Takes the key at a position out.
    pub(super) fn remove(&mut self, at: usize) {
        let (start, length) = (self.start(at), self.get(at).len());
        if at < self.len() {
            self.bytes.drain(start..start + length);
            self.ends.remove(at);
            for end in self.ends.get_mut(at..).unwrap_or_default() {
                *end -= length as u32;
            }
        }
    }

    /// Takes the keys from a position on out.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.len());
        let start = self.start(at);
        let bytes = self.bytes.split_off(start);
        let mut ends = self.ends.split_off(at);
        ends.iter_mut().for_each(|end| *end -= start as u32);
        // What is split off the keys before has its room to grow in a node of its own.
        self.bytes.shrink_to(start + MORE_BYTES);
        self.ends.shrink_to(at + MORE_KEYS);
        self.count_shared_anew();
        let mut after = Self { bytes, ends, shared: 0 };
        after.count_shared_anew();
        after
    }

    /// What the first and the last begin with, those between them begin with too.
    fn count_shared_anew(&mut self) {
        self.shared = count_shared(self.get(0), self.get(self.len().saturating_sub(1)));
    }

    /// Puts keys that come after all of these behind them.
    pub(super) fn append(&mut self, after: &Self) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&after.bytes);
        self.ends.extend(after.ends.iter().map(|end| start + end));
        self.count_shared_anew();
    }
}

/// With how many bytes two begin alike.
pub(super) fn count_shared(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// Makes room for a few more, if there is none for one.
pub(super) fn reserve_more<T>(items: &mut Vec<T>, more: usize) {
    if items.len() == items.capacity() {
        items.reserve_exact(more);
    }
}
