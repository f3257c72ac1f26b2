//! Writes that happen all together or not at all: a transaction of the server.
//!
//! It reads one snapshot, and the server aborts it if another write is in its way
//! ("TransientTransactionError"): then it is done again from the start. A commit whose answer is
//! lost is repeated, which the server does once ("Transactions" in the MongoDB manual).

use std::time::Instant;

use mongodb::ClientSession;
use mongodb::bson::Document;
use mongodb::bson::doc;
use scopeguard::ScopeGuard;

use super::command::{Command, Stamps};
use super::document::by_id;
use super::duplicate::{Halt, View, delete_expired_holder, refusal};
use super::failure::{DriverFailure, DuplicateKey};
use super::find::FIND;
use super::handle::Handle;
use super::last_seen::{LastSeen, incomparable};
use super::read::latest;
use super::retry::{Selections, attempt, attempt_write, backoff};
use super::session;
use super::stored::from_document;
use super::write::{self, Missed, Outcome};
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::backend::support::outcome;
use crate::error::{Error, Result};
use crate::request::{Action, Call, Write, Written};

/// Why an attempt at a transaction committed nothing.
enum Aborted {
    /// It never will.
    Refused(Error),
    /// Others were in the way.
    Conflict(DriverFailure),
    /// A value of a unique index was held when this write looked, by a record that may have expired or be gone.
    Duplicate(usize, DuplicateKey),
    /// The server refused this write's command for a reason that its record may show.
    Failed(usize, DriverFailure),
}

impl From<Error> for Aborted {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// The duplicate keys that a transaction has to look after itself, by the positions of the writes.
type Contested = Vec<(usize, DuplicateKey)>;

pub(super) async fn transact(database: &Handle, call: &Call, writes: Vec<Write>) -> Result<Vec<Written>> {
    // A check alone is a read.
    if let [single] = &*writes
        && matches!(single.action, Action::Check)
    {
        let written = write::write(database, call, single).await;
        return written.map(|written| vec![written]).map_err(|error| error.at_position(0));
    }
    let (mut backoff, mut selections) = (backoff(), Selections::default());
    let mut seen = LastSeen::default();
    let mut contested = Contested::new();
    loop {
        let began = Instant::now();
        // Each attempt has stamps of its own, so that what is found was written by the last one.
        let transaction = Transaction { database, call, writes: &writes, stamps: Stamps::new() };
        let aborted = match transaction.run(&contested).await {
            Ok(written) => return Ok(written),
            Err(aborted) => aborted,
        };
        let last = match aborted {
            Aborted::Refused(error) => return Err(error),
            Aborted::Conflict(failure) => Some(failure),
            Aborted::Duplicate(at, duplicate) => {
                transaction.on_duplicate(at, duplicate, &mut contested, &mut seen).await?;
                None
            }
            Aborted::Failed(at, failure) => {
                transaction.explain_from_record(at, failure, &mut seen).await?;
                None
            }
        };
        let unreached = last.as_ref().is_some_and(DriverFailure::is_unreached);
        let in_vain = unreached && !selections.may_reselect(call, began.elapsed());
        if in_vain || !backoff.pause(call.left()).await {
            return Err(gave_up(last, call));
        }
    }
}

/// The deadline came, and nothing was committed: the last failure, unless other writes were in the way.
fn gave_up(last: Option<DriverFailure>, call: &Call) -> Error {
    match last {
        Some(failure)
            if failure.is_unreached() || failure.is_overload() || failure.is_network() || failure.is_unreadable() =>
        {
            failure.into_error(call.operation)
        }
        Some(DriverFailure::Driver(cause)) => outcome::contended(call.operation).with_source(cause),
        Some(DriverFailure::TimedOut | DriverFailure::Inconsistent(_)) | None => outcome::contended(call.operation),
    }
}

/// The commands of a transaction, to be read by people.
pub(super) fn documents(writes: &[Write], call: &Call) -> Result<Vec<Document>> {
    let commands = writes.iter().map(|write| Command::document(write, call));
    let commit = doc! { "commitTransaction": 1, "writeConcern": { "w": "majority" } };
    commands.chain([Ok(commit)]).collect()
}

/// One attempt at a transaction.
struct Transaction<'a> {
    database: &'a Handle,
    call: &'a Call,
    writes: &'a [Write],
    stamps: Stamps,
}

impl Transaction<'_> {
    async fn run(&self, contested: &Contested) -> Result<Vec<Written>, Aborted> {
        let call = self.call;
        let Some(first) = self.writes.first() else { return Ok(Vec::new()) };
        let begun = session::begin(self.database.collection_of(first.definition), call).await;
        let mut session = begun.map_err(|failure| aborted_by(failure, call))?;
        let written = match self.send_writes(contested, &mut session).await {
            Ok(written) => written,
            Err(aborted) => {
                // Nothing was committed whatever becomes of this; it only frees the records sooner.
                let ended = attempt(call, "abortTransaction", session.abort_transaction().into_future()).await;
                // A request that had no answer may arrive after the abort, and begin the transaction again:
                // the guard ends that in the background.
                let may_arrive = matches!(&aborted, Aborted::Conflict(failure) if failure.may_be_applied());
                if ended.is_ok() && !may_arrive {
                    drop(ScopeGuard::into_inner(session));
                }
                return Err(aborted);
            }
        };
        let committed = self.commit(&mut session).await;
        if matches!(committed, Ok(()) | Err(Aborted::Conflict(_))) {
            drop(ScopeGuard::into_inner(session));
        }
        committed.map(|()| written)
    }

    async fn send_writes(&self, contested: &Contested, session: &mut ClientSession) -> Result<Vec<Written>, Aborted> {
        let mut written = Vec::with_capacity(self.writes.len());
        for (at, write) in self.writes.iter().enumerate() {
            for (_, duplicate) in contested.iter().filter(|(before, _)| *before == at) {
                let collection = self.database.collection_of(write.definition);
                let view = View { collection: &collection, call: self.call, session: Some(&mut *session) };
                // This attempt has a snapshot of its own: what an earlier one found does not matter.
                let deleted = delete_expired_holder(view, write, duplicate, &mut LastSeen::default()).await;
                deleted.map_err(|halt| match halt {
                    Halt::Error(error) => Aborted::Refused(error.at_position(at)),
                    Halt::Driver(failure) => aborted_by(failure, self.call),
                })?;
            }
            written.push(self.send_write(at, write, session).await?);
        }
        Ok(written)
    }

    async fn send_write(&self, at: usize, write: &Write, session: &mut ClientSession) -> Result<Written, Aborted> {
        let call = self.call;
        let refused = |error: Error| Aborted::Refused(error.at_position(at));
        let command = Command::new(write, call, self.stamps).map_err(refused)?;
        let collection = self.database.collection_of(write.definition);
        let answer = match attempt(call, command.name(), command.send(&collection, Some(session))).await {
            Ok(answer) => answer,
            Err(failure) => return Err(aborted_at(at, write, failure, call)),
        };
        if let Outcome::Done(written) = write::interpret(write, answer, self.stamps).map_err(refused)? {
            return Ok(written);
        }
        let find = collection.find_one(by_id(write.definition, &write.key).map_err(refused)?).session(session);
        let stored = attempt(call, FIND, find.into_future()).await;
        let stored = stored.map_err(|failure| aborted_at(at, write, failure, call))?;
        let stored = stored.map(|document| from_document(write.definition, &document)).transpose().map_err(refused)?;
        match write::explain_miss(write, stored, call).map_err(refused)? {
            Missed::NothingToDo => Ok(Written::existed(false)),
            // In one snapshot this record is the one that the write met.
            Missed::MayBeSent => Err(refused(incomparable(write))),
        }
    }

    /// Commits, as often as it takes to know.
    async fn commit(&self, session: &mut ClientSession) -> Result<(), Aborted> {
        let call = self.call;
        let mut backoff = backoff();
        let (mut may_be_committed, mut number) = (false, 0_u32);
        loop {
            number += 1;
            let commit = session.commit_transaction().into_future();
            let is_lost = |failure: &DriverFailure| failure.is_unknown_commit() || failure.may_be_applied();
            let failure = match attempt_write(call, "commitTransaction", number, is_lost, commit).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if failure.aborts_transaction() {
                return Err(Aborted::Conflict(failure));
            }
            let lost = failure.is_unknown_commit() || failure.may_be_applied();
            may_be_committed |= lost;
            if (lost || failure.is_overload()) && backoff.pause(call.left()).await {
                continue;
            }
            if !may_be_committed {
                return Err(Aborted::Refused(failure.into_error(call.operation)));
            }
            let found = find_applied(self, Until::Reads(1), backoff, || call.left()).await;
            return found.ok_or_else(|| Aborted::Refused(failure.into_unknown()));
        }
    }

    /// Finds out what a write met that was refused as a duplicate.
    async fn on_duplicate(
        &self,
        at: usize,
        duplicate: DuplicateKey,
        contested: &mut Contested,
        seen: &mut LastSeen,
    ) -> Result<()> {
        let Some((write, earlier)) = self.writes.get(at).zip(self.writes.get(..at)) else { return Ok(()) };
        let same = |other: &Write| other.definition.name() == write.definition.name();
        // The holder may be a record that an earlier write of the same transaction stores, and that is nowhere
        // else: then the transaction itself has to look, when it is done again.
        if earlier.iter().any(same) {
            contested.retain(|(before, _)| *before != at);
            contested.push((at, duplicate));
            return Ok(());
        }
        let collection = self.database.collection_of(write.definition);
        let view = View { collection: &collection, call: self.call, session: None };
        let deleted = delete_expired_holder(view, write, &duplicate, seen).await;
        deleted.map_err(|halt| halt.into_error(self.call.operation).at_position(at))
    }

    /// Reads the record of a write whose expression failed: an error shows why, unless the record has changed.
    async fn explain_from_record(&self, at: usize, failure: DriverFailure, seen: &mut LastSeen) -> Result<()> {
        let Some(write) = self.writes.get(at) else { return Ok(()) };
        let placed = |error: Error| error.at_position(at);
        let stored = latest(self.database, self.call, write.definition, &write.key).await.map_err(placed)?;
        let is_unchanged = seen.is_unchanged(write.definition, stored.as_deref());
        let stored = stored.map(|document| from_document(write.definition, &document)).transpose().map_err(placed)?;
        write::explain_miss(write, stored, self.call).map_err(placed)?;
        if is_unchanged { Err(placed(write::refused(write, failure, self.call))) } else { Ok(()) }
    }
}

impl Applied for Transaction<'_> {
    type Written = ();

    /// Looks for the transaction's stamp in one record: no record bears it unless all do. A deleted record
    /// bears none, nor does one of a model without stamps.
    async fn find(&self) -> Result<Option<()>> {
        let is_stamped = |write: &&Write| !matches!(write.action, Action::Delete) && write.definition.stamps();
        let Some(write) = self.writes.iter().find(is_stamped) else {
            return Ok(None);
        };
        let collection = self.database.collection_of(write.definition);
        let found = write::find_stamped(&collection, self.call, write, self.stamps).await?;
        Ok(found.map(drop))
    }
}

/// What the failure of a request means that is not of one write.
fn aborted_by(failure: DriverFailure, call: &Call) -> Aborted {
    if failure.is_transient() || failure.aborts_transaction() {
        Aborted::Conflict(failure)
    } else {
        Aborted::Refused(failure.into_error(call.operation))
    }
}

/// What the failure of a write's command means. Nothing was committed, so it does not matter whether the
/// command was applied.
fn aborted_at(at: usize, write: &Write, failure: DriverFailure, call: &Call) -> Aborted {
    if let Some(duplicate) = failure.duplicate_key() {
        return match refusal(write, &duplicate) {
            Some(error) => Aborted::Refused(error.at_position(at)),
            None => Aborted::Duplicate(at, duplicate),
        };
    }
    if failure.aborts_transaction() || failure.is_transient() {
        Aborted::Conflict(failure)
    } else if failure.is_refusal() && write::may_fail(write) {
        Aborted::Failed(at, failure)
    } else {
        Aborted::Refused(failure.into_error(call.operation).at_position(at))
    }
}
