//! Gets that become one request: who waits for it, who drives it, and which part of the answer is whose.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use super::engine::{Engine, Outcome, read_all};
use crate::backend::{Backend, BoxFuture};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::requests::MOST_KEYS;
use crate::request::{Call, Get, RecordKey};
use crate::value::Record;

/// How long a gathering may have something to do that the caller that drives it does not see to. Then all
/// callers are woken, and the first that is polled drives.
pub(super) const LONGEST_UNSEEN: Duration = Duration::from_millis(25);

/// What a get is answered.
#[derive(Debug)]
pub(super) enum Answer {
    Given(Result<Option<Record>>),
    /// It has to be sent by itself.
    Apart,
}

/// Gets of one kind, up to [`MOST_KEYS`].
pub(super) struct Gathering {
    backend: Arc<dyn Backend>,
    definition: &'static Definition,
    consistent: bool,
    state: Mutex<State>,
}

struct State {
    callers: Vec<Caller>,
    /// Nobody can join any more.
    is_closed: bool,
    /// The position of the caller that drives.
    driver: Option<usize>,
    /// Whether there is something to do that nobody has seen to yet.
    is_stirred: bool,
    /// Nothing while a caller polls it, and at the end.
    engine: Option<Box<Engine>>,
    outcome: Option<Outcome>,
}

/// One that waits, or has left.
struct Caller {
    /// What it wants, until that is sent.
    wanted: Option<(Call, RecordKey)>,
    /// The place of its key in the request.
    place: usize,
    /// Nothing if it has left.
    deadline: Option<Instant>,
    waker: Option<Waker>,
}

/// What a caller finds when it is polled.
enum Visit {
    Answered(Answer),
    /// It has to poll this.
    Drives(Box<Engine>),
    Waits,
}

impl Gathering {
    /// A gathering with its first caller.
    pub(super) fn begin(backend: Arc<dyn Backend>, window: Duration, call: &Call, get: &Get) -> (Arc<Self>, Seat) {
        let alarm = LONGEST_UNSEEN.min(call.left());
        let gathering = Arc::new_cyclic(|weak: &Weak<Self>| {
            let (driver, all) = (Arc::new(WakeDriver(weak.clone())), Arc::new(WakeAll(weak.clone())));
            let engine = Engine::new(window, alarm, driver.into(), all.into());
            let state = State {
                callers: vec![Caller::new(call, &get.key)],
                is_closed: false,
                driver: None,
                is_stirred: false,
                engine: Some(Box::new(engine)),
                outcome: None,
            };
            let (definition, consistent) = (get.definition, get.consistent);
            Self { backend, definition, consistent, state: Mutex::new(state) }
        });
        let seat = Seat { gathering: gathering.clone(), position: 0 };
        (gathering, seat)
    }

    /// One caller more, unless it is closed.
    pub(super) fn join(self: Arc<Self>, call: &Call, key: &RecordKey) -> Option<Seat> {
        let mut state = self.state();
        if state.is_closed {
            return None;
        }
        let position = state.callers.len();
        state.callers.push(Caller::new(call, key));
        if state.callers.len() >= MOST_KEYS {
            // The caller that makes it full is about to be polled, and sends it.
            (state.is_closed, state.driver) = (true, None);
        }
        drop(state);
        Some(Seat { gathering: self, position })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks what there is for the caller at this position.
    fn visit(&self, position: usize, waker: &Waker) -> Visit {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(caller) = state.callers.get_mut(position) else { return Visit::Answered(Answer::Apart) };
        if let Some(outcome) = &mut state.outcome {
            return Visit::Answered(outcome.take_answer(caller.place));
        }
        if caller.deadline.is_none_or(|deadline| deadline <= Instant::now()) {
            let late = Error::new(ErrorKind::Timeout, "no answer to the get came in time");
            return Visit::Answered(Answer::Given(Err(late)));
        }
        let has_waited = caller.waker.is_some();
        let old = match &caller.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => caller.waker.replace(waker.clone()),
        };
        // One that has just joined was not woken to drive: it would send what is only being gathered.
        let may_take_over = state.is_stirred && has_waited;
        let may_drive = may_take_over || state.driver.is_none_or(|driver| driver == position);
        let visit = match state.engine.take_if(|_| may_drive) {
            Some(engine) => {
                (state.driver, state.is_stirred) = (Some(position), false);
                Visit::Drives(engine)
            }
            None => Visit::Waits,
        };
        // A waker may hold a task, and the task a seat of this gathering: none is dropped under the lock.
        drop(guard);
        drop(old);
        visit
    }

    /// Polls the engine; not under the lock, since it may wake callers at once.
    fn drive(&self, position: usize, engine: Box<Engine>) -> Poll<()> {
        let mut driving = Driving { gathering: self, position, engine: Some(engine) };
        let Some(engine) = driving.engine.as_mut() else { return Poll::Pending };
        engine.poll_alarm(|| self.until_alarm());
        let is_full = self.state().is_closed;
        let polled = engine.poll_stage(is_full, || self.ask());
        let engine = driving.engine.take();
        match polled {
            Poll::Ready(outcome) => {
                self.finish(position, outcome);
                Poll::Ready(())
            }
            Poll::Pending => {
                self.state().engine = engine;
                Poll::Pending
            }
        }
    }

    /// The time to the nearest deadline, but no longer than nobody may look.
    fn until_alarm(&self) -> Duration {
        let now = Instant::now();
        let deadlines: Vec<_> = self.state().callers.iter().filter_map(|caller| caller.deadline).collect();
        let left = deadlines.into_iter().filter_map(|deadline| deadline.checked_duration_since(now));
        left.filter(|left| !left.is_zero()).fold(LONGEST_UNSEEN, Duration::min)
    }

    /// Closes the gathering, and makes the request for the callers that are still there. It has the latest of
    /// their times and deadlines, and is watched by whoever watches the first.
    fn ask(&self) -> BoxFuture<'static, Outcome> {
        let wanted = self.state().close();
        let (mut keys, mut calls) = (Vec::with_capacity(wanted.len()), None);
        for (call, key) in wanted {
            keys.push(key);
            calls = Some(match calls {
                None => call,
                Some(first) => latest(first, &call),
            });
        }
        match calls {
            Some(call) => Box::pin(read_all(self.backend.clone(), self.definition, self.consistent, call, keys)),
            None => Box::pin(std::future::ready(Outcome::Apart)),
        }
    }

    /// Gives each caller its answer. The one at this position, which brings it, need not be woken.
    fn finish(&self, position: usize, outcome: Outcome) {
        let mut state = self.state();
        state.outcome = Some(outcome);
        let others = state.callers.iter_mut().enumerate().filter(|(at, _)| *at != position);
        let wakers: Vec<_> = others.filter_map(|(_, caller)| caller.waker.take()).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// A caller goes, answered or not. If it drove and there is more to do, another is woken to drive.
    fn leave(&self, position: usize) {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(caller) = state.callers.get_mut(position) else { return };
        let left = (caller.wanted.take(), caller.waker.take());
        caller.deadline = None;
        let drove = state.driver.take_if(|driver| *driver == position).is_some();
        let next = state.callers.iter().filter(|_| drove).find_map(|caller| caller.waker.clone());
        drop(guard);
        drop(left);
        next.into_iter().for_each(Waker::wake);
    }

    /// There is something to do: wakes the caller that drives, or all.
    fn stir(&self, all: bool) {
        let mut state = self.state();
        state.is_stirred = true;
        let driver = state.driver;
        let callers = state.callers.iter().enumerate().filter(|(at, _)| all || driver.is_none_or(|own| own == *at));
        let wakers: Vec<_> = callers.filter_map(|(_, caller)| caller.waker.clone()).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Lets nobody join any more, and gives what those who are still there want.
    fn close(&mut self) -> Vec<(Call, RecordKey)> {
        self.is_closed = true;
        let mut wanted = Vec::with_capacity(self.callers.len());
        for caller in &mut self.callers {
            if let Some(own) = caller.wanted.take() {
                caller.place = wanted.len();
                wanted.push(own);
            }
        }
        wanted
    }
}

impl Caller {
    fn new(call: &Call, key: &RecordKey) -> Self {
        Self { wanted: Some((call.clone(), key.clone())), place: 0, deadline: Some(call.deadline), waker: None }
    }
}

impl Outcome {
    /// The answer for the key at this place.
    fn take_answer(&mut self, place: usize) -> Answer {
        match self {
            Self::Records(records) => Answer::Given(Ok(records.get_mut(place).and_then(Option::take))),
            Self::Failed(error) => Answer::Given(Err(error.clone())),
            Self::Apart => Answer::Apart,
        }
    }
}

/// The first of two calls, with the later time and the later deadline of both.
fn latest(mut first: Call, other: &Call) -> Call {
    first.now = first.now.max(other.now);
    first.deadline = first.deadline.max(other.deadline);
    first
}

/// An engine while it is polled. If a backend panics, the other callers must not wait for ever.
struct Driving<'a> {
    gathering: &'a Gathering,
    position: usize,
    engine: Option<Box<Engine>>,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        if self.engine.is_some() {
            self.gathering.finish(self.position, Outcome::Apart);
        }
    }
}

/// The place of one caller. It resolves to the caller's own answer.
pub(super) struct Seat {
    gathering: Arc<Gathering>,
    position: usize,
}

impl Future for Seat {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        loop {
            let driven = match self.gathering.visit(self.position, context.waker()) {
                Visit::Answered(answer) => return Poll::Ready(answer),
                Visit::Drives(engine) => self.gathering.drive(self.position, engine),
                Visit::Waits => Poll::Pending,
            };
            if driven.is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.gathering.leave(self.position);
    }
}

/// Wakes the caller that drives.
struct WakeDriver(Weak<Gathering>);

impl Wake for WakeDriver {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(gathering) = self.0.upgrade() {
            gathering.stir(false);
        }
    }
}

/// Wakes all callers.
struct WakeAll(Weak<Gathering>);

impl Wake for WakeAll {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(gathering) = self.0.upgrade() {
            gathering.stir(true);
        }
    }
}
