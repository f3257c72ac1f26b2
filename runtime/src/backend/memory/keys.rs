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
    /// Where each key begins in the bytes, and where the last one ends; nothing if there are no keys.
    starts: Vec<u32>,
    /// With how many bytes all of them begin alike, or fewer.
    shared: usize,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// How many bytes they have together.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Where the key at a position begins; behind all keys, where the bytes end.
    fn start(&self, at: usize) -> usize {
        self.starts.get(at).map_or(self.bytes.len(), |start| *start as usize)
    }

    /// Where the key at a position begins and ends.
    #[inline]
    fn span(&self, at: usize) -> (usize, usize) {
        match self.starts.get(at..).and_then(<[u32]>::first_chunk) {
            Some([start, end]) => (*start as usize, *end as usize),
            None => (self.bytes.len(), self.bytes.len()),
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> &[u8] {
        let (start, end) = self.span(at);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The position of a key; if it is not there, the position at which it would be.
    pub(super) fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        let shared = self.bytes.get(..self.shared).unwrap_or_default();
        if !key.starts_with(shared) {
            return Err(if key < shared { low } else { high });
        }
        let head = head_of(key, self.shared, key.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.compare(middle, key, head) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The same of a key that is put: it is looked for behind all others first, as many are written in their order.
    pub(super) fn search_for_put(&self, key: &[u8]) -> Result<usize, usize> {
        match self.starts.split_last() {
            Some((_, [.., last])) if self.bytes.get(*last as usize..).is_some_and(|last| last < key) => Err(self.len()),
            _ => self.search(key),
        }
    }

    /// How the key at a position stands to another, which begins with what all share, and goes on with this head.
    #[inline]
    fn compare(&self, at: usize, key: &[u8], head: Option<u64>) -> Ordering {
        let (start, end) = self.span(at);
        // Most are told apart by the few bytes behind what all share, for which nothing is called.
        match (head_of(&self.bytes, start + self.shared, end), head) {
            (Some(own), Some(head)) if own != head => own.cmp(&head),
            _ => self.bytes.get(start..end).unwrap_or_default().cmp(key),
        }
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
        let shared = self.bytes.get(..self.shared).unwrap_or_default();
        if self.len() == 0 {
            self.starts = vec![0];
            self.shared = key.len();
        } else if !key.starts_with(shared) {
            self.shared = count_shared(shared, key);
        }
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
        reserve_more(&mut self.starts, MORE_KEYS);
        self.starts.insert(at, start as u32);
        for after in self.starts.get_mut(at + 1..).unwrap_or_default() {
            *after += key.len() as u32;
        }
    }

    /// Takes the key at a position out.
    pub(super) fn remove(&mut self, at: usize) {
        let (start, end) = self.span(at);
        if at < self.len() {
            self.bytes.drain(start..end);
            self.starts.remove(at);
            for after in self.starts.get_mut(at..).unwrap_or_default() {
                *after -= (end - start) as u32;
            }
        }
    }

    /// Takes the keys from a position on out.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let at = at.min(self.len());
        let start = self.start(at);
        let bytes = self.bytes.split_off(start);
        let mut starts = self.starts.split_off(at);
        starts.iter_mut().for_each(|after| *after -= start as u32);
        self.starts.push(start as u32);
        // What is split off the keys before has its room to grow in a node of its own.
        self.bytes.shrink_to(start + MORE_BYTES);
        self.starts.shrink_to(at + MORE_KEYS);
        self.count_shared_anew();
        let mut after = Self { bytes, starts, shared: 0 };
        after.count_shared_anew();
        after
    }

    /// What the first and the last begin with, those between them begin with too.
    fn count_shared_anew(&mut self) {
        self.shared = count_shared(self.get(0), self.get(self.len().saturating_sub(1)));
    }

    /// Puts keys that come after all of these behind them.
    pub(super) fn append(&mut self, after: &Self) {
        if after.len() == 0 {
            return;
        }
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&after.bytes);
        // Where these end, the first of those begins.
        self.starts.pop();
        self.starts.extend(after.starts.iter().map(|after| start + after));
        self.count_shared_anew();
    }
}

/// How many bytes of two keys are compared at once.
const HEAD: usize = size_of::<u64>();

/// The eight bytes from a place on, as a number that has their order. Zeros stand for those from `end` on. Nothing if
/// there are no eight bytes before `end`.
#[inline]
fn head_of(bytes: &[u8], from: usize, end: usize) -> Option<u64> {
    // If fewer are left, the last eight are read, and those before are moved out.
    let place = from.min(end.checked_sub(HEAD)?);
    let head = u64::from_be_bytes(*bytes.get(place..)?.first_chunk()?);
    Some(head.unbounded_shl(8 * (from - place) as u32))
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
