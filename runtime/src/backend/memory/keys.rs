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
    /// The [head](head_of) of each key: most keys are told apart by it, and it lies where the others' lie.
    heads: Vec<u32>,
    /// Where the key was put that was put last.
    last: usize,
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
        let shared = self.bytes.get(..self.shared).unwrap_or_default();
        if !key.starts_with(shared) {
            return Err(if key < shared { 0 } else { self.len() });
        }
        let head = head_of(key, self.shared);
        let mut low = self.heads.partition_point(|own| *own < head);
        let alike = self.heads.get(low..).unwrap_or_default();
        // Mostly at most one has this head.
        if alike.first() != Some(&head) {
            return Err(low);
        }
        match self.get(low).cmp(key) {
            Ordering::Less => low += 1,
            Ordering::Equal => return Ok(low),
            Ordering::Greater => return Err(low),
        }
        let mut high = low + alike.partition_point(|own| *own == head) - 1;
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(key) {
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
        let shared = self.bytes.get(..self.shared).unwrap_or_default();
        if self.len() == 0 {
            self.starts = vec![0];
            self.shared = key.len();
        } else if !key.starts_with(shared) {
            self.share(count_shared(shared, key));
        }
        reserve_more(&mut self.heads, MORE_KEYS);
        self.heads.insert(at, head_of(key, self.shared));
        self.last = at;
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

    /// Where to divide the keys before one is put at a position: in the middle. What is put in its order leaves full
    /// nodes behind.
    pub(super) fn place_to_divide(&self, at: usize) -> usize {
        let goes_on = at == self.len() || at == self.last + 1;
        if goes_on { at } else { self.len() / 2 }
    }

    /// Takes the key at a position out.
    pub(super) fn remove(&mut self, at: usize) {
        let (start, end) = self.span(at);
        if at < self.len() {
            self.bytes.drain(start..end);
            self.starts.remove(at);
            self.heads.remove(at);
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
        let heads = self.heads.split_off(at);
        self.heads.shrink_to(at + MORE_KEYS);
        let mut after = Self { bytes, starts, heads, shared: self.shared, last: 0 };
        self.count_shared_anew();
        after.count_shared_anew();
        after
    }

    /// What the first and the last begin with, those between them begin with too.
    fn count_shared_anew(&mut self) {
        self.share(count_shared(self.get(0), self.get(self.len().saturating_sub(1))));
    }

    /// Takes in with how many bytes the keys begin alike, behind which their heads are.
    fn share(&mut self, shared: usize) {
        if shared != self.shared {
            self.shared = shared;
            self.heads.clear();
            for at in 0..self.len() {
                let head = head_of(self.get(at), shared);
                self.heads.push(head);
            }
        }
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
        self.heads.extend_from_slice(&after.heads);
        // Those have their heads behind what they alone share.
        self.shared = usize::MAX;
        self.count_shared_anew();
    }
}

/// How many bytes of a key are its head.
const HEAD: usize = size_of::<u32>();

/// The bytes of a key from a place on, as a number: of two keys that begin alike up to there, the one with the lesser
/// head is the lesser. Zeros stand for what a shorter key lacks.
#[inline]
fn head_of(key: &[u8], from: usize) -> u32 {
    // If fewer are left, the last ones are read, and those before are moved out.
    let place = from.min(key.len().saturating_sub(HEAD));
    match key.get(place..).and_then(<[u8]>::first_chunk) {
        Some(head) => u32::from_be_bytes(*head).unbounded_shl(8 * (from - place) as u32),
        None => {
            key.iter().skip(from).zip([24, 16, 8, 0]).fold(0, |head, (byte, shift)| head | u32::from(*byte) << shift)
        }
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
