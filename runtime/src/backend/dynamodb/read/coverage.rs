//! What an index covers: which attributes it returns, and which conditions the server can judge on it.

use crate::backend::dynamodb::expression::condition::is_judged_alike;
use crate::condition::Expr;
use crate::definition::Definition;
use crate::request::{Query, Source, SourceKind};

/// Whether a condition can be part of the request's filter. DynamoDB refuses filters on the attributes of
/// the key that is queried, sees only what the index holds, and compares some numbers differently from how
/// they are read.
pub(crate) fn can_push_down(query: &Query, part: &Expr) -> bool {
    let definition = query.definition;
    let keys = match query.source.kind() {
        SourceKind::Scan { .. } => Vec::new(),
        _ => key_attributes(definition, &query.source),
    };
    let held = projected(definition, &query.source);
    let local = query.source.index_read().is_some_and(|index| index.local);
    let held = if local { projected_by_local(definition, &query.source) } else { held };
    let mut there = is_judged_alike(part);
    part.paths(&mut |path| {
        let root = path.root();
        there &= !keys.contains(&root) && held.as_ref().is_none_or(|held| held.contains(&root));
    });
    there
}

/// The attributes of the key that a source is read by.
pub(crate) fn key_attributes(definition: &Definition, source: &Source) -> Vec<&'static str> {
    match source.kind() {
        SourceKind::Primary { .. } => std::iter::once(definition.hash_name()).chain(definition.range_name()).collect(),
        SourceKind::Index { index, .. } => index.parts().map(|part| definition.part_name(part)).collect(),
        SourceKind::Scan { .. } => Vec::new(),
    }
}

/// The attributes that a read of the source can return; none if it can return all. A local index can:
/// DynamoDB reads the record if the index does not hold enough.
pub(crate) fn projected(definition: &Definition, source: &Source) -> Option<Vec<&'static str>> {
    match source.kind() {
        SourceKind::Index { index, .. } if !index.local => definition.projected(index),
        _ => None,
    }
}

/// The attributes that a local index itself holds.
pub(crate) fn projected_by_local(definition: &Definition, source: &Source) -> Option<Vec<&'static str>> {
    match source.kind() {
        SourceKind::Index { index, .. } => definition.projected(index),
        _ => None,
    }
}
