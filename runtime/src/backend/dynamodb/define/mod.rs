//! Creating what is missing, in steps that any number of processes may take at once: observe, compare, take
//! one step, and observe again, until nothing is missing.

mod awaited;
mod compare;
mod expiry;
mod listing;
mod observe;
mod removal;
mod settings;
mod tables;

use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};

use crate::backend::Plan;
use crate::backend::dynamodb::audit::backfill::{backfill_guards, refuse_duplicates};
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::support::outcome;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;
use crate::value::EXPIRES;

use awaited::describe_awaited;
use compare::{compare, missing_indexes};
use expiry::mark_expiry;
pub(super) use listing::repositories;
use observe::{IndexState, Observed, note_states, observe};
pub(super) use removal::{drop_repository, truncate};
use tables::{create_guards_table, create_index, create_table, lifetime_attribute, set_ttl};

/// What would be done.
pub(super) async fn plan(db: &Context, call: &Call, definition: &'static Definition) -> Result<Plan> {
    let observed = observe(db, call, definition).await?;
    Ok(compare(definition, &observed))
}

/// Creates what is missing, and waits until it is ready.
pub(super) async fn define(db: &Context, call: &Call, definition: &'static Definition) -> Result<()> {
    let mut run = DefineRun { db, call, definition, awaited: String::new(), is_moved: false };
    let mut waiting = Attempts::new(call);
    loop {
        let step = run.step().await.map_err(|error| error.timed_out_while(&run.awaited))?;
        match step {
            Step::Done => {
                db.defined.insert(definition);
                return Ok(());
            }
            Step::Advanced if !call.left().is_zero() => continue,
            Step::Delayed(why) => run.awaited.push_str(&format!(" ({why})")),
            Step::Advanced | Step::Pending => {}
        }
        if !waiting.pause().await {
            return Err(outcome::timed_out(&format!("while {}", run.awaited)));
        }
    }
}

/// What came of a step.
enum Step {
    /// There was none to take.
    Done,
    /// One was taken.
    Advanced,
    /// Something is not ready yet, or another process is at it.
    Pending,
    /// DynamoDB does not take the next one yet, for this reason.
    Delayed(String),
}

struct DefineRun<'a> {
    db: &'a Context,
    call: &'a Call,
    definition: &'static Definition,
    /// What was not ready when it was last observed.
    awaited: String,
    /// Whether the time to live was turned off here to be turned on for another attribute.
    is_moved: bool,
}

impl DefineRun<'_> {
    /// Observes, and takes the next step.
    async fn step(&mut self) -> Result<Step> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let observed = observe(db, call, definition).await?;
        self.awaited = describe_awaited(definition, &observed);
        if let Some(refusal) = compare(definition, &observed).refusal() {
            return Err(refusal);
        }
        if let Some(step) = self.step_of_guards(&observed).await? {
            return Ok(step);
        }
        let Some(table) = &observed.table else {
            return tolerate(create_table(db, call, definition).await);
        };
        if is_changing(table) {
            return Ok(Step::Pending);
        }
        if let Some(step) = self.step_of_lifetime(&observed).await? {
            return Ok(step);
        }
        if let Some(index) = missing_indexes(definition, table).next() {
            return tolerate(create_index(db, call, definition, table, index).await);
        }
        self.fill_guards(&observed).await?;
        Ok(Step::Done)
    }

    /// Turns the time to live on, or moves it from the mark, which an older release writes, to the model's own field.
    async fn step_of_lifetime(&mut self, observed: &Observed) -> Result<Option<Step>> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        if definition.ttl().is_none() {
            return Ok(None);
        }
        let (name, wanted) = (definition.name(), lifetime_attribute(definition));
        let done = match observed.lifetime.as_deref() {
            None => {
                // The records that are there come first: once the time to live is on, no define looks for them.
                if !self.is_moved {
                    mark_expiry(db, call, definition).await?;
                }
                set_ttl(db, call, name, wanted, true).await
            }
            // What else it may be on is refused before.
            Some(lifetime) if lifetime != wanted => {
                self.is_moved = true;
                set_ttl(db, call, name, lifetime, false).await
            }
            Some(_) => return Ok(None),
        };
        match done {
            Err(failure) if is_too_soon(&failure) => Err(under_way(definition, wanted)),
            done => tolerate(done).map(Some),
        }
    }

    /// Gives the records their guards of indexes whose guards are not complete.
    async fn fill_guards(&self, observed: &Observed) -> Result<()> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let is_unready = |index: &&IndexDef| observed.state(index) != Some(IndexState::Ready);
        let unready: Vec<_> = definition.unique_indexes().filter(is_unready).collect();
        if unready.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = unready.iter().map(|index| index.name).collect();
        let filling = format!("the values of the unique index {} were being collected", names.join(", "));
        let filled = backfill_guards(db, call, definition, &unready).await;
        filled.map_err(|error| error.timed_out_while(&filling))?;
        note_states(db, call, definition, &names, IndexState::Ready).await
    }

    /// The steps before the repository's own table. Its guards come first, so that no record is ever written
    /// without them.
    async fn step_of_guards(&self, observed: &Observed) -> Result<Option<Step>> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let unique: Vec<_> = definition.unique_indexes().collect();
        let Some(guards) = &observed.guards else {
            if unique.is_empty() {
                return Ok(None);
            }
            return tolerate(create_guards_table(db, call, definition).await).map(Some);
        };
        if guards.table.table_status() != Some(&TableStatus::Active) {
            return Ok(Some(Step::Pending));
        }
        if definition.ttl().is_some() && !unique.is_empty() && guards.lifetime.is_none() {
            if observed.table.is_some() && observed.lifetime.as_deref() == Some(lifetime_attribute(definition)) {
                // Somebody else turned it on, and no define has let the guards expire.
                backfill_guards(db, call, definition, &unique).await?;
            }
            return tolerate(set_ttl(db, call, &guard::table(definition), EXPIRES, true).await).map(Some);
        }
        let is_dropped = |name: &str, state: IndexState| {
            // An index that is there still may be the model's under another name.
            state != IndexState::Stale && definition.index(name).is_none() && !observed.has_index(name)
        };
        let dropped = guards.states.iter().filter(|(name, state)| is_dropped(name, **state));
        let dropped: Vec<_> = dropped.map(|(name, _)| name.as_str()).collect();
        if !dropped.is_empty() {
            note_states(db, call, definition, &dropped, IndexState::Stale).await?;
        }
        let new: Vec<_> = unique.into_iter().filter(|index| observed.state(index).is_none()).collect();
        if new.is_empty() {
            return Ok(None);
        }
        if observed.table.is_some() {
            // The table has records already: if they share values, nothing is begun.
            refuse_duplicates(db, call, definition, &new).await?;
        }
        let names: Vec<_> = new.iter().map(|index| index.name).collect();
        note_states(db, call, definition, &names, IndexState::Building).await?;
        Ok(Some(Step::Advanced))
    }
}

/// Whether DynamoDB is still at work on a table or one of its indexes.
fn is_changing(table: &TableDescription) -> bool {
    let indexes = table.global_secondary_indexes().iter().filter_map(|index| index.index_status());
    table.table_status() != Some(&TableStatus::Active)
        || indexes.into_iter().any(|status| *status != IndexStatus::Active)
}

/// Whether DynamoDB has changed a table's time to live so lately that it does not yet change it again.
fn is_too_soon(failure: &Failure) -> bool {
    failure.class == Class::Refused && failure.message().contains("modified multiple times")
}

/// The error of a time to live that cannot be turned on yet.
fn under_way(definition: &Definition, wanted: &str) -> Error {
    let message = format!(
        "the time to live of the table {} is being moved to {wanted}: DynamoDB takes up to an hour from one change of it \
         to the next, so define the repository again then; records expire for every reader meanwhile, and are not deleted",
        definition.name()
    );
    Error::new(ErrorKind::Throttled, message)
}

/// Another process may be taking the same step. Then this one has nothing to do but wait.
fn tolerate(done: Result<(), Failure>) -> Result<Step> {
    match done {
        Ok(()) => Ok(Step::Advanced),
        Err(failure)
            if failure.class == Class::TableInUse
                || failure.class.is_transient()
                || failure.message().contains("already exists") =>
        {
            Ok(Step::Delayed(failure.message().to_owned()))
        }
        Err(failure) => Err(failure.into_error()),
    }
}
