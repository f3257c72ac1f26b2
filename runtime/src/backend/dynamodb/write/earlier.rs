//! The first refusal of several writes is the one to report, since each write sees those before it.

use std::collections::HashMap;

use crate::backend::dynamodb::guard::moves::{GuardMove, Violation};
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::read::get::fetch_one;
use crate::backend::dynamodb::read::guards::fetch_guards;
use crate::backend::dynamodb::write::state::Writer;
use crate::error::Result;
use crate::request::RecordKey;

/// The first write before `position` that takes a value which another record has.
pub(crate) async fn violation_before(
    writer: &Writer<'_>,
    moves: &[GuardMove],
    position: usize,
) -> Result<Option<Violation>> {
    let (db, call) = (writer.db, writer.call);
    let moves: Vec<_> = moves.iter().filter(|moved| moved.position < position).collect();
    let mut holders: HashMap<(&str, &GuardKey), Option<RecordKey>> = HashMap::new();
    for moved in &moves {
        let value = &moved.value;
        let place = (value.definition.name(), &value.key);
        if moved.to.is_some() && !holders.contains_key(&place) {
            let guards = fetch_guards(db, call, value.definition, std::slice::from_ref(&value.key)).await?;
            let live = guards.get(&value.key).filter(|guard| guard::is_live(value.definition, guard, call));
            let named = live.and_then(|guard| guard::owner(value.definition, guard));
            holders.insert(place, keep_holder(writer, moved, named).await?);
        }
    }
    // Each write sees the values as those before it leave them.
    for moved in moves {
        let holder = holders.entry((moved.value.definition.name(), &moved.value.key)).or_default();
        match &moved.to {
            None => *holder = None,
            Some((owner, until)) if holder.as_ref().is_none_or(|holder| holder == owner) => {
                *holder = call.is_before(*until).then(|| owner.clone());
            }
            Some(_) => return Ok(Some(moved.violation())),
        }
    }
    Ok(None)
}

/// The record that a guard names, if it has the value.
async fn keep_holder(writer: &Writer<'_>, moved: &GuardMove, named: Option<RecordKey>) -> Result<Option<RecordKey>> {
    let Some(key) = named else { return Ok(None) };
    let record = fetch_one(writer.db, writer.call, moved.value.definition, key.clone(), true).await?;
    Ok(moved.value.is_had_by(record.as_ref(), writer.call).then_some(key))
}
