//! Requests as the commands that the server is sent, in MongoDB's extended JSON. What the driver adds to
//! each (the session, the time it may take) is left out.

use mongodb::bson::Document;

use super::command::Command;
use super::find_values::ValueFinds;
use super::hints::Hints;
use super::query::Wanted;
use super::read::{FindMany, find_by_key, find_by_unique};
use super::{batch, transact};
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, Result};
use crate::request::{Call, Query, Request, SourceKind};

pub(super) fn explain(
    call: &Call,
    request: Request<'_>,
    hints: impl Fn(&'static Definition) -> Hints,
) -> Result<String> {
    match request {
        Request::Get(get) => to_json(&find_by_key(get.definition, &get.key)?.to_document()?),
        Request::GetMany(get) => finds_to_json(&FindMany::of_many(get)?),
        Request::FindUnique(find) => {
            to_json(&find_by_unique(find)?.to_document()?).map(|command| over_index(find.index, &command))
        }
        Request::FindMany(find) => {
            all_to_json(&ValueFinds::new(find)?.to_documents()?).map(|commands| over_index(find.index, &commands))
        }
        Request::Query(query) => explain_query(query, call, &hints(query.definition)),
        Request::Write(write) => to_json(&Command::document(write, call)?),
        Request::WriteMany(writes) => all_to_json(&batch::documents(writes, call)?),
        Request::Transact(writes) => all_to_json(&transact::documents(writes, call)?)
            .map(|commands| format!("in one transaction, of read concern \"snapshot\":\n{commands}")),
        Request::Snapshot(gets) => finds_to_json(&FindMany::of_snapshot(gets)?)
            .map(|finds| format!("in one session, of read concern \"snapshot\":\n{finds}")),
    }
}

fn explain_query(query: &Query, call: &Call, hints: &Hints) -> Result<String> {
    match Wanted::new(query, call, hints)? {
        Some(wanted) => to_json(&wanted.find()?.to_document()?).map(|command| match query.source.kind() {
            SourceKind::Index { index, .. } => over_index(index, &command),
            _ => command,
        }),
        None => Ok("nothing is sent: no record can be in it".to_owned()),
    }
}

/// A command names an index by its fields, so that one of another name serves too.
fn over_index(index: &IndexDef, command: &str) -> String {
    format!("over the index {}:\n{command}", index.name)
}

fn finds_to_json(finds: &[FindMany]) -> Result<String> {
    all_to_json(&finds.iter().map(FindMany::to_document).collect::<Result<Vec<_>>>()?)
}

fn all_to_json(commands: &[Document]) -> Result<String> {
    Ok(commands.iter().map(to_json).collect::<Result<Vec<_>>>()?.join("\n"))
}

fn to_json(command: &Document) -> Result<String> {
    serde_json::to_string_pretty(command).map_err(|error| Error::codec("the command has no text").with_source(error))
}
