//! An ordered tree in memory as a space: who reads and who writes it, and when.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread;

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};

use super::forest::Forest;
use crate::backend::keyspace::{Batch, Space, View};
use crate::error::{Error, Result};

/// A batch of so few changes is made in the tree itself; a longer one in copies of the nodes that change.
const FEW: usize = 8;

/// How often a writer looks whether nobody reads, before it lets other threads run; and how often then, before it
/// makes readers wait.
const SPINS: usize = 8;
const YIELDS: usize = 2;

/// The longest key: a node counts bytes of its keys in 32 bits.
const LONGEST_KEY: usize = 1 << 28;

/// An ordered tree.
///
/// The lock is held for as long as a look at few keys takes, or a change of few. A long look is at a state of its
/// own: it shares the nodes, and whoever changes one of them meanwhile copies it. So is a long change, until it is
/// made. The lock has a part for each of several threads, so that readers do not even write to the same memory.
#[derive(Default)]
pub(crate) struct Tree {
    root: ShardedLock<Arc<Forest>>,
    writer: Mutex<()>,
}

impl Tree {
    // A change is made without anything that can panic, so that a lock that a panic left behind guards a whole
    // state.
    fn shared(&self) -> ShardedLockReadGuard<'_, Arc<Forest>> {
        self.root.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock for the one who changes the tree.
    ///
    /// Readers wait while a writer waits. So the writer first lets those who read at this moment finish: one of
    /// them may have been put off its processor, and the others shall not wait for it.
    fn alone(&self) -> ShardedLockWriteGuard<'_, Arc<Forest>> {
        for attempt in 0..SPINS + YIELDS {
            match self.root.try_write() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(guard)) => return guard.into_inner(),
                Err(TryLockError::WouldBlock) if attempt < SPINS => (0..32).for_each(|_| std::hint::spin_loop()),
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        self.root.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> Arc<Forest> {
        Arc::clone(&self.shared())
    }

    /// A tree of its own with what is in this one now.
    pub(super) fn fork(&self) -> Self {
        Self { root: ShardedLock::new(self.snapshot()), writer: Mutex::default() }
    }

    /// Makes all changes of a batch. No other writer is there.
    fn apply(&self, batch: Batch) {
        if batch.len() <= FEW {
            change(&mut self.alone(), batch);
            return;
        }
        let mut changed = self.snapshot();
        change(&mut changed, batch);
        let before = std::mem::replace(&mut *self.alone(), changed);
        // Nodes are freed when nobody waits for it.
        drop(before);
    }
}

fn change(root: &mut Arc<Forest>, batch: Batch) {
    let forest = Arc::make_mut(root);
    for (key, entry) in batch {
        match entry {
            Some(entry) => forest.put(&key, entry),
            None => forest.take(&key),
        }
    }
}

fn check_keys(batch: &Batch) -> Result<()> {
    match batch.keys().any(|key| key.len() > LONGEST_KEY) {
        true => Err(Error::invalid("a key, or the values of an index, are longer than 256 MiB")),
        false => Ok(()),
    }
}

impl Space for Tree {
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        look(&**self.shared())
    }

    fn read_long<T>(&self, look: impl FnOnce(&dyn View) -> Result<T>) -> Result<T> {
        look(&*self.snapshot())
    }

    fn write<T>(&self, change: impl FnOnce(&dyn View) -> Result<(T, Batch)>) -> Result<T> {
        let _one = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody changes the tree meanwhile, and whoever reads it does not wait.
        let (result, batch) = change(&**self.shared())?;
        check_keys(&batch)?;
        self.apply(batch);
        Ok(result)
    }

    /// A tree belongs to one keyspace, so its catalogue need not be looked for in it.
    fn is_exclusive(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tree")
    }
}
