//! What writes do to guards: a value is given up by one record, and taken by another.

use crate::backend::dynamodb::expression::condition;
use crate::backend::dynamodb::expression::liveness;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::request::item::{ItemAction, ItemOp};
use crate::error::Result;
use crate::path::Path;
use crate::request::{Call, RecordKey, Write};
use crate::value::Record;

/// What a write does to a guard.
#[derive(Debug, Clone)]
pub(crate) struct GuardMove {
    pub(crate) value: UniqueValue,
    /// The position of the write.
    pub(crate) position: usize,
    /// The record that gives the value up.
    pub(crate) from: Option<RecordKey>,
    /// The record that takes it, and until when.
    pub(crate) to: Option<(RecordKey, Option<i64>)>,
    /// The record that took it before that one, in the same transaction, and had expired already.
    before: Option<RecordKey>,
}

/// A write that takes a value while another record has it.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) position: usize,
    /// The name of the index.
    pub(crate) index: &'static str,
}

impl GuardMove {
    /// The move of a guard that is repaired, with no write of its record.
    pub(crate) fn repair(value: UniqueValue, from: Option<RecordKey>, to: Option<(RecordKey, Option<i64>)>) -> Self {
        Self { value, position: 0, from, to, before: None }
    }

    /// The record that may have the value already when it is taken.
    pub(crate) fn taker(&self) -> Option<&RecordKey> {
        self.before.as_ref().or(self.to.as_ref().map(|(owner, _)| owner))
    }

    /// That this move would take a value which another record has.
    pub(crate) fn violation(&self) -> Violation {
        Violation { position: self.position, index: self.value.index.name }
    }

    /// The move as a write of the guard.
    pub(crate) fn to_op(&self, call: &Call) -> Result<ItemOp> {
        let UniqueValue { definition, index, key } = &self.value;
        let mut placeholders = Placeholders::default();
        // Two writers may take one value at once. The condition lets only one of them through: there is no
        // guard, or it is one of the records that this move takes it from or gives it to.
        let mut free = vec![condition::function("attribute_not_exists", &Path::field(guard::KEY), &mut placeholders)];
        let mut holders: Vec<_> = self.from.iter().chain(self.taker()).collect();
        holders.dedup();
        for holder in holders {
            free.push(condition::write_expr(&guard::held_by(holder), &mut placeholders));
        }
        let action = match &self.to {
            Some((owner, expires)) => {
                if definition.ttl().is_some() {
                    free.push(liveness::expired_by_mark(call, &mut placeholders));
                }
                ItemAction::Put(guard::to_item(definition, index, key, owner, *expires))
            }
            None => ItemAction::Delete(guard::to_key(key)),
        };
        let condition = condition::any(free, &mut placeholders).into_expression(&mut placeholders);
        ItemOp::new(&guard::table(definition), action, condition, &placeholders)
    }
}

/// The guards that a write gives up and takes, for the record before it and after it.
pub(crate) fn moves_of_write(
    write: &Write,
    position: usize,
    call: &Call,
    stored: Option<&Record>,
    outcome: Option<&Record>,
) -> Vec<GuardMove> {
    let definition = write.definition;
    // The guards of an expired record have expired with it, and may be another's by now.
    let live = stored.filter(|record| record.is_live(definition, call));
    let had = live.map(|record| guard::guards_of(definition, record)).unwrap_or_default();
    let wanted = outcome.map(|record| guard::guards_of(definition, record)).unwrap_or_default();
    let expires = outcome.and_then(|record| record.expiry(definition));
    // A record without a mark may have a guard without one.
    let expired = |record: &Record| match definition.expires_by_seconds() {
        true => record.expiry(definition),
        false => record.expires(),
    };
    let same_expiry = live.and_then(expired) == expires;
    let mut moves = Vec::new();
    let mut add = |index, key, from, to| {
        let value = UniqueValue { definition, index, key };
        moves.push(GuardMove { value, position, from, to, before: None });
    };
    for (index, key) in &had {
        if !wanted.iter().any(|(_, wanted)| wanted == key) {
            add(index, key.clone(), Some(write.key.clone()), None);
        }
    }
    for (index, key) in wanted {
        let kept = had.iter().any(|(_, had)| *had == key);
        // A guard that is kept still has to expire with its record.
        if !(kept && same_expiry) {
            add(index, key, None, Some((write.key.clone(), expires)));
        }
    }
    moves
}

/// The moves of several writes, with those of one guard as one: DynamoDB takes one operation an item.
/// Each sees those before it, as if the writes were done one after the other.
pub(crate) fn merge_moves(moves: Vec<GuardMove>, call: &Call) -> Result<Vec<GuardMove>, Violation> {
    let mut merged: Vec<GuardMove> = Vec::with_capacity(moves.len());
    let mut violations = Vec::new();
    for next in moves {
        let table = next.value.definition.name();
        let same = |other: &&mut GuardMove| other.value.key == next.value.key && other.value.definition.name() == table;
        let Some(before) = merged.iter_mut().find(same) else {
            merged.push(next);
            continue;
        };
        match (&before.to, &next.to) {
            // Given up, then taken.
            (None, _) => {
                before.to = next.to;
                before.position = next.position;
            }
            // Taken before it was given up.
            (Some(_), None) => violations.push(before.violation()),
            (Some((_, until)), Some(_)) if call.is_before(*until) => violations.push(next.violation()),
            // Taken by a record that has expired already: it must have been free for that one, too.
            (Some((owner, _)), Some(_)) => {
                before.before.get_or_insert_with(|| owner.clone());
                before.to = next.to;
            }
        }
    }
    match violations.into_iter().min_by_key(|violation| violation.position) {
        Some(first) => Err(first),
        None => Ok(merged),
    }
}
