use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::record::{LockRecord, is_lost};
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
    held: Arc<Held>,
    lost: watch::Receiver<bool>,
    stop: Option<oneshot::Sender<oneshot::Sender<Result<bool>>>>,
}

/// Until when the holder may believe that it holds the lock.
#[derive(Debug)]
struct Held(Mutex<Option<Instant>>);

impl Held {
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(super) fn start(db: Database, record: LockRecord, lease: Duration, asked: Instant) -> Self {
        let held = Arc::new(Held(Mutex::new(asked.checked_add(lease))));
        let (tell_lost, lost) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let keeper =
            Keeper { db, name: record.name.clone(), token: record.token, lease, held: held.clone(), tell_lost };
        tokio::spawn(keeper.run(stopped));
        Self { name: record.name, token: record.token, held, lost, stop: Some(stop) }
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
        !*self.lost.borrow() && self.held.until().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until the lock is lost: taken over, or not to be kept alive.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The keeper ends only after it has said that the lock is lost, or with this lease.
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
struct Keeper {
    db: Database,
    name: String,
    token: u64,
    lease: Duration,
    held: Arc<Held>,
    tell_lost: watch::Sender<bool>,
}

impl Keeper {
    async fn run(self, mut stopped: oneshot::Receiver<oneshot::Sender<Result<bool>>>) {
        loop {
            let answer = tokio::select! {
                answer = &mut stopped => answer,
                () = tokio::time::sleep(self.lease / 3) => {
                    if self.beat().await {
                        continue;
                    }
                    let _ = self.tell_lost.send(true);
                    return;
                }
            };
            let released = LockRecord::release(&self.db, &self.name, self.token).await;
            *self.held.until() = None;
            if let Ok(answer) = answer {
                let _ = answer.send(released);
            }
            return;
        }
    }

    /// Gives a sign of life; false where the lock is lost.
    async fn beat(&self) -> bool {
        let asked = Instant::now();
        match LockRecord::beat(&self.db, &self.name, self.token).await {
            Ok(_) => {
                *self.held.until() = asked.checked_add(self.lease);
                true
            }
            Err(error) if is_lost(error.kind()) => {
                *self.held.until() = None;
                false
            }
            // Not known: it is held until the lease is over, and the next beat may get through.
            Err(_) => self.held.until().is_some_and(|until| Instant::now() < until),
        }
    }
}
