//! The indexes of a table, and its column of expiries: which there are, and whether they can be used.

use super::super::expiry::{COLUMN, column_sql};
use super::super::failure::Failure;
use super::super::link::Session;
use super::super::names::{identifier, literal};
use super::super::param::Param;
use super::super::table::Table;
use super::looking::rows;
use crate::backend::support::attempt::report;
use crate::request::{Attempt, Call};

/// An index that is there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    /// Whether it was made to its end.
    pub(super) is_valid: bool,
}

pub(super) async fn found_indexes(
    session: &Session<'_>,
    call: &Call,
    schema: &str,
    table: &Table,
) -> Result<Vec<Found>, Failure> {
    const SQL: &str = "SELECT index.relname::text, i.indisvalid AND i.indisready FROM pg_index AS i \
        JOIN pg_class AS index ON index.oid = i.indexrelid JOIN pg_class AS own ON own.oid = i.indrelid \
        JOIN pg_namespace AS n ON n.oid = own.relnamespace WHERE n.nspname::text = $1 AND own.relname::text = $2";
    let params = [Param::Text(schema.to_owned()), Param::Text(table.plain.clone())];
    let answer = session.send(call, Attempt::new("SELECT"), SQL, &params).await?;
    let found = answer.rows.iter().map(|row| Ok(Found { name: row.try_get(0)?, is_valid: row.try_get(1)? }));
    found.collect()
}

/// Whether there is a column of expiries.
pub(super) async fn has_expiry_column(session: &Session<'_>, call: &Call, table: &Table) -> Result<bool, Failure> {
    let sql = format!(
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = '{COLUMN}' AND attgenerated <> ''",
        literal(&table.name)
    );
    Ok(!rows(session, call, &sql).await?.is_empty())
}

/// Makes the column of expiries, in the place of another if there is one. The rows are written anew, and others wait.
pub(super) async fn add_expiry_column(session: &Session<'_>, call: &Call, table: &Table) -> Result<(), Failure> {
    let Some(column) = column_sql(table) else { return Ok(()) };
    let sql = format!("ALTER TABLE {} DROP COLUMN IF EXISTS {COLUMN}, ADD COLUMN {column}", table.name);
    alter(session, call, "ALTER TABLE", &sql).await
}

/// Makes an index while others go on to read and write. One that was not made to its end is taken away first.
pub(super) async fn create(
    session: &Session<'_>,
    call: &Call,
    schema: &str,
    found: &[Found],
    name: &str,
    sql: &str,
) -> Result<(), Failure> {
    let drop_it = format!("DROP INDEX CONCURRENTLY IF EXISTS {}.{}", identifier(schema), identifier(name));
    if found.iter().any(|index| index.name == name) {
        alter(session, call, "DROP INDEX", &drop_it).await?;
    }
    let made = alter(session, call, "CREATE INDEX", sql).await;
    if made.as_ref().is_err_and(|failure| failure.duplicate().is_some()) {
        // It is there, but of no use.
        alter(session, call, "DROP INDEX", &drop_it).await?;
    }
    made
}

async fn alter(session: &Session<'_>, call: &Call, name: &str, sql: &str) -> Result<(), Failure> {
    let done = session.run_within(call.left(), session.simple(sql)).await;
    report(call, Attempt::new(name), done.as_ref().err());
    done
}
