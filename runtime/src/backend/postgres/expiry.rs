//! Records that have expired: which they are, and how they are taken away.

use std::sync::Arc;
use std::time::Duration;

use super::failure::Failure;
use super::link::{Link, Session};
use super::names::literal;
use super::param::Param;
use super::table::Table;
use crate::definition::TimeUnit;
use crate::request::{Attempt, Call};
use crate::value::EXPIRES;

/// When a record expires in seconds, as an expression that is indexed; null if it does not.
pub(super) fn expiry_sql(table: &Table) -> String {
    let definition = table.definition;
    let mark = format!("CASE WHEN jsonb_typeof(doc->'{EXPIRES}') = 'number' THEN (doc->>'{EXPIRES}')::numeric");
    let Some((field, ttl)) = definition.ttl_name().zip(definition.ttl()) else { return format!("({mark} END)") };
    let field = literal(field);
    let unit = match ttl.unit {
        TimeUnit::Seconds => "",
        TimeUnit::Milliseconds | TimeUnit::WholeMilliseconds => " / 1000",
    };
    format!(
        "({mark} WHEN jsonb_typeof(doc->{field}) = 'number' THEN (doc->>{field})::numeric{unit} + {} END)",
        ttl.seconds
    )
}

/// Deletes all records that have expired.
pub(super) async fn delete_all(session: &Session<'_>, call: &Call, table: &Table) -> Result<(), Failure> {
    let mut params = Vec::new();
    let Some(expired) = table.expired(call, "doc", &mut params) else { return Ok(()) };
    let sql = format!("DELETE FROM {} WHERE {expired}", table.name);
    session.send(call, Attempt::new("DELETE"), &sql, &params).await.map(drop)
}

/// How many seconds pass between two sweeps of a repository.
const PAUSE: i64 = 10;
/// How many records one sweep takes away, so that no other call waits for it.
const SWEEP: i64 = 1000;
/// How long a sweep may take.
const LONGEST: Duration = Duration::from_secs(10);

/// Takes some of the expired records away in the background, if it was not done lately. No reader sees them any more.
pub(super) fn sweep(link: &Link, call: &Call, table: &Arc<Table>) {
    if table.definition.ttl().is_none() || !table.is_sweep_due(call.now_seconds(), PAUSE) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let (link, table, call) = (link.clone(), table.clone(), Call::new("expiry", call.now, LONGEST));
    runtime.spawn(async move {
        let expiry = expiry_sql(&table);
        let sql = format!(
            "DELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} WHERE {expiry} IS NOT NULL AND {expiry} <= $1 \
             LIMIT $2 FOR UPDATE SKIP LOCKED)) AND {expiry} <= $1",
            table.name
        );
        let params = [Param::Integer(call.now_seconds().into()), Param::Int(SWEEP)];
        if let Ok(session) = link.session(&call).await {
            // What is left is swept the next time.
            let _ = session.send(&call, Attempt::new("DELETE"), &sql, &params).await;
        }
    });
}
