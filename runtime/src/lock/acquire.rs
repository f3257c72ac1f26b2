//! How a lock is asked for: looked at, waited for and taken.

use std::time::{Duration, Instant};

use super::lease::Lease;
use super::record::{LockRecord, Ownership, REPOSITORY, is_lost};
use crate::backend::support::retry::Backoff;
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};

/// How long a holder may be silent by default.
const LEASE: Duration = Duration::from_secs(10);

/// How long to wait for a lock by default.
const WAIT: Duration = Duration::from_secs(30);

/// The least time that an attempt is given: with none, not even a free lock could be taken.
const LEAST_ATTEMPT: Duration = Duration::from_millis(500);

/// A lease shorter than this would be lost to a slow answer.
const SHORTEST_LEASE: Duration = Duration::from_millis(50);

/// The lock of a dead holder is free after its lease, which somebody should live to see.
const LONGEST_LEASE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A lock that is asked for: what `db.lock("name")` returns.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = reposit::Database::open("memory:").await?;
/// let lease = db.lock("nightly-report").acquire().await?;
/// // … write with `only_if(fence is not beyond lease.token())` …
/// lease.release().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a lock is not held until it is acquired"]
pub struct LockRequest<'a> {
    db: &'a Database,
    name: &'a str,
    lease: Duration,
    wait: Duration,
}

impl Database {
    /// A lock over all processes that use this database, to be acquired. See [`lock`](crate::lock).
    pub fn lock<'a>(&'a self, name: &'a str) -> LockRequest<'a> {
        LockRequest { db: self, name, lease: LEASE, wait: WAIT }
    }

    /// Does what [`define`](Self::define) does for the repository that locks are kept in. Otherwise the first
    /// lock that is asked for defines it: a program that may not make tables when it runs has it made before.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = reposit::Database::open("memory:").await?;
    /// db.define_locks().await?;
    /// # Ok(()) }
    /// ```
    pub async fn define_locks(&self) -> Result<()> {
        self.define::<LockRecord>().await
    }
}

impl LockRequest<'_> {
    /// How long the holder may be silent before another takes over: 50 milliseconds to a year. The
    /// default is 10 seconds; it beats three times as often.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long to wait for the lock, answers of the backend and all. The default is 30 seconds. Of no
    /// wait, or a short one, the lock is looked at once, for half a second at most.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Waits for the lock and takes it.
    ///
    /// A task of the tokio runtime that this is called on keeps it until the [`Lease`] is released
    /// or dropped. If this future is dropped, or the wait ends before an answer, the lock is given
    /// back if it had been taken.
    ///
    /// Errors: [`Timeout`](crate::ErrorKind::Timeout) if the wait is over, which says whether another
    /// held the lock or no answer came; [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the lock
    /// was asked for and no answer came: it is not held, but may be given back only later;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside a tokio runtime.
    pub async fn acquire(self) -> Result<Lease> {
        let until = Instant::now().checked_add(self.wait);
        let left = || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        self.check_request().map_err(named)?;
        let mut seen = Observation::default();
        let mut pauses = self.pauses();
        loop {
            let attempt = tokio::time::timeout(left().max(LEAST_ATTEMPT), self.attempt(&mut seen)).await;
            // A lock that is held is asked for again until the wait is over; so is one without an answer.
            let missed = match attempt.map(|taken| taken.map_err(named)) {
                Ok(Ok(Some(lease))) => return Ok(lease),
                Ok(Ok(None)) => {
                    let message = format!("the lock {:?} was held by another for {:?}", self.name, self.wait);
                    Error::new(ErrorKind::Timeout, message)
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => self.no_answer(&seen),
            };
            if left().is_zero() {
                return Err(named(missed));
            }
            tokio::time::sleep(pauses.next_pause().min(left())).await;
        }
    }

    /// Takes the lock if nobody holds it, without waiting for it: for its answers, no longer than for
    /// those of one operation.
    pub async fn try_acquire(self) -> Result<Option<Lease>> {
        self.check_request().map_err(named)?;
        let mut seen = Observation::default();
        let attempt = tokio::time::timeout(self.db.timeout(), self.attempt(&mut seen)).await;
        attempt.unwrap_or_else(|_| Err(self.no_answer(&seen))).map_err(named)
    }

    /// No answer came in time: to the question whether the lock is free, or to the write that takes it.
    fn no_answer(&self, seen: &Observation) -> Error {
        let name = self.name;
        if seen.is_taking {
            let message =
                format!("the lock {name:?} may or may not have been taken: the backend did not answer in time");
            return Error::new(ErrorKind::OutcomeUnknown, message);
        }
        let message = format!("whether the lock {name:?} is free was not known in time: the backend did not answer");
        Error::new(ErrorKind::Timeout, message)
    }

    fn check_request(&self) -> Result<()> {
        if self.lease < SHORTEST_LEASE {
            return Err(Error::invalid(format!("a lease of {:?}; the shortest is {SHORTEST_LEASE:?}", self.lease)));
        }
        if self.lease > LONGEST_LEASE {
            return Err(Error::invalid(format!("a lease of {:?}; the longest is a year", self.lease)));
        }
        match tokio::runtime::Handle::try_current() {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::invalid("a lock needs a tokio runtime to beat on")),
        }
    }

    /// Reads the lock, and takes it if it is free or its holder is silent.
    async fn attempt(&self, seen: &mut Observation) -> Result<Option<Lease>> {
        seen.is_taking = false;
        let stored = LockRecord::read(self.db, self.name).await?;
        if let Some(record) = &stored
            && record.holder.is_some()
            && !seen.is_silent(record)
        {
            return Ok(None);
        }
        // In a task of its own: if this future is dropped meanwhile, the lease goes to nobody, and so gives
        // the lock back. Without the task the lock would be held by nobody for a whole lease.
        seen.is_taking = true;
        let taking = tokio::spawn(take(self.db.clone(), self.name.to_owned(), stored, self.lease));
        let ended = |_| Err(Error::new(ErrorKind::OutcomeUnknown, "the task that takes the lock has ended"));
        taking.await.unwrap_or_else(ended)
    }

    /// The pauses between attempts: about a tenth of the lease, and not the same for all who wait.
    fn pauses(&self) -> Backoff {
        Backoff::steady((self.lease / 10).clamp(Duration::from_millis(5), Duration::from_millis(500)))
    }
}

fn named(error: Error) -> Error {
    error.in_repository(REPOSITORY).in_operation("lock")
}

/// Takes the lock if it is still as it was read.
async fn take(db: Database, name: String, seen: Option<LockRecord>, lease: Duration) -> Result<Option<Lease>> {
    let holder = format!("{:032x}", fastrand::u128(..));
    let millis = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
    // The holder's lease counts from before the write was sent, that of who waits from when it is seen: so
    // the holder stops believing before another takes over.
    let asked = Instant::now();
    let taken = match seen {
        None => LockRecord::first(&db, &name, &holder, millis).await,
        Some(record) => record.take(&db, &holder, millis).await,
    };
    let taken = match taken {
        // The answer was lost. The holder's name is of this attempt alone: if it is there, the lock was taken.
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
            let found = LockRecord::read(&db, &name).await.ok().flatten();
            found.filter(|record| record.holder.as_ref() == Some(&holder)).ok_or(error)
        }
        taken => taken,
    };
    match taken {
        Ok(LockRecord { name, token, .. }) => {
            Ok(Some(Lease::start(db, Ownership { name, holder, token }, lease, asked)))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists || is_lost(error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a waiter has seen of the holder, by its own clock: clocks of two machines are never compared.
#[derive(Default)]
struct Observation {
    /// The token and the beat that were read last, and since when they stand still.
    last_beat: Option<(u64, u64, Instant)>,
    /// Whether the write that takes the lock is under way.
    is_taking: bool,
}

impl Observation {
    /// Whether the holder has given no sign of life for as long as its own lease.
    fn is_silent(&mut self, record: &LockRecord) -> bool {
        match self.last_beat {
            Some((token, beat, since)) if (token, beat) == (record.token, record.beat) => {
                since.elapsed() > Duration::from_millis(record.lease)
            }
            _ => {
                self.last_beat = Some((record.token, record.beat, Instant::now()));
                false
            }
        }
    }
}
