//! What exists against what is wanted.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType, Projection as TableProjection, ProjectionType, ScalarAttributeType,
    TableDescription,
};

use crate::backend::Plan;
use crate::backend::dynamodb::define::observe::{Guards, Observed, State};
use crate::backend::dynamodb::define::tables::held;
use crate::backend::dynamodb::guard;
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::value::EXPIRES;

/// What there is to do, and what does not match.
pub(super) fn plan(definition: &'static Definition, observed: &Observed) -> Plan {
    let mut plan = Plan::new(definition.name());
    match &observed.table {
        None => {
            plan.create.push(format!("repository {}", definition.name()));
            plan.create.extend(definition.indexes().iter().map(|index| index_line(definition, index)));
        }
        Some(table) => {
            keys(definition, table, &mut plan);
            lifetime(definition, observed, &mut plan);
            left(definition, table, observed, &mut plan);
            let missing: Vec<_> = missing(definition, table).collect();
            for index in definition.indexes() {
                if missing.iter().any(|missing| missing.name == index.name) {
                    plan.create.push(index_line(definition, index));
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
pub(super) fn missing<'a>(
    definition: &'static Definition,
    table: &'a TableDescription,
) -> impl Iterator<Item = &'static IndexDef> + 'a {
    definition.indexes().iter().filter(|index| !index.local && find(table, index.name).is_none())
}

fn index_line(definition: &Definition, index: &IndexDef) -> String {
    format!("index {} {}", index.name, describe_index(definition, index))
}

fn describe_index(definition: &Definition, index: &IndexDef) -> String {
    let parts: Vec<_> = index.parts().map(|part| describe_part(definition, part)).collect();
    on(&parts, index.unique, index.local)
}

fn describe_part(definition: &Definition, part: KeyDef) -> String {
    // Instants are kept as integers.
    let kind = if part.kind == KeyKind::Instant { KeyKind::Integer } else { part.kind };
    format!("{} ({})", definition.part_name(part), kind.as_str())
}

fn on(parts: &[String], unique: bool, local: bool) -> String {
    let unique = if unique { "unique " } else { "" };
    let local = if local { "local " } else { "" };
    format!("{unique}{local}on {}", parts.join(", "))
}

fn differs(plan: &mut Plan, what: &str, stored: &str, wanted: &str) {
    if stored != wanted {
        plan.mismatches.push(format!("{what} is {stored}, not {wanted}"));
    }
}

fn keys(definition: &Definition, table: &TableDescription, plan: &mut Plan) {
    let key = |kind: &KeyType| {
        let part = table.key_schema().iter().find(|part| part.key_type() == kind);
        part.map_or_else(|| "none".to_owned(), |part| describe_stored(table, part))
    };
    differs(plan, "the hash key", &key(&KeyType::Hash), &describe_part(definition, definition.hash()));
    let range = definition.range().map_or_else(|| "none".to_owned(), |part| describe_part(definition, part));
    differs(plan, "the range key", &key(&KeyType::Range), &range);
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

fn lifetime(definition: &Definition, observed: &Observed, plan: &mut Plan) {
    match (observed.lifetime.as_deref(), definition.ttl_name()) {
        (None, Some(field)) => plan.begin_expiry(field),
        (Some(EXPIRES), None) => plan.refuse_expiry("turn the table's time to live off"),
        (Some(other), _) if other != EXPIRES => {
            plan.mismatches.push(format!("the time to live is on for {other}, not for {EXPIRES}"));
        }
        _ => {}
    }
}

/// What the table has and the model does not.
fn left(definition: &'static Definition, table: &TableDescription, observed: &Observed, plan: &mut Plan) {
    let own = |name: &str| definition.index(name).is_some();
    let global = table.global_secondary_indexes().iter().filter_map(|index| index.index_name());
    let local = table.local_secondary_indexes().iter().filter_map(|index| index.index_name());
    for name in global.chain(local).filter(|name| !own(name)) {
        let looked_after = observed.states().get(name).is_some_and(|state| *state != State::Stale);
        let fields: Vec<_> = find(table, name).map(|(key, _, _)| key).unwrap_or_default().to_vec();
        let is_same = |index: &IndexDef| {
            let parts = index.parts().map(|part| describe_part(definition, part));
            parts.eq(fields.iter().map(|part| describe_stored(table, part)))
        };
        if looked_after && !definition.unique_indexes().any(is_same) {
            plan.refuse_unknown_unique(name);
        } else {
            plan.leave_index(name);
        }
    }
}

/// An index of a table: its key, what it holds, and whether it is local.
fn find<'a>(
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
    let Some((key, projection, local)) = find(table, index.name) else {
        plan.mismatches.push(format!("{what} is missing; a local index cannot be added to a table"));
        return;
    };
    let state = observed.state(index);
    let parts: Vec<_> = key.iter().map(|part| describe_stored(table, part)).collect();
    let unique = state.is_some_and(|state| state != State::Stale) || (index.unique && state.is_some());
    let (stored, wanted) = (on(&parts, unique, local), describe_index(definition, index));
    if stored != wanted {
        plan.refuse_index(index.name, &stored, &wanted);
    }
    if let Some(lacking) = lacking(definition, index, projection) {
        plan.mismatches.push(format!("{what} does not hold {lacking}"));
    }
    if index.unique && unique && state != Some(State::Ready) {
        plan.create.push(format!("unique values of index {}", index.name));
    }
}

/// What an index should hold and does not.
fn lacking(definition: &Definition, index: &IndexDef, projection: Option<&TableProjection>) -> Option<String> {
    let projection = projection?;
    if projection.projection_type() == Some(&ProjectionType::All) {
        return None;
    }
    let Some(wanted) = held(definition, index) else { return Some("all fields".to_owned()) };
    let stored = projection.non_key_attributes();
    let lacking: Vec<_> = wanted.into_iter().filter(|name| !stored.contains(name)).collect();
    (!lacking.is_empty()).then(|| lacking.join(", "))
}

fn compare_guards(definition: &'static Definition, guards: &Guards, plan: &mut Plan) {
    let name = guard::table(definition);
    let key: Vec<_> = guards.table.key_schema().iter().map(|part| describe_stored(&guards.table, part)).collect();
    if key != [format!("{} ({})", guard::KEY, KeyKind::Bytes.as_str())] {
        plan.mismatches.push(format!("the table {name} is not one of unique values"));
    }
    let other = guards.lifetime.as_deref().filter(|lifetime| *lifetime != EXPIRES);
    if let Some(other) = other {
        plan.mismatches.push(format!("the time to live of the table {name} is on for {other}"));
    }
}
