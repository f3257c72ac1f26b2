//! Many writes: one command for up to a thousand of a kind.
//!
//! Each write is applied for itself, and in the order given wherever that makes a difference. The driver does not retry commands of
//! many writes, so if the answer to one is lost, the records' stamps show which were stored. The outcome of
//! the others is unknown: sent again, they could be applied after another's write.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use mongodb::bson::raw::cstr;
use mongodb::bson::{Bson, Document, RawBson, RawDocument, doc};

use super::chunk::Chunk;
use super::command::Command;
use super::document::{id, stamp_of};
use super::duplicate::refusal;
use super::failure::{DUPLICATE_KEY, DriverFailure, DuplicateKey, completed, item_was_not_applied, write_error};
use super::find::Find;
use super::handle::Handle;
use super::missed::{Fate, find_fates};
use super::parts::{Part, WRITES, stages};
use super::read::among;
use super::retry::{Selections, attempt_writes, backoff};
use super::write;
use crate::backend::support::outcome;
use crate::backend::support::retry::least_attempt;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Attempt, Call, Write, WriteMany, Written};
use crate::value::STAMP;

/// How many commands are under way at once. Of as many thousand writes the outcome may be unknown when the
/// deadline passes.
const PARALLEL: usize = 2;
/// Small values take more room in a command than they are counted for.
const MESSAGE: usize = 40 * 1024 * 1024;

pub(super) async fn write_many(database: &Handle, call: &Call, many: WriteMany) -> Result<Vec<Result<Written>>> {
    let mut results: Vec<Result<Written>> = Vec::with_capacity(many.writes.len());
    let (least, observer) = (least_attempt(call), &many.observer);
    for stage in stages(&many.writes) {
        let mut next = results.len();
        // A part's command is built when there is room for it, while those before it are under way.
        let sent = stage.into_iter().map(|part| {
            let first = next;
            next += part.writes.len();
            async move {
                let done = write_part(database, call, &part, least).await;
                done.iter().zip(first..).for_each(|(result, at)| observer.report(at, result.as_ref().err()));
                done
            }
        });
        let sent: Vec<_> = sent.collect();
        let done: Vec<_> = stream::iter(sent).buffered(PARALLEL).collect().await;
        results.extend(done.into_iter().flatten());
    }
    Ok(results)
}

async fn write_part(database: &Handle, call: &Call, part: &Part<'_>, least: Duration) -> Vec<Result<Written>> {
    if call.left() <= least {
        return part.writes.iter().map(|_| Err(outcome::unsent())).collect();
    }
    match part.single() {
        Some(single) => vec![write::write(database, call, single).await],
        None => Sender::new(database, call, Chunk::new(part.writes, call)).send().await,
    }
}

/// The commands of a batch, to be read by people.
pub(super) fn documents(writes: &[Write], call: &Call) -> Result<Vec<Document>> {
    let document = |part: Part<'_>| match part.single() {
        Some(single) => Command::document(single, call),
        None => Chunk::new(part.writes, call).document(),
    };
    Part::all(writes).into_iter().map(document).collect()
}

/// A chunk under way.
struct Sender<'a> {
    database: &'a Handle,
    call: &'a Call,
    chunk: Chunk<'a>,
    /// What became of each write; nothing of those that are still to be sent.
    results: Vec<Option<Result<Written>>>,
    /// Whether a command was sent before that is reported not to have been applied.
    resent: bool,
}

/// The positions in the chunk of the writes that are sent together.
type Round = Vec<usize>;

impl<'a> Sender<'a> {
    fn new(database: &'a Handle, call: &'a Call, chunk: Chunk<'a>) -> Self {
        let results = chunk.statements.iter().map(|statement| statement.as_ref().err().map(|error| Err(error.clone())));
        Self { database, call, results: results.collect(), chunk, resent: false }
    }

    /// Sends the chunk, and what of it has to be sent again.
    async fn send(mut self) -> Vec<Result<Written>> {
        let (mut backoff, mut selections) = (backoff(), Selections::default());
        // Up to which position all was sent before: a round that begins there is not sent again.
        let (mut sent, mut number) = (0, 0);
        loop {
            let round = self.next_round();
            let Some((first, last)) = round.first().copied().zip(round.last().copied()) else { break };
            number = if first < sent { number + 1 } else { 1 };
            sent = sent.max(last + 1);
            let began = Instant::now();
            let failure = match self.send_round(&round, number).await {
                Ok(answer) => {
                    self.settle(&round, &answer).await;
                    let is_settled = |at: &usize| self.results.get(*at).is_some_and(Option::is_some);
                    if !round.iter().all(is_settled) && !backoff.pause(self.call.left()).await {
                        self.fail_rest(&round, &outcome::contended(self.call.operation));
                    }
                    continue;
                }
                Err(failure) => failure,
            };
            // The driver sends such a command once, so this answer is of the only attempt: nothing was applied.
            let refused = failure.is_not_primary();
            let is_stamped = self.chunk.is_stamped();
            let ambiguous = !refused && failure.may_be_applied();
            if ambiguous && is_stamped {
                self.mark_stored(&round).await;
            }
            let may_succeed = match failure.is_unreached() {
                true => selections.may_reselect(self.call, began.elapsed()),
                false => !ambiguous && (refused || failure.was_not_applied() || failure.is_overload()),
            };
            if !may_succeed || !backoff.pause(self.call.left()).await {
                let operation = self.call.operation;
                let error = if ambiguous { failure.into_unknown() } else { failure.into_error(operation) };
                self.fail_rest(&round, &error);
            }
            self.resent = true;
        }
        let missing = || Err(Error::new(ErrorKind::Backend, "the server did not say what became of this write"));
        self.results.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
    }

    /// What is sent next: the writes that are left, as many as one message holds.
    fn next_round(&self) -> Round {
        let left = self.results.iter().enumerate().filter(|(_, result)| result.is_none()).map(|(at, _)| at);
        let mut bytes = 0;
        let fits = |at: &usize| {
            let is_first = bytes == 0;
            bytes += self.chunk.statement_size(*at);
            is_first || bytes <= MESSAGE
        };
        left.take_while(fits).collect()
    }

    async fn send_round(&self, round: &[usize], number: u32) -> Result<Document, DriverFailure> {
        let mut command = self.chunk.command(round.iter().copied());
        // The driver adds the write concern only to commands that it builds itself.
        if let Some(concern) = self.database.write_concern() {
            let concern = mongodb::bson::serialize_to_raw_document_buf(concern).map_err(mongodb::error::Error::from)?;
            command.append(cstr!("writeConcern"), concern);
        }
        let sent = async { self.database.run_raw_command(command).await };
        let is_lost = |failure: &DriverFailure| failure.may_be_applied() && !failure.is_not_primary();
        let attempt = Attempt::new(self.chunk.name).numbered(number);
        let answer = attempt_writes(self.call, attempt, is_lost, count_undone, sent).await;
        let answer = answer.or_else(|failure| match &failure {
            DriverFailure::Driver(error) => completed(error).ok_or(failure),
            DriverFailure::TimedOut | DriverFailure::Inconsistent(_) => Err(failure),
        })?;
        match accounts_for_all(&answer, round.len(), self.chunk.may_miss()) {
            true => Ok(answer),
            false => Err(DriverFailure::Inconsistent("what it counts is not what was sent")),
        }
    }

    /// Reads from the answer what became of each write of a round.
    async fn settle(&mut self, round: &[usize], answer: &Document) {
        let (mut duplicates, mut again, mut failed) = (Vec::new(), HashSet::new(), Vec::new());
        for error in answer.get_array("writeErrors").into_iter().flatten().filter_map(|error| error.as_document()) {
            let at = error.get_i32("index").ok().and_then(|at| usize::try_from(at).ok());
            let Some(at) = at.and_then(|at| round.get(at).copied()) else { continue };
            let message = error.get_str("errmsg").unwrap_or_default();
            match error.get_i32("code").unwrap_or_default() {
                DUPLICATE_KEY => duplicates.push((at, DuplicateKey::from_write_error(message, error))),
                code if item_was_not_applied(code) => drop(again.insert(at)),
                // An expression failed on what is stored. Sent by itself, the write shows why.
                _ if self.chunk.writes.get(at).is_some_and(write::may_fail) => failed.push(at),
                code => self.set(at, Err(write_error(code, message))),
            }
        }
        if self.resent && self.chunk.is_stamped() {
            // The key of a record that an earlier attempt stored is taken by that record.
            let held: Round = duplicates.iter().map(|(at, _)| *at).collect();
            self.mark_stored(&held).await;
            duplicates.retain(|(at, _)| self.results.get(*at).is_some_and(Option::is_none));
        }
        let duplicate: HashSet<usize> = duplicates.iter().map(|(at, _)| *at).collect();
        let is_refused = |at: &usize| duplicate.contains(at) || again.contains(at) || failed.contains(at);
        let applied = round.iter().copied().filter(|at| !is_refused(at));
        let applied: Round = applied.filter(|at| self.results.get(*at).is_some_and(Option::is_none)).collect();
        let refused = answer.get_array("writeErrors").map_or(0, Vec::len);
        self.settle_missed(&applied, round.len() - refused.min(round.len()), answer).await;
        self.settle_applied(round, applied, answer);
        // Duplicates are sent one by one and in order: the holder of a value may have expired, and then the
        // first write that asks for the value gets it.
        for (at, duplicate) in duplicates {
            let Some(write) = self.chunk.writes.get(at) else { continue };
            let result = match refusal(write, &duplicate) {
                Some(error) => Err(error),
                None => write::write(self.database, self.call, write).await,
            };
            self.set(at, result);
        }
        for at in failed {
            let Some(write) = self.chunk.writes.get(at) else { continue };
            self.set(at, write::write(self.database, self.call, write).await);
        }
    }

    /// Settles the writes that found no record to replace, to change or to delete. The server says how many of those without an error were
    /// applied, but not which.
    async fn settle_missed(&mut self, applied: &[usize], count: usize, answer: &Document) {
        let found = answer.get_i32("n").ok().and_then(|found| usize::try_from(found).ok()).unwrap_or(count);
        if found >= count {
            return;
        }
        let writes = applied.iter().filter_map(|at| Some((*at, self.chunk.writes.get(*at)?)));
        let needs_record = |write: &Write| match write.action {
            Action::Replace(_) | Action::Update(_) => true,
            Action::Delete => write.condition.is_some() || write.version.is_some(),
            _ => false,
        };
        let writes: Vec<_> = writes.filter(|(_, write)| needs_record(write)).collect();
        let fates = find_fates(self.database, self.call, &writes, self.chunk.stamps, count - found).await;
        match fates {
            Ok(fates) => {
                for (at, fate) in fates {
                    let Some(write) = self.chunk.writes.get(at) else { continue };
                    match fate {
                        Fate::Done => {}
                        Fate::Refused(error) => self.set(at, Err(error)),
                        Fate::Open => self.set(at, write::write(self.database, self.call, write).await),
                    }
                }
            }
            Err(error) => {
                let message = "it could not be read which records were found";
                let unknown = Error::new(ErrorKind::OutcomeUnknown, message).with_source(error);
                writes.iter().for_each(|(at, _)| self.set(*at, Err(unknown.clone())));
            }
        }
    }

    /// Settles the writes of a round that the answer reports no error of.
    fn settle_applied(&mut self, round: &[usize], applied: Round, answer: &Document) {
        // The server counts what it found, but does not say which; the upserts that inserted it names.
        let new: HashSet<usize> = upserted(answer).filter_map(|at| round.get(at).copied()).collect();
        let found = answer.get_i32("n").unwrap_or_default();
        let all_found = usize::try_from(found).is_ok_and(|found| found == round.len());
        let concern = answer.get_document("writeConcernError").ok();
        let concern = concern.map(|error| error.get_str("errmsg").unwrap_or_default().to_owned());
        for at in applied {
            let existed = match self.chunk.name {
                "delete" => all_found,
                "insert" => false,
                _ => !new.contains(&at),
            };
            let result = match &concern {
                // Applied on the primary, but a failover may still take it back.
                Some(message) => {
                    Err(Error::new(ErrorKind::OutcomeUnknown, format!("the write concern was not met: {message}")))
                }
                None => Ok(Written::existed(existed)),
            };
            self.set_if_open(at, result);
        }
    }

    /// After an answer was lost: settles the puts of a round whose records bear the stamp.
    async fn mark_stored(&mut self, round: &[usize]) {
        let Some(first) = self.chunk.writes.first() else { return };
        let stamps = self.chunk.stamps;
        let writes = round.iter().filter_map(|at| Some((*at, self.chunk.writes.get(*at)?)));
        let (positions, keys): (Vec<_>, Vec<_>) = writes.map(|(at, write)| (at, &write.key)).unzip();
        let ids: Result<Vec<_>> = keys.iter().map(|key| id(first.definition, key)).collect();
        let (Ok(ids), Ok(filter)) = (ids, among(first.definition, keys.into_iter())) else { return };
        let find = Find {
            projection: Some(doc! { STAMP: 1 }),
            batch_size: Some(WRITES as u32 + 1),
            ..Find::all(first.definition.name(), filter)
        };
        let decode = |document: &RawDocument| {
            let is_own = stamp_of(document).is_some_and(|stamp| stamps.has(stamp));
            Ok(document.get("_id").ok().flatten().map(RawBson::from).filter(|_| is_own))
        };
        let found = find.send(self.database, self.call, None, round.len(), decode).await;
        // A read that fails shows nothing.
        let own: Vec<RawBson> = found.into_iter().flatten().flatten().collect();
        for (at, id) in positions.into_iter().zip(ids) {
            if RawBson::try_from(id).is_ok_and(|id| own.contains(&id)) {
                self.set(at, Ok(Written::existed(false)));
            }
        }
    }

    /// Settles what is left of a round with an error.
    fn fail_rest(&mut self, round: &[usize], error: &Error) {
        round.iter().for_each(|at| self.set_if_open(*at, Err(error.clone())));
    }

    fn set(&mut self, at: usize, result: Result<Written>) {
        if let Some(place) = self.results.get_mut(at) {
            *place = Some(result);
        }
    }

    fn set_if_open(&mut self, at: usize, result: Result<Written>) {
        if let Some(place @ None) = self.results.get_mut(at) {
            *place = Some(result);
        }
    }
}

/// How many writes of a command were not applied, and are sent again.
fn count_undone(answer: &Document) -> u64 {
    let errors = answer.get_array("writeErrors").into_iter().flatten().filter_map(|error| error.as_document());
    let codes = errors.filter_map(|error| error.get_i32("code").ok());
    codes.filter(|code| item_was_not_applied(*code)).count() as u64
}

/// Whether an answer accounts for each write that was sent: it was applied, or there is an error of it. Some
/// may have found nothing.
fn accounts_for_all(answer: &Document, count: usize, may_miss: bool) -> bool {
    let errors = match answer.get("writeErrors") {
        None => 0,
        Some(Bson::Array(errors)) => {
            let is_of_one = |error: &Bson| {
                let at = error.as_document().and_then(|error| error.get_i32("index").ok());
                at.and_then(|at| usize::try_from(at).ok()).is_some_and(|at| at < count)
            };
            if !errors.iter().all(is_of_one) {
                return false;
            }
            errors.len()
        }
        Some(_) => return false,
    };
    let done = answer.get_i32("n").ok().and_then(|done| usize::try_from(done).ok());
    done.is_some_and(|done| if may_miss { done + errors <= count } else { done + errors == count })
}

fn upserted(answer: &Document) -> impl Iterator<Item = usize> {
    let items = answer.get_array("upserted").into_iter().flatten().filter_map(|item| item.as_document());
    items.filter_map(|item| item.get_i32("index").ok().and_then(|at| usize::try_from(at).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_accounts_for_what_was_sent() {
        let error = |at: i32| doc! { "index": at, "code": 11000 };
        assert!(accounts_for_all(&doc! { "ok": 1, "n": 3 }, 3, false));
        assert!(accounts_for_all(&doc! { "ok": 1, "n": 2, "writeErrors": [error(1)] }, 3, false));
        assert!(accounts_for_all(&doc! { "ok": 1, "n": 1 }, 3, true));
        let absurd = [
            doc! { "ok": 1 },
            doc! { "ok": 1, "n": "3" },
            doc! { "ok": 1, "n": -1 },
            doc! { "ok": 1, "n": 2 },
            doc! { "ok": 1, "n": 4 },
            doc! { "ok": 1, "n": 2, "writeErrors": 1 },
            doc! { "ok": 1, "n": 2, "writeErrors": [error(3)] },
            doc! { "ok": 1, "n": 2, "writeErrors": [1] },
        ];
        for answer in absurd {
            assert!(!accounts_for_all(&answer, 3, false), "{answer}");
        }
        assert!(!accounts_for_all(&doc! { "ok": 1, "n": 4 }, 3, true));
    }
}
