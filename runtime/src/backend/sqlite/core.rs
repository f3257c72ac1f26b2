//! What the handles of a store and its threads share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::disk::Disk;
use super::failure::closed;
use super::queue::Queue;
use super::settings::SqliteSettings;
use super::task::{Act, Awaited, End, Task};
use crate::backend::keyspace::Keyspace;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// So many threads do the reads that take long.
const READING: usize = 2;

/// How long a thread waits in vain before it looks whether it is still needed.
const IDLE: Duration = Duration::from_secs(60);

/// No call has come yet.
const NEVER: i64 = i64::MIN;

/// The handle of a store: when it is gone, the threads end as soon as they have done what they were given.
pub(super) struct Handle(Arc<Core>);

impl Deref for Handle {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A store that is open.
pub(super) struct Core {
    pub(super) keyspace: Keyspace<Disk>,
    pub(super) writes: Queue<Task>,
    reads: Queue<Task>,
    /// The clock of the database, where it is known.
    clock: Option<Arc<dyn Clock>>,
    /// When the last call was made, by the clock of its database.
    last_call: AtomicI64,
}

impl Core {
    /// Opens a store, and starts its threads. One of them does all that `write` does.
    pub(super) async fn open(
        settings: SqliteSettings,
        clock: Option<Arc<dyn Clock>>,
        within: Duration,
        write: fn(&Self),
    ) -> Result<Handle> {
        let (sender, receiver) = oneshot::channel();
        let until = Instant::now() + within;
        spawn("reposit-sqlite-write", move || {
            match Disk::open(&settings, until) {
                Err(error) => drop(sender.send(Err(error))),
                Ok(disk) => {
                    let core = Arc::new(Self::new(disk, &settings, clock));
                    // If nobody waits any more, the handle goes at once, and the thread with it.
                    let _ = sender.send(Ok(Handle(Arc::clone(&core))));
                    write(&core);
                }
            }
        })?;
        let core = receiver.await.map_err(|_| closed())??;
        for number in 1..=READING {
            let reading = Arc::clone(&core.0);
            spawn(&format!("reposit-sqlite-read{number}"), move || reading.read_on())?;
        }
        Ok(core)
    }

    fn new(disk: Disk, settings: &SqliteSettings, clock: Option<Arc<dyn Clock>>) -> Self {
        Self {
            keyspace: Keyspace::new(disk, settings.limits).named("sqlite"),
            writes: Queue::new(),
            reads: Queue::new(),
            clock,
            last_call: AtomicI64::new(NEVER),
        }
    }

    pub(super) fn disk(&self) -> &Disk {
        self.keyspace.space()
    }

    /// No more tasks come.
    fn close(&self) {
        self.writes.close();
        self.reads.close();
    }

    /// Notes when a call was made.
    pub(super) fn note(&self, call: &Call) {
        self.last_call.store(call.now, Ordering::Relaxed);
    }

    /// The time by the database's clock; if that is not known, the time of the last call.
    pub(super) fn now(&self) -> Option<i64> {
        match &self.clock {
            Some(clock) => Some(clock.now_millis()),
            None => Some(self.last_call.load(Ordering::Relaxed)).filter(|now| *now != NEVER),
        }
    }

    /// Has a write done.
    pub(super) async fn write<I, T>(&self, call: Call, input: I, act: Act<I, T>, is_alone: bool) -> Result<T>
    where
        I: Clone + Send + 'static,
        T: Send + 'static,
    {
        self.submit(call, input, act, is_alone)?.write().await
    }

    /// Puts a write in its place among those that wait.
    pub(super) fn submit<I, T>(&self, call: Call, input: I, act: Act<I, T>, is_alone: bool) -> Result<Awaited<T>>
    where
        I: Clone + Send + 'static,
        T: Send + 'static,
    {
        let (task, awaited) = Task::new(call, input, act, is_alone);
        self.writes.push(task).map_or(Ok(awaited), |_| Err(closed()))
    }

    /// Has a read done that may take long.
    pub(super) async fn read<I, T>(&self, call: Call, input: I, act: Act<I, T>) -> Result<T>
    where
        I: Clone + Send + 'static,
        T: Send + 'static,
    {
        let (task, awaited) = Task::new(call, input, act, false);
        match self.reads.push(task) {
            None => awaited.read().await,
            Some(_) => Err(closed()),
        }
    }

    /// Works on the reads until the last handle is gone.
    fn read_on(&self) {
        while let Some(tasks) = self.reads.take(1, IDLE) {
            for task in tasks {
                let Some(mut task) = task.begin() else { continue };
                task.run(&self.keyspace, false);
                task.answer(End::Done);
            }
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    let failed = |e| Error::new(ErrorKind::Unavailable, format!("no thread can be started: {e}")).with_source(e);
    spawned.map(drop).map_err(failed)
}
