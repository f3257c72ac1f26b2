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
//!
//! Each round knows more than the one before: a write is refused only by what another has stored since.
//! Where DynamoDB refuses it for an item that is as it was and that allows the write, that is told at once.

pub(crate) mod batch;
pub(crate) mod build;
pub(crate) mod conflicts;
pub(crate) mod refusal;
pub(crate) mod single;
pub(crate) mod transact;

use std::collections::{HashMap, HashSet};

use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::request::item::Op;
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::backend::dynamodb::value::{Item, Stored, to_record_of};
use crate::backend::dynamodb::write::refusal::{Lesson, Refusal, unknown};
use crate::backend::dynamodb::write::transact::merge;
use crate::error::Result;
use crate::request::{Action, Call, Write, Written};
use crate::value::Value;

/// What is known of the record that a write is of.
#[derive(Debug)]
pub(crate) enum Base {
    /// Nothing, and nothing is needed: the server judges.
    Unread,
    /// It has to be read.
    Wanted,
    /// It is this, or there is none.
    Read(Option<Stored>),
}

/// What an operation of a plan is for.
#[derive(Debug)]
pub(crate) enum Part {
    /// The record of the write at a position.
    Record(usize),
    /// A guard.
    Guard(Box<guard::Move>),
}

/// What is sent, and what it comes to.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) ops: Vec<(Part, Op)>,
    written: Vec<Written>,
}

impl Plan {
    /// The position of the write that an operation is for.
    pub(crate) fn position(&self, at: usize) -> Option<usize> {
        self.ops.get(at).map(|(part, _)| match part {
            Part::Record(position) => *position,
            Part::Guard(moved) => moved.position,
        })
    }
}

/// Operations whose condition was false, by their place in the plan, and the items it was false for.
pub(crate) type RefusedOps = Vec<(usize, Option<Item>)>;

/// What came of sending a plan.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It is done; a single update or delete gave this.
    Done(Option<Item>),
    /// It is refused.
    Refused(RefusedOps),
}

/// Writes under way.
pub(crate) struct Writer<'a> {
    pub(crate) db: &'a DynamoDb,
    pub(crate) call: &'a Call,
    pub(crate) attempts: Attempts<'a>,
    pub(crate) stamp: Value,
    pub(crate) writes: &'a [Write],
    pub(crate) bases: Vec<Base>,
    /// Guards that are another record's though they should not be; they are left alone.
    pub(crate) foreign: HashSet<GuardKey>,
    /// Guards that were in the way though the value is free, as they were then.
    pub(crate) free: HashMap<GuardKey, Option<Item>>,
    /// Whether it matters what a delete found.
    pub(crate) telling: bool,
    /// Whether even one operation is sent as a transaction, which DynamoDB does once for its token.
    pub(crate) by_token: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(db: &'a DynamoDb, call: &'a Call, writes: &'a [Write]) -> Self {
        let base = |write: &Write| if build::must_read(write) { Base::Wanted } else { Base::Unread };
        Self {
            db,
            call,
            attempts: Attempts::of_write(call),
            stamp: db.stamps.stamp(),
            writes,
            bases: writes.iter().map(base).collect(),
            foreign: HashSet::new(),
            free: HashMap::new(),
            telling: true,
            by_token: false,
        }
    }

    /// Does the writes.
    pub(crate) async fn run(mut self) -> Result<Vec<Written>, Refusal> {
        let mut again = false;
        loop {
            self.read_bases().await.map_err(|error| self.refused(error.into()))?;
            let mut moves = Vec::new();
            let plan = match self.plan(&mut moves) {
                Ok(plan) => plan,
                Err(refusal) if self.wants_before(&refusal) => continue,
                Err(refusal) => {
                    let earlier = self.taken_before(&moves, refusal.position.unwrap_or(0)).await?;
                    return Err(self.refused(earlier.unwrap_or(refusal)));
                }
            };
            if plan.ops.is_empty() {
                return self.nothing_to_do(plan);
            }
            if again && !self.attempts.pause().await {
                let error = retry::timed_out("while others kept writing the record");
                return Err(self.refused(error.into()));
            }
            again = true;
            let sent = match plan.ops.as_slice() {
                [(_, op)] if !op.is_check() && !self.by_token => self.alone(op).await?,
                _ => self.together(&plan).await?,
            };
            match sent {
                Sent::Done(item) => return self.done(plan, item),
                Sent::Refused(refused) => match self.learn(plan, refused)? {
                    Lesson::Done(written) => return Ok(written),
                    Lesson::Again => {}
                    Lesson::Taken(taken) => self.free_taken(taken).await?,
                },
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
        let read = self.db.fetch_stored(self.call, wanted.iter().map(key).collect()).await?;
        for (position, stored) in wanted.into_iter().zip(read) {
            self.bases[position] = Base::Read(stored);
        }
        Ok(())
    }

    /// Has every record that is updated read; false where they were.
    pub(crate) fn wants_all(&mut self) -> bool {
        let mut wants = false;
        for (base, write) in self.bases.iter_mut().zip(self.writes) {
            if matches!(base, Base::Unread) && !write.changes().is_empty() {
                *base = Base::Wanted;
                wants = true;
            }
        }
        wants
    }

    /// Before a write is refused for what is known here, its record and those before it are looked at
    /// too: the first refusal is the one to tell.
    fn wants_before(&mut self, refusal: &Refusal) -> bool {
        let Some(position) = refusal.position.filter(|_| self.writes.len() > 1) else { return false };
        let mut wants = false;
        for base in self.bases.iter_mut().take(position + 1) {
            if matches!(base, Base::Unread) {
                *base = Base::Wanted;
                wants = true;
            }
        }
        wants
    }

    /// What is to be sent. The moves of guards are left also where a write is refused.
    fn plan(&self, moves: &mut Vec<guard::Move>) -> Result<Plan, Refusal> {
        let (mut ops, mut written) = (Vec::new(), Vec::new());
        let alone = self.writes.len() == 1 && !self.by_token;
        for (position, (write, base)) in self.writes.iter().zip(&self.bases).enumerate() {
            let refuse = |error| Refusal::at(position, error);
            let guarded = build::moves_unique(write);
            match base {
                Base::Read(stored) => {
                    let record = stored.as_ref().map(|stored| &stored.record);
                    write.judge(record, self.call).map_err(refuse)?;
                    let settled = build::settled(write, self.call, &self.stamp, stored.as_ref()).map_err(refuse)?;
                    if guarded {
                        moves.extend(build::guard_moves(write, position, self.call, record, settled.outcome.as_ref()));
                    }
                    ops.extend(settled.op.map(|op| (Part::Record(position), op)));
                    let existed = record.is_some_and(|record| record.is_live(write.definition, self.call));
                    let tells = matches!(write.action, Action::Update(_) | Action::Upsert { .. });
                    let record = settled.outcome.filter(|_| tells);
                    written.push(Written { existed, record });
                }
                Base::Unread | Base::Wanted => {
                    let op = build::direct(write, self.call, &self.stamp, alone).map_err(refuse)?;
                    ops.push((Part::Record(position), op));
                    if let (Action::Create(record), true) = (&write.action, guarded) {
                        moves.extend(build::guard_moves(write, position, self.call, None, Some(record)));
                    }
                    let existed = matches!(write.action, Action::Update(_) | Action::Replace(_) | Action::Check);
                    written.push(Written::existed(existed));
                }
            }
        }
        for moved in merge(moves.clone(), self.call)? {
            if moved.to.is_some() || !self.foreign.contains(&moved.key) {
                let op = moved.op(self.call)?;
                ops.push((Part::Guard(Box::new(moved)), op));
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

    pub(crate) fn done(&self, mut plan: Plan, item: Option<Item>) -> Result<Vec<Written>, Refusal> {
        let ([write], [written], [(Part::Record(_), op)]) =
            (self.writes, plan.written.as_mut_slice(), plan.ops.as_slice())
        else {
            return Ok(plan.written);
        };
        if op.is_check() {
            return Ok(plan.written);
        }
        let record = item.map(|item| to_record_of(write.definition, item)).transpose()?;
        match &write.action {
            Action::Update(_) | Action::Upsert { .. } if record.is_some() => {
                *written = Written::updated(record.unwrap_or_default())
            }
            Action::Delete if matches!(self.bases[0], Base::Unread) => {
                written.existed = record.is_some_and(|record| record.is_live(write.definition, self.call));
                if !written.existed && self.attempts.ambiguous && self.telling {
                    let message = "the record is gone, but it is not known whether this delete took it away";
                    return Err(unknown(message).into());
                }
            }
            _ => {}
        }
        Ok(plan.written)
    }
}
