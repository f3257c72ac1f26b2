//! What can go wrong, and how often it has.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong with a request, for [`Faults::next`](super::Faults::next).
///
/// ```
/// use reposit::ErrorKind;
/// use reposit::layer::{Fault, Faults};
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
///
/// let faults = Faults::seeded(7);
/// let db = Database::open("memory:").await?.layer(faults.clone());
/// db.define::<User>().await?;
/// faults.next(Fault::LostAnswer);
/// let error = User::create(&User { id: "u1".into() }).exec(&db).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
/// assert!(User::get("u1").exec(&db).await?.is_some(), "it was applied");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is applied, and its answer is lost.
    LostAnswer,
    /// The request is lost before the backend sees it.
    DroppedRequest,
    /// The backend asks for less traffic.
    Throttled,
    /// Another's transaction is in the way of a write, or of a read at one moment.
    Conflict,
    /// Everything on the handles of these faults stands still for so long, as when the process is paused.
    Stall(Duration),
}

/// What one attempt meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Lost,
    Dropped,
    Throttled,
    Conflict,
}

impl Fault {
    /// What each attempt meets that it happens to.
    pub(super) const fn event(self) -> Option<Event> {
        match self {
            Self::LostAnswer => Some(Event::Lost),
            Self::DroppedRequest => Some(Event::Dropped),
            Self::Throttled => Some(Event::Throttled),
            Self::Conflict => Some(Event::Conflict),
            Self::Stall(_) => None,
        }
    }
}

/// How often something went wrong: what [`Faults::injected`](super::Faults::injected) returns.
///
/// Each figure but `unknown` counts what happened to requests, those that were sent again included. `unknown` counts what
/// callers saw of it.
///
/// ```
/// use reposit::layer::Faults;
///
/// let injected = Faults::seeded(7).injected();
/// assert_eq!((injected.total(), injected.to_string()), (0, "nothing".to_owned()));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// Answers that were lost.
    pub lost_answers: u64,
    /// Requests that were lost before the backend saw them.
    pub dropped_requests: u64,
    /// Requests that were refused since there were too many.
    pub throttled: u64,
    /// Requests that another's transaction was in the way of.
    pub conflicts: u64,
    /// Requests that took longer.
    pub delays: u64,
    /// Pauses of all that is on the handles.
    pub stalls: u64,
    /// Reads of an index that saw what was there a moment before.
    pub lagging_reads: u64,
    /// Writes, and items of batches, that ended with `OutcomeUnknown`.
    pub unknown: u64,
}

impl Injected {
    /// All of it, without `unknown`.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.figures().iter().map(|(count, ..)| count).sum()
    }

    fn figures(&self) -> [(u64, &'static str, &'static str); 7] {
        [
            (self.lost_answers, "lost answer", "lost answers"),
            (self.dropped_requests, "dropped request", "dropped requests"),
            (self.throttled, "throttled request", "throttled requests"),
            (self.conflicts, "conflict", "conflicts"),
            (self.delays, "delay", "delays"),
            (self.stalls, "stall", "stalls"),
            (self.lagging_reads, "lagging read", "lagging reads"),
        ]
    }
}

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        for (count, one, several) in self.figures().into_iter().filter(|(count, ..)| *count > 0) {
            write!(f, "{before}{count} {}", if count == 1 { one } else { several })?;
            before = ", ";
        }
        if before.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

/// Counts while others look.
#[derive(Debug, Default)]
pub(super) struct Counts {
    events: [AtomicU64; 4],
    pub(super) delays: AtomicU64,
    pub(super) stalls: AtomicU64,
    pub(super) lagging_reads: AtomicU64,
    pub(super) unknown: AtomicU64,
}

impl Counts {
    pub(super) fn count(&self, event: Event) {
        let [lost, dropped, throttled, conflicts] = &self.events;
        let counter = match event {
            Event::Lost => lost,
            Event::Dropped => dropped,
            Event::Throttled => throttled,
            Event::Conflict => conflicts,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn so_far(&self) -> Injected {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [lost, dropped, throttled, conflicts] = &self.events;
        Injected {
            lost_answers: of(lost),
            dropped_requests: of(dropped),
            throttled: of(throttled),
            conflicts: of(conflicts),
            delays: of(&self.delays),
            stalls: of(&self.stalls),
            lagging_reads: of(&self.lagging_reads),
            unknown: of(&self.unknown),
        }
    }
}
