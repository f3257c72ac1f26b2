//! Stamps: a name for each call, left in what it writes, so that a write whose answer was lost can
//! be told from another's.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::value::Value;

/// Gives stamps that nobody else gives.
#[derive(Debug)]
pub(super) struct Stamps {
    /// Random, from the system: different in every process.
    own: u64,
    next: AtomicU64,
}

impl Stamps {
    pub(super) fn new() -> Self {
        let random = || RandomState::new().hash_one(std::time::SystemTime::now());
        Self { own: random(), next: AtomicU64::new(random()) }
    }

    fn number(&self) -> [u8; 16] {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let mut number = [0; 16];
        number[..8].copy_from_slice(&self.own.to_be_bytes());
        number[8..].copy_from_slice(&next.to_be_bytes());
        number
    }

    /// A stamp.
    pub(super) fn stamp(&self) -> Value {
        Value::Bytes(self.number().to_vec())
    }

    /// A token under which DynamoDB does a transaction once, however often it is sent.
    pub(super) fn token(&self) -> String {
        self.number().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_stamps_are_the_same() {
        let (a, b) = (Stamps::new(), Stamps::new());
        let stamps = [a.stamp(), a.stamp(), b.stamp(), b.stamp()];
        assert!((0..4).all(|i| (0..i).all(|j| stamps[i] != stamps[j])));
        assert_eq!(a.token().len(), 32);
    }
}
