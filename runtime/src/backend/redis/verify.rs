//! What others broke of a repository's indexes: entries that are missing. Those that are too many are skipped by every
//! read, and taken away on the way.

use redis::Value;

use super::define::push_record;
use super::layout::{Entries, Layout};
use super::query::{Found, Walk};
use super::script::{INDEX, Invocation, VERIFY};
use super::server::{Server, bytes, list, unreadable};
use crate::error::Result;
use crate::request::{Call, RecordKey, Verify};

/// How many records are looked at with one script.
const BATCH: usize = 200;

/// Finds what is missing, a line each, and puts it in its place if asked to.
pub(super) async fn verify(server: &Server, call: &Call, layout: &Layout, verify: Verify) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut walk = Walk::new(server, layout);
    while let Some(found) = walk.next(call, BATCH).await? {
        let mut live = Vec::with_capacity(found.len());
        for found in found.into_iter().filter(|(_, record, _)| record.is_live(verify.definition, call)) {
            let entries = layout.entries(&found.1)?;
            live.push((found, entries));
        }
        for (at, field) in find_missing(server, call, layout, &live).await? {
            let Some((found, entries)) = live.get(at) else { return Err(unreadable(VERIFY.name)) };
            let index = field.get(2..).unwrap_or_default();
            let key = RecordKey::from_record(verify.definition, &found.1)?;
            let key = key.parts().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
            lines.push(format!("{index}: record {key} is not in it"));
            if verify.repair {
                repair(server, call, layout, found, entries).await?;
            }
        }
    }
    Ok(lines)
}

/// The entries that are missing: of each the position of its record, and the field.
async fn find_missing(
    server: &Server,
    call: &Call,
    layout: &Layout,
    records: &[(Found, Entries)],
) -> Result<Vec<(usize, String)>> {
    let mut invocation = Invocation::new(&VERIFY, vec![layout.schema_key()]);
    for ((primary, _, stamp), entries) in records {
        invocation.push(primary.as_slice());
        invocation.push(stamp.as_slice());
        invocation.push_number(entries.len());
        for (field, values) in entries {
            invocation.push(field.as_bytes());
            invocation.push(values.as_slice());
        }
    }
    let mut parts = list(server.run(call, &invocation).await?, VERIFY.name)?.into_iter();
    let mut missing = Vec::new();
    while let Some((at, field)) = parts.next().zip(parts.next()) {
        let Value::Int(at) = at else { return Err(unreadable(VERIFY.name)) };
        let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
        let field = bytes(field).and_then(|field| String::from_utf8(field).ok());
        missing.push(at.zip(field).ok_or_else(|| unreadable(VERIFY.name))?);
    }
    Ok(missing)
}

/// Puts a record into its indexes. A unique value that another record holds stays that one's.
async fn repair(server: &Server, call: &Call, layout: &Layout, found: &Found, entries: &Entries) -> Result<()> {
    let (primary, record, stamp) = found;
    for entry in entries {
        let mut invocation = Invocation::new(&INDEX, vec![layout.schema_key()]);
        invocation.push(layout.generation.clone().into_bytes());
        invocation.push_number(call.now_seconds());
        let expiry = record.expires().filter(|_| layout.schema.expires);
        push_record(&mut invocation, primary, stamp, expiry, None, std::slice::from_ref(entry));
        server.run(call, &invocation).await?;
    }
    Ok(())
}
