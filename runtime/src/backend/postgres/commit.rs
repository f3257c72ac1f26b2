//! What became of a commit whose answer was lost.
//!
//! The server says of a transaction's id whether it was committed. A server that crashed, or a replica in its place, gives ids
//! anew that it lost, and then speaks of another's transaction: so its word counts only if it has run all the while.

use std::sync::Arc;

use tokio_postgres::Row;

use super::failure::Failure;
use super::link::Link;
use super::param::Param;
use super::read::{Statement, backoff, by_table, read};
use super::stamped::is_stamped;
use super::table::Table;
use crate::error::Result;
use crate::request::{Call, RecordKey, Write};

/// The id of the transaction under way, when its server was started, and the time by the server's clock.
pub(super) const CURRENT: &str = "SELECT pg_current_xact_id()::text, \
    extract(epoch FROM pg_postmaster_start_time())::text, extract(epoch FROM now())::text";

/// What is known of an id. After a crash that the server itself did not end by, it counts its statistics anew.
const STATUS: &str = "SELECT pg_xact_status($1::text::xid8), COALESCE(\
    extract(epoch FROM pg_postmaster_start_time())::text = $2 \
    AND (SELECT extract(epoch FROM stats_reset) < $3::text::numeric FROM pg_stat_archiver), false)";

/// A transaction that was begun.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    id: String,
    server_start: String,
    at: String,
}

impl Begun {
    /// What the answer to [`CURRENT`] says.
    pub(super) fn from_rows(rows: &[Row]) -> Result<Self, Failure> {
        let row = rows.first().ok_or_else(|| Failure::Lost("the answer has no row".to_owned()))?;
        Ok(Self { id: row.try_get(0)?, server_start: row.try_get(1)?, at: row.try_get(2)? })
    }
}

/// A commit whose answer was lost.
pub(super) struct LostCommit<'a> {
    pub(super) link: &'a Link,
    pub(super) call: &'a Call,
    /// The table of each write.
    pub(super) tables: &'a [Arc<Table>],
    pub(super) writes: &'a [Write],
    pub(super) begun: &'a Begun,
    pub(super) stamp: [u8; 16],
}

impl LostCommit<'_> {
    /// Whether it happened, as soon as the server says so; nothing if that cannot be found out.
    pub(super) async fn find_out(&self) -> Option<bool> {
        let Begun { id, server_start, at } = self.begun;
        let params = [id, server_start, at].map(|text| Param::Text(text.clone())).to_vec();
        let statement = Statement { sql: STATUS.to_owned(), params };
        let mut backoff = backoff();
        loop {
            if let Ok(rows) = read(self.link, self.call, &statement).await
                && let Some(row) = rows.first()
                && let Ok(Some(status)) = row.try_get::<_, Option<&str>>(0)
            {
                let ran_on = row.try_get(1).unwrap_or(false);
                match status {
                    "committed" if ran_on => return Some(true),
                    "committed" => return self.left_a_stamp().await.then_some(true),
                    // Were it committed, no server that has the commit would have given its id anew.
                    "aborted" => return Some(false),
                    // The session is still at it.
                    _ => {}
                }
            }
            if !backoff.pause(self.call.left()).await {
                return None;
            }
        }
    }

    /// Whether a row bears its stamp, which proves it. None of them may, if others wrote them since.
    async fn left_a_stamp(&self) -> bool {
        for (table, keys) in by_table(self.tables, self.writes.iter().map(|write| &write.key)) {
            let keys: Vec<&RecordKey> = keys.into_iter().map(|(_, key)| key).collect();
            if is_stamped(self.link, self.call, &table, &keys, self.stamp).await.unwrap_or(false) {
                return true;
            }
        }
        false
    }
}
