//! One write: a statement of its own where one can decide it, else a transaction.
//!
//! A statement that meets no row it may change says nothing of why: then a transaction follows, which sees.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;

use super::failure::Failure;
use super::link::{Answer, Link, Session, attempt_time};
use super::param::Param;
use super::read::{Statement, backoff, read, stored};
use super::single::{Gives, Single};
use super::table::Table;
use super::transact::Transaction;
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::backend::support::attempt::report;
use crate::backend::support::outcome;
use crate::backend::support::write_id::WriteIds;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Attempt, Call, Returning, Write, Written};

/// How long to look for the stamp after the connection broke.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// What becomes of an attempt at a statement.
enum Next {
    Done(Written),
    /// A transaction has to decide.
    Undecided,
}

/// A write under way.
pub(super) struct Sender<'a> {
    pub(super) link: &'a Link,
    pub(super) call: &'a Call,
    pub(super) table: &'a Arc<Table>,
    pub(super) write: &'a Write,
    pub(super) ids: &'a WriteIds,
}

impl Sender<'_> {
    pub(super) async fn run(&self) -> Result<Written> {
        if matches!(self.write.action, Action::Check) {
            let found = stored(self.link, self.call, self.table, &self.write.key).await?;
            self.write.judge(found.as_ref(), self.call)?;
            return Ok(self.write.told().written(found.as_ref(), None));
        }
        let stamp = self.ids.next().bytes();
        if let Some(single) = Single::new(self.table, self.write, self.call, stamp)?
            && let Next::Done(written) = self.send(&single, stamp).await?
        {
            return Ok(written);
        }
        self.in_transaction().await
    }

    /// Boxed, since most writes have no need of it.
    async fn in_transaction(&self) -> Result<Written> {
        let transaction = Transaction {
            link: self.link,
            call: self.call,
            tables: std::slice::from_ref(self.table),
            writes: std::slice::from_ref(self.write),
            ids: self.ids,
            is_of_one: true,
        };
        let written = Box::pin(transaction.run()).await?;
        written.into_iter().next().ok_or_else(|| outcome::unknown("the answer says nothing of it"))
    }

    async fn send(&self, single: &Single, stamp: [u8; 16]) -> Result<Next> {
        let mut backoff = backoff();
        for number in 1_u32.. {
            let failure = match self.attempt(single, number).await {
                Ok(next) => return Ok(next),
                Err(failure) => failure,
            };
            if let Some(index) = failure.duplicate() {
                // An expired holder is taken away by a transaction.
                let expires = self.table.definition.ttl().is_some();
                return match self.table.taken(index).filter(|_| !expires) {
                    Some(error) => Err(error),
                    None => Ok(Next::Undecided),
                };
            }
            if failure.is_of_data() {
                // What is stored is not what the statement reads: a transaction looks at it.
                return Ok(Next::Undecided);
            }
            if failure.may_be_applied() {
                return self.resolve(failure, stamp).await.map(Next::Done);
            }
            if !failure.is_transient() || !backoff.pause(self.call.left()).await {
                return Err(failure.into_error(self.call.operation));
            }
        }
        Err(outcome::contended(self.call.operation))
    }

    async fn attempt(&self, single: &Single, number: u32) -> Result<Next, Failure> {
        let session: Session<'_> = self.link.session(self.call).await?;
        let Statement { sql, params } = &single.statement;
        let sent = session.run_within(attempt_time(self.call), session.statement(sql, params)).await;
        let attempt = Attempt::new(single.name).numbered(number);
        let is_lost = sent.as_ref().is_err_and(Failure::may_be_applied);
        report(self.call, if is_lost { attempt.lost() } else { attempt }, sent.as_ref().err());
        self.read_answer(single, &sent?).map_err(|failure| match failure {
            Failure::Own(error) if error.kind() == ErrorKind::Codec => {
                Failure::Lost(format!("the answer cannot be read: {}", error.message()))
            }
            other => other,
        })
    }

    /// What the answer to a statement says. If it cannot be read, the write was done all the same.
    fn read_answer(&self, single: &Single, answer: &Answer) -> Result<Next, Failure> {
        Ok(match single.gives {
            Gives::Created if answer.count == 0 => {
                return Err(Error::new(ErrorKind::AlreadyExists, "a live record has this key").into());
            }
            Gives::Created => Next::Done(Written::existed(false)),
            Gives::Updated | Gives::Upserted | Gives::DeletedIf | Gives::Existed if answer.count == 0 => {
                Next::Undecided
            }
            Gives::Existed => {
                let row = answer.rows.first().ok_or_else(|| Failure::Lost("the answer has no row".to_owned()))?;
                Next::Done(Written::existed(row.try_get(0)?))
            }
            Gives::Replaced if answer.count == 0 => Next::Undecided,
            Gives::Replaced => Next::Done(Written::existed(true)),
            Gives::Updated | Gives::Upserted => Next::Done(self.updated(single, answer.rows.first())?),
            Gives::Deleted | Gives::DeletedIf => {
                let record = answer.rows.first().map(|row| self.table.record(row, 0)).transpose()?;
                let live = record.filter(|record| record.is_live(self.write.definition, self.call));
                Next::Done(self.write.told().written(live.as_ref(), None))
            }
        })
    }

    fn updated(&self, single: &Single, row: Option<&Row>) -> Result<Written, Failure> {
        let Some(row) = row else { return Ok(Written::existed(true)) };
        let (existed, doc) = match single.gives {
            Gives::Upserted => (row.try_get(0)?, 1),
            _ => (true, 0),
        };
        let mut written = Written::existed(existed);
        if self.write.told() == Returning::After {
            written.record = Some(self.table.record(row, doc)?);
        }
        Ok(written)
    }

    /// Looks for the stamp of a write whose answer was lost.
    async fn resolve(&self, failure: Failure, stamp: [u8; 16]) -> Result<Written> {
        // A deleted record bears no stamp.
        if matches!(self.write.action, Action::Delete) {
            return Err(failure.into_unknown());
        }
        let until = match failure {
            // The server may apply it at any time.
            Failure::TimedOut => Until::Deadline,
            // Nothing comes through a broken connection any more.
            _ => Until::Grace(GRACE),
        };
        let stamped = Stamped { sender: self, stamp };
        match find_applied(&stamped, until, backoff(), || self.call.left()).await {
            Some(Some(written)) => Ok(written),
            Some(None) | None => Err(failure.into_unknown()),
        }
    }
}

/// A write that is known by its stamp.
struct Stamped<'a> {
    sender: &'a Sender<'a>,
    stamp: [u8; 16],
}

impl Applied for Stamped<'_> {
    /// Nothing if the record that it left cannot be read.
    type Written = Option<Written>;

    async fn find(&self) -> Result<Option<Option<Written>>> {
        let Sender { link, call, table, write, .. } = self.sender;
        let mut params = table.key_params(&write.key);
        params.push(Param::Stamp(self.stamp));
        let place = params.len();
        let sql = format!("SELECT doc FROM {} WHERE {} AND stamp = ${place}", table.name, table.is_key());
        let rows = read(link, call, &Statement { sql, params }).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        // Whether a put or an upsert met a record is not to be seen any more.
        let mut written = Written::existed(matches!(write.action, Action::Replace(_) | Action::Update(_)));
        if write.told() == Returning::After {
            let Ok(record) = table.record_of(row, 0, &write.key) else { return Ok(Some(None)) };
            written.record = Some(record);
        }
        Ok(Some(Some(written)))
    }
}
