//! Write ids: a name for each write, left in the record as its stamp, by which a write whose answer was
//! lost is told from another's.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes write ids that nobody else makes: half of each is random and the maker's own, half counts.
#[derive(Debug)]
pub(crate) struct WriteIds {
    /// Random, from the system: different in every process.
    own: u64,
    next: AtomicU64,
}

impl WriteIds {
    /// A maker of its own.
    pub(crate) fn new() -> Self {
        let random = || RandomState::new().hash_one(std::time::SystemTime::now());
        Self { own: random(), next: AtomicU64::new(random()) }
    }

    /// An id that was never given before.
    pub(crate) fn next(&self) -> WriteId {
        WriteId { own: self.own, count: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

/// The id of one write. It is shown as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteId {
    own: u64,
    count: u64,
}

impl WriteId {
    /// Its 16 bytes.
    pub(crate) fn bytes(self) -> [u8; 16] {
        ((u128::from(self.own) << 64) | u128::from(self.count)).to_be_bytes()
    }
}

impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.own, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ids_are_the_same() {
        let (a, b) = (WriteIds::new(), WriteIds::new());
        let ids = [a.next(), a.next(), b.next(), b.next()];
        assert!((0..4).all(|i| (0..i).all(|j| ids[i] != ids[j])));
    }

    #[test]
    fn an_id_is_shown_as_its_bytes() {
        let id = WriteId { own: 1, count: 0xff };
        assert_eq!(id.to_string(), format!("{}1{}ff", "0".repeat(15), "0".repeat(14)));
        assert_eq!((id.bytes()[7], id.bytes()[15]), (1, 0xff));
    }
}
