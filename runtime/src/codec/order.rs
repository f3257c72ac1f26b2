//! Maps in the order of their names, in which every backend gives them to types that keep an order.

use crate::value::{Raw, names, take_entry};

/// The entries of a map by name, and of two of one name the last; nothing if they are kept in that order.
pub(super) fn sorted(entries: &[u8]) -> Option<Vec<(&[u8], Raw<'_>)>> {
    if names(entries).is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut rest = entries;
    let mut sorted: Vec<_> = std::iter::from_fn(|| take_entry(&mut rest)).collect();
    sorted.reverse();
    sorted.sort_by_key(|(name, _)| *name);
    sorted.dedup_by_key(|(name, _)| *name);
    Some(sorted)
}
