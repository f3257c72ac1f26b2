//! One write, and the truth about it.
//!
//! The driver sends a write a second time under the same number when the connection breaks, and
//! the server does it once ("Retryable Writes" in the MongoDB manual). Where that is not enough,
//! the record is read again: the stamp in it tells whether this write happened. A stamp that is
//! not there proves nothing, since the request may still be on its way: the outcome is unknown then.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::options::ReadConcern;
use mongodb::{Collection, Database};

use super::command::{Answer, Command, Stamps};
use super::errors::{Clash, Trouble};
use super::patience::{Backoff, attempt, out_of_time, within};
use super::read::{by_key, collection};
use super::shape::{by_id, columns, expired, from_document, stamp_of};
use crate::definition::IndexDef;
use crate::error::{Error, ErrorKind, Result};
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

pub(super) async fn write(database: &Database, call: Call, write: Write) -> Result<Written> {
    if matches!(write.action, Action::Check) {
        let stored = by_key(database, &call, write.definition, &write.key).await?;
        return write.judge(stored.as_ref(), &call).map(|()| Written::existed(true));
    }
    let stamps = Stamps::new();
    let mut command = Command::new(&write, &call, stamps)?;
    let collection = collection(database, write.definition);
    let mut backoff = Backoff::new();
    let (mut refused, mut resent) = (0, false);
    loop {
        let began = Instant::now();
        let sent = within(attempt(&call), command.send(&collection, None)).await;
        let again = match sent {
            Ok(answer) => match outcome(&write, answer, stamps)? {
                Outcome::Done(written) => return Ok(written),
                Outcome::Missed if resent && let Some(written) = done(&collection, &call, &write, stamps).await? => {
                    return Ok(written);
                }
                Outcome::Missed => match verdict(database, &call, &write).await? {
                    Verdict::Nothing => return Ok(Written::existed(false)),
                    Verdict::Again => out_of_time(&call),
                },
            },
            Err(trouble) => {
                if let Some(clash) = trouble.clash() {
                    if resent && let Some(written) = done(&collection, &call, &write, stamps).await? {
                        return Ok(written);
                    }
                    clashed(&collection, &call, &write, &clash).await?;
                } else if trouble.is_ambiguous() {
                    return resolve(&collection, &call, &write, stamps, trouble).await;
                } else if trouble.is_refusal() && !write.changes().is_empty() && refused < 3 {
                    // An expression failed on what is stored: the record tells why, unless it has changed.
                    refused += 1;
                    verdict(database, &call, &write).await?;
                } else if trouble.is_unreached() {
                    if !backoff.looks_again(&call, began.elapsed()) {
                        return Err(trouble.into_error(call.operation));
                    }
                } else if trouble.is_undone() || trouble.is_overload() {
                    command = command.again(stamps);
                    resent = true;
                } else {
                    return Err(trouble.into_error(call.operation));
                }
                trouble.into_error(call.operation)
            }
        };
        if !backoff.pause(&call).await {
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

/// Reads the record and says why it was missed; an error is the reason.
async fn verdict(database: &Database, call: &Call, write: &Write) -> Result<Verdict> {
    let stored = by_key(database, call, write.definition, &write.key).await?;
    judge(write, stored, call)
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

/// A value of a unique index is held by another record, or the key is. That is an error, unless
/// the holder has expired and was taken away, or the key was taken in between.
async fn clashed(collection: &Collection<RawDocumentBuf>, call: &Call, write: &Write, clash: &Clash) -> Result<()> {
    match refusal(write, clash) {
        Some(error) if error.kind() == ErrorKind::UniqueViolation => {
            match free(collection, call, write, clash).await? {
                true => Ok(()),
                false => Err(error),
            }
        }
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The error that a clash is; nothing where the write goes on to what is there now.
pub(super) fn refusal(write: &Write, clash: &Clash) -> Option<Error> {
    if clash.index == "_id_" {
        let taken = || Error::new(ErrorKind::AlreadyExists, "a live record has this key");
        return matches!(write.action, Action::Create(_)).then(taken);
    }
    // An index that the model has under another name is told by the model's; one that it does not have,
    // of a later release perhaps, by its own.
    let definition = write.definition;
    let paths: Option<Vec<_>> = clash.values.as_ref().map(|values| values.keys().map(String::as_str).collect());
    let is_same = |index: &&IndexDef| {
        let columns = columns(definition, index);
        paths.as_ref().is_some_and(|paths| columns.iter().map(|column| column.path.as_str()).eq(paths.iter().copied()))
    };
    let index = definition.index(&clash.index).or_else(|| definition.unique_indexes().find(is_same));
    Some(Error::taken(index.map_or(&clash.index, |index| index.name)))
}

/// Finds the holder of a value if it has expired.
pub(super) fn expired_holder(call: &Call, write: &Write, clash: &Clash) -> Option<Document> {
    let (values, _) = clash.values.as_ref().zip(write.definition.ttl())?;
    let mut filter: Document =
        values.iter().map(|(path, value)| (path.clone(), doc! { "$eq": value.clone() }.into())).collect();
    filter.insert("$or", expired(write.definition, call)?);
    Some(filter)
}

/// Takes the holder of a value away if it has expired.
pub(super) async fn free(
    collection: &Collection<RawDocumentBuf>,
    call: &Call,
    write: &Write,
    clash: &Clash,
) -> Result<bool> {
    let Some(filter) = expired_holder(call, write, clash) else { return Ok(false) };
    let deleted = super::patience::read(call, |_| collection.delete_many(filter.clone()).into_future()).await?;
    Ok(deleted.deleted_count > 0)
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
            matches!(trouble, Trouble::Driver(_)) && looked.is_some_and(|since: Instant| since.elapsed() >= GRACE);
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
