//! What a write sends: an operation on the record under a condition that the server judges, or,
//! where the record had to be read, under the condition that nobody has written it since.

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::expression::update;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::item::{Action as Does, Op};
use crate::backend::dynamodb::value::{Stored, to_item};
use crate::change::{Change, for_new_record};
use crate::condition::Expr;
use crate::definition::Definition;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Action, Call, RecordKey, Write, liveness};
use crate::value::{EXPIRES, Record, STAMP, Value};

/// Whether the record has to be read before it can be written: its unique values move, a sum of
/// floats is made here, its condition is judged here, or an upsert stores more than its changes.
pub(crate) fn must_read(write: &Write) -> bool {
    if write.condition.as_ref().is_some_and(|condition| !condition::is_judged_alike(condition)) {
        return true;
    }
    match &write.action {
        Action::Create(_) | Action::Check => false,
        Action::Put(_) | Action::Replace(_) | Action::Delete => has_unique(write.definition),
        Action::Update(changes) => moves_unique(write) || needs_record(write.definition, changes),
        Action::Upsert { changes, insert } => {
            has_unique(write.definition) || needs_record(write.definition, changes) || !makes(write, changes, insert)
        }
    }
}

/// Whether what the changes come to has to be made here.
fn needs_record(definition: &Definition, changes: &[Change]) -> bool {
    let aliased = |change: &Change| definition.has_alias(change.path().root());
    update::adds_float(changes) || update::may_expire(changes) || changes.iter().any(aliased)
}

/// Whether unique values have to be looked after.
pub(crate) fn moves_unique(write: &Write) -> bool {
    write.definition.unique_indexes().any(|index| write.touches(index))
}

pub(crate) fn has_unique(definition: &Definition) -> bool {
    definition.unique_indexes().next().is_some()
}

/// Whether the changes alone, on a record that is not there, make the whole of what an upsert stores.
fn makes(write: &Write, changes: &[crate::change::Change], insert: &Record) -> bool {
    crate::change::apply(&write.key.to_record(write.definition), &for_new_record(changes))
        .is_ok_and(|made| made == *insert)
}

/// The operation of a write whose record was not read, `alone` or part of a transaction.
pub(crate) fn direct(write: &Write, call: &Call, stamp: &Value, alone: bool) -> Result<Op> {
    let definition = write.definition;
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let (does, condition) = match &write.action {
        Action::Create(record) => (put(record, stamp), gone(definition, call, p)),
        Action::Put(record) => (put(record, stamp), Text::True),
        Action::Replace(record) => (put(record, stamp), allowed(write, call, p)),
        Action::Update(changes) => (update(write, changes, stamp, p), allowed(write, call, p)),
        Action::Upsert { changes, .. } => {
            let missing = exists("attribute_not_exists", definition, p);
            // A null is not missing to DynamoDB: where one has a default, the record has to be read.
            let defaults = changes.iter().filter_map(|change| match change {
                Change::SetIfMissing(path, _) => Some(condition::is_null(path, p)),
                _ => None,
            });
            let mut nulls: Vec<_> = defaults.collect();
            // Nor is a record without a version one that is not there: its next is the second.
            if let Some(name) = definition.version() {
                nulls.push(condition::function("attribute_not_exists", &Path::field(name), p));
            }
            let allowed = match (definition.ttl(), write.requirement()) {
                // Then the two cases are all there are.
                (None, None) if nulls.is_empty() => Text::True,
                _ => {
                    let parts = [allowed(write, call, p)].into_iter().chain(nulls.into_iter().map(|null| null.not(p)));
                    let parts: Vec<_> = parts.collect();
                    condition::all(parts, p)
                }
            };
            (update(write, &for_new_record(changes), stamp, p), condition::any([missing, allowed], p))
        }
        Action::Delete => {
            let condition = match write.requirement() {
                // DynamoDB Local gives one old item to several deletes at once, unless there is a condition.
                None if alone => exists("attribute_exists", definition, p),
                None => Text::True,
                Some(requirement) => {
                    let gone = gone(definition, call, p);
                    let required = condition::write(&requirement, p);
                    condition::any([gone, required], p)
                }
            };
            (Does::Delete(to_key(definition, &write.key)), condition)
        }
        Action::Check => (Does::Check(to_key(definition, &write.key)), allowed(write, call, p)),
    };
    let condition = condition.into_expression(&mut placeholders);
    Op::new(definition.name(), does, condition, &placeholders)
}

/// A check that is true whatever is stored.
pub(crate) fn nothing(write: &Write) -> Result<Op> {
    let definition = write.definition;
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let either = ["attribute_exists", "attribute_not_exists"].map(|function| exists(function, definition, p));
    let condition = condition::any(either, p).into_expression(p);
    Op::new(definition.name(), Does::Check(to_key(definition, &write.key)), condition, &placeholders)
}

/// What a write comes to for the record that is stored.
#[derive(Debug)]
pub(crate) struct Settled {
    /// What is sent, if anything.
    pub(crate) op: Option<Op>,
    /// The record afterwards.
    pub(crate) outcome: Option<Record>,
}

/// The operation of a write on a record that was read and allows it.
pub(crate) fn settled(write: &Write, call: &Call, stamp: &Value, stored: Option<&Stored>) -> Result<Settled> {
    let definition = write.definition;
    let live = stored.filter(|stored| stored.record.is_live(definition, call));
    let outcome = write.outcome(live.map(|live| &live.record))?;
    let mut placeholders = Placeholders::default();
    let does = match (&write.action, live, &outcome) {
        (Action::Check | Action::Delete, None, _) => return Ok(Settled { op: None, outcome }),
        (Action::Check, Some(_), _) => Does::Check(to_key(definition, &write.key)),
        (Action::Delete, Some(_), _) => Does::Delete(to_key(definition, &write.key)),
        (Action::Update(changes) | Action::Upsert { changes, .. }, Some(live), Some(outcome)) => {
            update(write, &update::settled(definition, changes, live, outcome), stamp, &mut placeholders)
        }
        (_, _, Some(outcome)) => put(outcome, stamp),
        (_, _, None) => return Ok(Settled { op: None, outcome }),
    };
    let unchanged = unchanged(write, stored, &mut placeholders);
    let condition = unchanged.into_expression(&mut placeholders);
    Ok(Settled { op: Some(Op::new(definition.name(), does, condition, &placeholders)?), outcome })
}

fn put(record: &Record, stamp: &Value) -> Does {
    let mut item = to_item(record);
    item.insert(STAMP.to_owned(), crate::backend::dynamodb::value::to_attribute(stamp));
    Does::Put(item)
}

fn update(write: &Write, changes: &[crate::change::Change], stamp: &Value, placeholders: &mut Placeholders) -> Does {
    let expression = update::write(changes, stamp, placeholders);
    Does::Update { key: to_key(write.definition, &write.key), expression }
}

/// A live record is there, and it is as the write needs it.
fn allowed(write: &Write, call: &Call, placeholders: &mut Placeholders) -> Text {
    let there = exists("attribute_exists", write.definition, placeholders);
    let live = live(write.definition, call, placeholders);
    // DynamoDB takes nothing away below what is not there: where that is so, its refusal shows the record.
    let required = Expr::both(write.requirement(), write.removed_parents());
    let required = required.map_or(Text::True, |required| condition::write(&required, placeholders));
    condition::all([there, live, required], placeholders)
}

/// No live record is there.
fn gone(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    let missing = exists("attribute_not_exists", definition, placeholders);
    let expired = expired(definition, call, placeholders);
    condition::any([missing, expired], placeholders)
}

/// What is there has not expired.
pub(crate) fn live(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    match expired(definition, call, placeholders) {
        Text::False => Text::True,
        expired => expired.not(placeholders),
    }
}

/// What is there has expired: by the mark, or where there is none by its field.
fn expired(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    let Some(by_field) = liveness::expired_by_field(definition, call) else { return Text::False };
    let by_mark = condition::write(&liveness::expired_by_mark(call), placeholders);
    let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), placeholders);
    let by_field = condition::write(&by_field, placeholders);
    let by_field = condition::all([unmarked, by_field], placeholders);
    condition::any([by_mark, by_field], placeholders)
}

fn exists(function: &str, definition: &Definition, placeholders: &mut Placeholders) -> Text {
    condition::function(function, &Path::field(definition.hash_name()), placeholders)
}

/// The record is as it was read: it has the same stamp. One that was written by others has none, and
/// is compared by what the write depends on, attribute by attribute as they are stored.
fn unchanged(write: &Write, stored: Option<&Stored>, placeholders: &mut Placeholders) -> Text {
    let definition = write.definition;
    let Some(stored) = stored else { return exists("attribute_not_exists", definition, placeholders) };
    let same = |name: &str, placeholders: &mut Placeholders| match stored.item.get(name) {
        Some(attribute) => condition::is_stored(name, attribute, placeholders),
        None => condition::function("attribute_not_exists", &Path::field(name.to_owned()), placeholders),
    };
    if stored.item.contains_key(STAMP) {
        return same(STAMP, placeholders);
    }
    let mut parts = vec![exists("attribute_exists", definition, placeholders)];
    parts.extend(depends_on(write).iter().map(|name| same(name, placeholders)));
    condition::all(parts, placeholders)
}

/// That a record is still as it was read, as a part of a transaction that does not write it.
pub(crate) fn still(definition: &'static Definition, key: &RecordKey, stored: Option<&Stored>) -> Result<Op> {
    let check = Write::new(definition, key.clone(), Action::Check);
    let mut placeholders = Placeholders::default();
    let condition = unchanged(&check, stored, &mut placeholders).into_expression(&mut placeholders);
    Op::new(definition.name(), Does::Check(to_key(definition, key)), condition, &placeholders)
}

/// The attributes that a write looks at, moves or changes.
fn depends_on(write: &Write) -> Vec<String> {
    let definition = write.definition;
    let mut names = vec![STAMP.to_owned(), EXPIRES.to_owned()];
    names.extend(definition.ttl_name().map(str::to_owned));
    let parts = definition.unique_indexes().flat_map(crate::definition::IndexDef::parts);
    names.extend(parts.map(|part| definition.part_name(part).to_owned()));
    names.extend(write.changes().iter().map(|change| change.path().root().to_owned()));
    if let Some(requirement) = write.requirement() {
        requirement.paths(&mut |path| names.push(path.root().to_owned()));
    }
    names.sort();
    names.dedup();
    let aliases: Vec<_> = names.iter().flat_map(|name| definition.aliases_of(name)).collect();
    names.extend(aliases.into_iter().map(str::to_owned));
    // The key is given; it cannot change.
    names.retain(|name| name != definition.hash_name() && Some(name.as_str()) != definition.range_name());
    names
}

/// The guards that a write gives up and takes, for the record before and after it.
pub(crate) fn guard_moves(
    write: &Write,
    position: usize,
    call: &Call,
    stored: Option<&Record>,
    outcome: Option<&Record>,
) -> Vec<guard::Move> {
    let definition = write.definition;
    // The guards of an expired record have expired with it, and may be another's by now.
    let live = stored.filter(|record| record.is_live(definition, call));
    let held = live.map(|record| guard::of(definition, record)).unwrap_or_default();
    let wanted = outcome.map(|record| guard::of(definition, record)).unwrap_or_default();
    let expires = outcome.and_then(|record| record.expiry(definition));
    let same_expiry = live.and_then(Record::expires) == expires;
    let owner = |key: &RecordKey| key.clone();
    let mut moves = Vec::new();
    for (index, key) in &held {
        if !wanted.iter().any(|(_, wanted)| wanted == key) {
            let from = Some(owner(&write.key));
            moves.push(guard::Move { definition, index, key: key.clone(), position, from, to: None, before: None });
        }
    }
    for (index, key) in wanted {
        let kept = held.iter().any(|(_, held)| *held == key);
        if !(kept && same_expiry) {
            let to = Some((owner(&write.key), expires));
            moves.push(guard::Move { definition, index, key, position, from: None, to, before: None });
        }
    }
    moves
}
