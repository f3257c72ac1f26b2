//! How a record that has a unique value stands to the guard of it, and putting that right.
//!
//! Others write meanwhile, with this library too. So a guard is read at one moment with the records that it
//! concerns, and moved in one transaction with the condition that these are still as they were read.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::guard::moves::GuardMove;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::value::Stored;
use crate::backend::dynamodb::write::guard_move::{move_if_unchanged, read_guarded};
use crate::backend::support::outcome;
use crate::error::Result;
use crate::request::{Call, RecordKey};

/// How the guard of a value stands to a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GuardState {
    /// The record has the value and its guard, or no longer has the value.
    Consistent,
    /// The record has the value, and there is no guard.
    Unguarded,
    /// The record has both, but the guard expires at another time.
    OtherExpiry,
    /// The record has the value, and the guard names a record that does not.
    GuardedFor(RecordKey),
    /// The record has the value, and so has the record that the guard names.
    Shared(RecordKey),
    /// The record has the value, and the guard names no record.
    Nameless,
}

/// What was seen of a value at one moment.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) state: GuardState,
    /// When the record expires.
    expires: Option<i64>,
    /// The records that were read, the owner's first.
    records: Vec<(RecordKey, Option<Stored>)>,
}

fn is_had(value: &UniqueValue, stored: Option<&Stored>, call: &Call) -> bool {
    value.is_had_by(stored.map(|stored| &stored.record), call)
}

/// Observes how the guard of a value stands to a record.
pub(crate) async fn observe_guard(
    db: &Context,
    call: &Call,
    value: &UniqueValue,
    owner: &RecordKey,
) -> Result<Observation> {
    let mut other: Option<RecordKey> = None;
    loop {
        let keys: Vec<_> = std::iter::once(owner).chain(&other).collect();
        let (guard, records) = read_guarded(db, call, value, &keys).await?;
        let records: Vec<_> = keys.into_iter().cloned().zip(records).collect();
        let record = records.first().and_then(|(_, record)| record.as_ref());
        let expires = record.and_then(|stored| stored.record.expiry(value.definition));
        let state = match &guard {
            _ if !is_had(value, record, call) => GuardState::Consistent,
            None => GuardState::Unguarded,
            Some(guard) => match guard::owner(value.definition, guard) {
                None => GuardState::Nameless,
                Some(holder) if holder == *owner && guard.expires() == expires => GuardState::Consistent,
                Some(holder) if holder == *owner => GuardState::OtherExpiry,
                Some(holder) if other.as_ref() == Some(&holder) => {
                    let has = is_had(value, records.get(1).and_then(|(_, record)| record.as_ref()), call);
                    if has { GuardState::Shared(holder) } else { GuardState::GuardedFor(holder) }
                }
                // The record that the guard names has to be read at the same moment, so all is read anew.
                Some(holder) => {
                    check_time(call, "while others kept moving a unique value")?;
                    other = Some(holder);
                    continue;
                }
            },
        };
        return Ok(Observation { state, expires, records });
    }
}

/// Assigns a record the guard of its value, as it was observed to need it. Returns false if it is not as it
/// was observed any more.
pub(crate) async fn assign_guard(
    db: &Context,
    call: &Call,
    value: &UniqueValue,
    observation: Observation,
) -> Result<bool> {
    let Some((owner, _)) = observation.records.first() else { return Ok(false) };
    let from = match observation.state {
        GuardState::GuardedFor(holder) => Some(holder),
        _ => None,
    };
    let moved = GuardMove::repair(value.clone(), from, Some((owner.clone(), observation.expires)));
    move_if_unchanged(db, call, &moved, &observation.records).await
}

/// Whether a guard names a record that does not have its value. Frees the value then, if it is to be.
pub(crate) async fn is_orphan(
    db: &Context,
    call: &Call,
    value: &UniqueValue,
    owner: &RecordKey,
    free: bool,
) -> Result<bool> {
    loop {
        let (guard, mut records) = read_guarded(db, call, value, &[owner]).await?;
        let holder = guard.and_then(|guard| guard::owner(value.definition, &guard));
        let record = records.pop().flatten();
        if holder.as_ref() != Some(owner) || is_had(value, record.as_ref(), call) {
            return Ok(false);
        }
        let moved = GuardMove::repair(value.clone(), Some(owner.clone()), None);
        if !free || move_if_unchanged(db, call, &moved, &[(owner.clone(), record)]).await? {
            return Ok(true);
        }
        check_time(call, "while others kept moving a unique value")?;
    }
}

/// Refuses to try again after the deadline.
pub(crate) fn check_time(call: &Call, while_what: &str) -> Result<()> {
    if call.left().is_zero() { Err(outcome::timed_out(while_what)) } else { Ok(()) }
}
