//! The keys of each repository as they are written down, since MongoDB keeps no types of fields.

use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::ReturnDocument;
use mongodb::{Collection, Database};

use super::patience::{Backoff, read, within};
use super::shallow;
use crate::backend::Plan;
use crate::definition::{Definition, KeyDef};
use crate::error::Result;
use crate::request::Call;

/// Where they are.
const SCHEMAS: &str = "_reposit";

/// They are read raw: anyone can write into a collection, and however deep.
fn schemas(database: &Database) -> Collection<RawDocumentBuf> {
    database.collection(SCHEMAS)
}

/// What is written down of a repository.
pub(super) async fn stored(database: &Database, call: &Call, definition: &Definition) -> Result<Option<Document>> {
    let schemas = schemas(database);
    let find = |time| schemas.find_one(doc! { "_id": definition.name() }).max_time(time).into_future();
    read(call, find).await?.map(|found| shallow::document(&found)).transpose()
}

/// A key as it is written down.
fn key_entry(definition: &Definition, part: KeyDef) -> Document {
    doc! { "field": definition.part_name(part), "kind": part.kind.as_str() }
}

fn parts(definition: &Definition) -> Vec<Document> {
    let indexes = definition.indexes().iter().flat_map(|index| index.parts().map(move |part| (index, part)));
    indexes.map(|(index, part)| doc! { "index": index.name, "field": definition.part_name(part), "kind": part.kind.as_str() }).collect()
}

fn range_entry(definition: &Definition) -> Bson {
    definition.range().map_or(Bson::Null, |range| key_entry(definition, range).into())
}

/// Where what is written down differs from the model, a line each.
pub(super) fn differences(definition: &Definition, schema: &Document) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, stored: &Bson, wanted: Bson| {
        if *stored != wanted {
            differences.push(format!("the {what} is {}, the model says {}", entry_text(stored), entry_text(&wanted)));
        }
    };
    differs("hash key", schema.get("hash").unwrap_or(&Bson::Null), key_entry(definition, definition.hash()).into());
    differs("range key", schema.get("range").unwrap_or(&Bson::Null), range_entry(definition));
    let known = schema.get_array("parts").into_iter().flatten().filter_map(Bson::as_document);
    for stored in known {
        for wanted in parts(definition) {
            let same = |name: &str| stored.get(name) == wanted.get(name);
            if same("index") && same("field") && !same("kind") {
                let index = wanted.get_str("index").unwrap_or_default();
                differs(&format!("field of the index {index}"), &stored.clone().into(), wanted.into());
            }
        }
    }
    differences
}

fn entry_text(entry: &Bson) -> String {
    let Bson::Document(entry) = entry else { return "none".to_owned() };
    format!("{} ({})", entry.get_str("field").unwrap_or_default(), entry.get_str("kind").unwrap_or_default())
}

/// Writes the keys down, unless they are, and looks at what is written then.
pub(super) async fn write(database: &Database, call: &Call, definition: &Definition) -> Result<()> {
    let schemas = schemas(database);
    let update = doc! {
        "$setOnInsert": { "hash": key_entry(definition, definition.hash()), "range": range_entry(definition) },
        "$addToSet": { "parts": { "$each": parts(definition) } },
    };
    let mut plan = Plan::new(definition.name());
    let mut backoff = Backoff::new();
    let written = loop {
        let write = schemas.find_one_and_update(doc! { "_id": definition.name() }, update.clone());
        match within(call.left(), write.upsert(true).return_document(ReturnDocument::After).into_future()).await {
            Ok(written) => break written.map(|written| shallow::document(&written)).transpose()?.unwrap_or_default(),
            // Two that insert it at once: one of them has to look again.
            Err(trouble) if (trouble.is_passing() || trouble.clash().is_some()) && backoff.pause(call).await => {}
            Err(trouble) => return Err(trouble.into_error(call.operation)),
        }
    };
    plan.mismatches = differences(definition, &written);
    plan.refusal().map_or(Ok(()), Err)
}
