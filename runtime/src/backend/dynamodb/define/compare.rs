//! What exists against what the model defines.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType, Projection as TableProjection, ProjectionType, ScalarAttributeType,
    TableDescription,
};

use crate::backend::dynamodb::define::observe::{Guards, IndexState, Observed};
use crate::backend::dynamodb::define::settings;
use crate::backend::dynamodb::define::tables::{lifetime_attribute, non_key_attributes};
use crate::backend::dynamodb::guard;
use crate::backend::{Creation, IndexShape, Mismatch, Plan, Unused};
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::value::EXPIRES;

/// What there is to do, and what does not match.
pub(super) fn compare(definition: &'static Definition, observed: &Observed) -> Plan {
    let mut plan = Plan::new(definition.repository());
    match &observed.table {
        None => {
            plan.add_creation(Creation::Repository(definition.repository().to_owned()));
            for index in definition.indexes() {
                plan.add_creation(Creation::Index(wanted_shape(definition, index)));
            }
        }
        Some(table) => {
            compare_keys(definition, table, &mut plan);
            compare_lifetime(definition, observed, &mut plan);
            settings::compare(definition, table, &mut plan);
            compare_unknown_indexes(definition, table, observed, &mut plan);
            let missing: Vec<_> = missing_indexes(definition, table).collect();
            for index in definition.indexes() {
                if missing.iter().any(|missing| missing.name == index.name) {
                    plan.add_creation(Creation::Index(wanted_shape(definition, index)));
                } else {
                    compare_index(definition, index, table, observed, &mut plan);
                }
            }
        }
    }
    if let Some(guards) = &observed.guards {
        compare_guards(definition, guards, &mut plan);
    }
    plan
}

/// The global indexes that a table has not got. A local one cannot be added to a table.
pub(super) fn missing_indexes<'a>(
    definition: &'static Definition,
    table: &'a TableDescription,
) -> impl Iterator<Item = &'static IndexDef> + 'a {
    definition.indexes().iter().filter(|index| !index.local && find_index(table, index.name).is_none())
}

/// The model's index in words.
fn wanted_shape(definition: &Definition, index: &IndexDef) -> IndexShape {
    let parts = index.parts().map(|part| describe_part(definition, part));
    hashed_by(shape(index.name, parts, index.unique, index.local), index.hash_parts().count())
}

/// With how many of the fields are the hash, where it is not the first alone.
fn hashed_by(shape: IndexShape, hash: usize) -> IndexShape {
    if hash > 1 { shape.with_note(format!("by {hash} hash fields")) } else { shape }
}

fn describe_part(definition: &Definition, part: KeyDef) -> String {
    // What instants and ObjectIds are kept as.
    let kind = match part.kind {
        KeyKind::Instant => KeyKind::Integer,
        KeyKind::ObjectId => KeyKind::String,
        kind => kind,
    };
    format!("{} ({})", definition.part_name(part), kind.as_str())
}

fn shape(name: &str, parts: impl Iterator<Item = String>, unique: bool, local: bool) -> IndexShape {
    parts.fold(IndexShape::new(name).with("unique", unique).with("local", local), IndexShape::field)
}

fn compare_keys(definition: &Definition, table: &TableDescription, plan: &mut Plan) {
    let key = |kind: &KeyType| {
        let part = table.key_schema().iter().find(|part| part.key_type() == kind);
        part.map_or_else(|| "none".to_owned(), |part| describe_stored(table, part))
    };
    plan.compare_part("the hash key", &key(&KeyType::Hash), &describe_part(definition, definition.hash()));
    let range = definition.range().map_or_else(|| "none".to_owned(), |part| describe_part(definition, part));
    plan.compare_part("the range key", &key(&KeyType::Range), &range);
}

fn describe_stored(table: &TableDescription, part: &KeySchemaElement) -> String {
    let name = part.attribute_name();
    let attribute = |attribute: &&AttributeDefinition| attribute.attribute_name() == name;
    let kind = table.attribute_definitions().iter().find(attribute).map(AttributeDefinition::attribute_type);
    let kind = match kind {
        Some(ScalarAttributeType::S) => KeyKind::String.as_str(),
        Some(ScalarAttributeType::N) => KeyKind::Integer.as_str(),
        Some(ScalarAttributeType::B) => KeyKind::Bytes.as_str(),
        _ => "unknown",
    };
    format!("{name} ({kind})")
}

fn compare_lifetime(definition: &Definition, observed: &Observed, plan: &mut Plan) {
    let wanted = lifetime_attribute(definition);
    match (observed.lifetime.as_deref(), definition.ttl_name()) {
        (None, Some(field)) => plan.add_creation(Creation::Expiry(field.to_owned())),
        (Some(EXPIRES), None) => {
            plan.add_mismatch(Mismatch::Expiry { off: "turn the table's time to live off".to_owned() });
        }
        (Some(other), None) => {
            plan.add_left_alone(format!("the time to live by {other}: DynamoDB deletes what it says"))
        }
        // An older release turned it on.
        (Some(EXPIRES), Some(field)) if wanted != EXPIRES => plan.add_creation(Creation::Other(format!(
            "time to live by {field}, in the place of that by {EXPIRES}, which is turned off first"
        ))),
        (Some(other), _) if other != wanted => {
            plan.add_mismatch(Mismatch::Other(format!("the time to live is on for {other}, not for {wanted}")));
        }
        _ => {}
    }
}

/// What the table has and the model does not.
fn compare_unknown_indexes(
    definition: &'static Definition,
    table: &TableDescription,
    observed: &Observed,
    plan: &mut Plan,
) {
    let own = |name: &str| definition.index(name).is_some();
    let global = table.global_secondary_indexes().iter().filter_map(|index| index.index_name());
    let local = table.local_secondary_indexes().iter().filter_map(|index| index.index_name());
    for name in global.chain(local).filter(|name| !own(name)) {
        let is_guarded = observed.states().get(name).is_some_and(|state| *state != IndexState::Stale);
        let fields: Vec<_> = find_index(table, name).map(|(key, _, _)| key).unwrap_or_default().to_vec();
        let is_same = |index: &IndexDef| {
            let parts = index.parts().map(|part| describe_part(definition, part));
            parts.eq(fields.iter().map(|part| describe_stored(table, part)))
        };
        if is_guarded && !definition.unique_indexes().any(is_same) {
            plan.add_mismatch(Mismatch::UnknownUnique(name.to_owned()));
        } else {
            plan.add_unused(Unused::Index(name.to_owned()));
        }
    }
}

/// An index of a table: its key, what it holds, and whether it is local.
fn find_index<'a>(
    table: &'a TableDescription,
    name: &str,
) -> Option<(&'a [KeySchemaElement], Option<&'a TableProjection>, bool)> {
    let global = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(name));
    let local = table.local_secondary_indexes().iter().find(|index| index.index_name() == Some(name));
    let global = global.map(|index| (index.key_schema(), index.projection(), false));
    global.or_else(|| local.map(|index| (index.key_schema(), index.projection(), true)))
}

fn compare_index(
    definition: &'static Definition,
    index: &IndexDef,
    table: &TableDescription,
    observed: &Observed,
    plan: &mut Plan,
) {
    let what = format!("the index {}", index.name);
    let Some((key, projection, local)) = find_index(table, index.name) else {
        plan.add_mismatch(Mismatch::Other(format!("{what} is missing; a local index cannot be added to a table")));
        return;
    };
    let state = observed.state(index);
    let parts = key.iter().map(|part| describe_stored(table, part));
    let unique = state.is_some_and(|state| state != IndexState::Stale) || (index.unique && state.is_some());
    let hash = key.iter().filter(|part| *part.key_type() == KeyType::Hash).count();
    let stored = hashed_by(shape(index.name, parts, unique, local), hash);
    let wanted = wanted_shape(definition, index);
    if stored != wanted {
        plan.add_mismatch(Mismatch::Index { stored, wanted });
    }
    if let Some(lacking) = lacking_attributes(definition, index, projection).as_deref() {
        let instead = match lacking {
            _ if index.unique => "a unique index holds all fields, so give the model's another name".to_owned(),
            EXPIRES => "a query of it would not see what has expired, so give the model's another name".to_owned(),
            _ => {
                format!("name what it holds in the model, by {}", stored_projection(definition, index, projection))
            }
        };
        plan.add_mismatch(Mismatch::Other(format!("{what} does not hold {lacking}: {instead}")));
    }
    if index.unique && unique && state != Some(IndexState::Ready) {
        plan.add_creation(Creation::UniqueValues(index.name.to_owned()));
    }
}

/// What an index should hold and does not.
fn lacking_attributes(
    definition: &Definition,
    index: &IndexDef,
    projection: Option<&TableProjection>,
) -> Option<String> {
    let projection = projection?;
    if projection.projection_type() == Some(&ProjectionType::All) {
        return None;
    }
    let Some(wanted) = non_key_attributes(definition, index) else { return Some("all fields".to_owned()) };
    let stored = projection.non_key_attributes();
    let lacking: Vec<_> = wanted.into_iter().filter(|name| !stored.contains(name)).collect();
    (!lacking.is_empty()).then(|| lacking.join(", "))
}

/// How the model says what an index that is there holds: of this, the fields that it has.
fn stored_projection(definition: &Definition, index: &IndexDef, projection: Option<&TableProjection>) -> String {
    let keys: Vec<_> = definition.key_attributes(index).collect();
    let stored = projection.map(TableProjection::non_key_attributes).unwrap_or_default();
    let held = definition.fields().iter().filter(|field| !keys.contains(&field.name));
    let held = held.filter(|field| stored.iter().any(|name| name == field.name));
    let held: Vec<_> = held.map(|field| format!("\"{}\"", field.rust_name)).collect();
    match &*held {
        [] => "projection = \"keys_only\"".to_owned(),
        held => format!("projection = [{}]", held.join(", ")),
    }
}

fn compare_guards(definition: &'static Definition, guards: &Guards, plan: &mut Plan) {
    let name = guard::table(definition);
    let key: Vec<_> = guards.table.key_schema().iter().map(|part| describe_stored(&guards.table, part)).collect();
    if key != [format!("{} ({})", guard::KEY, KeyKind::Bytes.as_str())] {
        plan.add_mismatch(Mismatch::Other(format!("the table {name} is not one of unique values")));
    }
    let other = guards.lifetime.as_deref().filter(|lifetime| *lifetime != EXPIRES);
    if let Some(other) = other {
        plan.add_mismatch(Mismatch::Other(format!("the time to live of the table {name} is on for {other}")));
    }
}
