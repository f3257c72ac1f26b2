//! Bounds between which keys are read.

use std::cmp::Ordering;
use std::ops::{Bound, RangeBounds};

/// Bounds between which keys are read: the low and the high one, each included, excluded, or none.
///
/// They are a [`RangeBounds`], as the standard library's ordered maps take it.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::ops::Bound;
/// use reposit::keyspace::Bounds;
///
/// let map = BTreeMap::from([(vec![1], "a"), (vec![1, 0], "b"), (vec![2], "c")]);
/// let bounds = Bounds::new(Bound::Excluded(vec![1]), Bound::Included(vec![2]));
/// assert_eq!(map.range::<[u8], _>(&bounds).map(|(_, value)| *value).collect::<String>(), "bc");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    low: Bound<Vec<u8>>,
    high: Bound<Vec<u8>>,
}

impl Bounds {
    /// Bounds with these ends.
    pub fn new(low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) -> Self {
        Self { low, high }
    }

    /// The low end.
    pub fn low(&self) -> Bound<&[u8]> {
        self.low.as_ref().map(Vec::as_slice)
    }

    /// The high end.
    pub fn high(&self) -> Bound<&[u8]> {
        self.high.as_ref().map(Vec::as_slice)
    }

    /// Whether no key can be between them.
    pub fn is_empty(&self) -> bool {
        let (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) =
            (&self.low, &self.high)
        else {
            return false;
        };
        match low.cmp(high) {
            Ordering::Less => false,
            Ordering::Equal => !matches!((&self.low, &self.high), (Bound::Included(_), Bound::Included(_))),
            Ordering::Greater => true,
        }
    }

    /// The bounds without what is up to and with `key`.
    pub(in crate::backend) fn after(self, key: Vec<u8>) -> Self {
        match &self.low {
            Bound::Included(low) | Bound::Excluded(low) if *low > key => self,
            _ => Self { low: Bound::Excluded(key), ..self },
        }
    }

    /// The bounds without `key` and what is from it on.
    pub(in crate::backend) fn before(self, key: Vec<u8>) -> Self {
        match &self.high {
            Bound::Included(high) | Bound::Excluded(high) if *high < key => self,
            _ => Self { high: Bound::Excluded(key), ..self },
        }
    }
}

impl RangeBounds<[u8]> for &Bounds {
    fn start_bound(&self) -> Bound<&[u8]> {
        self.low()
    }

    fn end_bound(&self) -> Bound<&[u8]> {
        self.high()
    }
}
