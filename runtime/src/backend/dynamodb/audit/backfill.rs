//! Guards for records that were there before their unique index.

use std::collections::HashMap;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::audit::guard_state::{GuardState, assign_guard, check_time, observe_guard};
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard::GuardKey;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::parallel::{ITEMS, join_limited};
use crate::backend::dynamodb::read::scan::RecordScan;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, RecordKey};

/// Refuses a unique index if live records share a value of it already.
pub(crate) async fn refuse_duplicates(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    indexes: &[&'static IndexDef],
) -> Result<()> {
    let mut holders: HashMap<GuardKey, (&str, usize)> = HashMap::new();
    let mut scan = RecordScan::new(db, call, definition);
    while let Some(records) = scan.next().await? {
        for record in &records {
            for index in indexes {
                let Some(value) = UniqueValue::of_record(definition, index, record) else { continue };
                holders.entry(value.key).or_insert((index.name, 0)).1 += 1;
            }
        }
    }
    for index in indexes {
        let is_shared = |(name, count): &&(&str, usize)| *name == index.name && *count > 1;
        let shared = holders.values().filter(is_shared).count();
        if shared > 0 {
            return Err(duplicates(index.name, &format!("records share {shared} of its values")));
        }
    }
    Ok(())
}

/// Gives every live record its guards. Doing it again does no harm.
pub(crate) async fn backfill_guards(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    indexes: &[&'static IndexDef],
) -> Result<()> {
    let mut scan = RecordScan::new(db, call, definition);
    while let Some(records) = scan.next().await? {
        let mut tasks: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        for record in &records {
            for index in indexes {
                if let Some(value) = UniqueValue::of_record(definition, index, record) {
                    tasks.push(Box::pin(add_guard(db, call, value, RecordKey::from_record(definition, record)?)));
                }
            }
        }
        join_limited(tasks, ITEMS).await.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

/// Gives a record one guard. One that is left over from another record is taken over.
async fn add_guard(db: &Context, call: &Call, value: UniqueValue, owner: RecordKey) -> Result<()> {
    loop {
        let observation = observe_guard(db, call, &value, &owner).await?;
        match observation.state {
            GuardState::Consistent => return Ok(()),
            GuardState::Shared(_) | GuardState::Nameless => {
                return Err(duplicates(value.index.name, "records share one of its values"));
            }
            GuardState::Unguarded | GuardState::OtherExpiry | GuardState::GuardedFor(_) => {}
        }
        if assign_guard(db, call, &value, observation).await? {
            return Ok(());
        }
        check_time(call, "while others kept writing a record")?;
    }
}

fn duplicates(index: &str, why: &str) -> Error {
    Error::new(ErrorKind::SchemaMismatch, format!("the unique index {index} cannot be made: {why}")).on_index(index)
}
