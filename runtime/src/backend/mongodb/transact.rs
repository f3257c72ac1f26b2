//! Writes that happen all together or not at all: a transaction of the server.
//!
//! It reads one snapshot, and is given up by the server when another write is in its way
//! ("TransientTransactionError"): then it is done again from the start. A commit whose answer is
//! lost is repeated, which the server does once ("Transactions" in the MongoDB manual).

use std::time::Instant;

use mongodb::bson::Document;
use mongodb::bson::oid::ObjectId;
use mongodb::{ClientSession, Database};
use scopeguard::ScopeGuard;

use super::command::{Command, Stamps};
use super::errors::{Clash, Trouble};
use super::patience::{Backoff, attempt, out_of_time, within};
use super::read::collection;
use super::session;
use super::shape::{by_id, from_document};
use super::write::{self, Outcome, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, Write, Written};

/// Why a transaction did not happen.
enum End {
    /// It will not.
    Refused(Error),
    /// Others were in the way.
    Conflict(Trouble),
    /// A value of a unique index is held by a record that may have expired.
    Clash(usize, Clash, Error),
    /// The server refused a command for a reason that the record may tell.
    Failed(usize, Trouble),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

pub(super) async fn transact(database: &Database, call: Call, writes: Vec<Write>) -> Result<Vec<Written>> {
    if let [single] = &*writes
        && matches!(single.action, Action::Check)
    {
        let written = write::write(database, call, single.clone()).await;
        return written.map(|written| vec![written]).map_err(|error| error.at_position(0));
    }
    let mut backoff = Backoff::new();
    let mut failed = 0;
    let mut sweeps = Vec::new();
    loop {
        let began = Instant::now();
        let end = match once(database, &call, &writes, &sweeps).await {
            Ok(written) => return Ok(written),
            Err(end) => end,
        };
        let last = match end {
            End::Refused(error) => return Err(error),
            End::Conflict(trouble) => Some(trouble),
            End::Clash(at, clash, error) => {
                let Some(write) = writes.get(at) else { return Err(error.at_position(at)) };
                let collection = collection(database, write.definition);
                if !write::free(&collection, &call, write, &clash).await? {
                    match sweep(&call, &writes, at, &clash) {
                        // Swept once already, so the holder is live.
                        Some(sweep) if !sweeps.contains(&sweep) => sweeps.push(sweep),
                        _ => return Err(error.at_position(at)),
                    }
                }
                None
            }
            End::Failed(at, trouble) => {
                failed += 1;
                if let Some(write) = writes.get(at) {
                    let stored = super::read::by_key(database, &call, write.definition, &write.key).await?;
                    write::judge(write, stored, &call).map_err(|error| error.at_position(at))?;
                }
                if failed == 3 {
                    return Err(trouble.into_error(call.operation).at_position(at));
                }
                None
            }
        };
        let unreached = last.as_ref().is_some_and(Trouble::is_unreached);
        let in_vain = unreached && !backoff.looks_again(&call, began.elapsed());
        if in_vain || !backoff.pause(&call).await {
            return Err(gave_up(last, &call));
        }
    }
}

/// The deadline came, and nothing was committed: the last that went wrong, unless it was others' writes.
fn gave_up(last: Option<Trouble>, call: &Call) -> Error {
    match last {
        Some(trouble)
            if trouble.is_unreached() || trouble.is_overload() || trouble.is_network() || trouble.is_garbled() =>
        {
            trouble.into_error(call.operation)
        }
        Some(Trouble::Driver(cause)) => out_of_time(call).with_source(cause),
        Some(Trouble::Silence) | None => out_of_time(call),
    }
}

/// What to take away in the transaction before a write of it: a record that an earlier write of the
/// same transaction stores, expired as it is, holds its values there and nowhere else.
fn sweep(call: &Call, writes: &[Write], at: usize, clash: &Clash) -> Option<(usize, Document)> {
    let (write, earlier) = (writes.get(at)?, writes.get(..at)?);
    let same = |other: &Write| other.definition.name() == write.definition.name();
    let filter = earlier.iter().any(same).then(|| write::expired_holder(call, write, clash))?;
    Some((at, filter?))
}

/// One attempt at all of it.
async fn once(
    database: &Database,
    call: &Call,
    writes: &[Write],
    sweeps: &[(usize, Document)],
) -> Result<Vec<Written>, End> {
    let Some(first) = writes.first() else { return Ok(Vec::new()) };
    let stamps = Stamps { written: ObjectId::new(), inserted: ObjectId::new() };
    let begun = session::begin(collection(database, first.definition), call).await;
    let mut session = begun.map_err(|trouble| unbegun(trouble, call))?;
    let written = match all(database, call, writes, sweeps, stamps, &mut session).await {
        Ok(written) => written,
        Err(end) => {
            // Nothing was committed whatever becomes of this; it only frees the records sooner.
            let aborted = within(attempt(call), session.abort_transaction().into_future()).await.is_ok();
            // What had no answer may come after the abort, and begin the transaction again.
            let may_come = matches!(&end, End::Conflict(trouble) if trouble.is_ambiguous());
            if aborted && !may_come {
                drop(ScopeGuard::into_inner(session));
            }
            return Err(end);
        }
    };
    let ended = commit(database, call, writes, stamps, &mut session).await;
    if matches!(ended, Ok(()) | Err(End::Conflict(_))) {
        drop(ScopeGuard::into_inner(session));
    }
    ended.map(|()| written)
}

/// All writes of it, in their order.
async fn all(
    database: &Database,
    call: &Call,
    writes: &[Write],
    sweeps: &[(usize, Document)],
    stamps: Stamps,
    session: &mut ClientSession,
) -> Result<Vec<Written>, End> {
    let mut written = Vec::with_capacity(writes.len());
    for (at, write) in writes.iter().enumerate() {
        for (_, filter) in sweeps.iter().filter(|(before, _)| *before == at) {
            let collection = collection(database, write.definition);
            let delete = collection.delete_many(filter.clone()).session(&mut *session);
            let swept = within(attempt(call), delete.into_future()).await;
            swept.map_err(|trouble| unbegun(trouble, call))?;
        }
        written.push(one(database, call, at, write, stamps, session).await?);
    }
    Ok(written)
}

fn unbegun(trouble: Trouble, call: &Call) -> End {
    if trouble.is_passing() || trouble.is_transient() {
        End::Conflict(trouble)
    } else {
        End::Refused(trouble.into_error(call.operation))
    }
}

/// One write of it.
async fn one(
    database: &Database,
    call: &Call,
    at: usize,
    write: &Write,
    stamps: Stamps,
    session: &mut ClientSession,
) -> Result<Written, End> {
    let placed = |error: Error| End::Refused(error.at_position(at));
    let command = Command::new(write, call, stamps).map_err(placed)?;
    let collection = collection(database, write.definition);
    let answer = match within(attempt(call), command.send(&collection, Some(session))).await {
        Ok(answer) => answer,
        Err(trouble) => return Err(failed(at, write, trouble, call)),
    };
    match write::outcome(write, answer, stamps).map_err(placed)? {
        Outcome::Done(written) => Ok(written),
        Outcome::Missed => {
            let find = collection.find_one(by_id(write.definition, &write.key).map_err(placed)?).session(session);
            let stored =
                within(attempt(call), find.into_future()).await.map_err(|trouble| failed(at, write, trouble, call))?;
            let stored =
                stored.map(|document| from_document(write.definition, &document)).transpose().map_err(placed)?;
            match write::judge(write, stored, call).map_err(placed)? {
                Verdict::Nothing => Ok(Written::existed(false)),
                // In one snapshot the record says nothing else than it said to the write.
                Verdict::Again => Err(End::Conflict(Trouble::Silence)),
            }
        }
    }
}

/// What a command's failure means for the transaction, which has not been committed.
fn failed(at: usize, write: &Write, trouble: Trouble, call: &Call) -> End {
    if let Some(clash) = trouble.clash() {
        return match write::refusal(write, &clash) {
            Some(error) if error.kind() == ErrorKind::UniqueViolation => End::Clash(at, clash, error),
            Some(error) => End::Refused(error.at_position(at)),
            None => End::Conflict(trouble),
        };
    }
    if trouble.is_transient() || trouble.is_passing() {
        End::Conflict(trouble)
    } else if trouble.is_refusal() && !write.changes().is_empty() {
        End::Failed(at, trouble)
    } else {
        End::Refused(trouble.into_error(call.operation).at_position(at))
    }
}

/// Commits, as often as it takes to know.
async fn commit(
    database: &Database,
    call: &Call,
    writes: &[Write],
    stamps: Stamps,
    session: &mut ClientSession,
) -> Result<(), End> {
    let mut backoff = Backoff::new();
    let mut unknown = false;
    loop {
        let trouble = match within(attempt(call), session.commit_transaction().into_future()).await {
            Ok(()) => return Ok(()),
            Err(trouble) => trouble,
        };
        if trouble.is_transient() {
            return Err(End::Conflict(trouble));
        }
        let lost = trouble.is_unknown_commit() || trouble.is_ambiguous();
        unknown |= lost;
        if (lost || trouble.is_overload()) && backoff.pause(call).await {
            continue;
        }
        return match unknown {
            false => Err(End::Refused(trouble.into_error(call.operation))),
            true if is_there(database, call, writes, stamps).await => Ok(()),
            true => Err(End::Refused(trouble.into_unknown())),
        };
    }
}

/// Whether a record bears the transaction's stamp, which none does unless all do.
async fn is_there(database: &Database, call: &Call, writes: &[Write], stamps: Stamps) -> bool {
    let Some(write) = writes.iter().find(|write| !matches!(write.action, Action::Delete)) else { return false };
    let collection = collection(database, write.definition);
    matches!(write::stamped(&collection, call, write, stamps).await, Ok(Some(_)))
}
