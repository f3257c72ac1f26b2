//! All records of a query: read page by page, or counted by the server.

use super::prepare::read::PAGE;
use crate::database::Database;
use crate::error::Result;
use crate::request::{Advance, Query};
use crate::value::Record;

/// Reads pages until the end, or until `limit` records.
pub(super) async fn read_all(
    db: &Database,
    operation: &'static str,
    mut request: Query,
    limit: Option<usize>,
) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut advance = Advance::default();
    loop {
        let left = limit.unwrap_or(usize::MAX).saturating_sub(records.len());
        request.limit = left.min(PAGE);
        // The last page need not say where the next begins, which would cost a look at one record more.
        request.wants_next = left > PAGE;
        let page = db.backend().query(db.call(operation), request.clone()).await?;
        match records.is_empty() {
            true => records = page.records,
            false => records.extend(page.records),
        }
        request.after = page.next;
        if request.after.is_none() || limit.is_some_and(|limit| records.len() >= limit) {
            records.truncate(limit.unwrap_or(usize::MAX));
            return Ok(records);
        }
        request.after.iter().try_for_each(|position| advance.to(position))?;
    }
}

/// Counts on the server; with a limit, no further than to the limit.
pub(super) async fn count(db: &Database, mut request: Query, limit: Option<usize>) -> Result<u64> {
    request.limit = limit.unwrap_or(usize::MAX);
    let all = db.backend().count(db.call("count"), request).await?;
    Ok(at_most(all, limit))
}

/// A count, or the limit if it is greater.
pub(super) fn at_most(count: u64, limit: Option<usize>) -> u64 {
    limit.and_then(|limit| u64::try_from(limit).ok()).map_or(count, |limit| count.min(limit))
}
