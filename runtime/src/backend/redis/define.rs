//! Definitions: what is planned for a repository, and how it is done while others are at work.
//!
//! A new index is written down first, as one that is being built. Every write checks the generation of what it was made by, so
//! from then on each puts its record into the new index as well. Then the records that are there are put in, a few at a time,
//! and at last the index is one that may be read. Who comes upon a build that was left goes on with it.

use std::collections::HashMap;
use std::sync::Arc;

use redis::Value;

use super::layout::{EXPIRY, Layout};
use super::layouts::read_layout;
use super::query::Walk;
use super::script::{INDEX, Invocation, SCHEMA, UNINDEX};
use super::server::{Server, bytes, contended, list, unreadable};
use crate::backend::keyspace::define::with_expiry;
use crate::backend::keyspace::layout::push_index_values;
use crate::backend::keyspace::schema::{IndexSchema, Schema};
use crate::backend::plan::{Creation, Mismatch, Plan};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;
use crate::value::Record;

/// How many records are looked at with one script.
const BATCH: usize = 200;

/// How to turn the time to live off.
const OFF: &str = "drop the repository: one on Redis keeps its time to live";

/// A repository as it would be, and what has to be done for it.
struct Planned {
    plan: Plan,
    old: Option<Layout>,
    new: Layout,
}

/// What `define` would do; changes nothing.
pub(super) async fn plan(server: &Server, call: &Call, definition: &'static Definition) -> Result<Plan> {
    Ok(make_plan(server, call, definition).await?.plan)
}

/// Does what is planned, and returns the layout.
pub(super) async fn define(server: &Server, call: &Call, definition: &'static Definition) -> Result<Arc<Layout>> {
    let mut backoff = super::server::backoff();
    loop {
        let Planned { plan, old, mut new } = make_plan(server, call, definition).await?;
        if let Some(refusal) = plan.refusal() {
            return Err(refusal);
        }
        match old {
            None => {
                note_name(server, call, definition.name()).await?;
                if put_layout(server, call, "", &new).await? {
                    return Ok(Arc::new(new));
                }
            }
            Some(old) if new.building.is_empty() => return Ok(Arc::new(old)),
            Some(old) => {
                if put_layout(server, call, &old.generation, &new).await?
                    && build(server, call, definition, &new).await?
                {
                    let building = new.generation.clone();
                    new.generation = server.ids.next().to_string();
                    new.building.clear();
                    if put_layout(server, call, &building, &new).await? {
                        return Ok(Arc::new(new));
                    }
                }
            }
        }
        // Someone else defined it meanwhile.
        if !backoff.pause(call.left()).await {
            return Err(contended(call));
        }
    }
}

async fn make_plan(server: &Server, call: &Call, definition: &'static Definition) -> Result<Planned> {
    let wanted = Schema::from_definition(definition);
    let mut plan = Plan::new(definition.repository());
    let generation = server.ids.next().to_string();
    let Some(old) = read_layout(server, call, definition.name()).await? else {
        plan.add_creation(Creation::Repository(definition.repository().to_owned()));
        wanted.indexes.iter().for_each(|index| plan.add_creation(Creation::Index(index.shape())));
        let new = Layout::new(Layout::base(&server.prefix, definition.name()), generation, wanted);
        return Ok(Planned { plan, old: None, new });
    };
    old.schema.compare(&wanted, &mut plan);
    old.schema.compare_leftovers(&wanted, OFF, &mut plan);
    let begins = wanted.expires && (!old.schema.expires || old.building.iter().any(|building| building == EXPIRY));
    if let Some(field) = definition.ttl_name().filter(|_| begins) {
        plan.add_creation(Creation::Expiry(field.to_owned()));
    }
    let missing: Vec<_> = wanted.indexes.into_iter().filter(|index| !old.is_ready(&index.name)).collect();
    missing.iter().for_each(|index| plan.add_creation(Creation::Index(index.shape())));
    let mut new = old.clone();
    new.generation = generation;
    new.schema.expires |= begins;
    new.building = missing.iter().map(|index| index.name.clone()).chain(begins.then(|| EXPIRY.to_owned())).collect();
    let added: Vec<_> = missing.into_iter().filter(|index| old.index(&index.name).is_none()).collect();
    if plan.refusal().is_none() {
        find_duplicates(server, call, definition, &old, &added, &mut plan).await?;
    }
    new.schema.indexes.extend(added);
    // Nobody else goes on with what another model's define has left.
    let left = old.building.iter().filter(|name| !new.building.contains(name)).cloned().collect::<Vec<_>>();
    if !new.building.is_empty() {
        new.building.extend(left);
    }
    Ok(Planned { plan, old: Some(old), new })
}

/// Finds unique indexes that cannot be made because live records share values.
async fn find_duplicates(
    server: &Server,
    call: &Call,
    definition: &'static Definition,
    layout: &Layout,
    added: &[IndexSchema],
    plan: &mut Plan,
) -> Result<()> {
    let unique: Vec<_> = added.iter().filter(|index| index.unique).collect();
    if unique.is_empty() {
        return Ok(());
    }
    let mut holders: Vec<HashMap<Vec<u8>, usize>> = unique.iter().map(|_| HashMap::new()).collect();
    let mut walk = Walk::new(server, layout);
    while let Some(found) = walk.next(call, BATCH).await? {
        for (_, record, _) in found.iter().filter(|(_, record, _)| record.is_live(definition, call)) {
            for (index, holders) in unique.iter().zip(&mut holders) {
                let mut values = Vec::new();
                if push_index_values(&mut values, index, record)? {
                    *holders.entry(values).or_default() += 1;
                }
            }
        }
    }
    for (index, holders) in unique.iter().zip(&holders) {
        let shared = holders.values().filter(|count| **count > 1).count();
        if shared > 0 {
            plan.add_mismatch(Mismatch::Other(format!(
                "the unique index {} cannot be made: records share {shared} of its values",
                index.name
            )));
        }
    }
    Ok(())
}

/// Notes that there may be a repository of this name: whether there is, its schema says.
async fn note_name(server: &Server, call: &Call, name: &str) -> Result<()> {
    let mut command = redis::cmd("SADD");
    command.arg(names_key(server)).arg(name);
    server.read(call, "SADD", &command).await.map(drop)
}

/// The set of the names of repositories.
pub(super) fn names_key(server: &Server) -> String {
    format!("{}reposit:repositories", server.prefix)
}

/// Puts a layout in the place of one of this generation; returns whether that was still there.
async fn put_layout(server: &Server, call: &Call, generation: &str, layout: &Layout) -> Result<bool> {
    let mut invocation = Invocation::new(&SCHEMA, vec![layout.schema_key()]).arg(generation.as_bytes().to_vec());
    for (field, value) in layout.to_fields() {
        invocation.push(field.as_bytes());
        invocation.push(value);
    }
    Ok(server.run(call, &invocation).await? == Value::Int(1))
}

/// Puts the records that are there into the indexes that are being built; returns false if the repository was defined anew
/// meanwhile.
async fn build(server: &Server, call: &Call, definition: &'static Definition, layout: &Layout) -> Result<bool> {
    let names: Vec<_> = layout.building.iter().flat_map(|name| layout.index(name)).map(super::layout::field).collect();
    let mut walk = Walk::new(server, layout);
    while let Some(found) = walk.next(call, BATCH).await? {
        let mut invocation = Invocation::new(&INDEX, vec![layout.schema_key()]);
        invocation.push(layout.generation.clone().into_bytes());
        invocation.push_number(call.now_seconds());
        for (primary, record, stamp) in found {
            let expiring = with_expiry(definition, &record).filter(|_| layout.schema.expires);
            let record = expiring.as_ref().unwrap_or(&record);
            let expiry = record.expires().filter(|_| layout.schema.expires);
            let mut entries = layout.entries(record)?;
            entries.retain(|(field, _)| names.contains(field));
            push_record(&mut invocation, &primary, &stamp, expiry, expiring.as_ref(), &entries);
        }
        let mut answer = list(server.run(call, &invocation).await?, INDEX.name)?.into_iter();
        let word = answer.next().and_then(bytes).ok_or_else(|| unreadable(INDEX.name))?;
        match word.as_slice() {
            b"done" => {}
            b"generation" => return Ok(false),
            _ => {
                let name = answer.next().and_then(bytes).ok_or_else(|| unreadable(INDEX.name))?;
                take_back(server, call, layout).await?;
                let name = String::from_utf8_lossy(&name).into_owned();
                let message = format!("the unique index {name} cannot be made: records share its values");
                return Err(Error::new(ErrorKind::SchemaMismatch, message).in_repository(definition.repository()));
            }
        }
    }
    Ok(true)
}

/// Adds a record with its entries to the request that puts them into indexes; and what it is to be, if it changes.
pub(super) fn push_record(
    invocation: &mut Invocation<'_>,
    primary: &[u8],
    stamp: &[u8],
    expiry: Option<i64>,
    changed: Option<&Record>,
    entries: &[(String, Vec<u8>)],
) {
    invocation.push(primary.to_vec());
    invocation.push(stamp.to_vec());
    invocation.push(expiry.map_or(Vec::new(), |at| at.to_string().into_bytes()));
    invocation.push(changed.map_or(Vec::new(), |record| record.as_bytes().to_vec()));
    invocation.push_number(entries.len());
    for (field, values) in entries {
        invocation.push(field.clone().into_bytes());
        invocation.push(values.clone());
    }
}

/// Takes away the indexes that are being built, as one of them cannot be made.
async fn take_back(server: &Server, call: &Call, layout: &Layout) -> Result<()> {
    let fields: Vec<_> = layout.building.iter().flat_map(|name| layout.index(name)).map(super::layout::field).collect();
    let mut without = layout.clone();
    without.schema.indexes.retain(|index| !layout.building.contains(&index.name));
    without.building.clear();
    without.generation = server.ids.next().to_string();
    if !put_layout(server, call, &layout.generation, &without).await? {
        return Ok(());
    }
    let mut after = Vec::new();
    loop {
        let mut invocation = Invocation::new(&UNINDEX, vec![layout.schema_key()]).arg(after);
        invocation.push_number(BATCH);
        fields.iter().for_each(|field| invocation.push(field.as_bytes()));
        after = bytes(server.run(call, &invocation).await?).ok_or_else(|| unreadable(UNINDEX.name))?;
        if after.is_empty() {
            return Ok(());
        }
    }
}
