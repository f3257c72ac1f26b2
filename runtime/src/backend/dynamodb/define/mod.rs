//! Making what is missing, in steps that any number of processes may take at once: look, compare,
//! take one step, and look again, until nothing is missing.

mod backfill;
mod compare;
mod lifetime;
mod observe;
mod tables;
mod waiting;

use aws_sdk_dynamodb::types::{IndexStatus, TableStatus};

use crate::backend::Plan;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::Call;

use observe::Observed;
pub(super) use observe::State;

impl DynamoDb {
    /// What would be done.
    pub(super) async fn draft(&self, call: &Call, definition: &'static Definition) -> Result<Plan> {
        let observed = self.observe(call, definition).await?;
        Ok(compare::plan(definition, &observed))
    }

    /// Does it.
    pub(super) async fn make(&self, call: &Call, definition: &'static Definition) -> Result<()> {
        let mut making = Making { db: self, call, definition, waiting: Attempts::new(call), awaited: String::new() };
        loop {
            let step = making.step().await.map_err(|error| error.timed_out_while(&making.awaited))?;
            match step {
                Step::Done => return Ok(()),
                Step::Taken if !call.left().is_zero() => continue,
                Step::Delayed(why) => making.awaited.push_str(&format!(" ({why})")),
                Step::Taken | Step::Awaited => {}
            }
            if !making.waiting.pause().await {
                return Err(retry::timed_out(&format!("while {}", making.awaited)));
            }
            making.waiting.count();
        }
    }
}

/// What came of a step.
enum Step {
    /// There was none to take.
    Done,
    /// One was taken.
    Taken,
    /// Something is not ready yet, or another process is at it.
    Awaited,
    /// DynamoDB does not take the next one yet, for this reason.
    Delayed(String),
}

struct Making<'a> {
    db: &'a DynamoDb,
    call: &'a Call,
    definition: &'static Definition,
    waiting: Attempts<'a>,
    /// What was not ready when it was last looked at.
    awaited: String,
}

impl Making<'_> {
    /// Looks, and takes the next step.
    async fn step(&mut self) -> Result<Step> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let observed = db.observe(call, definition).await?;
        self.awaited = waiting::awaited(definition, &observed);
        let plan = compare::plan(definition, &observed);
        if let Some(refusal) = plan.refusal() {
            return Err(refusal);
        }
        if let Some(step) = self.guards(&observed).await? {
            return Ok(step);
        }
        let Some(table) = &observed.table else {
            return tolerate(db.create_table(call, definition).await);
        };
        let being_made = |status: Option<&IndexStatus>| status.is_some_and(|status| *status != IndexStatus::Active);
        let indexes = table.global_secondary_indexes().iter();
        if table.table_status() != Some(&TableStatus::Active)
            || indexes.into_iter().any(|index| being_made(index.index_status()))
        {
            return Ok(Step::Awaited);
        }
        if definition.ttl().is_some() && observed.lifetime.is_none() {
            // The records that are there first: once it is on, nobody looks for them again.
            db.mark_expiry(call, definition).await?;
            return tolerate(db.enable_ttl(call, definition.name()).await);
        }
        if let Some(index) = compare::missing(definition, table).next() {
            return tolerate(db.create_index(call, definition, table, index).await);
        }
        let unready: Vec<_> =
            definition.unique_indexes().filter(|index| observed.state(index) != Some(State::Ready)).collect();
        if !unready.is_empty() {
            let names: Vec<_> = unready.iter().map(|index| index.name).collect();
            let filling = format!("the values of the unique index {} were being collected", names.join(", "));
            db.backfill(call, definition, &unready).await.map_err(|error| error.timed_out_while(&filling))?;
            db.mark(call, definition, &unready, State::Ready).await?;
        }
        Ok(Step::Done)
    }

    /// The steps before the repository's own table: its guards come first, so that no record is ever
    /// written without them.
    async fn guards(&self, observed: &Observed) -> Result<Option<Step>> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let unique: Vec<_> = definition.unique_indexes().collect();
        let Some(guards) = &observed.guards else {
            if unique.is_empty() {
                return Ok(None);
            }
            return tolerate(db.create_guards(call, definition).await).map(Some);
        };
        if guards.table.table_status() != Some(&TableStatus::Active) {
            return Ok(Some(Step::Awaited));
        }
        if definition.ttl().is_some() && !unique.is_empty() && guards.lifetime.is_none() {
            return tolerate(db.enable_ttl(call, &guard::table(definition)).await).map(Some);
        }
        let dropped: Vec<_> = guards
            .states
            .iter()
            .filter(|(name, state)| {
                // An index that is there still may be the model's under another name.
                **state != State::Stale && definition.index(name).is_none() && !observed.has_index(name)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if !dropped.is_empty() {
            db.mark_stale(call, definition, &dropped).await?;
        }
        let unmarked: Vec<&IndexDef> = unique.into_iter().filter(|index| observed.state(index).is_none()).collect();
        if unmarked.is_empty() {
            return Ok(None);
        }
        if observed.table.is_some() {
            // The table has records already: if they share values, nothing is begun.
            db.refuse_duplicates(call, definition, &unmarked).await?;
        }
        db.mark(call, definition, &unmarked, State::Building).await?;
        Ok(Some(Step::Taken))
    }
}

/// Another process may be taking the same step: then this one has nothing to do but wait.
fn tolerate(done: Result<(), Failure>) -> Result<Step> {
    match done {
        Ok(()) => Ok(Step::Taken),
        Err(failure)
            if failure.class == Class::TableInUse
                || failure.class.passes()
                || failure.message().contains("already exists") =>
        {
            Ok(Step::Delayed(failure.message().to_owned()))
        }
        Err(failure) => Err(failure.into_error()),
    }
}
