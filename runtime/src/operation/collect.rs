//! All records of a scan in segments, and how many records there are.

use futures_util::future::try_join_all;

use super::execute::Origin;
use super::prepare::read::{self, QueryParts, ScanParts};
use super::reading::{Collected, Reading};
use crate::database::Database;
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Query, Request};

/// Reads all segments at once, or as many records as the limit says.
pub(super) async fn read_segments(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    parts: ScanParts,
) -> Result<Collected> {
    let (origin, limit) = (Origin::new(definition, name, None), parts.limit);
    let requests = read::scan_segments(db, definition, &parts).map_err(|e| origin.name(e))?;
    let reads = requests.into_iter().map(|request| Reading::new(db, origin, Ok(request), limit));
    let segments = try_join_all(reads).await.map_err(|e| origin.name(e))?;
    let records = segments.into_iter().flatten().take(limit.unwrap_or(usize::MAX)).collect();
    Ok(Collected { records, origin, fields: parts.fields })
}

/// Counts what a query reads.
pub(super) async fn count_query(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    parts: QueryParts,
) -> Result<u64> {
    let (origin, limit) = (Origin::new(definition, name, parts.index), parts.limit);
    count(db, origin, read::query(db, definition, parts).map(|request| vec![request]), limit).await
}

/// Counts what a scan reads, all segments at once.
pub(super) async fn count_segments(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    parts: ScanParts,
) -> Result<u64> {
    let requests = read::scan_segments(db, definition, &parts);
    count(db, Origin::new(definition, name, None), requests, parts.limit).await
}

/// Counts on the server what each request reads; with a limit, no further than to the limit.
async fn count(db: &Database, origin: Origin, requests: Result<Vec<Query>>, limit: Option<usize>) -> Result<u64> {
    let origin = origin.during("count");
    let counts = requests.map_err(|e| origin.name(e))?.into_iter().map(|request| count_one(db, request, limit));
    let all = try_join_all(counts).await.map_err(|e| origin.name(e))?.iter().sum();
    // Each segment counts to the limit.
    Ok(at_most(all, limit))
}

async fn count_one(db: &Database, mut request: Query, limit: Option<usize>) -> Result<u64> {
    request.limit = limit.unwrap_or(usize::MAX);
    let all = db.backend().count(db.call("count"), request).await?;
    Ok(at_most(all, limit))
}

/// A count, or the limit if it is greater.
fn at_most(count: u64, limit: Option<usize>) -> u64 {
    limit.and_then(|limit| u64::try_from(limit).ok()).map_or(count, |limit| count.min(limit))
}

/// What would be sent for the first page of each segment; nothing is sent.
pub(super) fn explain_segments(
    db: &Database,
    definition: &'static Definition,
    name: &'static str,
    parts: &ScanParts,
) -> Result<String> {
    let explain = |requests: Vec<Query>| {
        let texts = requests.iter().map(|request| db.explain(Request::Query(request)));
        Ok(texts.collect::<Result<Vec<_>>>()?.join("\n"))
    };
    let explained = read::scan_segments(db, definition, parts).and_then(explain);
    explained.map_err(|e| Origin::new(definition, name, None).during("explain").name(e))
}
