//! The keys of each repository as they are written down, since MongoDB keeps no types of fields.

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};

use super::super::find::FIND;
use super::super::retry::{attempt_within, backoff, read};
use super::super::shallow;
use crate::backend::{Mismatch, Plan};
use crate::definition::{Definition, IndexDef, KeyDef};
use crate::error::Result;
use crate::request::Call;

/// The collection that has them, after the table prefix.
const SCHEMAS: &str = "_reposit";

/// The name of the collection that has those under a table prefix.
fn name_of_schemas(prefix: &str) -> String {
    format!("{prefix}{SCHEMAS}")
}

/// They are read raw: anyone can write into a collection, and nest however deep.
fn schemas(database: &Database, prefix: &str) -> Collection<RawDocumentBuf> {
    database.collection(&name_of_schemas(prefix))
}

/// What is written down of a repository.
pub(super) async fn read_stored(database: &Database, call: &Call, definition: &Definition) -> Result<Option<Document>> {
    let schemas = schemas(database, definition.prefix());
    let find = |time| schemas.find_one(doc! { "_id": definition.name() }).max_time(time).into_future();
    read(call, FIND, find).await?.map(|found| shallow::document(&found)).transpose()
}

/// The names that are written down under a table prefix, with it.
pub(super) async fn read_names(database: &Database, call: &Call, prefix: &str) -> Result<Vec<String>> {
    let schemas = &schemas(database, prefix);
    let names = |time| async move {
        let found = schemas.find(doc! {}).projection(doc! { "_id": 1 }).max_time(time).await?;
        found.try_collect::<Vec<_>>().await
    };
    let found = read(call, FIND, names).await?;
    // Anyone can write into the collection: what has no name for its key is none of the library's.
    Ok(found.iter().filter_map(|entry| entry.get_str("_id").ok()).map(str::to_owned).collect())
}

/// A key as it is written down.
fn key_entry(definition: &Definition, part: KeyDef) -> Document {
    doc! { "field": definition.part_name(part), "kind": part.kind.as_str() }
}

fn index_entries(definition: &Definition) -> Vec<Document> {
    let parts = definition.indexes().iter().flat_map(|index| index.parts().map(move |part| (index, part)));
    let entry = |(index, part): (&IndexDef, KeyDef)| {
        doc! { "index": index.name, "field": definition.part_name(part), "kind": part.kind.as_str() }
    };
    parts.map(entry).collect()
}

fn range_entry(definition: &Definition) -> Bson {
    definition.range().map_or(Bson::Null, |range| key_entry(definition, range).into())
}

/// What is written down otherwise than the model says.
pub(super) fn differences(definition: &Definition, schema: &Document) -> Vec<Mismatch> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, stored: &Bson, wanted: Bson| {
        if *stored != wanted {
            let (stored, wanted) = (describe_entry(stored), describe_entry(&wanted));
            differences.push(Mismatch::Part { part: format!("the {what}"), stored, wanted });
        }
    };
    differs("hash key", schema.get("hash").unwrap_or(&Bson::Null), key_entry(definition, definition.hash()).into());
    differs("range key", schema.get("range").unwrap_or(&Bson::Null), range_entry(definition));
    let known = schema.get_array("parts").into_iter().flatten().filter_map(Bson::as_document);
    for stored in known {
        for wanted in index_entries(definition) {
            let same = |name: &str| stored.get(name) == wanted.get(name);
            if same("index") && same("field") && !same("kind") {
                let index = wanted.get_str("index").unwrap_or_default();
                differs(&format!("field of the index {index}"), &stored.clone().into(), wanted.into());
            }
        }
    }
    differences
}

fn describe_entry(entry: &Bson) -> String {
    let Bson::Document(entry) = entry else { return "none".to_owned() };
    format!("{} ({})", entry.get_str("field").unwrap_or_default(), entry.get_str("kind").unwrap_or_default())
}

/// Writes the keys down, unless they are, and refuses what differs in what is written then.
pub(super) async fn store(database: &Database, call: &Call, definition: &Definition) -> Result<()> {
    let schemas = schemas(database, definition.prefix());
    let update = doc! {
        "$setOnInsert": { "hash": key_entry(definition, definition.hash()), "range": range_entry(definition) },
        "$addToSet": { "parts": { "$each": index_entries(definition) } },
    };
    let mut plan = Plan::new(definition.repository());
    let mut backoff = backoff();
    let written = loop {
        let write = schemas.find_one_and_update(doc! { "_id": definition.name() }, update.clone());
        let write = write.upsert(true).return_document(ReturnDocument::After).into_future();
        match attempt_within(call, call.left(), "findAndModify", write).await {
            Ok(written) => break written.map(|written| shallow::document(&written)).transpose()?.unwrap_or_default(),
            // Of two that insert it at once, one is refused and has to look again.
            Err(failure)
                if (failure.is_transient() || failure.duplicate_key().is_some())
                    && backoff.pause(call.left()).await => {}
            Err(failure) => return Err(failure.into_error(call.operation)),
        }
    };
    differences(definition, &written).into_iter().for_each(|mismatch| plan.add_mismatch(mismatch));
    plan.refusal().map_or(Ok(()), Err)
}

/// Takes away what is written down of a repository.
pub(super) async fn forget(database: &Database, call: &Call, definition: &Definition) -> Result<()> {
    let schemas = name_of_schemas(definition.prefix());
    let entry = doc! { "delete": schemas, "deletes": [{ "q": { "_id": definition.name() }, "limit": 1 }] };
    let mut backoff = backoff();
    loop {
        match attempt_within(call, call.left(), "delete", database.run_command(entry.clone()).into_future()).await {
            Ok(_) => return Ok(()),
            Err(failure) if failure.is_transient() && backoff.pause(call.left()).await => {}
            Err(failure) => return Err(failure.into_error(call.operation)),
        }
    }
}
