//! From a write to the operation on its record: under the write's own condition, which the server judges,
//! or, if the record had to be read, under the condition that nobody has written it since.

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::liveness;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::expression::update;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::marks::{marked_changes, marked_item, stamp_of};
use crate::backend::dynamodb::request::item::{ItemAction, ItemOp};
use crate::backend::dynamodb::value::Stored;
use crate::backend::dynamodb::write::unchanged::unchanged;
use crate::change::{Change, apply, for_new_record};
use crate::condition::Expr;
use crate::definition::Definition;
use crate::error::Result;
use crate::path::Path;
use crate::request::{Action, Call, Returning, Write};
use crate::value::{Record, Value};

/// Whether the record has to be read before it can be written: its unique values move, a sum of floats is
/// made here, a nested set changes, its condition is judged here, or an upsert stores more than its changes.
pub(crate) fn must_read(write: &Write) -> bool {
    if write.condition.as_ref().is_some_and(|condition| !condition::is_refused_alike(condition)) {
        return true;
    }
    match &write.action {
        Action::Create(_) | Action::Check => false,
        Action::Put(_) | Action::Replace(_) | Action::Delete => has_unique(write.definition),
        Action::Update(changes) => moves_unique(write) || needs_record(write.definition, changes),
        Action::Upsert { changes, insert } => {
            has_unique(write.definition)
                || needs_record(write.definition, changes)
                || changes.iter().any(|change| matches!(change, Change::RemoveItem(_)))
                || !changes_make(write, changes, insert)
        }
    }
}

/// Whether the record of a write in a transaction has to be read for what the write tells: a transaction returns
/// nothing. What a write that stores a whole record tells is known without.
pub(crate) fn must_read_to_tell(write: &Write) -> bool {
    match write.returning {
        Returning::Before => true,
        Returning::After => !matches!(write.action, Action::Create(_) | Action::Put(_) | Action::Replace(_)),
        Returning::AsUsual | Returning::Nothing => false,
    }
}

/// Whether what the changes come to has to be made here.
fn needs_record(definition: &Definition, changes: &[Change]) -> bool {
    let aliased = |change: &Change| definition.has_alias(change.path().root());
    update::adds_float(changes)
        || update::changes_nested_set(changes)
        || !definition.expires_by_seconds() && update::may_expire(changes)
        || changes.iter().any(aliased)
}

/// Whether unique values have to be looked after.
pub(crate) fn moves_unique(write: &Write) -> bool {
    write.definition.unique_indexes().any(|index| write.touches(index))
}

pub(crate) fn has_unique(definition: &Definition) -> bool {
    definition.unique_indexes().next().is_some()
}

/// Whether the changes alone, on a record that is not there, make the whole of what an upsert stores.
fn changes_make(write: &Write, changes: &[Change], insert: &Record) -> bool {
    apply(&write.key.to_record(write.definition), &for_new_record(changes)).is_ok_and(|made| made == *insert)
}

/// The operation of a write whose record was not read: the server judges its condition. It is a `single`
/// request, or part of a transaction.
pub(crate) fn conditional_op(write: &Write, call: &Call, stamp: &Value, single: bool) -> Result<ItemOp> {
    let definition = write.definition;
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let (action, condition) = match &write.action {
        Action::Create(record) => (put(write, record, stamp), liveness::absent(definition, call, p)),
        Action::Put(record) => (put(write, record, stamp), absent_or_required(write, call, p)),
        Action::Replace(record) => (put(write, record, stamp), allowed(write, call, p)),
        Action::Update(changes) => (update(write, changes, stamp, p), allowed(write, call, p)),
        Action::Upsert { changes, .. } => {
            let condition = upsert_condition(write, changes, call, p);
            (update(write, &for_new_record(changes), stamp, p), condition)
        }
        Action::Delete => {
            let condition = match absent_or_required(write, call, p) {
                // DynamoDB Local gives one old item to several deletes at once, unless there is a condition.
                Text::True if single => liveness::stored(definition, p),
                condition => condition,
            };
            (ItemAction::Delete(to_key(definition, &write.key)), condition)
        }
        Action::Check => (ItemAction::Check(to_key(definition, &write.key)), allowed(write, call, p)),
    };
    let condition = condition.into_expression(&mut placeholders);
    op_of(write, action, condition, &placeholders)
}

/// No live record is there, or it is as the write needs it.
fn absent_or_required(write: &Write, call: &Call, p: &mut Placeholders) -> Text {
    let Some(requirement) = write.requirement() else { return Text::True };
    let absent = liveness::absent(write.definition, call, p);
    let required = condition::write_expr(&requirement, p);
    condition::any([absent, required], p)
}

/// No item is there, or one on which the changes come to what they should.
fn upsert_condition(write: &Write, changes: &[Change], call: &Call, p: &mut Placeholders) -> Text {
    let definition = write.definition;
    let missing = liveness::not_stored(definition, p);
    // A null is not missing to DynamoDB: if it stands where a default would, the record has to be read.
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
    condition::any([missing, allowed], p)
}

/// A check that holds whatever is stored.
pub(crate) fn noop_check(write: &Write) -> Result<ItemOp> {
    let definition = write.definition;
    let mut placeholders = Placeholders::default();
    let p = &mut placeholders;
    let either = [liveness::stored(definition, p), liveness::not_stored(definition, p)];
    let condition = condition::any(either, p).into_expression(p);
    ItemOp::new(definition.name(), ItemAction::Check(to_key(definition, &write.key)), condition, &placeholders)
}

/// What a write does to the record that is stored.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The operation, if there is anything to send.
    pub(crate) op: Option<ItemOp>,
    /// The record afterwards.
    pub(crate) outcome: Option<Record>,
}

/// The operation of a write on a record that was read and allows it.
pub(crate) fn resolved_op(write: &Write, call: &Call, stamp: &Value, stored: Option<&Stored>) -> Result<Resolved> {
    let definition = write.definition;
    let live = stored.filter(|stored| stored.record.is_live(definition, call));
    let outcome = write.outcome(live.map(|live| &live.record))?;
    let mut placeholders = Placeholders::default();
    let action = match (&write.action, live, &outcome) {
        // What is told of it is true at the moment of the transaction.
        (Action::Delete, None, _) if write.returning == Returning::After => {
            ItemAction::Check(to_key(definition, &write.key))
        }
        (Action::Check | Action::Delete, None, _) => return Ok(Resolved { op: None, outcome }),
        (Action::Check, Some(_), _) => ItemAction::Check(to_key(definition, &write.key)),
        (Action::Delete, Some(_), _) => ItemAction::Delete(to_key(definition, &write.key)),
        (Action::Update(changes) | Action::Upsert { changes, .. }, Some(live), Some(outcome)) => {
            update(write, &update::resolve_changes(definition, changes, live, outcome), stamp, &mut placeholders)
        }
        (_, _, Some(outcome)) => put(write, outcome, stamp),
        (_, _, None) => return Ok(Resolved { op: None, outcome }),
    };
    let condition = unchanged(write, stored, &mut placeholders);
    let condition = condition.into_expression(&mut placeholders);
    let op = op_of(write, action, condition, &placeholders)?;
    Ok(Resolved { op: Some(op), outcome })
}

/// The operation of a write, whose own request returns what the write tells of.
fn op_of(write: &Write, action: ItemAction, condition: Option<String>, placeholders: &Placeholders) -> Result<ItemOp> {
    let definition = write.definition;
    let op = ItemOp::new(definition.name(), action, condition, placeholders)?;
    Ok(op.of_model(definition.fields()).telling(write.told()))
}

fn put(write: &Write, record: &Record, stamp: &Value) -> ItemAction {
    ItemAction::Put(marked_item(write.definition, record, stamp))
}

fn update(write: &Write, changes: &[Change], stamp: &Value, placeholders: &mut Placeholders) -> ItemAction {
    let definition = write.definition;
    let changes = marked_changes(definition, changes);
    let expression = update::update_expression(&changes, stamp_of(definition, stamp), placeholders);
    ItemAction::Update { key: to_key(definition, &write.key), expression }
}

/// A live record is there, and it is as the write needs it.
fn allowed(write: &Write, call: &Call, placeholders: &mut Placeholders) -> Text {
    let there = liveness::stored(write.definition, placeholders);
    let live = liveness::live(write.definition, call, placeholders);
    // DynamoDB refuses to remove what is below something missing, with an error that shows no record. As a
    // condition, the refusal shows the record.
    let required = Expr::both(write.requirement(), write.removed_parents());
    let required = required.map_or(Text::True, |required| condition::write_expr(&required, placeholders));
    condition::all([there, live, required], placeholders)
}

/// The record that a write stores if there is none.
pub(crate) fn inserted(write: &Write) -> Option<&Record> {
    match &write.action {
        Action::Create(record)
        | Action::Put(record)
        | Action::Replace(record)
        | Action::Upsert { insert: record, .. } => Some(record),
        _ => None,
    }
}
