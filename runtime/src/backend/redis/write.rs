//! Writes: read where that is needed, decided, and done by one script.
//!
//! If an answer is lost, the same request is sent again until the deadline. The script keeps its answer for as long as the
//! request may happen, under the write's id, and gives it instead of writing again.

use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, Outcome};
use super::decide::{Change, Decided, Expected, Seen, decide, decide_blind, is_blind};
use super::failure::Failure;
use super::items::{Items, may_be_too_many};
use super::layout::{Layout, primary};
use super::layouts::Layouts;
use super::read::{read_pairs, record};
use super::request::{Part, WriteRequest};
use super::script::{Invocation, READ};
use super::server::{Attempts, Server, bytes, contended, unreadable};
use crate::backend::support::retry::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::request::{Call, Returning, Write, Written};
use crate::value::Record;

/// Pauses of a write that met with another one.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// What writes are done with.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) server: &'a Server,
    pub(super) layouts: &'a Layouts,
    pub(super) limits: &'a Limits,
    pub(super) call: &'a Call,
}

/// A write that is under way.
struct Job<'a> {
    write: &'a Write,
    primary: Vec<u8>,
    /// What was read, if it was.
    seen: Option<Seen>,
    result: Option<Result<Written>>,
}

/// Writes that are under way together.
struct Round<'w, 'a> {
    writer: Writer<'w>,
    /// Whether it is all or nothing.
    whole: bool,
    /// Whether the items of a transaction have to be counted, for which all has to be read.
    counts: bool,
    jobs: Vec<Job<'a>>,
    /// Why the transaction is refused, unless the script refuses an earlier write of it.
    refusal: Option<Error>,
    /// Of records of which only the model can say it: whether they are live.
    verdicts: Vec<(Vec<u8>, bool)>,
    backoff: Backoff,
}

impl Writer<'_> {
    /// Does writes, each for itself.
    pub(super) async fn each(self, writes: &[Write]) -> Vec<Result<Written>> {
        match Round::new(self, writes, false) {
            Ok(round) => {
                round.finish().await.unwrap_or_else(|error| writes.iter().map(|_| Err(error.clone())).collect())
            }
            Err(error) => writes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// Does all writes or none.
    pub(super) async fn together(self, writes: &[Write]) -> Result<Vec<Written>> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        Round::new(self, writes, true)?.finish().await?.into_iter().collect()
    }
}

impl<'w, 'a> Round<'w, 'a> {
    fn new(writer: Writer<'w>, writes: &'a [Write], whole: bool) -> Result<Self> {
        let job = |write: &'a Write| Ok(Job { write, primary: primary(&write.key)?, seen: None, result: None });
        let jobs = writes.iter().map(job).collect::<Result<_>>()?;
        let backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let counts = whole && may_be_too_many(writes, writer.limits);
        Ok(Self { writer, whole, counts, jobs, refusal: None, verdicts: Vec::new(), backoff })
    }

    async fn finish(mut self) -> Result<Vec<Result<Written>>> {
        loop {
            let open: Vec<usize> =
                (0..).zip(&self.jobs).filter(|(_, job)| job.result.is_none()).map(|(at, _)| at).collect();
            if open.is_empty() {
                break;
            }
            if let Err(error) = self.attempt(&open).await {
                if self.whole {
                    return Err(error);
                }
                for job in &mut self.jobs {
                    job.result.get_or_insert_with(|| Err(error.clone()));
                }
            }
        }
        let missing = || Err(Error::new(ErrorKind::Backend, "the server did not say what became of this write"));
        Ok(self.jobs.into_iter().map(|job| job.result.unwrap_or_else(missing)).collect())
    }

    /// Reads what has to be read, decides, and sends what is decided, once.
    async fn attempt(&mut self, open: &[usize]) -> Result<()> {
        let mut layouts = Vec::with_capacity(open.len());
        for job in open.iter().filter_map(|at| self.jobs.get(*at)) {
            layouts.push(self.writer.layouts.of(self.writer.server, self.writer.call, job.write.definition).await?);
        }
        self.read(open, &layouts).await?;
        let mut parts = Vec::with_capacity(open.len());
        let mut sent = Vec::with_capacity(open.len());
        let mut items = Items::default();
        self.refusal = None;
        for (at, layout) in open.iter().zip(layouts) {
            let Some(job) = self.jobs.get_mut(*at) else { continue };
            let decided = match &job.seen {
                Some(seen) => decide(self.writer.call, self.writer.limits, &layout, job.write, seen, &mut items),
                None => decide_blind(&layout, job.write),
            };
            match decided {
                Ok(decided) if !self.whole && matches!(decided.change, Change::Keep) => {
                    job.result = Some(Ok(decided.told.unwrap_or_default()));
                }
                Ok(decided) => {
                    parts.push(Part { write: job.write, layout, primary: job.primary.clone(), decided });
                    sent.push(*at);
                }
                Err(refusal) if self.whole => {
                    let refusal = placed(refusal, job.write, *at);
                    if parts.is_empty() {
                        return Err(refusal);
                    }
                    // The first that is refused is told of, and the script may refuse one before it.
                    self.refusal = Some(refusal);
                    let expected = Expected::seen(job.seen.as_ref());
                    let decided = Decided { expected, change: Change::Refuse, told: None };
                    parts.push(Part { write: job.write, layout, primary: job.primary.clone(), decided });
                    sent.push(*at);
                    break;
                }
                Err(refusal) => job.result = Some(Err(refusal)),
            }
        }
        if self.counts && self.refusal.is_none() {
            items.check(self.writer.limits)?;
        }
        if parts.is_empty() {
            return Ok(());
        }
        let answer = exchange(self.writer, self.whole, &self.verdicts, &parts).await?;
        self.settle(answer, &sent, &parts).await
    }

    /// Reads the records that were not read yet and have to be.
    async fn read(&mut self, open: &[usize], layouts: &[Arc<Layout>]) -> Result<()> {
        let mut keys: Vec<String> = Vec::new();
        let (mut args, mut wanted) = (Vec::new(), Vec::new());
        for (at, layout) in open.iter().zip(layouts) {
            let Some(job) =
                self.jobs.get(*at).filter(|job| job.seen.is_none() && (self.counts || !is_blind(job.write)))
            else {
                continue;
            };
            let key = layout.schema_key();
            let group = keys.iter().position(|known| *known == key).unwrap_or(keys.len());
            if group == keys.len() {
                keys.push(key);
            }
            args.push((group + 1, job.primary.clone()));
            wanted.push(*at);
        }
        let mut invocation = Invocation::new(&READ, keys);
        for (group, primary) in args {
            invocation.push_number(group);
            invocation.push(primary);
        }
        let pairs = read_pairs(self.writer.server, self.writer.call, &invocation, wanted.len()).await?;
        for (at, (found, stamp)) in wanted.into_iter().zip(pairs) {
            let Some(job) = self.jobs.get_mut(at) else { continue };
            let seen = match record(found)? {
                // What comes of another record would be stored under this one's key.
                Some(found) if !is_of(job.write, &found) => return Err(unreadable(READ.name)),
                Some(found) => Some((found, bytes(stamp).ok_or_else(|| unreadable(READ.name))?)),
                None => None,
            };
            job.seen = Some(seen);
        }
        Ok(())
    }

    /// Takes in what became of the writes that were sent.
    async fn settle(&mut self, answer: Answer, sent: &[usize], parts: &[Part<'_>]) -> Result<()> {
        let mut met = false;
        match answer {
            Answer::Done(outcomes) => {
                for ((outcome, at), part) in outcomes.into_iter().zip(sent).zip(parts) {
                    met |= self.settle_one(outcome, *at, part);
                }
            }
            Answer::Refused(_, Outcome::Known) => {
                return Err(self.refusal.take().unwrap_or_else(|| unreadable("write")));
            }
            Answer::Refused(position, outcome) => {
                let (Some(at), Some(part)) = (sent.get(position), parts.get(position)) else {
                    return Err(unreadable("write"));
                };
                met |= self.settle_one(outcome, *at, part);
                if let Some(Err(refusal)) = self.jobs.get_mut(*at).and_then(|job| job.result.take()) {
                    return Err(placed(refusal, part.write, *at));
                }
                // What the others would have changed may be another's by now.
                self.jobs.iter_mut().for_each(|job| job.seen = None);
            }
            Answer::Generation => {
                parts.iter().for_each(|part| self.writer.layouts.forget(part.write.definition.name()))
            }
            Answer::Late => met = true,
        }
        if met && !self.backoff.pause(self.writer.call.left()).await {
            return Err(contended(self.writer.call));
        }
        Ok(())
    }

    /// Takes in what became of one write; returns whether it met with another.
    fn settle_one(&mut self, outcome: Outcome, at: usize, part: &Part<'_>) -> bool {
        let Some(job) = self.jobs.get_mut(at) else { return false };
        let definition = part.write.definition;
        match outcome {
            Outcome::Done { existed, before } => {
                let told = || {
                    let before = before.map(|record| record.under_own_names(definition));
                    let is_told = part.write.told() == Returning::Before;
                    Written { existed, record: before.filter(|_| is_told) }
                };
                job.result = Some(Ok(part.decided.told.clone().unwrap_or_else(told)));
            }
            Outcome::Exists => {
                job.result = Some(Err(Error::new(ErrorKind::AlreadyExists, "a live record has this key")));
            }
            Outcome::Taken(index) => job.result = Some(Err(Error::taken(&part.layout.name_in(definition, &index)))),
            Outcome::Known => job.result = Some(Err(unreadable("write"))),
            Outcome::Changed => {
                job.seen = None;
                return true;
            }
            Outcome::Look { about, record } => {
                self.verdicts.push((about, record.is_live(definition, self.writer.call)));
            }
        }
        false
    }
}

/// Whether a record has the key that a write is about.
fn is_of(write: &Write, found: &Record) -> bool {
    let renamed = write.definition.is_aliased(found).then(|| found.clone().under_own_names(write.definition));
    let found = renamed.as_ref().unwrap_or(found);
    write.key.fields(write.definition).all(|(name, value)| found.get(name).is_some_and(|found| found == *value))
}

/// A refusal with the place in its transaction.
fn placed(refusal: Error, write: &Write, at: usize) -> Error {
    refusal.in_repository(write.definition.repository()).at_position(at)
}

/// Sends the writes until there is an answer.
async fn exchange(writer: Writer<'_>, whole: bool, verdicts: &[(Vec<u8>, bool)], parts: &[Part<'_>]) -> Result<Answer> {
    let Writer { server, call, .. } = writer;
    let mut request = WriteRequest::new(server.ids.next(), call, whole, verdicts, parts);
    let mut attempts = Attempts::new();
    let mut lost: Option<Failure> = None;
    loop {
        let failure = match server.begin(call, "EVALSHA", &mut attempts).await {
            Ok(mut sending) => {
                let last = sending.connected.server_time(call.deadline);
                let result = sending.run(call, request.until(last, lost.is_some()), &attempts, true).await;
                match result {
                    Ok(value) => match sending.replicate(call, &attempts).await {
                        Ok(()) => match Answer::read(value, parts.len()) {
                            Ok(answer) => {
                                if matches!(answer, Answer::Late) {
                                    // The server's clock was set: it is asked for the time anew.
                                    server.link.give_up(&sending.connected);
                                }
                                return Ok(answer);
                            }
                            Err(_) => Failure::Unreadable("the answer is none that the script gives"),
                        },
                        Err(failure) => failure,
                    },
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        if failure.may_be_applied() {
            lost = Some(failure.clone());
        }
        if !attempts.pause(call, &failure).await {
            return Err(match lost {
                Some(lost) => lost.into_unknown(),
                None => failure.into_error(call.operation),
            });
        }
    }
}
