//! Tables that are taken away, and their rows.

use super::super::failure::Failure;
use super::super::link::Link;
use super::super::table::Table;
use super::super::transact::BEGIN;
use super::catalog;
use super::lock::Locked;
use super::looking::again;
use crate::backend::support::attempt::report;
use crate::error::Result;
use crate::request::{Attempt, Call};

/// Takes the table away, and what is written down of it.
pub(in super::super) async fn drop_repository(link: &Link, call: &Call, schema: &str, table: &Table) -> Result<()> {
    again(call, || async {
        let locked = Locked::new(link, call, schema).await?;
        let session = locked.session();
        let work = async {
            // A table that is not noted was not made by the library.
            if !catalog::is_noted(session, call, schema, table.definition).await? {
                return Ok(());
            }
            let forget = catalog::forget_sql(schema, table.definition);
            let sql = format!("{BEGIN}; DROP TABLE IF EXISTS {}; {forget}; COMMIT", table.name);
            let done = session.run_within(call.left(), session.simple(&sql)).await;
            report(call, Attempt::new("DROP TABLE"), done.as_ref().err());
            done
        };
        let done: Result<(), Failure> = work.await;
        match done {
            // Closed, the connection leaves no transaction.
            Err(failure) => Err(failure),
            Ok(()) => {
                locked.unlock(call).await;
                Ok(())
            }
        }
    })
    .await
}

/// Deletes all records.
pub(in super::super) async fn truncate(link: &Link, call: &Call, table: &Table) -> Result<()> {
    let sql = format!("DELETE FROM {}", table.name);
    again(call, || async {
        let session = link.session(call).await?;
        session.send(call, Attempt::new("DELETE"), &sql, &[]).await.map(drop)
    })
    .await
}
