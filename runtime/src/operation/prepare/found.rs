//! Writes of the records that a query finds, each on the condition that the query would still find it.

use std::ops::Bound;

use super::write;
use crate::change::Change;
use crate::condition::{self, Composed, Expr, Op};
use crate::database::Database;
use crate::definition::{Definition, KeyDef};
use crate::error::{Error, Result};
use crate::model::EncodedKey;
use crate::path::Path;
use crate::request::{Action, KeyRange, Query, RecordKey, Returning, Write};
use crate::value::{Record, Value};

/// What is done to each record.
#[derive(Debug)]
pub(crate) enum FoundParts {
    Delete,
    Update { changes: Result<Vec<Change>>, condition: Option<Composed>, version: Option<u64> },
}

/// What is read, and what is written of each record that is found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Reads no more than the keys.
    pub(crate) query: Query,
    /// The write of a record, but for its key; nothing if nothing is to be changed.
    write: Option<Write>,
}

impl Found {
    /// The write of a record with this key.
    pub(crate) fn write_of(&self, key: RecordKey) -> Option<Write> {
        let write = self.write.clone()?;
        Some(Write { key, ..write })
    }
}

/// The writes of what a query finds, checked.
pub(crate) fn found(db: &Database, mut query: Query, parts: FoundParts) -> Result<Found> {
    if query.backwards {
        return Err(Error::invalid("what is found before a cursor cannot be written: go on after one"));
    }
    // Only the keys, which come in any case.
    query.projection = Some(&[]);
    let definition = query.definition;
    let own = own_conditions(&query);
    let (action, condition, version) = match parts {
        FoundParts::Delete => (Action::Delete, None, None),
        FoundParts::Update { changes, condition, version } => {
            (write::update_action(db, definition, changes?)?, condition, version)
        }
    };
    let condition = condition.map(Composed::into_expr).transpose()?;
    condition.as_ref().map_or(Ok(()), condition::check_condition)?;
    let stored = |condition| definition.stored(condition);
    let mut write = Write::new(definition, RecordKey::new(Value::Null), action);
    (write.version, write.returning) = (version, Returning::Nothing);
    if let Action::Check = write.action {
        // Nothing is to be changed: what is found with these conditions too is all there is to it.
        write.condition = condition.map(stored);
        query.filter = Expr::both(query.filter, write.requirement());
        query.filter.as_ref().map_or(Ok(()), condition::check_size)?;
        return Ok(Found { query, write: None });
    }
    check_met_once(&query, &own, write.changes())?;
    let mut needs: Vec<_> = own.into_iter().map(|own| own.condition).chain(condition).map(stored).collect();
    // That of the query is in the terms of what is stored already.
    needs.extend(query.filter.clone());
    write.condition = match needs.len() {
        0 | 1 => needs.pop(),
        _ => Some(Expr::And(needs)),
    };
    write::check_needs(&write)?;
    Ok(Found { query, write: Some(write) })
}

/// What an index query says of one field of its index.
struct OwnCondition {
    field: &'static str,
    condition: Expr,
    /// Whether only one value of the field is found, so that no record moves by it.
    is_exact: bool,
}

/// What must be true of a record for an index query to find it, besides its filter. Of the primary key, which never
/// changes, nothing need be said.
fn own_conditions(query: &Query) -> Vec<OwnCondition> {
    let definition = query.definition;
    let Some(index) = query.source.index_read() else { return Vec::new() };
    let exact = query.source.hash_parts(definition).into_iter().chain(query.leading_parts());
    let equal = |(part, value): (KeyDef, &Value)| OwnCondition {
        field: definition.part_name(part),
        condition: compare(definition.part_name(part), Op::Eq, value),
        is_exact: true,
    };
    let mut own: Vec<_> = exact.filter(|(part, _)| !is_key(definition, *part)).map(equal).collect();
    // A record without a value of a range field is not in the index.
    for (at, part) in index.ranges().iter().enumerate().skip(query.leading.len()) {
        if is_key(definition, *part) {
            continue;
        }
        let field = definition.part_name(*part);
        let range = if at == query.leading.len() { &query.range } else { &KeyRange::All };
        own.push(OwnCondition { field, condition: in_range(field, range), is_exact: false });
    }
    own
}

fn is_key(definition: &Definition, part: KeyDef) -> bool {
    part.field == definition.hash().field || definition.range().is_some_and(|range| range.field == part.field)
}

fn compare(field: &'static str, op: Op, value: &Value) -> Expr {
    Expr::Compare { path: Path::field(field), op, value: value.clone() }
}

fn in_range(field: &'static str, range: &KeyRange) -> Expr {
    let (low, high) = match range {
        KeyRange::All => (&Bound::Unbounded, &Bound::Unbounded),
        KeyRange::Between(low, high) => (low, high),
        KeyRange::Prefix(prefix) => {
            return Expr::BeginsWith { path: Path::field(field), prefix: prefix.clone() };
        }
    };
    let low = match low {
        Bound::Included(value) => Some(compare(field, Op::Ge, value)),
        Bound::Excluded(value) => Some(compare(field, Op::Gt, value)),
        Bound::Unbounded => None,
    };
    let high = match high {
        Bound::Included(value) => Some(compare(field, Op::Le, value)),
        Bound::Excluded(value) => Some(compare(field, Op::Lt, value)),
        Bound::Unbounded => None,
    };
    Expr::both(low, high).unwrap_or_else(|| Expr::Exists(Path::field(field)))
}

/// Refuses an update that moves records within what is read: it could meet one again.
///
/// One that takes them out of it, as a new value of the hash field does, moves nothing within.
fn check_met_once(query: &Query, own: &[OwnCondition], changes: &[Change]) -> Result<()> {
    let change_of = |field: &str| changes.iter().find(|change| change.path().root() == field);
    let mut moved = None;
    for OwnCondition { field, condition, is_exact } in own {
        let Some(change) = change_of(field) else { continue };
        match change {
            // What is found has a value.
            Change::SetIfMissing(..) => {}
            Change::Remove(_) | Change::Set(_, Value::Null) => return Ok(()),
            Change::Set(_, value) => {
                let left = Record::from_iter([((*field).to_owned(), value.clone())]);
                match left.satisfies(condition) {
                    false => return Ok(()),
                    true if *is_exact => {}
                    true => moved = Some(*field),
                }
            }
            _ => moved = Some(*field),
        }
    }
    let Some((field, index)) = moved.zip(query.source.index_read()) else { return Ok(()) };
    let message = format!(
        "the update changes {field}, by which the records are read here, so that it could meet one again: write it \
         over a scan with a filter, or over an index without {field}"
    );
    Err(Error::invalid(message).on_index(index.name))
}

/// The key of an operation that is not of one record.
pub(crate) fn no_key() -> EncodedKey {
    Ok(RecordKey::new(Value::Null))
}
