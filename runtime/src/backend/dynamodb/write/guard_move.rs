//! Moves of guards that are not part of a record's write: a guard and the records that it concerns are read
//! at one moment, and the guard is moved on the condition that the records are still as they were read.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::guard::moves::GuardMove;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::request::read::send_read;
use crate::backend::dynamodb::request::transact::TransactWrite;
use crate::backend::dynamodb::request::transact_get::{TableKey, TransactGet};
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Stored;
use crate::backend::dynamodb::write::cancelled::failed_conditions;
use crate::backend::dynamodb::write::unchanged::unchanged_check;
use crate::error::Result;
use crate::request::{Call, RecordKey};
use crate::value::Record;

/// The live guard of a value, and the records of these keys, as they are at one moment.
pub(crate) async fn read_guarded(
    db: &Context,
    call: &Call,
    value: &UniqueValue,
    keys: &[&RecordKey],
) -> Result<(Option<Record>, Vec<Option<Stored>>)> {
    let definition = value.definition;
    let guard = TableKey { table: guard::table(definition), fields: &[], key: guard::to_key(&value.key) };
    let mut parts = vec![guard];
    parts.extend(keys.iter().map(|key| TableKey {
        table: definition.name().to_owned(),
        fields: definition.fields(),
        key: to_key(definition, key),
    }));
    let mut read = send_read(db, call, &TransactGet::new(parts)?).await?.into_iter();
    let guard = read.next().flatten().map(|found| found.record).transpose()?;
    let guard = guard.filter(|guard| guard::is_live(definition, guard, call));
    let stored = |found: Option<_>| found.map(|found| Stored::found(definition, found)).transpose();
    Ok((guard, read.map(stored).collect::<Result<_>>()?))
}

/// Moves a guard, if these records are still as they were read. Returns false if they are not.
pub(crate) async fn move_if_unchanged(
    db: &Context,
    call: &Call,
    moved: &GuardMove,
    records: &[(RecordKey, Option<Stored>)],
) -> Result<bool> {
    let mut ops: Vec<ItemOp> = vec![moved.to_op(call)?];
    for (key, record) in records {
        ops.push(unchanged_check(moved.value.definition, key, record.as_ref())?);
    }
    let transaction = TransactWrite::new(&ops);
    let token = db.next_token();
    let mut attempts = Attempts::of_write(call);
    loop {
        let failure = match transaction.send(&*db.sender, &mut attempts, &token).await {
            Ok(()) => return Ok(true),
            Err(failure) => failure,
        };
        let is_retried = match failure.class {
            Class::Cancelled if failed_conditions(&failure).map_err(|invalid| invalid.error)?.is_some() => {
                return Ok(false);
            }
            class => class == Class::Cancelled || class.is_transient(),
        };
        if !(is_retried && attempts.pause().await) {
            return Err(attempts.deadline_error(failure));
        }
    }
}

/// Frees a value if the record that its guard names does not have it: the server deleted that record, or
/// another program wrote it. Returns false if the record has the value, and true also if the guard is not
/// that record's any more.
pub(crate) async fn free_value(db: &Context, call: &Call, value: &UniqueValue, holder: &RecordKey) -> Result<bool> {
    let (guard, mut records) = read_guarded(db, call, value, &[holder]).await?;
    let named = guard.and_then(|guard| guard::owner(value.definition, &guard));
    let stored = records.pop().flatten();
    if named.as_ref() != Some(holder) {
        return Ok(true);
    }
    if value.is_had_by(stored.as_ref().map(|stored| &stored.record), call) {
        return Ok(false);
    }
    let moved = GuardMove::repair(value.clone(), Some(holder.clone()), None);
    move_if_unchanged(db, call, &moved, &[(holder.clone(), stored)]).await?;
    Ok(true)
}
