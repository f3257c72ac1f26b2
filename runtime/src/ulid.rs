//! Identifiers that sort by the time at which they were made: ULIDs, UUIDs of version 7 and ObjectIds.

use std::sync::{Mutex, PoisonError};

use crate::clock::{Clock, SystemClock};

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Of both kinds the first 48 bits are the time, and these are after them.
const RANDOM_BITS: u32 = 80;
/// As many of them as an ObjectId has after its seconds and milliseconds.
const OBJECT_ID_BITS: u32 = 54;

/// A new [ULID](https://github.com/ulid/spec): 26 characters, which sort by the time in milliseconds that they
/// begin with. What `#[hash_key(auto)]` fills in, for ids that are needed before the record is stored.
///
/// The time is the machine's, and the other 80 bits are random. Within a process each is greater than the one
/// before, in the same millisecond and if the clock is set back too. They are unique, but no secrets: who knows
/// one can guess the next.
///
/// ```
/// use reposit::ulid;
///
/// let (first, second) = (ulid(), ulid());
/// assert_eq!(first.len(), 26);
/// assert!(first < second);
/// ```
pub fn ulid() -> String {
    static MADE: Sequence = Sequence::new();
    ulid_text(MADE.next(SystemClock.now_millis()))
}

/// Identifiers one after another, each greater than the one before.
#[derive(Debug)]
pub(crate) struct Sequence(Mutex<u128>);

impl Sequence {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(0))
    }

    /// The bits of the next: of this time, or those after the last ones, which were of no earlier time.
    pub(crate) fn next(&self, now: i64) -> u128 {
        // A number is whole, whatever happened to who had the lock.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = u128::try_from(now).unwrap_or(0) & 0xffff_ffff_ffff;
        *last = match now <= *last >> RANDOM_BITS && *last > 0 {
            true => last.wrapping_add(1),
            false => (now << RANDOM_BITS) | (fastrand::u128(..) >> (128 - RANDOM_BITS)),
        };
        *last
    }
}

/// Bits as a ULID.
pub(crate) fn ulid_text(bits: u128) -> String {
    let digit = |at: u32| CROCKFORD.get(((bits >> (at * 5)) & 31) as usize).map(|digit| char::from(*digit));
    (0..26).rev().filter_map(digit).collect()
}

/// Bits as a UUID of version 7, of which six say so.
pub(crate) fn uuid_v7_text(bits: u128) -> String {
    let bits = (bits & !(0xf << 76)) | (0x7 << 76);
    let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
    let part = |low: u32, digits: u32| (bits >> low) & ((1 << (digits * 4)) - 1);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(96, 8), part(80, 4), part(64, 4), part(48, 4), part(0, 12))
}

/// Bits as an ObjectId: it begins with the seconds, as all do. The milliseconds after them keep the order within a second.
pub(crate) fn object_id(bits: u128) -> [u8; 12] {
    let (millis, random) = (bits >> RANDOM_BITS, bits & ((1 << OBJECT_ID_BITS) - 1));
    let id = (millis / 1000) << 64 | (millis % 1000) << OBJECT_ID_BITS | random;
    let [_, _, _, _, id @ ..] = id.to_be_bytes();
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_begin_with_the_time_and_sort_by_it() {
        assert_eq!(&ulid_text(1_469_918_176_385 << RANDOM_BITS)[..10], "01ARYZ6S41");
        assert_eq!(ulid_text(u128::MAX), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert!(ulid_text((1_001 << RANDOM_BITS) - 1) < ulid_text(1_001 << RANDOM_BITS));
        let id = uuid_v7_text((0x0192_0000_0001 << RANDOM_BITS) | (u128::MAX >> 48));
        assert_eq!(id, "01920000-0001-7fff-bfff-ffffffffffff");
        let id = object_id((1_700_000_000_999 << RANDOM_BITS) | 5);
        assert_eq!(u32::from_be_bytes([id[0], id[1], id[2], id[3]]), 1_700_000_000);
        assert!(id < object_id((1_700_000_000_999 << RANDOM_BITS) | 6));
        assert!(
            object_id((1_700_000_000_999 << RANDOM_BITS) | u128::MAX >> 48)
                < object_id(1_700_000_001_000 << RANDOM_BITS)
        );
    }

    #[test]
    fn ids_of_one_millisecond_come_one_after_another() {
        let made = Sequence::new();
        let [a, b, c, d] = [5, 5, 4, 6].map(|now| made.next(now));
        assert_eq!((b, c, a >> RANDOM_BITS, d >> RANDOM_BITS), (a + 1, a + 2, 5, 6));
        assert_ne!(Sequence::new().next(0), Sequence::new().next(-1));
        let ids: Vec<String> = (0..10_000).map(|_| ulid()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
