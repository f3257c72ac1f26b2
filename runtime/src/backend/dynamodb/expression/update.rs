//! Changes as DynamoDB's update expressions.

use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::value::Stored;
use crate::change::{Change, Expiry};
use crate::definition::Definition;
use crate::path::{Path, Step};
use crate::value::{Record, STAMP, Value};

/// The update expression of the changes, which also leaves the stamp of the call. Without one it takes away the stamp
/// that is there: whoever reads by it would take the record for unchanged. Every clause sees the record as it was
/// before.
pub(crate) fn update_expression(changes: &[Change], stamp: Option<&Value>, placeholders: &mut Placeholders) -> String {
    let (mut set, mut remove, mut insert, mut discard) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        match clause(change, placeholders) {
            Clause::Set(text) => set.push(text),
            Clause::Remove(text) => remove.push(text),
            Clause::Insert(text) => insert.push(text),
            Clause::Discard(text) => discard.push(text),
        }
    }
    let name = placeholders.name(STAMP);
    match stamp {
        Some(stamp) => set.push(format!("{name} = {}", placeholders.value(stamp))),
        None => remove.push(name),
    }
    let all = [("SET", set), ("REMOVE", remove), ("ADD", insert), ("DELETE", discard)];
    let written = all.into_iter().filter(|(_, clauses)| !clauses.is_empty());
    let written: Vec<_> = written.map(|(action, clauses)| format!("{action} {}", clauses.join(", "))).collect();
    written.join(" ")
}

enum Clause {
    Set(String),
    Remove(String),
    Insert(String),
    Discard(String),
}

fn clause(change: &Change, placeholders: &mut Placeholders) -> Clause {
    let path = placeholders.path(change.path());
    let mut value = |value: &Value| placeholders.value(value);
    Clause::Set(match change {
        Change::Remove(at) => match at.steps().last() {
            // Removing an item would move those after it.
            Some(Step::Position(_)) => format!("{path} = {}", value(&Value::Null)),
            _ => return Clause::Remove(path),
        },
        Change::RemoveItem(_) => return Clause::Remove(path),
        Change::Insert(_, members) => return Clause::Insert(format!("{path} {}", value(&Value::Set(members.clone())))),
        Change::Discard(_, members) => {
            return Clause::Discard(format!("{path} {}", value(&Value::Set(members.clone()))));
        }
        Change::Set(_, new) => format!("{path} = {}", value(new)),
        Change::SetIfMissing(_, new) => format!("{path} = if_not_exists({path}, {})", value(new)),
        Change::Add { start, delta, .. } => {
            format!("{path} = if_not_exists({path}, {}) + {}", value(&Value::Int((*start).into())), value(delta))
        }
        Change::Expire { field, expiry: Expiry::After(seconds) } => {
            let seconds = value(&Value::from(*seconds));
            format!("{path} = {} + {seconds}", placeholders.path(field))
        }
        // Resolved before if there is a record: it has to be read for this.
        Change::Expire { expiry: Expiry::IfMissing(at), .. } => format!("{path} = {}", value(&Value::from(*at))),
        Change::Append(_, items) => {
            let items = value(&Value::List(items.clone()));
            format!("{path} = list_append(if_not_exists({path}, {}), {items})", value(&Value::List(Vec::new())))
        }
        Change::Prepend(_, items) => {
            let items = value(&Value::List(items.clone()));
            format!("{path} = list_append({items}, if_not_exists({path}, {}))", value(&Value::List(Vec::new())))
        }
    })
}

/// Whether the sum has to be made here: DynamoDB adds decimals, floats are binary.
pub(crate) fn adds_float(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::Add { bounds: None, .. }))
}

/// Whether what becomes of the expiry depends on whether its field has a value.
pub(crate) fn may_expire(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::Expire { expiry: Expiry::IfMissing(_), .. }))
}

/// Whether a set is changed that is not in a field of the record: DynamoDB adds to no other.
pub(crate) fn changes_nested_set(changes: &[Change]) -> bool {
    let is_nested = |change: &Change| match change {
        Change::Insert(path, _) | Change::Discard(path, _) => !path.is_field(),
        _ => false,
    };
    changes.iter().any(is_nested)
}

/// The changes, with those replaced by their result that DynamoDB would do differently: sums of floats, and
/// changes of a stored null, which DynamoDB does not take for a missing value. A removal below something
/// missing is left out, since DynamoDB refuses it. A field that is stored under another name moves to its
/// own, whole.
pub(crate) fn resolve_changes(
    definition: &Definition,
    changes: &[Change],
    stored: &Stored,
    outcome: &Record,
) -> Vec<Change> {
    let resolve = |change: &Change| match change {
        Change::Add { path, bounds: None, .. } => set_to_outcome(path, outcome),
        Change::Add { path, .. }
        | Change::Append(path, _)
        | Change::Prepend(path, _)
        | Change::SetIfMissing(path, _)
            if stored.item.is_null(path) =>
        {
            set_to_outcome(path, outcome)
        }
        // What is stored may be a list, which DynamoDB does not take for a set.
        Change::Insert(path, _) | Change::Discard(path, _) => set_to_outcome(path, outcome),
        Change::Expire { .. } => set_to_outcome(change.path(), outcome),
        change => change.clone(),
    };
    let has_place = |change: &&Change| !matches!(change, Change::Remove(_)) || change.has_parent_in(&stored.record);
    let (aliased, own): (Vec<_>, Vec<_>) =
        changes.iter().filter(has_place).partition(|change| definition.has_alias(change.path().root()));
    let mut resolved: Vec<_> = own.into_iter().map(resolve).collect();
    let mut roots: Vec<_> = aliased.into_iter().map(|change| change.path().root()).collect();
    roots.sort_unstable();
    roots.dedup();
    for root in roots {
        resolved.push(set_to_outcome(&Path::field(root.to_owned()), outcome));
        resolved.extend(definition.aliases_of(root).map(|alias| Change::Remove(Path::field(alias))));
    }
    resolved
}

fn set_to_outcome(path: &Path, outcome: &Record) -> Change {
    match outcome.at(path) {
        Some(value) => Change::Set(path.clone(), value.to_value()),
        None => Change::Remove(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_a_clause() {
        let mut placeholders = Placeholders::default();
        let text = update_expression(
            &[
                Change::Set(Path::field("a"), Value::Int(1)),
                Change::SetIfMissing(Path::field("b"), Value::Int(1)),
                Change::Add { path: Path::field("c"), start: 0, delta: Value::Int(-2), bounds: Some((0, 9)) },
                Change::Append(Path::field("d"), vec![Value::from("x")]),
                Change::Remove(Path::field("e")),
                Change::Remove(Path::new(vec![Step::Name("f".into()), Step::Position(2)])),
                Change::Prepend(Path::field("g"), vec![Value::from("x")]),
                Change::RemoveItem(Path::new(vec![Step::Name("h".into()), Step::Position(3)])),
                Change::Insert(Path::field("i"), vec![Value::from("x")]),
                Change::Discard(Path::field("j"), vec![Value::from("x")]),
            ],
            Some(&Value::Bytes(vec![7])),
            &mut placeholders,
        );
        assert_eq!(
            text,
            "SET #n0 = :v0, #n1 = if_not_exists(#n1, :v0), #n2 = if_not_exists(#n2, :v1) + :v2, \
             #n3 = list_append(if_not_exists(#n3, :v4), :v3), #n5[2] = :v5, #n6 = list_append(:v3, if_not_exists(#n6, :v4)), \
             #n10 = :v7 REMOVE #n4, #n7[3] ADD #n8 :v6 DELETE #n9 :v6"
        );
    }

    #[test]
    fn without_a_stamp_the_one_that_is_there_goes() {
        let text = |changes: &[Change]| update_expression(changes, None, &mut Placeholders::default());
        assert_eq!(text(&[Change::Set(Path::field("a"), Value::Int(1))]), "SET #n0 = :v0 REMOVE #n1");
        assert_eq!(text(&[Change::Remove(Path::field("a"))]), "REMOVE #n0, #n1");
    }
}
