//! Writes under way: what is known of their records, the plan that is sent, and what came of it.

use std::collections::{HashMap, HashSet};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard::GuardKey;
use crate::backend::dynamodb::guard::moves::{GuardMove, Violation};
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::request::transact::TransactWrite;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::{Stored, found_record};
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::dynamodb::wire::item::Item;
use crate::backend::dynamodb::write::build;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, Returning, Write, Written};
use crate::value::Value;

/// What is known of the record of a write.
#[derive(Debug)]
pub(crate) enum Prior {
    /// Nothing, and nothing is needed: the server judges.
    NotNeeded,
    /// It has to be read.
    ToRead,
    /// It is this, or there is none.
    Known(Option<Stored>),
}

impl Prior {
    /// What a write needs to know at first.
    pub(crate) fn needed_by(write: &Write) -> Self {
        if build::must_read(write) { Self::ToRead } else { Self::NotNeeded }
    }
}

/// What an operation of a plan is for.
#[derive(Debug)]
pub(crate) enum Part {
    /// The record of the write at a position.
    Record(usize),
    /// A guard.
    Guard(Box<GuardMove>),
}

/// What is sent for writes, and what they return if it is done.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) ops: Vec<(Part, ItemOp)>,
    pub(crate) written: Vec<Written>,
}

/// The request of a plan.
pub(crate) enum Sendable<'a> {
    Single(&'a ItemOp),
    Transaction(TransactWrite<'a>),
}

impl Plan {
    /// The position of the write that the operation at `at` is for.
    pub(crate) fn position(&self, at: usize) -> Option<usize> {
        self.ops.get(at).map(|(part, _)| match part {
            Part::Record(position) => *position,
            Part::Guard(moved) => moved.position,
        })
    }

    /// The request that is sent. One operation is sent as its own request, unless it is to be a
    /// transaction because of the token.
    pub(crate) fn request(&self, by_token: bool) -> Sendable<'_> {
        match self.ops.as_slice() {
            [(_, op)] if !op.is_check() && !by_token => Sendable::Single(op),
            ops => Sendable::Transaction(TransactWrite::new(ops.iter().map(|(_, op)| op))),
        }
    }
}

impl Sendable<'_> {
    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Single(op) => op.to_text(),
            Self::Transaction(transaction) => transaction.to_text(),
        }
    }
}

/// Operations whose condition was false, by their place in the plan, and the items it was false for.
pub(crate) type RefusedOps = Vec<(usize, Option<Item>)>;

/// What came of sending a plan.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It is done.
    Done(Answer),
    /// It is refused.
    Refused(RefusedOps),
}

/// How it is known that a plan was done.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was answered. The request of a single update or delete returned this item.
    Returned(Option<Found>),
    /// The answer was lost, and this item has the stamp of these writes: it is as they left it.
    Stamped(Found),
}

/// Why a write is not done, and which one it was.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) position: Option<usize>,
    pub(crate) error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { position: None, error }
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self::at(violation.position, Error::taken(violation.index))
    }
}

impl Refusal {
    pub(crate) fn at(position: usize, error: Error) -> Self {
        Self { position: Some(position), error }
    }

    /// The error, with the position of the write in its transaction.
    pub(crate) fn into_error(self) -> Error {
        match self.position {
            Some(position) => self.error.at_position(position),
            None => self.error,
        }
    }
}

/// The outcome of a write is not known, and why.
pub(crate) fn unknown(message: &str) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, message)
}

/// Writes under way.
pub(crate) struct Writer<'a> {
    pub(crate) db: &'a Context,
    pub(crate) call: &'a Call,
    pub(crate) attempts: Attempts<'a>,
    /// Left in each record that is written, so that a write whose answer was lost can be told from
    /// another's. It is the same for all attempts.
    pub(crate) stamp: Value,
    pub(crate) writes: &'a [Write],
    pub(crate) priors: Vec<Prior>,
    /// Guards that a record should have given up and that are another record's: they are left alone.
    pub(crate) unowned_guards: HashSet<GuardKey>,
    /// Guards that were in the way though their value is free, as they were then.
    pub(crate) free_guards: HashMap<GuardKey, Option<Item>>,
    /// Whether a delete has to report what it found.
    pub(crate) needs_old_item: bool,
    /// Whether even one operation is sent as a transaction, which DynamoDB does once for its token.
    pub(crate) by_token: bool,
}

impl<'a> Writer<'a> {
    /// Writes that are each done by one request if they can be.
    pub(crate) fn new(db: &'a Context, call: &'a Call, writes: &'a [Write]) -> Self {
        Self {
            db,
            call,
            attempts: Attempts::of_write(call),
            stamp: db.next_stamp(),
            writes,
            priors: writes.iter().map(Prior::needed_by).collect(),
            unowned_guards: HashSet::new(),
            free_guards: HashMap::new(),
            needs_old_item: true,
            by_token: false,
        }
    }

    /// Has the records of all updates read. Returns false if they were.
    pub(crate) fn read_updated(&mut self) -> bool {
        let updates = self.writes.iter().map(|write| !write.changes().is_empty());
        want_reads(self.priors.iter_mut().zip(updates).filter(|(_, is_update)| *is_update).map(|(prior, _)| prior))
    }

    /// Has the records of a refused write and of those before it read. Returns false if they were.
    ///
    /// A write may be refused for what is known here while one before it would be refused by the server,
    /// and the first refusal is the one to report.
    pub(crate) fn read_before(&mut self, refusal: &Refusal) -> bool {
        let Some(position) = refusal.position.filter(|_| self.writes.len() > 1) else { return false };
        want_reads(self.priors.iter_mut().take(position + 1))
    }

    /// The refusal, or that the outcome is unknown if an attempt may have been applied.
    pub(crate) fn refused(&self, refusal: Refusal) -> Refusal {
        Refusal { error: self.attempts.refused_after_loss(refusal.error), ..refusal }
    }

    /// What the writes return whose plan was done.
    pub(crate) fn finish(&self, mut plan: Plan, answer: Answer) -> Result<Vec<Written>, Refusal> {
        let ([write], [written], [(Part::Record(_), op)]) =
            (self.writes, plan.written.as_mut_slice(), plan.ops.as_slice())
        else {
            return Ok(plan.written);
        };
        if op.is_check() {
            return Ok(plan.written);
        }
        let unread = matches!(self.priors.first(), Some(Prior::NotNeeded));
        let read = |found: Found| found_record(write.definition, found);
        match (&write.action, write.told(), answer) {
            (Action::Delete, told, Answer::Returned(found)) if unread => {
                let record = found.map(read).transpose()?;
                let live = record.filter(|record| record.is_live(write.definition, self.call));
                self.check_delete_outcome(live.is_some())?;
                *written = told.written(live.as_ref(), None);
            }
            (Action::Update(_) | Action::Upsert { .. }, Returning::Before, Answer::Stamped(_)) if unread => {
                return Err(outcome::lost_record().into());
            }
            (Action::Update(_) | Action::Upsert { .. }, Returning::Before, Answer::Returned(Some(found)))
            | (_, Returning::After, Answer::Returned(Some(found)) | Answer::Stamped(found)) => {
                *written = Written::updated(read(found)?);
            }
            _ => {}
        }
        Ok(plan.written)
    }

    /// A delete that finds nothing after a lost answer may have deleted the record itself.
    pub(crate) fn check_delete_outcome(&self, existed: bool) -> Result<(), Refusal> {
        if !existed && self.attempts.ambiguous && self.needs_old_item {
            let message = "the record is gone, but it is not known whether this delete took it away";
            return Err(unknown(message).into());
        }
        Ok(())
    }
}

fn want_reads<'p>(priors: impl Iterator<Item = &'p mut Prior>) -> bool {
    let mut wants = false;
    for prior in priors.filter(|prior| matches!(prior, Prior::NotNeeded)) {
        *prior = Prior::ToRead;
        wants = true;
    }
    wants
}
