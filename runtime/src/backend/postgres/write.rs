//! One write: a statement of its own where one can decide it, else a transaction.
//!
//! A statement that meets no row it may change says nothing of why: then a transaction follows, which sees.

use std::sync::Arc;
use std::time::Duration;

use super::failure::Failure;
use super::link::{Link, Session, attempt_time, report};
use super::param::Param;
use super::read::{Statement, backoff, read, stored};
use super::statements::{insert_sql, row_params, row_places, update_sql};
use super::table::Table;
use super::transact::Transaction;
use crate::backend::support::applied::{Applied, Until, find_applied};
use crate::backend::support::outcome;
use crate::backend::support::write_id::WriteIds;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Attempt, Call, Returning, Write, Written};
use crate::value::Record;

/// How long to look for the stamp after the connection broke.
const GRACE: Duration = Duration::from_secs(1);

/// A write as one statement.
#[derive(Debug)]
pub(super) struct Single {
    name: &'static str,
    pub(super) statement: Statement,
    gives: Gives,
}

/// What the statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    /// A row if it stored a new record.
    Created,
    /// Whether a live record was there, unless nobody asks.
    Existed,
    /// The record that it took away.
    Deleted,
    /// A row if it changed a live record; else the record has to show why.
    Replaced,
}

impl Single {
    /// The statement of a write; nothing if none can decide it.
    pub(super) fn new(table: &Table, write: &Write, call: &Call, stamp: [u8; 16]) -> Result<Option<Self>> {
        let is_free = write.condition.is_none() && write.version.is_none();
        Ok(match &write.action {
            Action::Create(record) => Some(Self::create(table, write, record, call, stamp)?),
            Action::Put(record) if is_free && write.returning != Returning::Before => {
                Some(Self::put(table, write, record, call, stamp)?)
            }
            Action::Replace(record) if is_free && write.returning != Returning::Before => {
                let mut params = row_params(table, &write.key, record, stamp)?;
                let live = live(table, call, "t.doc", &mut params);
                let sql = format!("{}{live}", update_sql(table));
                Some(Self { name: "UPDATE", statement: Statement { sql, params }, gives: Gives::Replaced })
            }
            Action::Delete if is_free => {
                let sql = format!("DELETE FROM {} WHERE {} RETURNING doc", table.name, table.is_key());
                let statement = Statement { sql, params: table.key_params(&write.key) };
                Some(Self { name: "DELETE", statement, gives: Gives::Deleted })
            }
            _ => None,
        })
    }

    fn create(table: &Table, write: &Write, record: &Record, call: &Call, stamp: [u8; 16]) -> Result<Self> {
        let mut params = row_params(table, &write.key, record, stamp)?;
        let (doc, stamp) = row_places(table);
        let conflict = match table.expired(call, "t.doc", &mut params) {
            Some(expired) => format!("UPDATE SET doc = {doc}, stamp = {stamp} WHERE {expired}"),
            None => "NOTHING".to_owned(),
        };
        let sql = format!("{} ON CONFLICT ({}) DO {conflict}", insert_sql(table), table.key_names());
        Ok(Self { name: "INSERT", statement: Statement { sql, params }, gives: Gives::Created })
    }

    fn put(table: &Table, write: &Write, record: &Record, call: &Call, stamp: [u8; 16]) -> Result<Self> {
        let mut params = row_params(table, &write.key, record, stamp)?;
        let (doc, stamp) = row_places(table);
        let store = format!(
            "{} ON CONFLICT ({}) DO UPDATE SET doc = {doc}, stamp = {stamp}",
            insert_sql(table),
            table.key_names()
        );
        let asks = write.returning != Returning::Nothing;
        let sql = match if asks { table.expired(call, "doc", &mut params) } else { None } {
            // A row that was updated has the id of the transaction that did so.
            None => format!("{store} RETURNING t.xmax::text <> '0'"),
            Some(expired) => format!(
                "WITH old AS (SELECT NOT ({expired}) AS is_live FROM {} WHERE {}) \
                 {store} RETURNING t.xmax::text <> '0' AND COALESCE((SELECT is_live FROM old), true)",
                table.name,
                table.is_key()
            ),
        };
        Ok(Self { name: "INSERT", statement: Statement { sql, params }, gives: Gives::Existed })
    }
}

/// That the record in a column is live, after other conditions.
fn live(table: &Table, call: &Call, doc: &str, params: &mut Vec<Param>) -> String {
    table.expired(call, doc, params).map_or_else(String::new, |expired| format!(" AND NOT ({expired})"))
}

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
        let answer = sent?;
        Ok(match single.gives {
            Gives::Created if answer.count == 0 => {
                return Err(Error::new(ErrorKind::AlreadyExists, "a live record has this key").into());
            }
            Gives::Created => Next::Done(Written::existed(false)),
            Gives::Existed => {
                let row = answer.rows.first().ok_or_else(|| Failure::Lost("the answer has no row".to_owned()))?;
                Next::Done(Written::existed(row.try_get(0)?))
            }
            Gives::Replaced if answer.count == 0 => Next::Undecided,
            Gives::Replaced => Next::Done(Written::existed(true)),
            Gives::Deleted => {
                let record = answer.rows.first().map(|row| self.table.record(row, 0)).transpose()?;
                let live = record.filter(|record| record.is_live(self.write.definition, self.call));
                Next::Done(self.write.told().written(live.as_ref(), None))
            }
        })
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
            Some(()) if self.write.told() == Returning::Before => Err(outcome::lost_record()),
            Some(()) => Ok(Written::existed(matches!(self.write.action, Action::Replace(_)))),
            None => Err(failure.into_unknown()),
        }
    }
}

/// A write that is known by its stamp.
struct Stamped<'a> {
    sender: &'a Sender<'a>,
    stamp: [u8; 16],
}

impl Applied for Stamped<'_> {
    type Written = ();

    async fn find(&self) -> Result<Option<()>> {
        let Sender { link, call, table, write, .. } = self.sender;
        let mut params = table.key_params(&write.key);
        params.push(Param::Stamp(self.stamp));
        let place = params.len();
        let sql = format!("SELECT 1 FROM {} WHERE {} AND stamp = ${place}", table.name, table.is_key());
        let rows = read(link, call, &Statement { sql, params }).await?;
        Ok((!rows.is_empty()).then_some(()))
    }
}
