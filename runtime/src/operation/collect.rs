//! All records of a scan in segments, and how many records there are.

use futures_util::future::try_join_all;

use super::execute::Origin;
use super::reading::{Collected, Reading};
use crate::database::Database;
use crate::error::Result;
use crate::request::{Query, Request};

/// Reads all segments at once, or as many records as the limit says.
pub(super) async fn read_segments(
    db: &Database,
    origin: Origin,
    requests: Result<Vec<Query>>,
    limit: Option<usize>,
) -> Result<Collected> {
    let requests = requests.map_err(|e| origin.name(e))?;
    let fields = requests.first().and_then(|request| request.projection);
    let reads = requests.into_iter().map(|request| Reading::new(db, origin, Ok(request), limit));
    let segments = try_join_all(reads).await.map_err(|e| origin.name(e))?;
    let records = segments.into_iter().flatten().take(limit.unwrap_or(usize::MAX)).collect();
    Ok(Collected { records, origin, fields })
}

/// Counts on the server what each request reads; with a limit, no further than to the limit.
pub(super) async fn count(
    db: &Database,
    origin: Origin,
    requests: Result<Vec<Query>>,
    limit: Option<usize>,
) -> Result<u64> {
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
pub(super) fn explain_segments(db: &Database, origin: Origin, requests: Result<Vec<Query>>) -> Result<String> {
    let explain = |requests: Vec<Query>| {
        let texts = requests.iter().map(|request| db.explain(Request::Query(request)));
        Ok(texts.collect::<Result<Vec<_>>>()?.join("\n"))
    };
    requests.and_then(explain).map_err(|e| origin.during("explain").name(e))
}
