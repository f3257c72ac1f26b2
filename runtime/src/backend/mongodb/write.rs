//! One write: sent until it is known what became of it.
//!
//! The driver sends a write a second time under the same number when the connection breaks, and
//! the server applies it once ("Retryable Writes" in the MongoDB manual). If that is not enough,
//! the record is read: the stamp in it shows whether this write was applied. A missing stamp
//! proves nothing, since the request may still be on its way: the outcome is unknown then.

use std::time::{Duration, Instant};

use mongodb::Collection;
use mongodb::bson::RawDocumentBuf;
use mongodb::options::ReadConcern;

use super::command::{Answer, Command, Stamps};
use super::document::{by_id, stamp_of};
use super::duplicate::{View, delete_expired_holder};
use super::failure::{DriverFailure, DuplicateKey};
use super::find::FIND;
use super::handle::Handle;
use super::last_seen::{LastSeen, incomparable};
use super::read::{by_key, latest};
use super::retry::{Selections, attempt, attempt_write, backoff};
use super::stored::from_document;
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::backend::support::outcome;
use crate::error::{Error, Result};
use crate::request::{Action, Call, Returning, Write, Written};
use crate::value::Record;

/// How long to look for the stamp after the connection broke.
const GRACE: Duration = Duration::from_secs(1);

/// What an answer means for a write.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was done.
    Done(Written),
    /// No record was found that it could be done to: the record has to show why.
    Missed,
}

/// What the record says of a write that missed it.
#[derive(Debug)]
pub(super) enum Missed {
    /// There is nothing to do.
    NothingToDo,
    /// Nothing is in the way any more: the write may be sent again.
    MayBeSent,
}

/// What follows an attempt.
enum Next {
    /// The write was done.
    Done(Written),
    /// Send the same command again. The error is for a deadline that comes first.
    Resend(Error),
    /// Send it again, but not to a record that it was applied to already.
    ResendUnlessApplied(Error),
}

pub(super) async fn write(database: &Handle, call: &Call, write: &Write) -> Result<Written> {
    // Boxed like all that a write seldom waits for, since every write would have room for it.
    if matches!(write.action, Action::Check) {
        return Box::pin(check(database, call, write)).await;
    }
    let mut sender = Sender::new(database, call, write);
    let mut command = Command::new(write, call, sender.stamps)?;
    let mut backoff = backoff();
    let mut number = 0_u32;
    loop {
        let began = Instant::now();
        number += 1;
        // Boxed, since what waits for it would be moved with it each time.
        let sent = Box::pin(async {
            let mut session = database.take_session().await?;
            let answer = command.send(&sender.collection, Some(&mut session)).await?;
            database.give_back(session);
            Ok(answer)
        });
        let next = match attempt_write(call, command.name(), number, DriverFailure::may_be_applied, sent).await {
            Ok(answer) => match interpret(write, answer, sender.stamps)? {
                Outcome::Done(written) => return Ok(written),
                Outcome::Missed => Box::pin(sender.on_miss()).await?,
            },
            Err(failure) => Box::pin(sender.on_failure(failure, began.elapsed())).await?,
        };
        let last = match next {
            Next::Done(written) => return Ok(written),
            Next::Resend(error) => error,
            Next::ResendUnlessApplied(error) => {
                command.skip_applied(sender.stamps);
                sender.resent = true;
                error
            }
        };
        if !backoff.pause(call.left()).await {
            return Err(last);
        }
    }
}

async fn check(database: &Handle, call: &Call, write: &Write) -> Result<Written> {
    let stored = by_key(database, call, write.definition, &write.key).await?;
    write.judge(stored.as_ref(), call).map(|()| write.told().written(stored.as_ref(), None))
}

/// One write under way.
struct Sender<'a> {
    database: &'a Handle,
    collection: Collection<RawDocumentBuf>,
    call: &'a Call,
    write: &'a Write,
    stamps: Stamps,
    seen: LastSeen,
    selections: Selections,
    /// Whether it was sent again after an attempt that may have been applied although it was reported not to be.
    resent: bool,
}

impl<'a> Sender<'a> {
    fn new(database: &'a Handle, call: &'a Call, write: &'a Write) -> Self {
        Self {
            database,
            collection: database.collection_of(write.definition),
            call,
            write,
            stamps: Stamps::new(),
            seen: LastSeen::default(),
            selections: Selections::default(),
            resent: false,
        }
    }

    /// No record was found that the write could be done to.
    async fn on_miss(&mut self) -> Result<Next> {
        // The record may be missed because an earlier attempt changed it.
        if let Some(written) = self.find_resent().await? {
            return Ok(Next::Done(written));
        }
        let write = self.write;
        Ok(match self.explain_from_record(|| incomparable(write)).await? {
            Missed::NothingToDo => Next::Done(Written::existed(false)),
            Missed::MayBeSent => Next::Resend(outcome::contended(self.call.operation)),
        })
    }

    async fn on_failure(&mut self, failure: DriverFailure, took: Duration) -> Result<Next> {
        let operation = self.call.operation;
        if let Some(duplicate) = failure.duplicate_key() {
            return self.on_duplicate(&duplicate).await;
        }
        let is_stamped = self.write.definition.stamps();
        if failure.may_be_applied() || (!is_stamped && failure.may_hide_an_attempt()) {
            return self.resolve_ambiguous(failure).await.map(Next::Done);
        }
        if failure.is_refusal() && may_fail(self.write) {
            // An expression failed on what is stored: the record shows why, unless it has changed since.
            let (write, call) = (self.write, self.call);
            self.explain_from_record(|| refused(write, failure, call)).await?;
            return Ok(Next::Resend(outcome::contended(operation)));
        }
        if failure.is_unreached() {
            let again = self.selections.may_reselect(self.call, took);
            let error = failure.into_error(operation);
            return if again { Ok(Next::Resend(error)) } else { Err(error) };
        }
        if failure.was_not_applied() || failure.is_overload() {
            let next = if is_stamped { Next::ResendUnlessApplied } else { Next::Resend };
            return Ok(next(failure.into_error(operation)));
        }
        Err(failure.into_error(operation))
    }

    /// Another record holds the key or a value of a unique index: that is the error, unless it has expired.
    async fn on_duplicate(&mut self, duplicate: &DuplicateKey) -> Result<Next> {
        // The holder of the key may be the record that an earlier attempt stored.
        if let Some(written) = self.find_resent().await? {
            return Ok(Next::Done(written));
        }
        let view = View { collection: &self.collection, call: self.call, session: None };
        let deleted = delete_expired_holder(view, self.write, duplicate, &mut self.seen).await;
        deleted.map_err(|halt| halt.into_error(self.call.operation))?;
        Ok(Next::Resend(outcome::contended(self.call.operation)))
    }

    /// Reads the record for the reason why it was missed, which is the error. A record that allows the write,
    /// and is as it was the last time, is `stuck`: sent again, the write would miss it again.
    async fn explain_from_record(&mut self, stuck: impl FnOnce() -> Error) -> Result<Missed> {
        let definition = self.write.definition;
        let stored = latest(self.database, self.call, definition, &self.write.key).await?;
        let is_unchanged = self.seen.is_unchanged(definition, stored.as_deref());
        let stored = stored.map(|document| from_document(definition, &document)).transpose()?;
        match explain_miss(self.write, stored, self.call)? {
            Missed::MayBeSent if is_unchanged => Err(stuck()),
            missed => Ok(missed),
        }
    }

    /// Looks for the stamp of a write whose answer was lost.
    async fn resolve_ambiguous(&self, failure: DriverFailure) -> Result<Written> {
        // A deleted record bears no stamp.
        if matches!(self.write.action, Action::Delete) || !self.write.definition.stamps() {
            return Err(failure.into_unknown());
        }
        // No request comes through a broken connection any more. If the server was only silent, it may still
        // apply the write.
        let until = match failure {
            DriverFailure::TimedOut => Until::Deadline,
            _ => Until::Grace(GRACE),
        };
        let found = find_applied(self, until, backoff(), || self.call.left()).await;
        match found {
            Some(written) => self.tell_found(written),
            None => Err(failure.into_unknown()),
        }
    }

    /// Looks for the stamp of an attempt that was reported not to be applied, if there was one.
    async fn find_resent(&self) -> Result<Option<Written>> {
        match self.resent {
            true => self.find().await?.map(|written| self.tell_found(written)).transpose(),
            false => Ok(None),
        }
    }

    /// What a write tells that is known by its stamp: the record as it was before is not there any more.
    fn tell_found(&self, written: Written) -> Result<Written> {
        match self.write.told() {
            Returning::Before => Err(outcome::lost_record()),
            _ => Ok(written),
        }
    }
}

impl Applied for Sender<'_> {
    type Written = Written;

    async fn find(&self) -> Result<Option<Written>> {
        let found = find_stamped(&self.collection, self.call, self.write, self.stamps).await?;
        let written = |document: RawDocumentBuf| match (&self.write.action, self.write.told()) {
            (_, Returning::After) => updated(self.write, &document, self.stamps),
            (Action::Create(_) | Action::Put(_), _) => Ok(Written::existed(false)),
            _ => Ok(Written::existed(true)),
        };
        found.map(written).transpose()
    }
}

/// What an answer means for the write.
pub(super) fn interpret(write: &Write, answer: Answer, stamps: Stamps) -> Result<Outcome> {
    let Answer { matched, record } = answer;
    Ok(match &write.action {
        Action::Create(_) => Outcome::Done(Written::existed(false)),
        Action::Put(_) => Outcome::Done(Written::existed(matched)),
        // It always finds a record, or makes one.
        Action::Upsert { .. } if record.is_none() => Outcome::Done(Written::existed(matched)),
        Action::Delete if !matched && write.condition.is_none() && write.version.is_none() => {
            Outcome::Done(Written::existed(false))
        }
        _ if !matched => Outcome::Missed,
        _ => Outcome::Done(match record {
            Some(document) if write.told() == Returning::After => updated(write, &document, stamps)?,
            Some(document) => Written::updated(from_document(write.definition, &document)?),
            None => Written::existed(true),
        }),
    })
}

fn updated(write: &Write, document: &RawDocumentBuf, stamps: Stamps) -> Result<Written> {
    let mut written = Written::updated(from_document(write.definition, document)?);
    written.existed = stamp_of(document) != Some(stamps.inserted);
    Ok(written)
}

/// Whether the command of a write has expressions that may fail on what is stored.
pub(super) fn may_fail(write: &Write) -> bool {
    match write.action {
        Action::Put(_) | Action::Upsert { .. } if write.condition.is_some() => true,
        _ => !write.changes().is_empty(),
    }
}

/// The error of an expression that fails on a record that allows the write as it is read here.
pub(super) fn refused(write: &Write, failure: DriverFailure, call: &Call) -> Error {
    let upserts = matches!(write.action, Action::Upsert { .. } | Action::Put(_));
    match failure.is_not_converted() {
        true if upserts => incomparable(write),
        _ => failure.into_error(call.operation),
    }
}

/// Why a write missed the stored record; an error if that refuses it.
pub(super) fn explain_miss(write: &Write, stored: Option<Record>, call: &Call) -> Result<Missed> {
    write.judge(stored.as_ref(), call)?;
    let live = stored.filter(|record| record.is_live(write.definition, call));
    if live.is_none() && matches!(write.action, Action::Delete) {
        return Ok(Missed::NothingToDo);
    }
    // What the server computes is computed here too: a sum out of bounds, an append to what is not a list.
    write.outcome(live.as_ref())?;
    Ok(Missed::MayBeSent)
}

/// The record, if this write was the last to write it, and for good: what a majority has, since less can
/// be rolled back.
pub(super) async fn find_stamped(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    stamps: Stamps,
) -> Result<Option<RawDocumentBuf>> {
    let find = collection.find_one(by_id(write.definition, &write.key)?).read_concern(ReadConcern::majority());
    let found = attempt(call, FIND, find.into_future()).await;
    let found = found.map_err(|failure| failure.into_error(call.operation))?;
    Ok(found.filter(|document| stamp_of(document).is_some_and(|stamp| stamps.has(stamp))))
}
