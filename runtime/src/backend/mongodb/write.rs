//! One write, and the truth about it.
//!
//! The driver sends a write a second time under the same number when the connection breaks, and
//! the server does it once ("Retryable Writes" in the MongoDB manual). Where that is not enough,
//! the record is read again: the stamp in it tells whether this write happened. A stamp that is
//! not there proves nothing, since the request may still be on its way: the outcome is unknown then.

use std::time::{Duration, Instant};

use mongodb::bson::RawDocumentBuf;
use mongodb::options::ReadConcern;
use mongodb::{Collection, Database};

use super::clash::{Place, make_way};
use super::command::{Answer, Command, Stamps};
use super::errors::{Clash, Trouble};
use super::patience::{Backoff, attempt, out_of_time, within};
use super::read::{by_key, collection, latest};
use super::seen::{Seen, unfit};
use super::shape::{by_id, from_document, stamp_of};
use crate::error::{Error, Result};
use crate::request::{Action, Call, Write, Written};
use crate::value::Record;

/// How long the record is looked at where the connection broke.
const GRACE: Duration = Duration::from_secs(1);

/// What became of a command.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was done.
    Done(Written),
    /// No record was found that it could be done to: the record has to say why.
    Missed,
}

/// What the record says of a write that missed it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// There is nothing to do.
    Nothing,
    /// Nothing is in the way any more.
    Again,
}

pub(super) async fn write(database: &Database, call: &Call, write: Write) -> Result<Written> {
    if matches!(write.action, Action::Check) {
        let stored = by_key(database, call, write.definition, &write.key).await?;
        return write.judge(stored.as_ref(), call).map(|()| Written::existed(true));
    }
    let stamps = Stamps::new();
    let mut command = Command::new(&write, call, stamps)?;
    let collection = collection(database, write.definition);
    let mut backoff = Backoff::new();
    let (mut seen, mut resent) = (Seen::default(), false);
    loop {
        let began = Instant::now();
        let sent = within(attempt(call), command.send(&collection, None)).await;
        let again = match sent {
            Ok(answer) => match outcome(&write, answer, stamps)? {
                Outcome::Done(written) => return Ok(written),
                Outcome::Missed if resent && let Some(written) = done(&collection, call, &write, stamps).await? => {
                    return Ok(written);
                }
                Outcome::Missed => match verdict(database, call, &write, &mut seen, || unfit(&write)).await? {
                    Verdict::Nothing => return Ok(Written::existed(false)),
                    Verdict::Again => out_of_time(call),
                },
            },
            Err(trouble) => {
                if let Some(clash) = trouble.clash() {
                    if resent && let Some(written) = done(&collection, call, &write, stamps).await? {
                        return Ok(written);
                    }
                    clashed(&collection, call, &write, &clash, &mut seen).await?;
                    out_of_time(call)
                } else if trouble.is_ambiguous() {
                    return resolve(&collection, call, &write, stamps, trouble).await;
                } else if trouble.is_refusal() && !write.changes().is_empty() {
                    // An expression failed on what is stored: the record tells why, unless it has changed.
                    verdict(database, call, &write, &mut seen, || refused(&write, trouble, call)).await?;
                    out_of_time(call)
                } else if trouble.is_unreached() {
                    if !backoff.looks_again(call, began.elapsed()) {
                        return Err(trouble.into_error(call.operation));
                    }
                    trouble.into_error(call.operation)
                } else if trouble.is_undone() || trouble.is_overload() {
                    command = command.again(stamps);
                    resent = true;
                    trouble.into_error(call.operation)
                } else {
                    return Err(trouble.into_error(call.operation));
                }
            }
        };
        if !backoff.pause(call).await {
            return Err(again);
        }
    }
}

/// What an answer means for the write.
pub(super) fn outcome(write: &Write, answer: Answer, stamps: Stamps) -> Result<Outcome> {
    let Answer { matched, record } = answer;
    Ok(match &write.action {
        Action::Create(_) => Outcome::Done(Written::existed(false)),
        Action::Put(_) => Outcome::Done(Written::existed(matched)),
        Action::Delete if !matched && write.condition.is_none() && write.version.is_none() => {
            Outcome::Done(Written::existed(false))
        }
        Action::Update(_) | Action::Upsert { .. } => match record {
            Some(document) => Outcome::Done(updated(write, &document, stamps)?),
            None => Outcome::Missed,
        },
        _ if matched => Outcome::Done(Written::existed(true)),
        _ => Outcome::Missed,
    })
}

fn updated(write: &Write, document: &RawDocumentBuf, stamps: Stamps) -> Result<Written> {
    let mut written = Written::updated(from_document(write.definition, document)?);
    written.existed = stamp_of(document) != Some(stamps.inserted);
    Ok(written)
}

/// Reads the record and says why it was missed; an error is the reason. One that would fit, and is
/// as it was the last time, is `stuck`: sent again, the write would miss it again.
async fn verdict(
    database: &Database,
    call: &Call,
    write: &Write,
    seen: &mut Seen,
    stuck: impl FnOnce() -> Error,
) -> Result<Verdict> {
    let stored = latest(database, call, write.definition, &write.key).await?;
    let again = seen.again(stored.as_deref());
    let stored = stored.map(|document| from_document(write.definition, &document)).transpose()?;
    match judge(write, stored, call)? {
        Verdict::Again if again => Err(stuck()),
        verdict => Ok(verdict),
    }
}

/// The error of an expression that fails on a record which it should be possible for.
pub(super) fn refused(write: &Write, trouble: Trouble, call: &Call) -> Error {
    let upsert = matches!(write.action, Action::Upsert { .. });
    match trouble.is_not_converted() {
        true if upsert => unfit(write),
        _ => trouble.into_error(call.operation),
    }
}

pub(super) fn judge(write: &Write, stored: Option<Record>, call: &Call) -> Result<Verdict> {
    write.judge(stored.as_ref(), call)?;
    let live = stored.filter(|record| record.is_live(write.definition, call));
    if live.is_none() && matches!(write.action, Action::Delete) {
        return Ok(Verdict::Nothing);
    }
    // What the server computes is computed here too: a sum out of bounds, a list that is none.
    write.outcome(live.as_ref())?;
    Ok(Verdict::Again)
}

/// A value of a unique index is held by another record, or the key is: an error, unless it is free now.
async fn clashed(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    clash: &Clash,
    seen: &mut Seen,
) -> Result<()> {
    let place = Place { collection, call, session: None };
    make_way(place, write, clash, seen).await.map_err(|halt| halt.into_error(call.operation))
}

/// Finds out what became of a write whose answer was lost.
async fn resolve(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    stamps: Stamps,
    trouble: Trouble,
) -> Result<Written> {
    // A record that was deleted bears no stamp.
    if matches!(write.action, Action::Delete) {
        return Err(trouble.into_unknown());
    }
    let mut backoff = Backoff::new();
    let mut looked = None;
    loop {
        match done(collection, call, write, stamps).await {
            Ok(Some(written)) => return Ok(written),
            Ok(None) => drop(looked.get_or_insert_with(Instant::now)),
            Err(_) => {}
        }
        // A broken connection brings no more; a silent one may still bring the request.
        let enough =
            !matches!(trouble, Trouble::Silence) && looked.is_some_and(|since: Instant| since.elapsed() >= GRACE);
        if enough || !backoff.pause(call).await {
            return Err(trouble.into_unknown());
        }
    }
}

/// What the write did, if its stamp is in the record.
async fn done(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    stamps: Stamps,
) -> Result<Option<Written>> {
    let found = stamped(collection, call, write, stamps).await?;
    let told = |document: RawDocumentBuf| match &write.action {
        Action::Update(_) | Action::Upsert { .. } => updated(write, &document, stamps),
        Action::Replace(_) => Ok(Written::existed(true)),
        _ => Ok(Written::existed(false)),
    };
    found.map(told).transpose()
}

/// The record, if this write was the last to write it, and for good: what a majority has.
pub(super) async fn stamped(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    stamps: Stamps,
) -> Result<Option<RawDocumentBuf>> {
    let find = collection.find_one(by_id(write.definition, &write.key)?).read_concern(ReadConcern::majority());
    let found =
        within(attempt(call), find.into_future()).await.map_err(|trouble| trouble.into_error(call.operation))?;
    Ok(found.filter(|document| stamp_of(document).is_some_and(|stamp| stamps.has(stamp))))
}
