//! Where reads that may be stale go.

use std::time::Duration;

/// Which members of a replica set a read may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadFrom {
    /// A secondary, and none else.
    SecondaryOnly,
    /// A secondary; the primary if there is none.
    SecondaryPreferred,
    /// The primary; a secondary if there is none.
    PrimaryPreferred,
    /// The member that answers soonest.
    Nearest,
}

/// Where the reads of a [`StaleDatabase`](crate::StaleDatabase) go, and how stale what they find may be. It is what MongoDB calls a
/// read preference.
///
/// ```
/// use std::time::Duration;
/// use reposit::StaleReads;
/// use reposit::backend::ReadFrom;
///
/// let reads = StaleReads::secondary_preferred().max_staleness(Duration::from_secs(120)).tagged([("region", "east")]);
/// assert_eq!(reads.read_from(), ReadFrom::SecondaryPreferred);
/// assert_eq!(reads.longest(), Some(Duration::from_secs(120)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it does nothing before it is given to `stale_reads`"]
pub struct StaleReads {
    from: ReadFrom,
    max_staleness: Option<Duration>,
    tags: Vec<Vec<(String, String)>>,
}

impl StaleReads {
    /// Reads of secondaries only: they fail if there is none.
    pub fn secondary() -> Self {
        Self::reading(ReadFrom::SecondaryOnly)
    }

    /// Reads of secondaries, and of the primary if there is none.
    pub fn secondary_preferred() -> Self {
        Self::reading(ReadFrom::SecondaryPreferred)
    }

    /// Reads of the primary, and of secondaries if there is none.
    pub fn primary_preferred() -> Self {
        Self::reading(ReadFrom::PrimaryPreferred)
    }

    /// Reads of the member that answers soonest.
    pub fn nearest() -> Self {
        Self::reading(ReadFrom::Nearest)
    }

    fn reading(from: ReadFrom) -> Self {
        Self { from, max_staleness: None, tags: Vec::new() }
    }

    /// Only members that are no further behind the primary, as the driver estimates it. At least 90 seconds.
    pub fn max_staleness(self, longest: Duration) -> Self {
        Self { max_staleness: Some(longest), ..self }
    }

    /// Only members with all of these tags. Called again, it adds others, which are looked for if no member has the
    /// tags before.
    pub fn tagged<N: Into<String>, V: Into<String>>(mut self, tags: impl IntoIterator<Item = (N, V)>) -> Self {
        self.tags.push(tags.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
        self
    }

    /// Which members a read may go to.
    pub fn read_from(&self) -> ReadFrom {
        self.from
    }

    /// How far behind a member may be.
    pub fn longest(&self) -> Option<Duration> {
        self.max_staleness
    }

    /// The sets of tags, in the order in which they are looked for.
    pub fn tags(&self) -> &[Vec<(String, String)>] {
        &self.tags
    }
}
