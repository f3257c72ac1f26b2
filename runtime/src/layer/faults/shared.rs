//! What all clones of the faults have in common: the seed, who came how often, what is to come next, the counts.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::identity::Identity;
use super::injected::{Counts, Fault};
use super::rates::Rates;

/// What may happen on the way to a backend, and to which repositories.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    pub(super) rates: Rates,
    /// The names of the repositories; all, if there are none.
    pub(super) only: Vec<String>,
    pub(super) shared: Arc<Shared>,
}

/// What all clones have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) seed: u64,
    pub(super) counts: Counts,
    pub(super) is_paused: AtomicBool,
    /// How many operations came that something could have happened to.
    operations: AtomicU64,
    /// How often each request came, by the number of its identity.
    times: Mutex<HashMap<u64, u64>>,
    /// What the next operations meet: of this name, or of any that writes.
    next: Mutex<VecDeque<(Option<&'static str>, Fault)>>,
    /// How many those are, so that nobody need take the lock to see that there are none.
    waiting: AtomicUsize,
    stalled_until: Mutex<Option<Instant>>,
    is_stalled: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each is whole, whatever happened to who had the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            counts: Counts::default(),
            is_paused: AtomicBool::new(false),
            operations: AtomicU64::new(0),
            times: Mutex::default(),
            next: Mutex::default(),
            waiting: AtomicUsize::new(0),
            stalled_until: Mutex::default(),
            is_stalled: AtomicBool::new(false),
        }
    }

    /// The number of an operation that comes, counted from 1.
    pub(super) fn number_operation(&self) -> u64 {
        self.operations.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// The number from which the lots of a request are drawn that comes now.
    pub(super) fn seed_of(&self, identity: Identity) -> u64 {
        let mut times = lock(&self.times);
        let time = times.entry(identity.number()).or_default();
        *time = time.saturating_add(1);
        identity.seed(self.seed, *time)
    }

    /// Keeps a fault for the next operation that it can happen to.
    pub(super) fn push_next(&self, operation: Option<&'static str>, fault: Fault) {
        let mut next = lock(&self.next);
        next.push_back((operation, fault));
        self.waiting.store(next.len(), Ordering::Release);
    }

    pub(super) fn has_next(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Takes the first fault that is kept for an operation like this.
    pub(super) fn take_next(&self, operation: &str, is_write: bool) -> Option<Fault> {
        if !self.has_next() {
            return None;
        }
        let mut next = lock(&self.next);
        let is_for = |(wanted, _): &(Option<&str>, Fault)| wanted.map_or(is_write, |wanted| wanted == operation);
        let (_, fault) = next.iter().position(is_for).and_then(|at| next.remove(at))?;
        self.waiting.store(next.len(), Ordering::Release);
        Some(fault)
    }

    /// Everything stands still from now on, for so long.
    pub(super) fn stall(&self, span: Duration) {
        self.counts.stalls.fetch_add(1, Ordering::Relaxed);
        let mut until = lock(&self.stalled_until);
        *until = (*until).max(Instant::now().checked_add(span));
        self.is_stalled.store(true, Ordering::Release);
    }

    /// Until when everything stands still, if it does.
    pub(super) fn stalled_until(&self) -> Option<Instant> {
        if !self.is_stalled.load(Ordering::Acquire) {
            return None;
        }
        let mut until = lock(&self.stalled_until);
        if until.is_none_or(|until| until <= Instant::now()) {
            *until = None;
            self.is_stalled.store(false, Ordering::Release);
        }
        *until
    }
}
