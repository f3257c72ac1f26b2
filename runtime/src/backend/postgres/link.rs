//! Connections: lent for an exchange, and given back only if it came to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::TryStreamExt as _;
use tokio_postgres::{NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::{Failure, cause_of};
use super::param::Param;
use crate::backend::support::attempt::report;
use crate::error::Error;
use crate::request::{Attempt, Call};

/// With no more than this left, all of it goes into one last attempt.
const LAST_ATTEMPT: Duration = Duration::from_millis(100);
/// How long the server may take to be told that a statement is not wanted any more.
const CANCEL: Duration = Duration::from_secs(2);

/// How long an attempt may take, so that time is left to make another or to find out what became of it.
pub(super) fn attempt_time(call: &Call) -> Duration {
    let left = call.left();
    if left <= LAST_ATTEMPT { left } else { left.mul_f64(0.6) }
}

/// The pool, and how statements are sent.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) pool: Pool,
    pub(super) tls: Option<MakeRustlsConnect>,
    /// Whether statements are prepared under names, which a connection keeps.
    pub(super) prepares: bool,
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    /// How many rows it changed or gave.
    pub(super) count: u64,
}

/// A connection that is lent.
pub(super) struct Session<'a> {
    client: Option<Object>,
    link: &'a Link,
    /// Whether an exchange has not come to its end.
    is_busy: AtomicBool,
    in_transaction: AtomicBool,
}

impl Link {
    /// A connection, as soon as there is one.
    pub(super) async fn session(&self, call: &Call) -> Result<Session<'_>, Failure> {
        let time = attempt_time(call);
        if time.is_zero() {
            return Err(Failure::Unsent);
        }
        let client = match tokio::time::timeout(time, self.pool.get()).await {
            Ok(Ok(client)) => client,
            Ok(Err(deadpool_postgres::PoolError::Backend(error))) => return Err(unreached(error)),
            Ok(Err(error)) => return Err(Failure::Unreached(cause_of(&error))),
            Err(_) => return Err(Failure::Unreached("none became free in time, and no new one was made".to_owned())),
        };
        let (is_busy, in_transaction) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Session { client: Some(client), link: self, is_busy, in_transaction })
    }

    /// Tells the server that the statement under way is not wanted any more. It is done in the background.
    fn cancel(&self, client: &Object) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (token, tls) = (client.cancel_token(), self.tls.clone());
        runtime.spawn(async move {
            let sent = async {
                match tls {
                    Some(tls) => token.cancel_query(tls).await,
                    None => token.cancel_query(NoTls).await,
                }
            };
            // The connection is given up in any case.
            let _ = tokio::time::timeout(CANCEL, sent).await;
        });
    }
}

/// The failure to make a connection: nothing was sent.
fn unreached(error: tokio_postgres::Error) -> Failure {
    // The driver has no other word for what it lacks, such as a password that the server asks for.
    let text = error.to_string();
    if ["invalid configuration", "authentication error"].iter().any(|kind| text.starts_with(kind)) {
        return Error::config(format!("the server does not take these settings: {}", cause_of(&error))).into();
    }
    match Failure::from(error) {
        Failure::Lost(cause) => Failure::Unreached(cause),
        other => other,
    }
}

impl Session<'_> {
    /// Sends a statement, and reports it as `request`.
    pub(super) async fn send(
        &self,
        call: &Call,
        attempt: Attempt<'_>,
        sql: &str,
        params: &[Param],
    ) -> Result<Answer, Failure> {
        let result = self.run(call, self.statement(sql, params)).await;
        report(call, attempt, result.as_ref().err());
        result
    }

    /// A statement, to be sent within [`run`](Self::run).
    pub(super) async fn statement(&self, sql: &str, params: &[Param]) -> Result<Answer, tokio_postgres::Error> {
        let prepared = self.prepare(sql, params).await?;
        self.execute(prepared.as_ref(), sql, params).await
    }

    /// Prepares a statement if they are prepared and this one is not yet.
    pub(super) async fn prepare(
        &self,
        sql: &str,
        params: &[Param],
    ) -> Result<Option<tokio_postgres::Statement>, tokio_postgres::Error> {
        let Some(client) = self.client.as_ref().filter(|_| self.link.prepares) else { return Ok(None) };
        let types: Vec<_> = params.iter().map(Param::sql_type).collect();
        client.prepare_typed_cached(sql, &types).await.map(Some)
    }

    /// A statement that was prepared if they are: it is sent when it is polled first.
    pub(super) async fn execute(
        &self,
        prepared: Option<&tokio_postgres::Statement>,
        sql: &str,
        params: &[Param],
    ) -> Result<Answer, tokio_postgres::Error> {
        let Some(client) = &self.client else { return Ok(Answer::default()) };
        let rows = match prepared {
            Some(statement) => client.query_raw(statement, params).await?,
            None => client.query_typed_raw(sql, params.iter().map(|param| (param, param.sql_type()))).await?,
        };
        let mut rows = std::pin::pin!(rows);
        let mut found = Vec::new();
        while let Some(row) = rows.try_next().await? {
            found.push(row);
        }
        Ok(Answer { rows: found, count: rows.rows_affected().unwrap_or_default() })
    }

    /// Statements without values, to be sent within [`run`](Self::run).
    pub(super) async fn simple(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        match &self.client {
            Some(client) => client.batch_execute(sql).await,
            None => Ok(()),
        }
    }

    /// Waits for an exchange, but no longer than an attempt may take.
    pub(super) async fn run<T>(
        &self,
        call: &Call,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        self.run_within(attempt_time(call), work).await
    }

    /// The same, but no longer than `time`.
    pub(super) async fn run_within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        if time.is_zero() {
            return Err(Failure::Unsent);
        }
        self.is_busy.store(true, Ordering::Relaxed);
        let failure = match tokio::time::timeout(time, work).await {
            Ok(Ok(done)) => {
                self.is_busy.store(false, Ordering::Relaxed);
                return Ok(done);
            }
            Ok(Err(error)) => Failure::from(error),
            Err(_) => Failure::TimedOut,
        };
        self.is_busy.store(failure.breaks_connection(), Ordering::Relaxed);
        Err(failure)
    }

    /// Says whether a transaction is open on it. If one is, the connection is not lent to anyone else.
    pub(super) fn set_in_transaction(&self, is_open: bool) {
        self.in_transaction.store(is_open, Ordering::Relaxed);
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let (is_busy, is_open) = (*self.is_busy.get_mut(), *self.in_transaction.get_mut());
        if let Some(client) = self.client.take()
            && (is_busy || is_open)
        {
            if is_busy && !client.is_closed() {
                self.link.cancel(&client);
            }
            // Taken out of the pool, it is closed: the server takes back what was not committed.
            drop(Object::take(client));
        }
    }
}
