//! Writes that are sent together: the statements of one command.

use mongodb::bson::raw::cstr;
use mongodb::bson::{Document, RawArrayBuf, RawDocumentBuf, rawdoc};

use super::command::{Command, Stamps, replacement};
use super::document::by_id;
use crate::error::{Error, Result};
use crate::request::{Action, Call, Returning, Write};
use crate::value::STAMP;

/// Writes that are sent together, as the statements of a command.
pub(super) struct Chunk<'a> {
    pub(super) writes: &'a [Write],
    /// One pair for all: which record was written shows in its key.
    pub(super) stamps: Stamps,
    pub(super) name: &'static str,
    pub(super) statements: Vec<Result<RawDocumentBuf>>,
}

impl<'a> Chunk<'a> {
    pub(super) fn new(writes: &'a [Write], call: &Call) -> Self {
        let stamps = Stamps::new();
        let commands: Vec<_> = writes.iter().map(|write| Command::new(write, call, stamps)).collect();
        let is_insert = |command: &Result<Command>| !matches!(command, Ok(command) if command.name() != "insert");
        let name = match writes.first().map(|write| &write.action) {
            Some(Action::Delete) => "delete",
            _ if commands.iter().all(is_insert) => "insert",
            _ => "update",
        };
        let build = |(write, command): (&Write, Result<Command>)| statement(write, command?, name, stamps);
        Self { writes, stamps, name, statements: writes.iter().zip(commands).map(build).collect() }
    }

    /// Whether the records bear the stamp.
    pub(super) fn is_stamped(&self) -> bool {
        self.writes.first().is_some_and(|write| write.definition.stamps())
    }

    /// Whether the server may find no record for a write without an error.
    pub(super) fn may_miss(&self) -> bool {
        self.writes.iter().any(|write| matches!(write.action, Action::Delete | Action::Replace(_) | Action::Update(_)))
    }

    pub(super) fn statement_size(&self, at: usize) -> usize {
        self.statements.get(at).and_then(|statement| statement.as_ref().ok()).map_or(0, |raw| raw.as_bytes().len())
    }

    /// The statements at these positions as one command.
    pub(super) fn command(&self, positions: impl Iterator<Item = usize>) -> RawDocumentBuf {
        let (name, list) = match self.name {
            "delete" => (cstr!("delete"), cstr!("deletes")),
            "insert" => (cstr!("insert"), cstr!("documents")),
            _ => (cstr!("update"), cstr!("updates")),
        };
        let mut command = RawDocumentBuf::new();
        command.append(name, self.writes.first().map_or("", |write| write.definition.name()));
        let statements = positions.filter_map(|at| self.statements.get(at)?.as_deref().ok());
        command.append(list, statements.collect::<RawArrayBuf>());
        // One that fails does not keep those after it from being applied.
        command.append(cstr!("ordered"), false);
        command
    }

    /// The command of all of them, to be read by people.
    pub(super) fn document(&self) -> Result<Document> {
        if let Some(error) = self.statements.iter().find_map(|statement| statement.as_ref().err()) {
            return Err(error.clone());
        }
        let unreadable = |error| Error::codec("the command has no text").with_source(error);
        Document::try_from(self.command(0..self.writes.len())).map_err(unreadable)
    }
}

/// A command's one statement, as a command of many has it that goes by this name.
fn statement(write: &Write, command: Command, name: &str, stamps: Stamps) -> Result<RawDocumentBuf> {
    let unwritable = |error| Error::codec("a key cannot be written as BSON").with_source(error);
    let raw = |filter: &Document| RawDocumentBuf::try_from(filter).map_err(unwritable);
    match command {
        Command::Insert(record) if name == "insert" => Ok(record),
        // Beside replacements: no record is found, so it is inserted, or duplicates with the one that has the key.
        Command::Insert(record) => {
            let mut filter = by_id(write.definition, &write.key)?;
            filter.insert(STAMP, stamps.written);
            statement(write, Command::Replace { filter, record, upsert: true }, name, stamps)
        }
        Command::Replace { filter, record, upsert } => {
            let mut statement = rawdoc! { "q": raw(&filter)?, "upsert": upsert };
            match replacement(&record)? {
                Some(pipeline) => statement.append(cstr!("u"), RawArrayBuf::from_iter([raw(&pipeline)?])),
                None => statement.append(cstr!("u"), record),
            }
            Ok(statement)
        }
        Command::Modify { filter, pipeline, upsert, told: Returning::Nothing } => {
            let stages = pipeline.iter().map(raw).collect::<Result<RawArrayBuf>>()?;
            Ok(rawdoc! { "q": raw(&filter)?, "u": stages, "upsert": upsert })
        }
        Command::Delete { filter, .. } => Ok(rawdoc! { "q": raw(&filter)?, "limit": 1 }),
        _ => Err(Error::unsupported("a batch is of writes that tell of no record")),
    }
}
