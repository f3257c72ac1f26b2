//! Attempts at what only looks, or may be done again.

use tokio_postgres::Row;

use super::super::failure::Failure;
use super::super::link::Session;
use super::super::read::backoff;
use crate::error::Result;
use crate::request::{Attempt, Call};

/// Does a thing again if it fails for a reason that passes, until the deadline.
pub(super) async fn again<T, W: Future<Output = Result<T, Failure>>>(
    call: &Call,
    mut work: impl FnMut() -> W,
) -> Result<T> {
    let mut backoff = backoff();
    loop {
        let failure = match work().await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        if !failure.is_transient() || !backoff.pause(call.left()).await {
            return Err(failure.into_error(call.operation));
        }
    }
}

/// Rows of what only looks.
pub(super) async fn rows(session: &Session<'_>, call: &Call, sql: &str) -> Result<Vec<Row>, Failure> {
    Ok(session.send(call, Attempt::new("SELECT"), sql, &[]).await?.rows)
}
