//! Writes, one or many together: read what has to be read, decide, send, and learn from a refusal,
//! until the write is done, refused for good, or the deadline passes.
//!
//! What a retry does: a request that certainly was not applied (throttled, in conflict, nobody
//! reached) is sent again. One whose answer was lost may have been applied, and then
//!
//! - a transaction is sent again under the same token, with which DynamoDB does it once;
//! - a write of one record is sent again where it can be applied once only: it depends on the stamp
//!   or the version of what it was decided for, which no second one would find. If that is refused
//!   and the record has the stamp of this call, the first one was applied, and the write is done;
//! - any other is not sent again: it could be applied beside the first, after another's write. The
//!   record is read, and where it has not the stamp of this call the error is `OutcomeUnknown`;
//! - so is any other refusal: the write may have been applied, and overwritten since.

use std::collections::HashSet;

use super::DynamoDb;
use super::call::{self, Attempts};
use super::convert::{Item, to_record};
use super::failure::{Class, Failure};
use super::guard::{self, GuardKey};
use super::op::Op;
use super::plan;
use super::transact::merge;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, Write, Written};
use crate::value::{Record, STAMP, Value};

/// Why a write is not done, and which one it was.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) position: Option<usize>,
    pub(super) error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { position: None, error }
    }
}

impl Refusal {
    pub(super) fn at(position: usize, error: Error) -> Self {
        Self { position: Some(position), error }
    }
}

/// What is known of the record that a write is of.
#[derive(Debug)]
enum Base {
    /// Nothing, and nothing is needed: the server judges.
    Unread,
    /// It has to be read.
    Wanted,
    /// It is this, or there is none.
    Read(Option<Record>),
}

/// What an operation of a plan is for.
#[derive(Debug)]
pub(super) enum Part {
    /// The record of the write at a position.
    Record(usize),
    /// A guard.
    Guard(guard::Move),
}

/// What is sent, and what it comes to.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) ops: Vec<(Part, Op)>,
    written: Vec<Written>,
}

/// Operations whose condition was false, by their place in the plan, and the items it was false for.
pub(super) type RefusedOps = Vec<(usize, Option<Item>)>;

/// What came of sending a plan.
#[derive(Debug)]
pub(super) enum Sent {
    /// It is done; a single update or delete gave this.
    Done(Option<Item>),
    /// It is refused.
    Refused(RefusedOps),
}

/// Writes under way.
pub(super) struct Writer<'a> {
    pub(super) db: &'a DynamoDb,
    pub(super) call: &'a Call,
    pub(super) attempts: Attempts<'a>,
    pub(super) stamp: Value,
    writes: &'a [Write],
    bases: Vec<Base>,
    /// Guards that are another record's though they should not be; they are left alone.
    foreign: HashSet<GuardKey>,
    /// Whether it matters what a delete found.
    pub(super) telling: bool,
    /// Whether even one operation is sent as a transaction, which DynamoDB does once for its token.
    pub(super) by_token: bool,
}

/// How often a record is read to find out whether a write has come through.
const LOOKS: u32 = 5;

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a DynamoDb, call: &'a Call, writes: &'a [Write]) -> Self {
        let base = |write: &Write| if plan::must_read(write) { Base::Wanted } else { Base::Unread };
        Self {
            db,
            call,
            attempts: Attempts::of_write(call),
            stamp: db.stamps.stamp(),
            writes,
            bases: writes.iter().map(base).collect(),
            foreign: HashSet::new(),
            telling: true,
            by_token: false,
        }
    }

    /// Does the writes.
    pub(super) async fn run(mut self) -> Result<Vec<Written>, Refusal> {
        let mut again = false;
        loop {
            self.read_bases().await?;
            let plan = match self.plan() {
                Ok(plan) => plan,
                Err(refusal) if self.wants_before(&refusal) => continue,
                Err(refusal) => return Err(self.refused(refusal)),
            };
            if plan.ops.is_empty() {
                return self.nothing_to_do(plan);
            }
            if again && !self.attempts.pause().await {
                let error = call::timed_out("while others kept writing the record");
                return Err(self.refused(error.into()));
            }
            again = true;
            let sent = match plan.ops.as_slice() {
                [(_, op)] if !op.is_check() && !self.by_token => self.alone(op).await?,
                _ => self.together(&plan).await?,
            };
            match sent {
                Sent::Done(item) => return self.done(plan, item),
                Sent::Refused(refused) => {
                    if let Some(written) = self.learn(plan, refused)? {
                        return Ok(written);
                    }
                }
            }
        }
    }

    async fn read_bases(&mut self) -> Result<()> {
        let wanted = self.bases.iter().enumerate().filter(|(_, base)| matches!(base, Base::Wanted));
        let wanted: Vec<_> = wanted.map(|(position, _)| position).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let key = |position: &usize| {
            let write = &self.writes[*position];
            (write.definition, write.key.clone())
        };
        let read = self.db.fetch(self.call, wanted.iter().map(key).collect(), true, None).await?;
        for (position, record) in wanted.into_iter().zip(read) {
            self.bases[position] = Base::Read(record);
        }
        Ok(())
    }

    /// Before a write is refused for what was read, those before it are looked at too: the first
    /// refusal is the one to tell.
    fn wants_before(&mut self, refusal: &Refusal) -> bool {
        let before = refusal.position.unwrap_or(0);
        let mut wants = false;
        for base in &mut self.bases[..before] {
            if matches!(base, Base::Unread) {
                *base = Base::Wanted;
                wants = true;
            }
        }
        wants
    }

    fn plan(&self) -> Result<Plan, Refusal> {
        let (mut ops, mut written, mut moves) = (Vec::new(), Vec::new(), Vec::new());
        let alone = self.writes.len() == 1 && !self.by_token;
        for (position, (write, base)) in self.writes.iter().zip(&self.bases).enumerate() {
            let refuse = |error| Refusal::at(position, error);
            let guarded = plan::moves_unique(write);
            match base {
                Base::Read(stored) => {
                    let stored = stored.as_ref();
                    write.judge(stored, self.call).map_err(refuse)?;
                    let settled = plan::settled(write, self.call, &self.stamp, stored).map_err(refuse)?;
                    if guarded {
                        moves.extend(plan::guard_moves(write, position, self.call, stored, settled.outcome.as_ref()));
                    }
                    ops.extend(settled.op.map(|op| (Part::Record(position), op)));
                    let existed = stored.is_some_and(|record| record.is_live(self.call));
                    let record = settled.outcome.filter(|_| !write.changes().is_empty());
                    written.push(Written { existed, record });
                }
                Base::Unread | Base::Wanted => {
                    let op = plan::direct(write, self.call, &self.stamp, alone).map_err(refuse)?;
                    ops.push((Part::Record(position), op));
                    if let (Action::Create(record), true) = (&write.action, guarded) {
                        moves.extend(plan::guard_moves(write, position, self.call, None, Some(record)));
                    }
                    let existed = matches!(write.action, Action::Update(_) | Action::Replace(_) | Action::Check);
                    written.push(Written::existed(existed));
                }
            }
        }
        for moved in merge(moves, self.call)? {
            if moved.to.is_some() || !self.foreign.contains(&moved.key) {
                let op = moved.op(self.call)?;
                ops.push((Part::Guard(moved), op));
            }
        }
        Ok(Plan { ops, written })
    }

    /// A delete of what is not there.
    fn nothing_to_do(&self, plan: Plan) -> Result<Vec<Written>, Refusal> {
        if self.attempts.ambiguous && self.telling {
            return Err(unknown("the record is gone, but it is not known whether this delete took it away").into());
        }
        Ok(plan.written)
    }

    fn done(&self, mut plan: Plan, item: Option<Item>) -> Result<Vec<Written>, Refusal> {
        let ([write], [written], [(Part::Record(_), op)]) =
            (self.writes, plan.written.as_mut_slice(), plan.ops.as_slice())
        else {
            return Ok(plan.written);
        };
        if op.is_check() {
            return Ok(plan.written);
        }
        let record = item.map(to_record).transpose()?;
        match &write.action {
            Action::Update(_) | Action::Upsert { .. } if record.is_some() => {
                *written = Written::updated(record.unwrap_or_default())
            }
            Action::Delete if matches!(self.bases[0], Base::Unread) => {
                written.existed = record.is_some_and(|record| record.is_live(self.call));
                if !written.existed && self.attempts.ambiguous && self.telling {
                    let message = "the record is gone, but it is not known whether this delete took it away";
                    return Err(unknown(message).into());
                }
            }
            _ => {}
        }
        Ok(plan.written)
    }

    /// Sends one operation.
    async fn alone(&mut self, op: &Op) -> Result<Sent, Refusal> {
        let once = self.is_applied_once();
        loop {
            match op.send(&self.db.client, &mut self.attempts).await {
                Ok(item) => return Ok(Sent::Done(item)),
                Err(failure) if failure.class == Class::Condition => {
                    return Ok(Sent::Refused(vec![(0, failure.item.map(|item| *item))]));
                }
                // With nothing to compare with, a second one could be applied beside the first.
                Err(failure) if failure.class.may_be_applied() && !once => return self.look(failure).await,
                Err(failure) if failure.class.passes() && self.attempts.pause().await => {}
                Err(failure) => return self.give_up(failure).await,
            }
        }
    }

    /// Whether a write of one record is applied once only, however often it is sent.
    fn is_applied_once(&self) -> bool {
        let versioned = |write: &Write| write.version.is_some() && !matches!(write.action, Action::Delete);
        matches!(self.bases.as_slice(), [Base::Read(_)]) || self.writes.iter().all(versioned)
    }

    /// Looks whether a write whose answer was lost has come through. A delete leaves nothing to see.
    async fn look(&mut self, failure: Failure) -> Result<Sent, Refusal> {
        let looks = if self.writes.iter().all(|write| matches!(write.action, Action::Delete)) { 0 } else { LOOKS };
        for _ in 0..looks {
            if let Some(item) = self.own_item().await {
                return Ok(Sent::Done(Some(item)));
            }
            if !self.attempts.pause().await {
                break;
            }
        }
        Err(failure.into_unknown().into())
    }

    /// Gives up; if an attempt may have been applied, not before a last look.
    pub(super) async fn give_up(&mut self, failure: Failure) -> Result<Sent, Refusal> {
        if self.attempts.ambiguous
            && let Some(item) = self.own_item().await
        {
            return Ok(Sent::Done(Some(item)));
        }
        Err(call::gave_up(&self.attempts, failure).into())
    }

    /// The first record written, if it has the stamp of this call.
    async fn own_item(&self) -> Option<Item> {
        let write = self.writes.iter().find(|write| !matches!(write.action, Action::Delete | Action::Check))?;
        let request = || {
            let get = self.db.client.get_item().table_name(write.definition.name()).consistent_read(true);
            get.set_key(Some(super::keys::to_key(write.definition, &write.key))).send()
        };
        let item = call::read(self.call, request).await.ok()?.item?;
        let own = super::convert::to_attribute(&self.stamp);
        (item.get(STAMP) == Some(&own)).then_some(item)
    }

    /// Takes a refusal in: the writes are done after all, or refused for good, or to be tried again
    /// with what is known now.
    fn learn(&mut self, plan: Plan, refused: RefusedOps) -> Result<Option<Vec<Written>>, Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        for (at, item) in refused {
            let stored = item.clone().map(to_record).transpose()?;
            match plan.ops.get(at).map(|(part, _)| part) {
                Some(Part::Record(position)) => {
                    let position = *position;
                    if stored.as_ref().is_some_and(|record| record.get(STAMP) == Some(&self.stamp)) {
                        return self.done(plan, item).map(Some);
                    }
                    match self.judge(position, stored.as_ref()) {
                        Ok(()) => self.bases[position] = Base::Read(stored),
                        Err(refusal) => refusals.push(refusal),
                    }
                }
                Some(Part::Guard(moved)) => match &moved.to {
                    Some((owner, _)) if taken(moved, owner, stored.as_ref(), self.call) => {
                        refusals.push(Refusal::at(moved.position, Error::taken(moved.index.name)));
                    }
                    Some(_) => {}
                    None => drop(self.foreign.insert(moved.key.clone())),
                },
                None => {}
            }
        }
        // Operations on records come before those on guards, so that of one write the record's
        // refusal is told.
        match refusals.into_iter().min_by_key(|refusal| refusal.position) {
            Some(refusal) => Err(self.refused(refusal)),
            None if self.attempts.ambiguous => {
                Err(unknown("an answer was lost, and the record has been written by others since").into())
            }
            None => Ok(None),
        }
    }

    /// Whether a write is refused by what is stored. After an attempt that may have been applied, a
    /// version can still tell that it was not: it goes up by one with every write.
    fn judge(&mut self, position: usize, stored: Option<&Record>) -> Result<(), Refusal> {
        let write = &self.writes[position];
        let Err(error) = write.judge(stored, self.call) else { return Ok(()) };
        let version = stored.zip(write.definition.version()).and_then(|(record, name)| record.get(name)?.as_int());
        if let (Action::Replace(_), Some(expected), Some(found)) = (&write.action, write.version, version)
            && (found == i128::from(expected) || found == i128::from(expected) + 1)
        {
            self.attempts.ambiguous = false;
        }
        Err(Refusal::at(position, error))
    }

    fn refused(&self, refusal: Refusal) -> Refusal {
        Refusal { error: call::refused(&self.attempts, refusal.error), ..refusal }
    }
}

/// Whether a guard is held by another record that has not expired.
fn taken(moved: &guard::Move, owner: &crate::request::RecordKey, guard: Option<&Record>, call: &Call) -> bool {
    guard.is_some_and(|guard| guard.is_live(call) && guard::owner(moved.definition, guard).as_ref() != Some(owner))
}

fn unknown(message: &str) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, message)
}
