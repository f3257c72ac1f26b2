//! Writes that happen all together or not at all: a transaction of the server.
//!
//! It reads one snapshot, and is given up by the server when another write is in its way
//! ("TransientTransactionError"): then it is done again from the start. A commit whose answer is
//! lost is repeated, which the server does once ("Transactions" in the MongoDB manual).

use std::time::Instant;

use mongodb::bson::oid::ObjectId;
use mongodb::{ClientSession, Database};
use scopeguard::ScopeGuard;

use super::clash::{Halt, Place, make_way, refusal};
use super::command::{Command, Stamps};
use super::errors::{Clash, Trouble};
use super::patience::{Backoff, attempt, out_of_time, within};
use super::read::{collection, latest};
use super::seen::{Seen, unfit};
use super::session;
use super::shape::{by_id, from_document};
use super::write::{self, Outcome, Verdict};
use crate::error::{Error, Result};
use crate::request::{Action, Call, Write, Written};

/// Why a transaction did not happen.
enum End {
    /// It will not.
    Refused(Error),
    /// Others were in the way.
    Conflict(Trouble),
    /// A value of a unique index was held, by a record that may have expired or be gone.
    Clash(usize, Clash),
    /// The server refused a command for a reason that the record may tell.
    Failed(usize, Trouble),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

pub(super) async fn transact(database: &Database, call: &Call, writes: Vec<Write>) -> Result<Vec<Written>> {
    if let [single] = &*writes
        && matches!(single.action, Action::Check)
    {
        let written = write::write(database, call, single.clone()).await;
        return written.map(|written| vec![written]).map_err(|error| error.at_position(0));
    }
    let mut backoff = Backoff::new();
    let mut seen = Seen::default();
    let mut contested = Vec::new();
    loop {
        let began = Instant::now();
        let end = match once(database, call, &writes, &contested).await {
            Ok(written) => return Ok(written),
            Err(end) => end,
        };
        let last = match end {
            End::Refused(error) => return Err(error),
            End::Conflict(trouble) => Some(trouble),
            End::Clash(at, clash) => {
                contest(database, call, &writes, at, clash, &mut contested, &mut seen).await?;
                None
            }
            End::Failed(at, trouble) => {
                reconsider(database, call, &writes, at, trouble, &mut seen).await?;
                None
            }
        };
        let unreached = last.as_ref().is_some_and(Trouble::is_unreached);
        let in_vain = unreached && !backoff.looks_again(call, began.elapsed());
        if in_vain || !backoff.pause(call).await {
            return Err(gave_up(last, call));
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
        Some(Trouble::Silence | Trouble::Absurd(_)) | None => out_of_time(call),
    }
}

/// Finds out what a write met that was refused as a duplicate. The holder may be a record that an earlier
/// write of the same transaction stores, which is there and nowhere else: then the transaction itself looks,
/// when it is done again.
async fn contest(
    database: &Database,
    call: &Call,
    writes: &[Write],
    at: usize,
    clash: Clash,
    contested: &mut Vec<(usize, Clash)>,
    seen: &mut Seen,
) -> Result<()> {
    let Some((write, earlier)) = writes.get(at).zip(writes.get(..at)) else { return Ok(()) };
    let same = |other: &Write| other.definition.name() == write.definition.name();
    if earlier.iter().any(same) {
        contested.retain(|(before, _)| *before != at);
        contested.push((at, clash));
        return Ok(());
    }
    let collection = collection(database, write.definition);
    let place = Place { collection: &collection, call, session: None };
    make_way(place, write, &clash, seen).await.map_err(|halt| halt.into_error(call.operation).at_position(at))
}

/// Reads the record of a write whose expression failed: an error tells why, unless the record has changed.
async fn reconsider(
    database: &Database,
    call: &Call,
    writes: &[Write],
    at: usize,
    trouble: Trouble,
    seen: &mut Seen,
) -> Result<()> {
    let Some(write) = writes.get(at) else { return Ok(()) };
    let placed = |error: Error| error.at_position(at);
    let stored = latest(database, call, write.definition, &write.key).await.map_err(placed)?;
    let again = seen.again(stored.as_deref());
    let stored = stored.map(|document| from_document(write.definition, &document)).transpose().map_err(placed)?;
    write::judge(write, stored, call).map_err(placed)?;
    if again { Err(placed(write::refused(write, trouble, call))) } else { Ok(()) }
}

/// One attempt at all of it.
async fn once(
    database: &Database,
    call: &Call,
    writes: &[Write],
    contested: &[(usize, Clash)],
) -> Result<Vec<Written>, End> {
    let Some(first) = writes.first() else { return Ok(Vec::new()) };
    let stamps = Stamps { written: ObjectId::new(), inserted: ObjectId::new() };
    let begun = session::begin(collection(database, first.definition), call).await;
    let mut session = begun.map_err(|trouble| unbegun(trouble, call))?;
    let written = match all(database, call, writes, contested, stamps, &mut session).await {
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
    contested: &[(usize, Clash)],
    stamps: Stamps,
    session: &mut ClientSession,
) -> Result<Vec<Written>, End> {
    let mut written = Vec::with_capacity(writes.len());
    for (at, write) in writes.iter().enumerate() {
        for (_, clash) in contested.iter().filter(|(before, _)| *before == at) {
            let collection = collection(database, write.definition);
            let place = Place { collection: &collection, call, session: Some(&mut *session) };
            // What it sees is one snapshot: what it found the last time does not matter.
            make_way(place, write, clash, &mut Seen::default()).await.map_err(|halt| match halt {
                Halt::Error(error) => End::Refused(error.at_position(at)),
                Halt::Trouble(trouble) => unbegun(trouble, call),
            })?;
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
                // In one snapshot the record is what the write met.
                Verdict::Again => Err(placed(unfit(write))),
            }
        }
    }
}

/// What a command's failure means for the transaction, which has not been committed.
fn failed(at: usize, write: &Write, trouble: Trouble, call: &Call) -> End {
    if let Some(clash) = trouble.clash() {
        return match refusal(write, &clash) {
            Some(error) => End::Refused(error.at_position(at)),
            None => End::Clash(at, clash),
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
