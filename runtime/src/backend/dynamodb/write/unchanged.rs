//! That a record is still as it was read.

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::liveness;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::request::item::{ItemAction, ItemOp};
use crate::backend::dynamodb::value::Stored;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::path::Path;
use crate::request::{Action, RecordKey, Returning, Write};
use crate::value::{EXPIRES, STAMP};

/// The record is as it was read: it has the same stamp, which every write of the library replaces. A record
/// of another program, or of a model without stamps, is compared by what the write depends on, attribute by
/// attribute as they are stored.
pub(crate) fn unchanged(write: &Write, stored: Option<&Stored>, placeholders: &mut Placeholders) -> Text {
    let definition = write.definition;
    let Some(stored) = stored else { return liveness::not_stored(definition, placeholders) };
    let same = |name: &str, placeholders: &mut Placeholders| match stored.item.get(name) {
        Some(attribute) => condition::is_stored(name, attribute, placeholders),
        None => condition::function("attribute_not_exists", &Path::field(name.to_owned()), placeholders),
    };
    if definition.stamps() && stored.item.get(STAMP).is_some() {
        return same(STAMP, placeholders);
    }
    let mut parts = vec![liveness::stored(definition, placeholders)];
    parts.extend(depends_on(write).iter().map(|name| same(name, placeholders)));
    condition::all(parts, placeholders)
}

/// The check that a record is still as it was read, for a transaction that does not write it.
pub(crate) fn unchanged_check(
    definition: &'static Definition,
    key: &RecordKey,
    stored: Option<&Stored>,
) -> Result<ItemOp> {
    let check = Write::new(definition, key.clone(), Action::Check);
    let mut placeholders = Placeholders::default();
    let condition = unchanged(&check, stored, &mut placeholders).into_expression(&mut placeholders);
    ItemOp::new(definition.name(), ItemAction::Check(to_key(definition, key)), condition, &placeholders)
}

/// The attributes that a write looks at, moves or changes.
fn depends_on(write: &Write) -> Vec<String> {
    let definition = write.definition;
    let mut names = vec![STAMP.to_owned()];
    names.extend((!definition.expires_by_seconds()).then(|| EXPIRES.to_owned()));
    names.extend(definition.ttl_name().map(str::to_owned));
    let parts = definition.unique_indexes().flat_map(IndexDef::parts);
    names.extend(parts.map(|part| definition.part_name(part).to_owned()));
    names.extend(write.changes().iter().map(|change| change.path().root().to_owned()));
    if matches!(write.returning, Returning::Before | Returning::After) {
        // What is told of the record is told as it was read.
        names.extend(definition.fields().iter().map(|field| field.name.to_owned()));
    }
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
