//! The way of one operation: what its requests meet, how long they take, and the errors that come of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;

use super::fate::{Fate, Shape, of_read, of_write};
use super::identity::Identity;
use super::injected::{Event, Fault};
use super::rates::Rates;
use super::shared::Shared;
use crate::error::{Error, ErrorKind};
use crate::request::{Attempt, Call};

/// The way of one operation.
#[derive(Debug)]
pub(super) struct Network<'f> {
    shared: &'f Shared,
    rates: &'f Rates,
    pub(super) origin: Origin<'f>,
    /// What every attempt meets, whatever the rates are.
    forced: Option<Fault>,
    /// How long the operation takes: as long as the longest of its requests, which go side by side.
    pub(super) takes: Duration,
    /// How much of it is over when the backend is reached.
    split: f64,
    /// The lot by which it is chosen what an index is at.
    lag: u64,
    /// How long everything stands still from now on.
    pub(super) stall: Option<Duration>,
}

/// Where an error comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'f> {
    shared: &'f Shared,
    number: u64,
}

/// Whether a request changes anything, and whether another's transaction can be in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    ReadTogether,
    Write,
}

/// The lots of one request.
struct Lots {
    rng: Rng,
    takes: Duration,
}

impl<'f> Network<'f> {
    pub(super) fn new(shared: &'f Shared, rates: &'f Rates, forced: Option<Fault>) -> Self {
        let stall = if let Some(Fault::Stall(span)) = forced { Some(span) } else { None };
        let origin = Origin { shared, number: shared.number_operation() };
        Self { shared, rates, origin, forced, takes: Duration::ZERO, split: 0.0, lag: 0, stall }
    }

    /// What comes of a write: of one record, of a transaction, or of one request of a batch.
    pub(super) fn meet_write(&mut self, call: &Call, identity: Identity, shape: Shape) -> Fate {
        let mut lots = self.draw(identity);
        // Every other look for what a write left fails as its answer did.
        let finds = lots.rng.f64() < 0.5 && self.forced.is_none();
        let fate = of_write(shape.again, finds, |number| self.attempt(&mut lots, call, number, Kind::Write));
        self.takes = self.takes.max(lots.takes);
        fate
    }

    /// The error of a read of so many requests; nothing if all are answered.
    pub(super) fn meet_read(&mut self, call: &Call, identity: Identity, requests: usize, kind: Kind) -> Option<Error> {
        for part in 0..requests.max(1) {
            let mut lots = self.draw(identity.part(part));
            let failed = of_read(|number| self.attempt(&mut lots, call, number, kind));
            self.takes = self.takes.max(lots.takes);
            if let Some(kind) = failed {
                return Some(self.origin.error(kind, call.operation));
            }
        }
        None
    }

    fn draw(&mut self, identity: Identity) -> Lots {
        let mut rng = Rng::with_seed(self.shared.seed_of(identity));
        // The same lots are drawn whatever the rates are, so that one rate changes nothing of the others.
        let (stall, split, lag) = (rng.f64(), rng.f64(), rng.u64(..));
        self.stall = self.stall.or_else(|| self.rates.stall(stall));
        (self.split, self.lag) = (split, lag);
        Lots { rng, takes: Duration::ZERO }
    }

    fn attempt(&self, lots: &mut Lots, call: &Call, number: u32, kind: Kind) -> Option<Event> {
        let (event, delay) = (lots.rng.f64(), lots.rng.f64());
        let delay = self.rates.delay(delay);
        if !delay.is_zero() {
            self.shared.counts.delays.fetch_add(1, Ordering::Relaxed);
            lots.takes += delay;
        }
        let event = match self.forced {
            Some(fault) => fault.event(),
            None => self.rates.event(event),
        };
        let event = event.filter(|event| *event != Event::Conflict || kind != Kind::Read)?;
        self.shared.counts.count(event);
        let attempt = Attempt::new(call.operation).numbered(number);
        let is_lost = matches!(event, Event::Lost | Event::Dropped);
        let attempt = attempt.failed(match event {
            Event::Lost | Event::Dropped => ErrorKind::Unavailable,
            Event::Throttled => ErrorKind::Throttled,
            Event::Conflict => ErrorKind::Timeout,
        });
        call.report_attempt(&if is_lost && kind == Kind::Write { attempt.lost() } else { attempt });
        Some(event)
    }

    /// Which of so many earlier states an index is at; nothing if it has caught up, as every other time.
    pub(super) fn choose_state(&self, states: usize) -> Option<usize> {
        let mut rng = Rng::with_seed(self.lag);
        let is_behind = states > 0 && rng.bool();
        is_behind.then(|| rng.usize(..states))
    }

    /// How long it takes until the backend is reached, and after that. If that is longer than there is time for,
    /// the second is what the caller does not wait for.
    pub(super) fn times(&self, call: &Call) -> Times {
        let before = self.takes.mul_f64(self.split);
        let left = call.left();
        let is_late = self.takes >= left && !self.takes.is_zero();
        let before_deadline = before.min(left);
        let after = self.takes.min(left).saturating_sub(before_deadline);
        Times { stall: self.stall, before: before_deadline, after, is_late, never_comes: before >= left && is_late }
    }
}

/// How long an operation takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) stall: Option<Duration>,
    pub(super) before: Duration,
    pub(super) after: Duration,
    /// Whether the answer comes after the deadline.
    pub(super) is_late: bool,
    /// Whether the request itself would come after the deadline.
    pub(super) never_comes: bool,
}

impl Times {
    pub(super) fn are_none(&self) -> bool {
        self.stall.is_none() && self.before.is_zero() && self.after.is_zero() && !self.is_late
    }

    /// What comes of a write that takes so long.
    pub(super) fn limit(&self, fate: Fate) -> Fate {
        match fate {
            Fate::Answered { .. } | Fate::Lost { .. } if self.never_comes => Fate::Failed(ErrorKind::OutcomeUnknown),
            Fate::Answered { .. } if self.is_late => Fate::Lost { is_found: false },
            fate => fate,
        }
    }
}

impl Origin<'_> {
    /// The error of a request that changed nothing, or of which that is not known.
    pub(super) fn error(self, kind: ErrorKind, operation: &str) -> Error {
        match kind {
            ErrorKind::OutcomeUnknown => self.unknown("no answer came"),
            ErrorKind::Throttled => self.named(kind, "the backend asks for less traffic"),
            ErrorKind::Timeout => {
                let message = format!("the {operation} met with other writes until its deadline; nothing was changed");
                self.named(kind, &message)
            }
            kind => self.named(kind, &format!("no answer to the {operation} came: the backend cannot be reached")),
        }
    }

    /// A write that may have been applied.
    pub(super) fn unknown(self, why: &str) -> Error {
        self.shared.counts.unknown.fetch_add(1, Ordering::Relaxed);
        self.named(ErrorKind::OutcomeUnknown, &format!("the write may or may not have happened: {why}"))
    }

    /// The deadline passed, and nothing was changed.
    pub(super) fn timed_out(self, operation: &str) -> Error {
        self.named(ErrorKind::Timeout, &format!("no answer to the {operation} came in time"))
    }

    fn named(self, kind: ErrorKind, message: &str) -> Error {
        let (seed, number) = (self.shared.seed, self.number);
        Error::new(kind, format!("{message} (injected by layer::Faults, seed {seed}, operation {number})"))
    }
}
