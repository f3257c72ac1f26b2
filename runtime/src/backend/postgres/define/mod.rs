//! Definitions: what is planned for a repository, and done.

mod catalog;
mod indexes;
mod lock;
mod looking;
mod removal;
mod shape;

pub(super) use catalog::repositories;
pub(super) use removal::{drop_repository, truncate};

use self::catalog::{catalog_name, stored_shape};
use self::indexes::{add_expiry_column, found_indexes, has_expiry_column};
use self::lock::Locked;
use self::looking::{again, rows};
use self::shape::Shape;
use super::expiry::{COLUMN, column_sql};
use super::failure::Failure;
use super::link::{Link, Session};
use super::names::{identifier, literal};
use super::table::Table;
use super::transact::BEGIN;
use crate::backend::plan::{Creation, Mismatch, Plan};
use crate::backend::support::attempt::report;
use crate::backend::support::outcome;
use crate::definition::IndexDef;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Attempt, Call};

/// What a repository is and what it lacks.
struct Planned {
    plan: Plan,
    is_new: bool,
    missing: Vec<&'static IndexDef>,
    expiry: Expiry,
}

/// What a repository lacks of what its expiries need.
#[derive(Debug, Clone, Copy, Default)]
struct Expiry {
    lacks_column: bool,
    /// Whether another release defined the column.
    is_other: bool,
    lacks_index: bool,
}

impl Expiry {
    fn is_on(self) -> bool {
        !self.lacks_column && !self.lacks_index
    }

    fn is_ready(self) -> bool {
        self.is_on() && !self.is_other
    }
}

/// Whether the repository is as the model says; an error if not.
pub(super) async fn check_defined(link: &Link, call: &Call, schema: &str, table: &Table) -> Result<()> {
    let planned = again(call, || async {
        let session = link.session(call).await?;
        plan_on(&session, call, schema, table).await
    });
    let planned = planned.await?;
    if planned.is_new {
        return Err(outcome::undefined());
    }
    let mut plan = Plan::new(table.definition.repository());
    let is_leftover = |mismatch: &&Mismatch| {
        matches!(mismatch, Mismatch::UnknownUnique(_) | Mismatch::Expiry { .. } | Mismatch::Other(_))
    };
    planned.plan.mismatches().iter().filter(|it| !is_leftover(it)).for_each(|it| plan.add_mismatch(it.clone()));
    planned.missing.iter().for_each(|index| plan.add_mismatch(Mismatch::MissingIndex(index.name.to_owned())));
    if !planned.expiry.is_on() {
        plan.add_mismatch(Mismatch::Other("the time to live is off; call define first".to_owned()));
    }
    plan.refusal().map_or(Ok(()), Err)
}

pub(super) async fn plan(link: &Link, call: &Call, schema: &str, table: &Table) -> Result<Plan> {
    let planned = again(call, || async {
        let session = link.session(call).await?;
        plan_on(&session, call, schema, table).await
    });
    Ok(planned.await?.plan)
}

async fn plan_on(session: &Session<'_>, call: &Call, schema: &str, table: &Table) -> Result<Planned, Failure> {
    let definition = table.definition;
    let wanted = Shape::of(definition);
    let mut plan = Plan::new(definition.repository());
    let is_there = format!("SELECT to_regclass({}) IS NOT NULL", literal(&table.name));
    let is_there = rows(session, call, &is_there).await?.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
    let stored = if is_there { stored_shape(session, call, schema, definition).await? } else { None };
    let Some(stored) = stored else {
        if is_there {
            let message = "a table of this name is there that reposit has not made".to_owned();
            plan.add_mismatch(Mismatch::Other(message));
        } else {
            plan.add_creation(Creation::Repository(definition.repository().to_owned()));
            definition
                .indexes()
                .iter()
                .for_each(|index| plan.add_creation(Creation::Index(shape::index(definition, index))));
        }
        let missing = definition.indexes().iter().collect();
        let lacks = definition.ttl().is_some();
        let expiry = Expiry { lacks_column: lacks, lacks_index: lacks, is_other: false };
        return Ok(Planned { plan, is_new: !is_there, missing, expiry });
    };
    let found = found_indexes(session, call, schema, table).await?;
    let is_ready = |name: &str| found.iter().any(|index| index.name == name && index.is_valid);
    table.note_renamed(stored.renamed(&wanted));
    stored.compare(&wanted, &mut plan);
    stored.compare_leftovers(&wanted, &mut plan);
    let expiry = match definition.ttl() {
        None => Expiry::default(),
        Some(_) => Expiry {
            lacks_column: !has_expiry_column(session, call, table).await?,
            is_other: stored.expires != wanted.expires,
            lacks_index: !is_ready(&expiry_index(table)),
        },
    };
    if let Some(field) = definition.ttl_name().filter(|_| !expiry.is_ready()) {
        plan.add_creation(Creation::Expiry(field.to_owned()));
    }
    let mut missing = Vec::new();
    for index in definition.indexes() {
        let differs = stored.index(index.name).is_some_and(|stored| !stored.is_same(&shape::index(definition, index)));
        if differs || is_ready(&table.index_name(index.name)) {
            continue;
        }
        plan.add_creation(Creation::Index(shape::index(definition, index)));
        if index.unique
            && let Some(line) = shared_values(session, call, table, index).await?
        {
            plan.add_mismatch(Mismatch::Other(line));
        }
        missing.push(index);
    }
    Ok(Planned { plan, is_new: false, missing, expiry })
}

/// Says if a unique index cannot be made because records share a value.
async fn shared_values(
    session: &Session<'_>,
    call: &Call,
    table: &Table,
    index: &IndexDef,
) -> Result<Option<String>, Failure> {
    let mut params = Vec::new();
    let live =
        table.expired(call, "doc", &mut params).map_or_else(String::new, |expired| format!(" AND NOT ({expired})"));
    let parts = table.parts(index);
    let fields: Vec<_> = parts.iter().map(|part| part.sql.clone()).collect();
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {}{live} GROUP BY {} HAVING count(*) > 1) AS shared",
        table.name,
        Table::is_in(&parts),
        fields.join(", ")
    );
    let answer = session.send(call, Attempt::new("SELECT"), &sql, &params).await?;
    let shared: i64 = answer.rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    let message = || format!("the unique index {} cannot be made: records share {shared} of its values", index.name);
    Ok((shared > 0).then(message))
}

/// The name of the index of expiries.
fn expiry_index(table: &Table) -> String {
    super::names::index_name(table.definition.name(), ":expires")
}

/// The statement that makes it.
fn create_expiry_index(table: &Table, concurrently: bool) -> String {
    format!(
        "CREATE INDEX {}{} ON {} ({COLUMN}) WHERE {COLUMN} IS NOT NULL",
        if concurrently { "CONCURRENTLY " } else { "" },
        identifier(&expiry_index(table)),
        table.name
    )
}

pub(super) async fn define(link: &Link, call: &Call, schema: &str, table: &Table) -> Result<()> {
    again(call, || async {
        let locked = Locked::new(link, call, schema).await?;
        let done = define_on(locked.session(), call, schema, table).await;
        locked.unlock(call).await;
        done
    })
    .await
}

async fn define_on(session: &Session<'_>, call: &Call, schema: &str, table: &Table) -> Result<(), Failure> {
    let planned = plan_on(session, call, schema, table).await?;
    if let Some(refusal) = planned.plan.refusal() {
        return Err(refusal.into());
    }
    if planned.plan.is_empty() {
        return catalog::keep(session, call, schema, table).await;
    }
    if planned.is_new {
        return create(session, call, schema, table).await;
    }
    if planned.missing.iter().any(|index| index.unique) {
        super::expiry::delete_all(session, call, table).await?;
    }
    let found = found_indexes(session, call, schema, table).await?;
    for index in &planned.missing {
        let name = table.index_name(index.name);
        indexes::create(session, call, schema, &found, &name, &table.create_index(index, true)).await.map_err(
            |failure| match failure.duplicate() {
                Some(_) => {
                    let message = format!("the unique index {} cannot be made: records share its values", index.name);
                    Error::new(ErrorKind::SchemaMismatch, message).into()
                }
                None => failure,
            },
        )?;
    }
    if planned.expiry.lacks_column || planned.expiry.is_other {
        add_expiry_column(session, call, table).await?;
        // The rows are not written twice if the index fails.
        catalog::keep(session, call, schema, table).await?;
    }
    if !planned.expiry.is_ready() {
        let found = found_indexes(session, call, schema, table).await?;
        let (name, sql) = (expiry_index(table), create_expiry_index(table, true));
        indexes::create(session, call, schema, &found, &name, &sql).await?;
    }
    catalog::keep(session, call, schema, table).await
}

/// Makes a table with its indexes, in one transaction.
async fn create(session: &Session<'_>, call: &Call, schema: &str, table: &Table) -> Result<(), Failure> {
    catalog::create(session, call, schema, &catalog_name(schema, table.definition)).await?;
    let key = table.key().iter();
    let key = key.map(|column| format!("{} {}{} NOT NULL", column.sql, column.sql_type(), column.collation()));
    let columns: Vec<_> =
        key.chain(["doc jsonb NOT NULL".to_owned(), "stamp uuid".to_owned()]).chain(column_sql(table)).collect();
    let mut statements = vec![
        BEGIN.to_owned(),
        format!(
            "CREATE TABLE {} ({}, CONSTRAINT {} PRIMARY KEY ({}))",
            table.name,
            columns.join(", "),
            identifier(&table.key_index_name()),
            table.key_names()
        ),
    ];
    statements.extend(table.definition.indexes().iter().map(|index| table.create_index(index, false)));
    statements.extend(table.definition.ttl().map(|_| create_expiry_index(table, false)));
    statements.push(catalog::keep_sql(schema, table)?);
    statements.push("COMMIT".to_owned());
    session.set_in_transaction(true);
    let made = session.run_within(call.left(), session.simple(&statements.join("; "))).await;
    report(call, Attempt::new("CREATE TABLE"), made.as_ref().err());
    session.set_in_transaction(made.is_err());
    made
}
