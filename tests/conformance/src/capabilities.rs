//! What a backend can do, where backends differ.

use std::collections::BTreeSet;
use std::time::Duration;

/// A thing that not every backend can do. What it cannot, it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// It drops a repository.
    DropRepository,
    /// It deletes all records of a repository at once.
    Truncate,
    /// It lists its repositories.
    ListRepositories,
    /// It reads several records as they were at one moment.
    Snapshot,
    /// It shows what it would send.
    Explain,
    /// It pages a scan back.
    ScanBack,
    /// It takes reads that are stale by so much at most: see [`Capabilities::shortest_staleness`].
    BoundedStaleness,
    /// A model without stamps may expire by a field of whole seconds.
    UnstampedSeconds,
    /// A model without stamps may expire by an instant.
    UnstampedInstants,
    /// It tells a set from a list of the same items. One that cannot reads the one as the other.
    SetsApart,
    /// A page that is full and the last has no cursor. One that cannot may give an empty page after it.
    LastPageKnown,
    /// A unique value that moves is no operation of a transaction. One that cannot counts it as one, against the limit of them.
    UniqueValuesFree,
}

/// What a backend can do: all of it, until it is said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    missing: BTreeSet<Capability>,
    shortest_staleness: Duration,
}

impl Capabilities {
    /// Those of a backend that can do everything.
    ///
    /// ```
    /// use reposit_conformance::{Capabilities, Capability};
    ///
    /// let mine = Capabilities::everything().without(Capability::Explain);
    /// assert!(mine.has(Capability::Snapshot) && !mine.has(Capability::Explain));
    /// ```
    pub fn everything() -> Self {
        Self::default()
    }

    /// All but one thing.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.missing.insert(capability);
        self
    }

    /// The shortest staleness that a stale read may be bounded to. A shorter one is
    /// [`InvalidInput`](reposit::ErrorKind::InvalidInput). The default is none at all.
    #[must_use]
    pub fn shortest_staleness(mut self, shortest: Duration) -> Self {
        self.shortest_staleness = shortest;
        self
    }

    /// Whether it can do a thing.
    pub fn has(&self, capability: Capability) -> bool {
        !self.missing.contains(&capability)
    }

    pub(crate) fn shortest(&self) -> Duration {
        self.shortest_staleness
    }
}
