//! Records that have expired: which they are, and how they are taken away.

use super::failure::Failure;
use super::link::Session;
use super::names::literal;
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
