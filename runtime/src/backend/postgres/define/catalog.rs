//! The catalogue: what was defined, in a table of its own.
//!
//! ```text
//! CREATE TABLE "public"."_reposit" (name text COLLATE "C" PRIMARY KEY, definition jsonb NOT NULL);
//! ```

use super::super::failure::Failure;
use super::super::json::{Readers, read_record, write_record};
use super::super::link::{Link, Session};
use super::super::names::{identifier, literal, shortened};
use super::super::param::Param;
use super::super::table::Table;
use super::looking::{again, rows};
use super::shape::Shape;
use crate::backend::support::attempt::report;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Attempt, Call};

/// The catalogue's name under a table prefix, with the schema and quoted.
fn quoted_name(schema: &str, prefix: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(&shortened(&format!("{prefix}_reposit"))))
}

/// The name of the catalogue that a repository is in.
pub(super) fn catalog_name(schema: &str, definition: &Definition) -> String {
    quoted_name(schema, definition.prefix())
}

async fn is_there(session: &Session<'_>, call: &Call, catalog: &str) -> Result<bool, Failure> {
    let found = rows(session, call, &format!("SELECT to_regclass({}) IS NOT NULL", literal(catalog))).await?;
    Ok(found.first().is_some_and(|row| row.try_get(0).unwrap_or(false)))
}

/// What a repository was defined as.
pub(super) async fn stored_shape(
    session: &Session<'_>,
    call: &Call,
    schema: &str,
    definition: &Definition,
) -> Result<Option<Shape>, Failure> {
    let catalog = catalog_name(schema, definition);
    if !is_there(session, call, &catalog).await? {
        return Ok(None);
    }
    let sql = format!("SELECT definition::text FROM {catalog} WHERE name = $1");
    let name = Param::Text(definition.name().to_owned());
    let found = session.send(call, Attempt::new("SELECT"), &sql, &[name]).await?.rows;
    let Some(row) = found.first() else { return Ok(None) };
    let text: &str = row.try_get(0)?;
    let shape = read_record(text.as_bytes(), &Readers::default()).ok().and_then(|record| Shape::from_record(&record));
    let broken = || Error::codec("what the table _reposit says of it is not what the library writes");
    Ok(Some(shape.ok_or_else(|| broken().in_repository(definition.repository()))?))
}

/// Makes the catalogue, and the schema that it is in.
pub(super) async fn create(session: &Session<'_>, call: &Call, schema: &str, catalog: &str) -> Result<(), Failure> {
    if is_there(session, call, catalog).await? {
        return Ok(());
    }
    let sql = format!("SELECT to_regnamespace({}) IS NOT NULL", literal(&identifier(schema)));
    let has_schema = rows(session, call, &sql).await?.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
    let made_schema = match has_schema {
        true => String::new(),
        false => format!("CREATE SCHEMA IF NOT EXISTS {}; ", identifier(schema)),
    };
    let sql = format!(
        "{made_schema}CREATE TABLE IF NOT EXISTS {catalog} (name text COLLATE \"C\" PRIMARY KEY, definition jsonb NOT NULL)"
    );
    let made = session.run_within(call.left(), session.simple(&sql)).await;
    report(call, Attempt::new("CREATE TABLE"), made.as_ref().err());
    made
}

/// The statement that writes down a repository as it now is.
pub(super) fn keep_sql(schema: &str, table: &Table) -> Result<String, Failure> {
    written_down(schema, table, &Shape::of(table.definition))
}

fn written_down(schema: &str, table: &Table, shape: &Shape) -> Result<String, Failure> {
    let json = write_record(&shape.to_record())?;
    Ok(format!(
        "INSERT INTO {} (name, definition) VALUES ({}, {}::jsonb) \
         ON CONFLICT (name) DO UPDATE SET definition = EXCLUDED.definition",
        catalog_name(schema, table.definition),
        literal(table.definition.name()),
        literal(&String::from_utf8_lossy(&json))
    ))
}

/// Writes down a repository as it now is, if something has changed.
pub(super) async fn keep(session: &Session<'_>, call: &Call, schema: &str, table: &Table) -> Result<(), Failure> {
    let wanted = Shape::of(table.definition);
    let stored = stored_shape(session, call, schema, table.definition).await?;
    let before = stored.as_ref().map(Shape::to_record);
    let merged = match stored {
        Some(stored) => wanted.with_leftovers(stored),
        None => wanted,
    };
    if before.is_some_and(|before| before == merged.to_record()) {
        return Ok(());
    }
    let sql = written_down(schema, table, &merged)?;
    let written = session.run_within(call.left(), session.simple(&sql)).await;
    report(call, Attempt::new("INSERT"), written.as_ref().err());
    written
}

/// The statement that takes a repository out of the catalogue.
pub(super) fn forget_sql(schema: &str, definition: &Definition) -> String {
    format!("DELETE FROM {} WHERE name = {}", catalog_name(schema, definition), literal(definition.name()))
}

/// Whether a repository is in the catalogue: if not, the library has made no table for it.
pub(super) async fn is_noted(
    session: &Session<'_>,
    call: &Call,
    schema: &str,
    definition: &Definition,
) -> Result<bool, Failure> {
    let sql = format!("SELECT 1 FROM {} WHERE name = $1", catalog_name(schema, definition));
    let name = Param::Text(definition.name().to_owned());
    match session.send(call, Attempt::new("SELECT"), &sql, &[name]).await {
        Ok(found) => Ok(!found.rows.is_empty()),
        // There is no catalogue yet.
        Err(failure) if failure.kind() == ErrorKind::SchemaMismatch => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// The repositories whose names begin with the prefix, without it.
pub(in super::super) async fn repositories(
    link: &Link,
    call: &Call,
    schema: &str,
    prefix: &str,
) -> Result<Vec<String>> {
    let catalog = quoted_name(schema, prefix);
    again(call, || async {
        let session = link.session(call).await?;
        if !is_there(&session, call, &catalog).await? {
            return Ok(Vec::new());
        }
        let found = rows(&session, call, &format!("SELECT name FROM {catalog} ORDER BY name")).await?;
        let mut names = Vec::with_capacity(found.len());
        for row in &found {
            let name: &str = row.try_get(0)?;
            names.extend(name.strip_prefix(prefix).map(str::to_owned));
        }
        Ok(names)
    })
    .await
}
