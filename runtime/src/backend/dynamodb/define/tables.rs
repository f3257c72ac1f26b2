//! Creating tables and indexes, and turning the time to live on.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection as TableProjection,
    ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription, TimeToLiveSpecification,
};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::retry::{Attempts, of_sdk};
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::request::Call;
use crate::value::EXPIRES;

/// Makes the repository's table with its indexes.
pub(super) async fn create_table(db: &Context, call: &Call, definition: &'static Definition) -> Result<(), Failure> {
    let table = db.client.create_table().table_name(definition.name());
    let table = table
        .set_attribute_definitions(Some(attributes(definition, definition.indexes().iter())?))
        .set_key_schema(Some(key_schema(definition, [definition.hash()], definition.range())?));
    let table = match throughput(definition, None)? {
        Some(throughput) => table.billing_mode(BillingMode::Provisioned).provisioned_throughput(throughput),
        None => table.billing_mode(BillingMode::PayPerRequest),
    };
    let (mut global, mut local) = (Vec::new(), Vec::new());
    for index in definition.indexes() {
        let schema = key_schema(definition, index.hash_parts(), index.ranges().iter().copied())?;
        if index.local {
            let index = LocalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(schema))
                .projection(projection(definition, index));
            local.push(index.build().map_err(unbuilt)?);
        } else {
            let throughput = throughput(definition, Some(index))?;
            let index = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(schema))
                .projection(projection(definition, index));
            global.push(index.set_provisioned_throughput(throughput).build().map_err(unbuilt)?);
        }
    }
    let table = table
        .set_global_secondary_indexes((!global.is_empty()).then_some(global))
        .set_local_secondary_indexes((!local.is_empty()).then_some(local));
    Attempts::new(call).send("CreateTable", of_sdk(table.send())).await.map(drop)
}

/// Makes the table of guards: on demand, since it is written with the repository's.
pub(super) async fn create_guards_table(db: &Context, call: &Call, definition: &Definition) -> Result<(), Failure> {
    let attribute = AttributeDefinition::builder().attribute_name(guard::KEY).attribute_type(ScalarAttributeType::B);
    let key = KeySchemaElement::builder().attribute_name(guard::KEY).key_type(KeyType::Hash);
    let table = db.client.create_table().table_name(guard::table(definition)).billing_mode(BillingMode::PayPerRequest);
    let table =
        table.attribute_definitions(attribute.build().map_err(unbuilt)?).key_schema(key.build().map_err(unbuilt)?);
    Attempts::new(call).send("CreateTable", of_sdk(table.send())).await.map(drop)
}

/// Adds a global index to a table.
pub(super) async fn create_index(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    table: &TableDescription,
    index: &'static IndexDef,
) -> Result<(), Failure> {
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(definition, index.hash_parts(), index.ranges().iter().copied())?))
        .projection(projection(definition, index));
    let provisioned =
        table.provisioned_throughput().and_then(|throughput| throughput.read_capacity_units()).unwrap_or(0) > 0;
    let throughput = if provisioned { Some(provisioned_throughput(definition, Some(index))?) } else { None };
    let create = create.set_provisioned_throughput(throughput).build().map_err(unbuilt)?;
    let request = db
        .client
        .update_table()
        .table_name(definition.name())
        .set_attribute_definitions(Some(attributes(definition, std::iter::once(index))?))
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
    Attempts::new(call).send("UpdateTable", of_sdk(request.send())).await.map(drop)
}

/// The attribute by which a repository's records expire on the server.
pub(super) fn lifetime_attribute(definition: &Definition) -> &'static str {
    definition.ttl_name().filter(|_| definition.expires_by_seconds()).unwrap_or(EXPIRES)
}

/// Turns the time to live by an attribute on or off.
pub(super) async fn set_ttl(
    db: &Context,
    call: &Call,
    table: &str,
    attribute: &str,
    enabled: bool,
) -> Result<(), Failure> {
    let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(enabled).build().map_err(unbuilt)?;
    let request = db.client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    let done = if enabled { "already enabled" } else { "already disabled" };
    match Attempts::new(call).send("UpdateTimeToLive", of_sdk(request.send())).await {
        Err(failure) if failure.class == Class::Refused && failure.message().contains(done) => Ok(()),
        other => other.map(drop),
    }
}

fn unbuilt(error: aws_sdk_dynamodb::error::BuildError) -> Failure {
    Failure::unbuilt(error)
}

/// The attributes of the table's key, and of the keys of these indexes.
fn attributes(
    definition: &Definition,
    indexes: impl Iterator<Item = &'static IndexDef>,
) -> Result<Vec<AttributeDefinition>, Failure> {
    let mut parts: Vec<KeyDef> = std::iter::once(definition.hash()).chain(definition.range()).collect();
    parts.extend(indexes.flat_map(IndexDef::parts));
    parts.sort_by_key(|part| part.field);
    parts.dedup_by_key(|part| part.field);
    let attribute = |part: KeyDef| {
        let kind = match part.kind {
            KeyKind::String | KeyKind::ObjectId => ScalarAttributeType::S,
            KeyKind::Integer | KeyKind::Instant => ScalarAttributeType::N,
            KeyKind::Bytes => ScalarAttributeType::B,
        };
        AttributeDefinition::builder()
            .attribute_name(definition.part_name(part))
            .attribute_type(kind)
            .build()
            .map_err(unbuilt)
    };
    parts.into_iter().map(attribute).collect()
}

fn key_schema(
    definition: &Definition,
    hash: impl IntoIterator<Item = KeyDef>,
    ranges: impl IntoIterator<Item = KeyDef>,
) -> Result<Vec<KeySchemaElement>, Failure> {
    let element = |part: KeyDef, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(definition.part_name(part)).key_type(kind).build().map_err(unbuilt)
    };
    let hash = hash.into_iter().map(|part| (part, KeyType::Hash));
    let ranges = ranges.into_iter().map(|part| (part, KeyType::Range));
    hash.chain(ranges).map(|(part, kind)| element(part, kind)).collect()
}

fn projection(definition: &Definition, index: &IndexDef) -> TableProjection {
    let projection = TableProjection::builder();
    match non_key_attributes(definition, index) {
        None => projection.projection_type(ProjectionType::All),
        Some(names) if names.is_empty() => projection.projection_type(ProjectionType::KeysOnly),
        Some(names) => projection.projection_type(ProjectionType::Include).set_non_key_attributes(Some(names)),
    }
    .build()
}

/// What an index holds beside the keys, sorted; none for all.
pub(super) fn non_key_attributes(definition: &Definition, index: &IndexDef) -> Option<Vec<String>> {
    let keys: Vec<_> = definition.key_attributes(index).collect();
    let mut held = definition.projected(index)?;
    held.retain(|name| !keys.contains(name));
    held.sort_unstable();
    held.dedup();
    Some(held.into_iter().map(str::to_owned).collect())
}

/// The throughput of a table or of one of its indexes; none for on-demand.
fn throughput(definition: &Definition, index: Option<&IndexDef>) -> Result<Option<ProvisionedThroughput>, Failure> {
    if definition.read_capacity().is_none() && definition.write_capacity().is_none() {
        return Ok(None);
    }
    provisioned_throughput(definition, index).map(Some)
}

/// The index's own capacities, else the table's. Where only one of reading and writing is given, it is
/// that of both.
fn provisioned_throughput(definition: &Definition, index: Option<&IndexDef>) -> Result<ProvisionedThroughput, Failure> {
    let read = index.and_then(|index| index.read_capacity).or(definition.read_capacity());
    let write = index.and_then(|index| index.write_capacity).or(definition.write_capacity());
    let units = |capacity: Option<u64>| i64::try_from(capacity.unwrap_or(1)).unwrap_or(i64::MAX);
    let throughput = ProvisionedThroughput::builder();
    throughput
        .read_capacity_units(units(read.or(write)))
        .write_capacity_units(units(write.or(read)))
        .build()
        .map_err(unbuilt)
}
