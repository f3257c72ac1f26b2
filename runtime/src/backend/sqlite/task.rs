//! A call that a thread of the store works on: who asks waits for its answer, no longer than its deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::disk::Disk;
use super::failure::closed;
use super::turn;
use crate::backend::keyspace::Keyspace;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Whether a task was begun, or given up before: never both.
#[derive(Default)]
struct Claim(AtomicU8);

impl Claim {
    fn take(&self, to: u8) -> bool {
        self.0.compare_exchange(WAITS, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// What a task does to the store.
pub(super) type Act<I, T> = fn(&Keyspace<Disk>, &Call, I) -> Result<T>;

/// A task in a queue.
pub(super) struct Task {
    deadline: Instant,
    claim: Arc<Claim>,
    /// Whether it has a transaction for itself.
    pub(super) is_alone: bool,
    work: Box<dyn Work>,
}

/// How the transaction of a task ended.
#[derive(Clone)]
pub(super) enum End {
    /// It is committed.
    Done,
    /// It may be there or not.
    Unknown(Error),
}

trait Work: Send {
    fn run(&mut self, keyspace: &Keyspace<Disk>, again: bool);
    fn answer(self: Box<Self>, end: End);
    fn refuse(self: Box<Self>, error: Error);
    fn is_awaited(&self) -> bool;
}

struct Job<I, T> {
    call: Call,
    input: Option<I>,
    act: Act<I, T>,
    result: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<I: Clone + Send, T: Send> Work for Job<I, T> {
    fn run(&mut self, keyspace: &Keyspace<Disk>, again: bool) {
        let input = if again { self.input.clone() } else { self.input.take() };
        self.result = input.map(|input| turn::until(self.call.deadline, || (self.act)(keyspace, &self.call, input)));
    }

    fn answer(self: Box<Self>, end: End) {
        let result = self.result.unwrap_or_else(|| Err(closed()));
        let told = match end {
            End::Done => result,
            // Who was refused was refused by what may not be there, and has changed nothing.
            End::Unknown(error) if result.is_err() => Err(Error::new(ErrorKind::Unavailable, error.message())),
            End::Unknown(error) => Err(error),
        };
        // Whoever watches the call sees its end before its answer.
        drop((self.call, self.input));
        let _ = self.answer.send(told);
    }

    fn refuse(self: Box<Self>, error: Error) {
        drop((self.call, self.input));
        let _ = self.answer.send(Err(error));
    }

    fn is_awaited(&self) -> bool {
        !self.answer.is_closed()
    }
}

impl Task {
    /// A task, and what its answer is awaited with.
    pub(super) fn new<I: Clone + Send + 'static, T: Send + 'static>(
        call: Call,
        input: I,
        act: Act<I, T>,
        is_alone: bool,
    ) -> (Self, Awaited<T>) {
        let (sender, receiver) = oneshot::channel();
        let (claim, deadline) = (Arc::<Claim>::default(), call.deadline);
        let awaited = Awaited { claim: Arc::clone(&claim), deadline, receiver, is_alone };
        let work = Box::new(Job { call, input: Some(input), act, result: None, answer: sender });
        (Self { deadline, claim, is_alone, work }, awaited)
    }

    /// Begins it, unless it was given up or is too late: then it is never done.
    pub(super) fn begin(self) -> Option<Self> {
        if self.claim.0.load(Ordering::Acquire) == BEGUN {
            return Some(self);
        }
        if !self.work.is_awaited() {
            self.claim.take(GIVEN_UP);
            return None;
        }
        if self.deadline <= Instant::now() {
            if self.claim.take(GIVEN_UP) {
                self.work.refuse(too_late());
            }
            return None;
        }
        self.claim.take(BEGUN).then_some(self)
    }

    /// When its caller stops waiting.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Does it. If it may be done `again`, it keeps what it was asked.
    pub(super) fn run(&mut self, keyspace: &Keyspace<Disk>, again: bool) {
        self.work.run(keyspace, again);
    }

    /// Gives its answer.
    pub(super) fn answer(self, end: End) {
        self.work.answer(end);
    }

    /// Says that it was not done.
    pub(super) fn refuse(self, error: Error) {
        self.work.refuse(error);
    }
}

/// What an answer is awaited with.
pub(super) struct Awaited<T> {
    claim: Arc<Claim>,
    deadline: Instant,
    receiver: oneshot::Receiver<Result<T>>,
    is_alone: bool,
}

impl<T> Awaited<T> {
    /// The answer of a write. One that was begun and not answered may have happened.
    pub(super) async fn write(self) -> Result<T> {
        let is_alone = self.is_alone;
        let (claim, answer) = self.answer().await;
        match answer {
            Some(answer) => answer,
            None if claim.take(GIVEN_UP) => Err(too_late()),
            None if is_alone => Err(Error::new(ErrorKind::Timeout, "it goes on, and was not done in time")),
            None => Err(Error::new(ErrorKind::OutcomeUnknown, "the write was begun, and not answered in time")),
        }
    }

    /// The answer of a read.
    pub(super) async fn read(self) -> Result<T> {
        let (claim, answer) = self.answer().await;
        claim.take(GIVEN_UP);
        answer.unwrap_or_else(|| Err(Error::new(ErrorKind::Timeout, "the read took longer than there was time")))
    }

    async fn answer(self) -> (Arc<Claim>, Option<Result<T>>) {
        // Outside a tokio runtime there is no timer, and the threads alone look at the deadline.
        let answer = match Handle::try_current() {
            Ok(_) => tokio::time::timeout_at(self.deadline.into(), self.receiver).await.ok(),
            Err(_) => Some(self.receiver.await),
        };
        (self.claim, answer.and_then(Result::ok))
    }
}

/// Nothing was done in time.
fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "other writes were in the way all the time, and nothing was done")
}
