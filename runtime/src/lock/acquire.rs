use std::time::{Duration, Instant};

use super::lease::Lease;
use super::record::{LockRecord, Ownership, REPOSITORY, is_lost};
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};

/// How long a holder may be silent where nothing is said.
const LEASE: Duration = Duration::from_secs(10);

/// How long to wait for a lock where nothing is said.
const WAIT: Duration = Duration::from_secs(30);

/// The least time that a look at the lock is given: one that had none could never take a free lock.
const LEAST_LOOK: Duration = Duration::from_millis(500);

/// A lease shorter than this would be lost to a slow answer.
const SHORTEST: Duration = Duration::from_millis(50);

/// A lock of a dead holder is free after its lease, which should be in somebody's lifetime.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A lock that is asked for: what `db.lock("name")` gives.
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
    /// or dropped. Where this future is dropped, or the wait ends before an answer, the lock is given
    /// back if it had been taken.
    ///
    /// Errors: [`Timeout`](crate::ErrorKind::Timeout) where the wait is over, which says whether another
    /// held the lock or no answer came; [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) where the lock
    /// was asked for and no answer came: it is not held, but may be given back only later; [`InvalidInput`](crate::ErrorKind::InvalidInput) outside a tokio
    /// runtime.
    pub async fn acquire(self) -> Result<Lease> {
        let until = Instant::now().checked_add(self.wait);
        let left = || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        let named = |e: Error| e.in_repository(REPOSITORY).in_operation("lock");
        self.check().map_err(named)?;
        let mut seen = LastSeen::default();
        loop {
            // What is asked for is done by then, or is not waited for.
            let look = tokio::time::timeout(left().max(LEAST_LOOK), self.attempt(&mut seen)).await;
            let missed = match look.map(|found| found.map_err(named)) {
                Ok(Ok(Some(lease))) => return Ok(lease),
                Ok(Ok(None)) => {
                    let message = format!("the lock {:?} was held by another for {:?}", self.name, self.wait);
                    Error::new(ErrorKind::Timeout, message)
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => self.silence(&seen),
            };
            if left().is_zero() {
                return Err(named(missed));
            }
            tokio::time::sleep(self.pause().min(left())).await;
        }
    }

    /// Takes the lock if nobody holds it, without waiting for it: for its answers, no longer than for
    /// those of one operation.
    pub async fn try_acquire(self) -> Result<Option<Lease>> {
        let named = |e: Error| e.in_repository(REPOSITORY).in_operation("lock");
        self.check().map_err(named)?;
        let mut seen = LastSeen::default();
        let look = tokio::time::timeout(self.db.timeout(), self.attempt(&mut seen)).await;
        look.unwrap_or_else(|_| Err(self.silence(&seen))).map_err(named)
    }

    /// No answer came in time: to the question whether the lock is free, or to the write that takes it.
    fn silence(&self, seen: &LastSeen) -> Error {
        let name = self.name;
        if seen.is_taking {
            let message =
                format!("the lock {name:?} may or may not have been taken: the backend did not answer in time");
            return Error::new(ErrorKind::OutcomeUnknown, message);
        }
        let message = format!("whether the lock {name:?} is free was not known in time: the backend did not answer");
        Error::new(ErrorKind::Timeout, message)
    }

    fn check(&self) -> Result<()> {
        if self.lease < SHORTEST {
            return Err(Error::invalid(format!("a lease of {:?}; the shortest is {SHORTEST:?}", self.lease)));
        }
        if self.lease > LONGEST {
            return Err(Error::invalid(format!("a lease of {:?}; the longest is a year", self.lease)));
        }
        match tokio::runtime::Handle::try_current() {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::invalid("a lock needs a tokio runtime to beat on")),
        }
    }

    /// One look, and the lock if it can be had.
    async fn attempt(&self, watch: &mut LastSeen) -> Result<Option<Lease>> {
        watch.is_taking = false;
        let seen = LockRecord::read(self.db, self.name).await?;
        if let Some(record) = &seen
            && record.holder.is_some()
            && !watch.is_silent(record)
        {
            return Ok(None);
        }
        // In a task of its own: where this future is dropped meanwhile, the lease goes to nobody, and so gives the lock back.
        watch.is_taking = true;
        let taking = tokio::spawn(take(self.db.clone(), self.name.to_owned(), seen, self.lease));
        let ended = |_| Err(Error::new(ErrorKind::OutcomeUnknown, "the task that takes the lock has ended"));
        taking.await.unwrap_or_else(ended)
    }

    /// How long to wait before the next look; not the same for all who wait.
    fn pause(&self) -> Duration {
        let base = (self.lease / 10).clamp(Duration::from_millis(5), Duration::from_millis(500));
        base.mul_f64(0.5 + fastrand::f64())
    }
}

/// Takes the lock if it is as it was seen.
async fn take(db: Database, name: String, seen: Option<LockRecord>, lease: Duration) -> Result<Option<Lease>> {
    let holder = format!("{:032x}", fastrand::u128(..));
    let millis = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
    // A lease counts from before the write was sent: the holder's view must end first.
    let asked = Instant::now();
    let taken = match seen {
        None => LockRecord::first(&db, &name, &holder, millis).await,
        Some(record) => record.take(&db, &holder, millis).await,
    };
    let taken = match taken {
        // The holder's name tells what became of a write whose answer was lost.
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

/// What a waiter has seen of the holder, by its own clock.
#[derive(Default)]
struct LastSeen {
    seen: Option<(u64, u64, Instant)>,
    /// Whether the write that takes the lock is under way.
    is_taking: bool,
}

impl LastSeen {
    /// Whether the holder has given no sign of life for as long as its own lease.
    fn is_silent(&mut self, record: &LockRecord) -> bool {
        match self.seen {
            Some((token, beat, since)) if (token, beat) == (record.token, record.beat) => {
                since.elapsed() > Duration::from_millis(record.lease)
            }
            _ => {
                self.seen = Some((record.token, record.beat, Instant::now()));
                false
            }
        }
    }
}
