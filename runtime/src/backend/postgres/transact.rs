//! Writes that happen all together or not at all, and every write that one statement cannot decide: a transaction.
//!
//! It locks the rows in the order of their keys, judges each write by what is there then, and changes the rows. Whether it
//! was committed, the server says of its transaction id, also after the answer was lost (`commit.rs`).

use std::sync::Arc;

use futures_util::future::{join, join_all, try_join_all};

use super::commit::{Begun, CURRENT, LostCommit};
use super::failure::Failure;
use super::link::{Link, Session, attempt_time};
use super::locked::{Locked, lock_statements};
use super::read::backoff;
use super::statements::Step;
use super::table::Table;
use crate::backend::support::attempt::report;
use crate::backend::support::outcome;
use crate::backend::support::write_id::WriteIds;
use crate::error::{Error, Result};
use crate::request::{Attempt, Call, Write, Written};

/// What begins a transaction whose rows are locked.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Why an attempt came to nothing, or is not known to have come to anything.
enum Aborted {
    /// It never will.
    Refused(Error),
    /// Others were in the way, or the server did not answer before anything could be committed.
    Again(Failure),
    /// A row appeared meanwhile.
    Overtaken,
    /// The answer to the commit was lost.
    Lost(Failure),
    /// The same, with what is needed to find out whether it happened.
    Doubtful(Box<Doubtful>),
}

struct Doubtful {
    failure: Failure,
    begun: Begun,
    stamp: [u8; 16],
    written: Vec<Written>,
}

impl From<Failure> for Aborted {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Own(error) => Self::Refused(error),
            Failure::Unsent => Self::Again(Failure::Unsent),
            failure if failure.is_transient() => Self::Again(failure),
            failure => Self::Refused(failure.into_error("transaction")),
        }
    }
}

/// A transaction that is done until it is known what became of it.
pub(super) struct Transaction<'a> {
    pub(super) link: &'a Link,
    pub(super) call: &'a Call,
    /// The table of each write.
    pub(super) tables: &'a [Arc<Table>],
    pub(super) writes: &'a [Write],
    pub(super) ids: &'a WriteIds,
    /// Whether it is one write, whose errors have no place.
    pub(super) is_of_one: bool,
}

impl Transaction<'_> {
    pub(super) async fn run(&self) -> Result<Vec<Written>> {
        let (mut backoff, operation) = (backoff(), self.call.operation);
        for number in 1_u32.. {
            let error = match self.attempt(number).await {
                Ok(written) => return Ok(written),
                Err(Aborted::Refused(error)) => return Err(error),
                Err(Aborted::Lost(failure)) => return Err(failure.into_unknown()),
                Err(Aborted::Doubtful(doubtful)) => match self.find_out(&doubtful).await {
                    Some(true) => return Ok(doubtful.written),
                    Some(false) => outcome::contended(operation),
                    None => return Err(doubtful.failure.into_unknown()),
                },
                Err(Aborted::Overtaken) => outcome::contended(operation),
                Err(Aborted::Again(failure)) => failure.into_error(operation),
            };
            if !backoff.pause(self.call.left()).await {
                return Err(error);
            }
        }
        Err(outcome::contended(operation))
    }

    async fn attempt(&self, number: u32) -> Result<Vec<Written>, Aborted> {
        let session = self.link.session(self.call).await?;
        session.set_in_transaction(true);
        let result = self.within(&session, number).await;
        match &result {
            Ok(_) => session.set_in_transaction(false),
            Err(Aborted::Lost(_) | Aborted::Doubtful(_)) => {}
            // The connection is closed with the transaction.
            Err(Aborted::Again(failure)) if failure.breaks_connection() => {}
            // It is still of use.
            Err(_) => {
                let ended = session.run(self.call, session.simple("ROLLBACK")).await;
                session.set_in_transaction(ended.is_err());
            }
        }
        result
    }

    async fn within(&self, session: &Session<'_>, number: u32) -> Result<Vec<Written>, Aborted> {
        let locks = lock_statements(self.tables, self.writes);
        let locking = async {
            // It is sent when it is polled, which is before the others.
            let begin = session.simple(BEGIN);
            let id = session.statement(CURRENT, &[]);
            let rows = try_join_all(locks.iter().map(|(_, lock)| session.statement(&lock.sql, &lock.params)));
            let (begun, (id, rows)) = join(begin, join(id, rows)).await;
            begun?;
            Ok((id?, rows?))
        };
        let locked = session.run(self.call, locking).await;
        report(self.call, Attempt::new("SELECT").numbered(number), locked.as_ref().err());
        let (id, rows) = locked?;
        let begun = Begun::from_rows(&id.rows)?;
        let mut state = Locked::default();
        for ((table, _), answer) in locks.iter().zip(&rows) {
            answer.rows.iter().try_for_each(|row| state.take(table, row))?;
        }
        let stamp = self.ids.next().bytes();
        let (mut steps, mut written, mut refusal) = (Vec::new(), Vec::with_capacity(self.writes.len()), None);
        for (at, (table, write)) in self.tables.iter().zip(self.writes).enumerate() {
            match state.apply(table, write, self.call, stamp, self.writes.len() > 1) {
                Ok((told, mut own)) => {
                    own.iter_mut().for_each(|step| step.at = at);
                    steps.extend(own);
                    written.push(told);
                }
                Err(error) => {
                    refusal = Some(self.placed(error, at));
                    break;
                }
            }
        }
        let commits = refusal.is_none();
        match (self.change(session, &steps, number, commits).await, refusal) {
            (Err(Aborted::Lost(failure)), _) => {
                Err(Aborted::Doubtful(Box::new(Doubtful { failure, begun, stamp, written })))
            }
            (Err(aborted), _) => Err(aborted),
            (Ok(()), Some(error)) => Err(Aborted::Refused(error)),
            (Ok(()), None) => Ok(written),
        }
    }

    /// Sends the statements that change rows, in their order, and commits.
    async fn change(&self, session: &Session<'_>, steps: &[Step], number: u32, commits: bool) -> Result<(), Aborted> {
        // A write that is refused may stand behind one that a unique index refuses first.
        if !commits && !steps.iter().any(|step| step.may_be_taken) {
            return Ok(());
        }
        let may_be_overtaken = steps.iter().any(|step| step.expected.is_some());
        let preparing = async {
            let mut prepared = Vec::with_capacity(steps.len());
            for step in steps {
                prepared.push(session.prepare(&step.sql, &step.params).await?);
            }
            Ok(prepared)
        };
        // Nothing of a write is sent with it, so that all of them are sent in their order, and the commit last.
        let prepared = session.run(self.call, preparing).await?;
        let work = async {
            let executed = steps.iter().zip(&prepared);
            let sent =
                join_all(executed.map(|(step, prepared)| session.execute(prepared.as_ref(), &step.sql, &step.params)));
            match commits && !may_be_overtaken {
                true => {
                    let (answers, ended) = join(sent, session.simple("COMMIT")).await;
                    Ok((answers, Some(ended)))
                }
                false => Ok((sent.await, None)),
            }
        };
        let result = session.run_within(attempt_time(self.call), work).await;
        let (answers, ended) = match result {
            Ok(done) => done,
            Err(failure) if commits && !may_be_overtaken && failure.may_be_applied() => {
                report(self.call, Attempt::new("COMMIT").numbered(number).lost(), Some(&failure));
                return Err(Aborted::Lost(failure));
            }
            Err(failure) => return Err(failure.into()),
        };
        for (step, answer) in steps.iter().zip(answers) {
            match answer.map_err(Failure::from) {
                Ok(answer) if step.expected.is_some_and(|expected| expected != answer.count) => {
                    return Err(Aborted::Overtaken);
                }
                Ok(_) => {}
                Err(failure) => return Err(self.failed(step, failure, commits && !may_be_overtaken)),
            }
        }
        let ended = match ended {
            Some(ended) => ended.map_err(Failure::from),
            None if commits => session.run(self.call, session.simple("COMMIT")).await,
            None => return Ok(()),
        };
        report(self.call, Attempt::new("COMMIT").numbered(number), ended.as_ref().err());
        match ended {
            Ok(()) => Ok(()),
            Err(failure) if failure.may_be_applied() => Err(Aborted::Lost(failure)),
            Err(failure) => Err(failure.into()),
        }
    }

    /// What the failure of a statement means. If the commit was sent behind it, a connection that broke may have brought both.
    fn failed(&self, step: &Step, failure: Failure, was_committing: bool) -> Aborted {
        if let Some(index) = failure.duplicate() {
            // Expired holders were taken away before, so this one is live.
            let table = self.tables.get(step.at);
            return match table.and_then(|table| table.taken(index)) {
                Some(error) => Aborted::Refused(self.placed(error, step.at)),
                None => Aborted::Overtaken,
            };
        }
        if was_committing && failure.may_be_applied() {
            return Aborted::Lost(failure);
        }
        match failure.is_transient() {
            true => Aborted::Again(failure),
            false => Aborted::Refused(self.placed(failure.into_error(self.call.operation), step.at)),
        }
    }

    /// Whether it was committed; nothing if that cannot be found out.
    async fn find_out(&self, doubtful: &Doubtful) -> Option<bool> {
        let Self { link, call, tables, writes, .. } = *self;
        let Doubtful { begun, stamp, .. } = doubtful;
        LostCommit { link, call, tables, writes, begun, stamp: *stamp }.find_out().await
    }

    /// The error of a write, with its place if there are several.
    fn placed(&self, error: Error, at: usize) -> Error {
        let error = error.in_repository(self.tables.get(at).map_or("", |table| table.definition.repository()));
        if self.is_of_one { error } else { error.at_position(at) }
    }
}
