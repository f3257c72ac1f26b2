//! A lock that is held, and the task that keeps it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep_until;

use super::record::{LockRecord, Ownership, is_lost};
use crate::database::Database;
use crate::error::{Error, ErrorKind, Result};

/// A lock that is held. Dropping it gives it back in the background; [`release`](Self::release)
/// waits until it is given back.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = reposit::Database::open("memory:").await?;
/// let lease = db.lock("nightly").acquire().await?;
/// tokio::select! {
///     () = lease.lost() => println!("another has taken over: stop"),
///     () = async { /* the work */ } => {}
/// }
/// assert!(lease.release().await?);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Lease {
    name: String,
    token: u64,
    valid_until: Arc<ValidUntil>,
    lost: watch::Receiver<bool>,
    stop: Option<oneshot::Sender<oneshot::Sender<Result<bool>>>>,
}

/// Until when the holder may act as such; nothing once the lock is lost or given back.
#[derive(Debug)]
struct ValidUntil(Mutex<Option<Instant>>);

impl ValidUntil {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self) -> Option<Instant> {
        *self.lock()
    }

    /// A beat that was sent at `sent` was stored: it is good for a lease from then.
    fn renew(&self, sent: Instant, lease: Duration) {
        let mut until = self.lock();
        // Answers may come out of order: an older beat takes nothing back.
        *until = (*until).max(sent.checked_add(lease));
    }

    fn end(&self) {
        *self.lock() = None;
    }
}

impl Lease {
    pub(super) fn start(db: Database, lock: Ownership, lease: Duration, sent: Instant) -> Self {
        let valid_until = Arc::new(ValidUntil(Mutex::new(sent.checked_add(lease))));
        let (report_lost, lost) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let (name, token) = (lock.name.clone(), lock.token);
        let heartbeat = Heartbeat { db, lock, lease, valid_until: valid_until.clone(), report_lost };
        tokio::spawn(heartbeat.run(stopped));
        Self { name, token, valid_until, lost, stop: Some(stop) }
    }

    /// The lock's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fencing token: greater than that of every holder before. Write it with what the lock
    /// protects, on the condition that none greater was written:
    /// `.set(M::FENCE, lease.token()).only_if(M::FENCE.le(lease.token()))`.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Whether the lock is held, as far as can be told here: the last sign of life was given less
    /// than a lease ago.
    pub fn is_held(&self) -> bool {
        !*self.lost.borrow() && self.valid_until.get().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until the lock is lost: taken over, or without a sign of life for a lease.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The heartbeat ends only after it has said that the lock is lost, or with this lease.
        let _ = lost.wait_for(|lost| *lost).await;
    }

    /// Gives the lock back. Returns false if it had been lost before.
    pub async fn release(mut self) -> Result<bool> {
        let (answer, released) = oneshot::channel();
        let Some(stop) = self.stop.take() else { return Ok(false) };
        if stop.send(answer).is_err() {
            return Ok(false);
        }
        released.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::OutcomeUnknown, "the task of the lock has ended")))
    }
}

/// Keeps a lock alive, and gives it back.
struct Heartbeat {
    db: Database,
    lock: Ownership,
    lease: Duration,
    valid_until: Arc<ValidUntil>,
    report_lost: watch::Sender<bool>,
}

impl Heartbeat {
    async fn run(self, mut stopped: oneshot::Receiver<oneshot::Sender<Result<bool>>>) {
        let mut beats = FuturesUnordered::new();
        let mut next = Instant::now() + self.lease / 3;
        while let Some(end) = self.valid_until.get().filter(|end| Instant::now() < *end) {
            tokio::select! {
                answer = &mut stopped => {
                    // A beat that is still on its way does no harm: it finds no holder, and stores nothing.
                    drop(beats);
                    let released = LockRecord::release(&self.db, &self.lock).await;
                    self.valid_until.end();
                    if let Ok(answer) = answer {
                        let _ = answer.send(released);
                    }
                    return;
                }
                // Side by side: a beat that gets no answer does not keep the next from being sent.
                () = sleep_until(next.into()) => {
                    next = Instant::now() + self.lease / 3;
                    beats.push(self.beat());
                }
                Some(lost) = beats.next() => if lost { break },
                () = sleep_until(end.into()) => {}
            }
        }
        // First no longer held, then reported lost: who hears of it sees it.
        self.valid_until.end();
        let _ = self.report_lost.send(true);
        // A release that came meanwhile is answered; one that comes now finds the channel closed.
        stopped.close();
        if let Ok(answer) = stopped.try_recv() {
            let _ = answer.send(Ok(false));
        }
        // If only time has run out, the lock may still be in this holder's name, and nobody need wait for it.
        let _ = LockRecord::release(&self.db, &self.lock).await;
    }

    /// Gives a sign of life. Returns true if the lock is lost. If that is not known, it is held until the
    /// lease is over, and the next beat may get through.
    async fn beat(&self) -> bool {
        // From before the request: a waiter may count from when it was stored.
        let sent = Instant::now();
        match LockRecord::beat(&self.db, &self.lock).await {
            Ok(_) => self.valid_until.renew(sent, self.lease),
            Err(error) => return is_lost(error.kind()),
        }
        false
    }
}
