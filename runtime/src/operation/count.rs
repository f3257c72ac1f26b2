use crate::database::Database;
use crate::error::Result;
use crate::request;

/// Counts on the server; with a limit, no further than to the limit.
pub(super) async fn count(db: &Database, mut request: request::Query, limit: Option<usize>) -> Result<u64> {
    request.limit = limit.unwrap_or(usize::MAX);
    let all = db.backend().count(db.call("count"), request).await?;
    Ok(limit.and_then(|limit| u64::try_from(limit).ok()).map_or(all, |limit| all.min(limit)))
}
