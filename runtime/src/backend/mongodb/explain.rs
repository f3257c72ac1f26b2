//! Requests as the commands that the server is sent, in MongoDB's extended JSON. What the driver adds to
//! each (the session, the time it may take) is left out.

use mongodb::bson::{Bson, Document, doc};

use super::batch;
use super::command::{Command, Stamps};
use super::query::Find;
use super::read;
use super::shape::id;
use crate::definition::IndexDef;
use crate::error::{Error, Result};
use crate::request::{Call, Get, Query, Request, SourceKind, Write};

pub(super) fn request(call: &Call, request: Request<'_>) -> Result<String> {
    match request {
        Request::Get(get) => text(&read::one(get.definition.name(), super::shape::by_id(get.definition, &get.key)?)),
        Request::GetMany(get) => {
            let ids: Vec<Bson> = get.keys.iter().map(|key| id(get.definition, key)).collect::<Result<_>>()?;
            let ids = read::distinct(ids)?;
            texts(ids.chunks(read::KEYS).map(|ids| find(get.definition.name(), ids)))
        }
        Request::FindUnique(find) => {
            let mut command = read::one(find.definition.name(), read::unique(find)?);
            command.insert("hint", super::indexes::key(find.definition, find.index));
            text(&command).map(|command| over_index(find.index, &command))
        }
        Request::Query(query) => page(query, call),
        Request::Write(write) => text(&one(write, call)?),
        Request::WriteMany(writes) => texts(batch::commands(writes, call)?.into_iter()),
        Request::Transact(writes) => transaction(writes, call),
        Request::Snapshot(gets) => together(gets),
    }
}

fn page(query: &Query, call: &Call) -> Result<String> {
    match Find::new(query, call)? {
        Some(find) => text(&find.explain(query)).map(|command| match query.source.kind() {
            SourceKind::Index { index, .. } => over_index(index, &command),
            _ => command,
        }),
        None => Ok("nothing is sent: no record can be in it".to_owned()),
    }
}

/// A command says an index by its fields, so that one of another name serves too.
fn over_index(index: &IndexDef, command: &str) -> String {
    format!("over the index {}:\n{command}", index.name)
}

pub(super) fn one(write: &Write, call: &Call) -> Result<Document> {
    Command::new(write, call, Stamps::new())?.explain(write.definition.name())
}

fn transaction(writes: &[Write], call: &Call) -> Result<String> {
    let commands: Vec<Document> = writes.iter().map(|write| one(write, call)).collect::<Result<_>>()?;
    let commands = texts(commands.into_iter())?;
    let commit = doc! { "commitTransaction": 1, "writeConcern": { "w": "majority" } };
    Ok(format!("in one transaction, of read concern \"snapshot\":\n{commands}\n{}", text(&commit)?))
}

fn together(gets: &[Get]) -> Result<String> {
    let finds = read::by_repository(gets)?;
    let finds = finds.iter().map(|(definition, ids)| {
        let ids: Vec<Bson> = ids.iter().map(|(_, id)| id.clone()).collect();
        find(definition.name(), &ids)
    });
    Ok(format!("in one session, of read concern \"snapshot\":\n{}", texts(finds)?))
}

/// A read of records by their keys.
fn find(collection: &str, ids: &[Bson]) -> Document {
    doc! { "find": collection, "filter": { "_id": { "$in": ids } } }
}

fn texts(commands: impl Iterator<Item = Document>) -> Result<String> {
    Ok(commands.map(|command| text(&command)).collect::<Result<Vec<_>>>()?.join("\n"))
}

fn text(command: &Document) -> Result<String> {
    serde_json::to_string_pretty(command).map_err(|error| Error::codec("the command has no text").with_source(error))
}
