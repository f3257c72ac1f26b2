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

/// Until when the holder may believe that it holds the lock; nothing once it does not.
#[derive(Debug)]
struct ValidUntil(Mutex<Option<Instant>>);

impl ValidUntil {
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sign of life that was sent at `asked` has come through: it is good for a lease.
    fn renew(&self, asked: Instant, lease: Duration) {
        let mut until = self.until();
        *until = (*until).max(asked.checked_add(lease));
    }
}

impl Lease {
    pub(super) fn start(db: Database, lock: Ownership, lease: Duration, asked: Instant) -> Self {
        let valid_until = Arc::new(ValidUntil(Mutex::new(asked.checked_add(lease))));
        let (tell_lost, lost) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let (name, token) = (lock.name.clone(), lock.token);
        let heartbeat = Heartbeat { db, lock, lease, valid_until: valid_until.clone(), tell_lost };
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
        !*self.lost.borrow() && self.valid_until.until().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until the lock is lost: taken over, or without a sign of life for a lease.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The heartbeat ends only after it has said that the lock is lost, or with this lease.
        let _ = lost.wait_for(|lost| *lost).await;
    }

    /// Gives the lock back. False where it had been lost before.
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
    tell_lost: watch::Sender<bool>,
}

impl Heartbeat {
    async fn run(self, mut stopped: oneshot::Receiver<oneshot::Sender<Result<bool>>>) {
        let mut beats = FuturesUnordered::new();
        let mut next = Instant::now() + self.lease / 3;
        loop {
            let end = *self.valid_until.until();
            let Some(end) = end.filter(|end| Instant::now() < *end) else { break };
            tokio::select! {
                answer = &mut stopped => {
                    // A beat that is still on its way finds no holder.
                    drop(beats);
                    let released = LockRecord::release(&self.db, &self.lock).await;
                    *self.valid_until.until() = None;
                    if let Ok(answer) = answer {
                        let _ = answer.send(released);
                    }
                    return;
                }
                // One that has no answer does not keep the next from being sent.
                () = sleep_until(next.into()) => {
                    next = Instant::now() + self.lease / 3;
                    beats.push(self.beat());
                }
                Some(lost) = beats.next() => if lost { break },
                () = sleep_until(end.into()) => {}
            }
        }
        *self.valid_until.until() = None;
        let _ = self.tell_lost.send(true);
        stopped.close();
        if let Ok(answer) = stopped.try_recv() {
            let _ = answer.send(Ok(false));
        }
        // Where only time has run out, nobody need wait for it once more.
        let _ = LockRecord::release(&self.db, &self.lock).await;
    }

    /// Gives a sign of life; true where the lock is lost. Where it is not known, it is held until the
    /// lease is over, and the next beat may get through.
    async fn beat(&self) -> bool {
        let asked = Instant::now();
        match LockRecord::beat(&self.db, &self.lock).await {
            Ok(_) => self.valid_until.renew(asked, self.lease),
            Err(error) => return is_lost(error.kind()),
        }
        false
    }
}
