//! Which records are being written, and when they were last: what was read before that is not kept.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::key::Key;

/// How many marks there are. Keys that share one keep each other out for a moment, and no more.
const MARKS: usize = 1024;

/// Marks of writes. All have one count of moments: a write is marked where it begins and where it ends.
#[derive(Debug)]
pub(super) struct Marks {
    moment: AtomicU64,
    slots: Box<[Mutex<Mark>]>,
    hasher: RandomState,
    repositories: Mutex<HashMap<&'static str, Whole>>,
}

/// The mark of all keys of one hash.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// The writes under way.
    writers: u64,
    /// The moment when one last began or ended.
    last: u64,
    /// Until when a read may still find what was there before.
    settles: Option<Instant>,
}

/// What is known of a repository as a whole.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    last: u64,
    /// Grows if values of an index are written that are not known.
    generation: u64,
    settles: Option<Instant>,
}

/// When a read began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Began {
    moment: u64,
    at: Instant,
    /// The generation of its repository's indexes.
    pub(super) generation: u64,
    /// Whether what it finds by an index can be kept.
    indexes_settled: bool,
}

impl Began {
    /// Whether what a read by an index found can be kept as that.
    pub(super) fn indexes_settled(&self) -> bool {
        self.indexes_settled
    }
}

impl Mark {
    /// Whether what a read found is what is there: no write of it has been under way since the read began.
    pub(super) fn allows(&self, began: &Began) -> bool {
        self.writers == 0 && self.last <= began.moment && self.settles.is_none_or(|settles| settles <= began.at)
    }
}

impl Marks {
    pub(super) fn new() -> Self {
        Self {
            moment: AtomicU64::new(0),
            slots: std::iter::repeat_with(Mutex::default).take(MARKS).collect(),
            hasher: RandomState::new(),
            repositories: Mutex::default(),
        }
    }

    /// The mark of a key, locked: what is done under it is before or after each beginning and end of a write.
    /// Nothing if there are no marks.
    pub(super) fn lock(&self, key: &Key) -> Option<MutexGuard<'_, Mark>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % MARKS as u64).ok()?;
        self.slots.get(hash).map(locked)
    }

    /// A read begins.
    pub(super) fn begin_read(&self, repository: &str) -> Began {
        let at = Instant::now();
        let whole = locked(&self.repositories).get(repository).copied().unwrap_or_default();
        let indexes_settled = whole.settles.is_none_or(|settles| settles <= at);
        // After the generation: what is written in between only keeps it out.
        Began { moment: self.moment.load(Ordering::SeqCst), at, generation: whole.generation, indexes_settled }
    }

    /// Whether no write of the repository has begun or ended since a read began.
    pub(super) fn is_latest(&self, repository: &str, began: &Began) -> bool {
        locked(&self.repositories).get(repository).is_none_or(|whole| whole.last <= began.moment)
    }

    /// Whether no write of a key has begun or ended since a read began.
    pub(super) fn is_latest_of(&self, key: &Key, began: &Began) -> bool {
        self.lock(key).is_some_and(|mark| mark.last <= began.moment)
    }

    /// The generation of a repository's indexes.
    pub(super) fn generation(&self, repository: &str) -> u64 {
        locked(&self.repositories).get(repository).map_or(0, |whole| whole.generation)
    }

    /// A write of a key begins; `forget` is run under its mark.
    pub(super) fn begin_write(&self, key: &Key, forget: impl FnOnce()) {
        let Some(mut mark) = self.lock(key) else { return };
        mark.writers += 1;
        mark.last = self.next_moment();
        forget();
    }

    /// It ends. Until `settles`, a read may still find what was there before.
    pub(super) fn end_write(&self, key: &Key, settles: Instant, forget: impl FnOnce()) {
        let Some(mut mark) = self.lock(key) else { return };
        mark.writers = mark.writers.saturating_sub(1);
        mark.last = self.next_moment();
        mark.settles = mark.settles.max(Some(settles));
        forget();
    }

    /// A write of all keys begins.
    pub(super) fn begin_write_of_all(&self) {
        for slot in &self.slots {
            let mut mark = locked(slot);
            mark.writers += 1;
            mark.last = self.next_moment();
        }
    }

    /// It ends.
    pub(super) fn end_write_of_all(&self, settles: Instant) {
        for slot in &self.slots {
            let mut mark = locked(slot);
            mark.writers = mark.writers.saturating_sub(1);
            mark.last = self.next_moment();
            mark.settles = mark.settles.max(Some(settles));
        }
    }

    /// A write of a repository begins or ends. With `indexes`, it may write any value of its indexes.
    pub(super) fn pass(&self, repository: &'static str, indexes: bool, settles: Option<Instant>) {
        let mut repositories = locked(&self.repositories);
        let whole = repositories.entry(repository).or_default();
        whole.last = self.next_moment();
        if indexes {
            whole.generation += 1;
            whole.settles = whole.settles.max(settles);
        }
    }

    fn next_moment(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// How long a read may find what was there before a write that has happened: an eventually consistent one.
pub(super) const LAG: Duration = Duration::from_secs(2);

/// How long a write may still happen of which nothing is known.
pub(super) const LATEST: Duration = Duration::from_secs(30);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
