//! Records that have expired: which they are, and how they are taken away.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::failure::Failure;
use super::link::{Link, Session};
use super::names::literal;
use super::param::Param;
use super::table::{Table, bind};
use crate::backend::support::retry::Backoff;
use crate::clock::Clock;
use crate::definition::TimeUnit;
use crate::request::{Attempt, Call};
use crate::value::EXPIRES;

/// The column of the instant at which a record expires, which the server computes from it; nothing if the model has no ttl.
///
/// It is for those who read with SQL, and for the sweep. What has expired for a call is judged by the record itself, as
/// another release may have defined the column.
pub(super) fn column_sql(table: &Table) -> Option<String> {
    // What a program can show as a date: the years 1 to 9999.
    const FIRST: i64 = -62_135_596_800;
    const AFTER: i64 = 253_402_300_800;
    let seconds = seconds_sql(table)?;
    Some(format!(
        "{COLUMN} timestamptz GENERATED ALWAYS AS (CASE WHEN {seconds} < {FIRST} THEN '-infinity' \
         WHEN {seconds} < {AFTER} THEN to_timestamp(({seconds})::float8) \
         WHEN {seconds} IS NOT NULL THEN 'infinity' END) STORED"
    ))
}

/// When a record expires in seconds; null if it does not.
fn seconds_sql(table: &Table) -> Option<String> {
    let definition = table.definition;
    let (field, ttl) = definition.ttl_name().zip(definition.ttl())?;
    let field = literal(field);
    let number = format!("(doc->>{field})::numeric");
    let number = match ttl.unit {
        TimeUnit::Seconds => number,
        TimeUnit::Milliseconds | TimeUnit::WholeMilliseconds => format!("ceil({number} * 0.001)"),
    };
    Some(format!(
        "CASE WHEN jsonb_typeof(doc->'{EXPIRES}') = 'number' THEN (doc->>'{EXPIRES}')::numeric \
         WHEN jsonb_typeof(doc->{field}) = 'number' THEN {number} + {} END",
        ttl.seconds
    ))
}

/// Deletes all records that have expired.
pub(super) async fn delete_all(session: &Session<'_>, call: &Call, table: &Table) -> Result<(), Failure> {
    let mut params = Vec::new();
    let Some(expired) = table.expired(call, "doc", &mut params) else { return Ok(()) };
    let sql = format!("DELETE FROM {} WHERE {expired}", table.name);
    session.send(call, Attempt::new("DELETE"), &sql, &params).await.map(drop)
}

/// The column of expiries.
pub(super) const COLUMN: &str = "expires";

/// How long it is about from one sweep of a repository to the next.
const PAUSE: Duration = Duration::from_secs(10);
/// How many records one sweep takes away, so that no other call waits for it.
const SWEEP: i64 = 1000;

/// The time by the database's clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Now {
    /// The clock, if it is known.
    clock: Option<Arc<dyn Clock>>,
    /// The time of the last call, or nothing.
    seen: Arc<AtomicI64>,
}

impl Now {
    pub(super) fn of_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// Notes the time of a call.
    pub(super) fn note(&self, call: &Call) {
        if self.clock.is_none() {
            self.seen.store(call.now, Ordering::Relaxed);
        }
    }

    fn millis(&self) -> Option<i64> {
        match &self.clock {
            Some(clock) => Some(clock.now_millis()),
            None => Some(self.seen.load(Ordering::Relaxed)).filter(|seen| *seen != 0),
        }
    }
}

/// Takes expired records away in the background, some at a time, for as long as the database is there. No reader sees them
/// any more.
pub(super) fn keep_sweeping(link: &Link, table: &Arc<Table>, now: &Now) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let (pool, tls, prepares) = (link.pool.weak(), link.tls.clone(), link.prepares);
    let (table, now) = (table.clone(), now.clone());
    runtime.spawn(async move {
        // Not at the same time as other processes.
        let mut pauses = Backoff::steady(PAUSE);
        loop {
            tokio::time::sleep(pauses.next_pause()).await;
            let Some(pool) = pool.upgrade() else { return };
            let link = Link { pool, tls: tls.clone(), prepares };
            if let Some(now) = now.millis() {
                sweep(&link, &table, now).await;
            }
        }
    });
}

async fn sweep(link: &Link, table: &Table, now: i64) {
    let call = Call::new("expiry", now, PAUSE);
    let mut params = vec![Param::Integer(call.now_seconds().into())];
    let Some(expired) = table.expired(&call, "doc", &mut params) else { return };
    let most = bind(&mut params, Param::Int(SWEEP));
    // The index of the column finds them. Another release may have defined it: what goes has expired for this model too.
    let sql = format!(
        "DELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} WHERE {COLUMN} <= to_timestamp($1::float8) \
         AND {expired} LIMIT {most} FOR UPDATE SKIP LOCKED)) AND {expired}",
        table.name
    );
    if let Ok(session) = link.session(&call).await {
        // What is left is swept the next time.
        let _ = session.send(&call, Attempt::new("DELETE"), &sql, &params).await;
    }
}
