//! What the server can give and judge: what an index holds, and which attributes a filter may name.

use crate::backend::dynamodb::expression::condition::is_judged_alike;
use crate::condition::Expr;
use crate::definition::Definition;
use crate::request::{Query, Source, SourceKind};

/// Whether the server can judge a condition: it refuses filters on the attributes of the key that is
/// queried, knows only what the index holds, and compares some numbers otherwise than they are read.
pub(crate) fn judged_there(query: &Query, part: &Expr) -> bool {
    let definition = query.definition;
    let keys = match query.source.kind() {
        SourceKind::Scan { .. } => Vec::new(),
        _ => parts(definition, &query.source),
    };
    let held = held(definition, &query.source);
    let local = query.source.index_read().is_some_and(|index| index.local);
    let held = if local { local_held(definition, &query.source) } else { held };
    let mut there = is_judged_alike(part);
    part.paths(&mut |path| {
        let root = path.root();
        there &= !keys.contains(&root) && held.as_ref().is_none_or(|held| held.contains(&root));
    });
    there
}

/// The attributes of the key that a source is read by.
pub(crate) fn parts(definition: &Definition, source: &Source) -> Vec<&'static str> {
    match source.kind() {
        SourceKind::Primary { .. } => std::iter::once(definition.hash_name()).chain(definition.range_name()).collect(),
        SourceKind::Index { index, .. } => index.parts().map(|part| definition.part_name(part)).collect(),
        SourceKind::Scan { .. } => Vec::new(),
    }
}

/// The attributes that a read of the source can give; none for all. A local index gives all: DynamoDB
/// reads the record where the index does not hold enough.
pub(crate) fn held(definition: &Definition, source: &Source) -> Option<Vec<&'static str>> {
    match source.kind() {
        SourceKind::Index { index, .. } if !index.local => definition.projected(index),
        _ => None,
    }
}

/// The attributes that a local index itself holds.
pub(crate) fn local_held(definition: &Definition, source: &Source) -> Option<Vec<&'static str>> {
    match source.kind() {
        SourceKind::Index { index, .. } => definition.projected(index),
        _ => None,
    }
}
