//! Making what is missing, in steps that any number of processes may take at once: look, compare,
//! take one step, and look again, until nothing is missing.

mod backfill;
mod compare;
mod observe;
mod tables;
mod waiting;

use std::time::Duration;

use aws_sdk_dynamodb::types::{IndexStatus, TableStatus};

use super::DynamoDb;
use super::call::{self, Attempts};
use super::failure::{Class, Failure};
use super::guard;
use crate::backend::Plan;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, Result};
use crate::request::Call;
use crate::value::EXPIRES;

use observe::Observed;
pub(super) use observe::State;

/// How long another process that has made a table is given to turn its time to live on.
const GRACE: Duration = Duration::from_secs(3);

impl DynamoDb {
    /// What would be done.
    pub(super) async fn draft(&self, call: &Call, definition: &'static Definition) -> Result<Plan> {
        let observed = self.observe(call, definition).await?;
        Ok(compare::plan(definition, &observed))
    }

    /// Does it.
    pub(super) async fn make(&self, call: &Call, definition: &'static Definition) -> Result<()> {
        let mut making =
            Making { db: self, call, definition, made: false, waiting: Attempts::new(call), awaited: String::new() };
        loop {
            let step = making.step().await.map_err(|error| error.timed_out_while(&making.awaited))?;
            match step {
                Step::Done => return Ok(()),
                Step::Taken if !call.left().is_zero() => continue,
                Step::Delayed(why) => making.awaited.push_str(&format!(" ({why})")),
                Step::Taken | Step::Awaited => {}
            }
            if !making.waiting.pause().await {
                return Err(call::timed_out(&format!("while {}", making.awaited)));
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
    /// Whether this call made the repository's table, and has to turn its time to live on.
    made: bool,
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
            return self.lifetime(&observed, refusal).await;
        }
        if let Some(step) = self.guards(&observed).await? {
            return Ok(step);
        }
        let Some(table) = &observed.table else {
            let step = tolerate(db.create_table(call, definition).await)?;
            self.made |= matches!(step, Step::Taken);
            return Ok(step);
        };
        let being_made = |status: Option<&IndexStatus>| status.is_some_and(|status| *status != IndexStatus::Active);
        let indexes = table.global_secondary_indexes().iter();
        if table.table_status() != Some(&TableStatus::Active)
            || indexes.into_iter().any(|index| being_made(index.index_status()))
        {
            return Ok(Step::Awaited);
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
                **state != State::Stale && !definition.indexes().iter().any(|index| index.name == **name)
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

    /// A refusal stands, unless all that is amiss is a time to live which whoever made the table is
    /// about to turn on.
    async fn lifetime(&mut self, observed: &Observed, refusal: Error) -> Result<Step> {
        let (db, call, definition) = (self.db, self.call, self.definition);
        let off = definition.ttl().is_some() && observed.lifetime.is_none();
        let Some(table) = observed.table.as_ref().filter(|_| off) else { return Err(refusal) };
        let mut turned_on = observed.clone();
        turned_on.lifetime = Some(EXPIRES.to_owned());
        if compare::plan(definition, &turned_on).refusal().is_some() {
            return Err(refusal);
        }
        if self.made || db.is_marked_for_ttl(call, table).await {
            return match table.table_status() {
                Some(TableStatus::Active) => tolerate(db.enable_ttl(call, definition.name()).await),
                _ => Ok(Step::Awaited),
            };
        }
        // A table that is older than this was left as it is.
        let created = table.creation_date_time().and_then(|at| at.to_millis().ok()).unwrap_or(0);
        let age = now_millis().saturating_sub(created);
        let young = u64::try_from(age).is_ok_and(|age| Duration::from_millis(age) < GRACE);
        let making = table.table_status() == Some(&TableStatus::Creating);
        if young || making { Ok(Step::Awaited) } else { Err(refusal) }
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

fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
