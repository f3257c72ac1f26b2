//! Tasks that wait for a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tasks that wait, in the order in which they came.
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    came: Condvar,
}

struct Waiting<T> {
    tasks: VecDeque<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let waiting = Waiting { tasks: VecDeque::new(), is_closed: false };
        Self { waiting: Mutex::new(waiting), came: Condvar::new() }
    }

    // Nothing runs under the lock that could leave the queue half changed.
    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task; gives it back if nobody takes any more.
    pub(super) fn push(&self, task: T) -> Option<T> {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Some(task);
        }
        waiting.tasks.push_back(task);
        drop(waiting);
        self.came.notify_one();
        None
    }

    /// Says that no more will come.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.came.notify_all();
    }

    /// Waits for a task, and takes so many of those that wait. Takes none if none came in time; nothing once the
    /// queue is closed and empty.
    pub(super) fn take(&self, most: usize, within: Duration) -> Option<Vec<T>> {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting<T>| waiting.tasks.is_empty() && !waiting.is_closed;
        let waited = self.came.wait_timeout_while(waiting, within, idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.tasks.is_empty() && waiting.is_closed {
            return None;
        }
        let count = waiting.tasks.len().min(most);
        Some(waiting.tasks.drain(..count).collect())
    }
}
