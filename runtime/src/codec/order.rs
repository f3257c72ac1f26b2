//! Maps in the order of their names, in which every backend gives them to types that keep an order.

use std::vec;

use crate::value::{Entries, MapRef, ValueRef};

/// The entries of a map.
pub(super) enum Ordered<'a> {
    Kept(Entries<'a>),
    Sorted(vec::IntoIter<(&'a str, ValueRef<'a>)>),
}

impl<'a> Ordered<'a> {
    /// As they are kept: for a type that does not see their order.
    pub(super) fn as_kept(map: MapRef<'a>) -> Self {
        Self::Kept(map.iter())
    }

    /// By name; of two of one name the last.
    pub(super) fn by_name(map: MapRef<'a>) -> Self {
        if map.iter().map(|(name, _)| name).is_sorted_by(|a, b| a < b) {
            return Self::Kept(map.iter());
        }
        let mut entries: Vec<_> = map.iter().collect();
        entries.reverse();
        entries.sort_by_key(|(name, _)| *name);
        entries.dedup_by_key(|(name, _)| *name);
        Self::Sorted(entries.into_iter())
    }
}

impl<'a> Ordered<'a> {
    /// The next entry, which mostly has this name.
    #[inline]
    pub(super) fn next(&mut self, expected: Option<&'static str>) -> Option<(&'a str, ValueRef<'a>)> {
        match self {
            Self::Kept(entries) => entries.next_expecting(expected),
            Self::Sorted(entries) => entries.next(),
        }
    }

    pub(super) fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Kept(entries) => entries.size_hint(),
            Self::Sorted(entries) => entries.size_hint(),
        }
    }
}
