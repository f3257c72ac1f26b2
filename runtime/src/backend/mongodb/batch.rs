//! Many puts and deletes: one command for up to a thousand of a kind.
//!
//! Each write is done for itself and in the order given. The driver does not retry commands of
//! many writes, so where the answer to one is lost, the records' stamps tell which were stored. Of
//! the others it is not known: sent again, they could be applied after another's write.

use std::collections::HashSet;
use std::time::Instant;

use mongodb::Database;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Bson, Document, RawArrayBuf, RawBson, RawDocument, RawDocumentBuf, doc, rawdoc};
use mongodb::options::FindOptions;

use super::clash::refusal;
use super::command::{Command, Stamps, replacement};
use super::errors::{Clash, DUPLICATE_KEY, Trouble, is_undone, of_item};
use super::patience::{Backoff, attempt, least, out_of_time, within};
use super::read::{collection, find};
use super::shape::{id, stamp_of};
use super::write;
use super::{answer, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, RecordKey, Write, WriteMany, Written};

/// How much one command carries. The server takes 100,000 writes of 48 MB together.
const WRITES: usize = 1000;
const BYTES: usize = 16 * 1024 * 1024;
/// Small values take more room in a command than they are counted for.
const MESSAGE: usize = 40 * 1024 * 1024;

pub(super) async fn write_many(
    database: &Database,
    call: &Call,
    WriteMany { writes, observer }: WriteMany,
) -> Result<Vec<Result<Written>>> {
    let mut results: Vec<Result<Written>> = Vec::with_capacity(writes.len());
    let mut rest = &*writes;
    let least = least(call);
    while !rest.is_empty() {
        let length = run(rest);
        let (chunk, others) = rest.split_at(length.max(1));
        rest = others;
        let told = results.len();
        if call.left() <= least {
            // Sent now, it would leave nothing but a doubt.
            let unsent = || Error::new(ErrorKind::Timeout, "the deadline passed before this write was sent");
            results.extend(chunk.iter().map(|_| Err(unsent())));
        } else if length == 0 {
            results.push(write::write(database, call, chunk[0].clone()).await);
        } else {
            results.extend(one_command(database, call, chunk).await);
        }
        for (at, result) in results.iter().enumerate().skip(told) {
            observer.report(at, result.as_ref().err());
        }
    }
    Ok(results)
}

/// How many writes from the first on are of one kind and one repository and of different records.
fn run(writes: &[Write]) -> usize {
    let Some(first) = writes.first() else { return 0 };
    let mut keys = HashSet::new();
    let mut bytes = 0;
    let fits = |write: &&Write| {
        bytes += size(write);
        let kind = std::mem::discriminant(&write.action) == std::mem::discriminant(&first.action);
        kind && is_simple(write)
            && write.definition.name() == first.definition.name()
            && bytes <= BYTES
            && keys.insert(format!("{:?}", write.key))
    };
    writes.iter().take(WRITES).take_while(fits).count()
}

fn is_simple(write: &Write) -> bool {
    matches!(write.action, Action::Put(_) | Action::Delete) && write.condition.is_none() && write.version.is_none()
}

fn size(write: &Write) -> usize {
    match &write.action {
        Action::Put(record) => crate::limits::record_size(record),
        _ => 0,
    }
}

/// Sends a chunk, and what of it has to be sent again.
async fn one_command(database: &Database, call: &Call, chunk: &[Write]) -> Vec<Result<Written>> {
    let stamps = Stamps::new();
    let mut results: Vec<Option<Result<Written>>> = Vec::with_capacity(chunk.len());
    let mut statements = Vec::with_capacity(chunk.len());
    for write in chunk {
        let built = Command::new(write, call, stamps).and_then(statement);
        results.push(built.as_ref().err().map(|error| Err(error.clone())));
        statements.push(built.unwrap_or_default());
    }
    let mut backoff = Backoff::new();
    loop {
        // What is sent together, by its positions in the chunk.
        let left = (0..chunk.len()).filter(|at| results[*at].is_none());
        let mut bytes = 0;
        let fits = |at: &usize| {
            let first = bytes == 0;
            bytes += statements[*at].as_bytes().len();
            first || bytes <= MESSAGE
        };
        let round: Vec<usize> = left.take_while(fits).collect();
        if round.is_empty() {
            break;
        }
        let began = Instant::now();
        let trouble = match send(database, call, &chunk[round[0]], round.iter().map(|at| &statements[*at])).await {
            Ok(answer) => {
                settle(database, call, chunk, &round, &answer, &mut results).await;
                if round.iter().all(|at| results[*at].is_some()) || backoff.pause(call).await {
                    continue;
                }
                for at in round {
                    results[at].get_or_insert_with(|| Err(out_of_time(call)));
                }
                continue;
            }
            Err(trouble) => trouble,
        };
        let refused = trouble.is_not_primary();
        let ambiguous = trouble.is_ambiguous() && !refused;
        if ambiguous {
            mark_stored(database, call, chunk, &round, stamps, &mut results).await;
        }
        let hope = match trouble.is_unreached() {
            true => backoff.looks_again(call, began.elapsed()),
            false => !ambiguous && (refused || trouble.is_undone() || trouble.is_overload()),
        };
        if !hope || !backoff.pause(call).await {
            let error = if ambiguous { trouble.into_unknown() } else { trouble.into_error(call.operation) };
            for at in round {
                results[at].get_or_insert_with(|| Err(error.clone()));
            }
        }
    }
    let missing = || Err(Error::new(ErrorKind::Backend, "the server did not say what became of this write"));
    results.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
}

async fn send(
    database: &Database,
    call: &Call,
    first: &Write,
    statements: impl ExactSizeIterator<Item = &RawDocumentBuf>,
) -> Result<Document, Trouble> {
    let count = statements.len();
    let mut command = together(first, statements);
    // The driver adds it to commands of its own only.
    if let Some(concern) = database.write_concern() {
        let concern = mongodb::bson::serialize_to_raw_document_buf(concern).map_err(mongodb::error::Error::from)?;
        command.append(cstr!("writeConcern"), concern);
    }
    let answer = within(attempt(call), async { database.run_raw_command(command).await }).await;
    let answer = answer.or_else(|trouble| match &trouble {
        Trouble::Driver(error) => answer::done(error).ok_or(trouble),
        Trouble::Silence | Trouble::Absurd(_) => Err(trouble),
    })?;
    match adds_up(&answer, count, matches!(first.action, Action::Delete)) {
        true => Ok(answer),
        false => Err(Trouble::Absurd("what it counts is not what was sent")),
    }
}

/// Whether an answer accounts for each write that was sent: it was done, or there is an error of it. A
/// delete may have found nothing.
fn adds_up(answer: &Document, count: usize, deletes: bool) -> bool {
    let errors = match answer.get("writeErrors") {
        None => 0,
        Some(Bson::Array(errors)) => {
            let is_of_one = |error: &Bson| {
                let at = error.as_document().and_then(|error| error.get_i32("index").ok());
                at.and_then(|at| usize::try_from(at).ok()).is_some_and(|at| at < count)
            };
            if !errors.iter().all(is_of_one) {
                return false;
            }
            errors.len()
        }
        Some(_) => return false,
    };
    let done = answer.get_i32("n").ok().and_then(|done| usize::try_from(done).ok());
    done.is_some_and(|done| if deletes { done + errors <= count } else { done + errors == count })
}

/// Statements of the first one's kind as one command.
fn together<'a>(first: &Write, statements: impl Iterator<Item = &'a RawDocumentBuf>) -> RawDocumentBuf {
    let (name, list) = match first.action {
        Action::Delete => (cstr!("delete"), cstr!("deletes")),
        _ => (cstr!("update"), cstr!("updates")),
    };
    let mut command = RawDocumentBuf::new();
    command.append(name, first.definition.name());
    command.append(list, statements.map(|statement| statement.as_ref()).collect::<RawArrayBuf>());
    command.append(cstr!("ordered"), false);
    command
}

/// The commands of many writes, for people.
pub(super) fn commands(writes: &[Write], call: &Call) -> Result<Vec<Document>> {
    let mut commands = Vec::new();
    let mut rest = writes;
    while let Some(first) = rest.first() {
        let length = run(rest);
        let (chunk, others) = rest.split_at(length.max(1));
        rest = others;
        if length == 0 {
            commands.push(explain::one(first, call)?);
            continue;
        }
        let stamps = Stamps::new();
        let statements: Vec<_> =
            chunk.iter().map(|write| Command::new(write, call, stamps).and_then(statement)).collect::<Result<_>>()?;
        let unreadable = |error| Error::codec("the command has no text").with_source(error);
        commands.push(Document::try_from(together(first, statements.iter())).map_err(unreadable)?);
    }
    Ok(commands)
}

/// A command's one statement, as a command of many has it.
fn statement(command: Command) -> Result<RawDocumentBuf> {
    let unwritable = |error| Error::codec("a key cannot be written as BSON").with_source(error);
    let raw = |filter: &Document| RawDocumentBuf::try_from(filter).map_err(unwritable);
    match command {
        Command::Replace { filter, record, upsert } => {
            let mut statement = rawdoc! { "q": raw(&filter)?, "upsert": upsert };
            match replacement(&record)? {
                Some(pipeline) => statement.append(cstr!("u"), RawArrayBuf::from_iter([raw(&pipeline)?])),
                None => statement.append(cstr!("u"), record),
            }
            Ok(statement)
        }
        Command::Delete { filter } => Ok(rawdoc! { "q": raw(&filter)?, "limit": 1 }),
        _ => Err(Error::unsupported("a batch is of puts and deletes")),
    }
}

/// Reads what became of each write of a round.
async fn settle(
    database: &Database,
    call: &Call,
    chunk: &[Write],
    round: &[usize],
    answer: &Document,
    results: &mut [Option<Result<Written>>],
) {
    let (mut clashes, mut again) = (Vec::new(), HashSet::new());
    for error in answer.get_array("writeErrors").into_iter().flatten().filter_map(|error| error.as_document()) {
        let at = error.get_i32("index").ok().and_then(|at| usize::try_from(at).ok());
        let Some(at) = at.and_then(|at| round.get(at).copied()) else { continue };
        let message = error.get_str("errmsg").unwrap_or_default();
        match error.get_i32("code").unwrap_or_default() {
            DUPLICATE_KEY => clashes.push((at, Clash::of_item(message, error))),
            code if is_undone(code) => drop(again.insert(at)),
            code => results[at] = Some(Err(of_item(code, message))),
        }
    }
    let clashed: HashSet<usize> = clashes.iter().map(|(at, _)| *at).collect();
    // The server counts, but does not say which: of an upsert it names those that are new.
    let new: HashSet<usize> = upserted(answer).filter_map(|at| round.get(at).copied()).collect();
    let found = answer.get_i32("n").unwrap_or_default();
    let concern = answer
        .get_document("writeConcernError")
        .ok()
        .map(|error| error.get_str("errmsg").unwrap_or_default().to_owned());
    for at in round.iter().copied().filter(|at| !clashed.contains(at) && !again.contains(at)) {
        let existed = match chunk[at].action {
            Action::Delete => usize::try_from(found).is_ok_and(|found| found == round.len()),
            _ => !new.contains(&at),
        };
        results[at].get_or_insert_with(|| match &concern {
            Some(message) => {
                Err(Error::new(ErrorKind::OutcomeUnknown, format!("the write concern was not met: {message}")))
            }
            None => Ok(Written::existed(existed)),
        });
    }
    // One by one and in order, since the holder of a value may have expired, and the first that asks for it has it then.
    for (at, clash) in clashes {
        let write = &chunk[at];
        results[at] = Some(match refusal(write, &clash) {
            Some(error) => Err(error),
            None => write::write(database, call, write.clone()).await,
        });
    }
}

fn upserted(answer: &Document) -> impl Iterator<Item = usize> {
    let items = answer.get_array("upserted").into_iter().flatten().filter_map(|item| item.as_document());
    items.filter_map(|item| item.get_i32("index").ok().and_then(|at| usize::try_from(at).ok()))
}

/// After an answer was lost: the records that bear the stamp were stored.
async fn mark_stored(
    database: &Database,
    call: &Call,
    chunk: &[Write],
    round: &[usize],
    stamps: Stamps,
    results: &mut [Option<Result<Written>>],
) {
    let Some(first) = round.first().and_then(|at| chunk.get(*at)) else { return };
    let ids: Result<Vec<_>> = round.iter().map(|at| id(chunk[*at].definition, &chunk[*at].key)).collect();
    let Ok(ids) = ids else { return };
    let options =
        FindOptions::builder().projection(doc! { crate::value::STAMP: 1 }).batch_size(WRITES as u32 + 1).build();
    let decode = |document: &RawDocument| {
        let mine = stamp_of(document).is_some_and(|stamp| stamps.has(stamp));
        let key = document.get("_id").ok().flatten().map(RawBson::from);
        Ok((mine, key))
    };
    let filter = doc! { "_id": { "$in": ids } };
    let Ok(found) = find(call, &collection(database, first.definition), &filter, &options, round.len(), decode).await
    else {
        return;
    };
    for at in round {
        let own = |key: &RecordKey| id(chunk[*at].definition, key).ok().and_then(|id| RawBson::try_from(id).ok());
        let own = own(&chunk[*at].key);
        if found.iter().any(|(mine, key)| *mine && *key == own) {
            results[*at] = Some(Ok(Written::existed(false)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_accounts_for_what_was_sent() {
        let error = |at: i32| doc! { "index": at, "code": 11000 };
        assert!(adds_up(&doc! { "ok": 1, "n": 3 }, 3, false));
        assert!(adds_up(&doc! { "ok": 1, "n": 2, "writeErrors": [error(1)] }, 3, false));
        assert!(adds_up(&doc! { "ok": 1, "n": 1 }, 3, true));
        let absurd = [
            doc! { "ok": 1 },
            doc! { "ok": 1, "n": "3" },
            doc! { "ok": 1, "n": -1 },
            doc! { "ok": 1, "n": 2 },
            doc! { "ok": 1, "n": 4 },
            doc! { "ok": 1, "n": 2, "writeErrors": 1 },
            doc! { "ok": 1, "n": 2, "writeErrors": [error(3)] },
            doc! { "ok": 1, "n": 2, "writeErrors": [1] },
        ];
        for answer in absurd {
            assert!(!adds_up(&answer, 3, false), "{answer}");
        }
        assert!(!adds_up(&doc! { "ok": 1, "n": 4 }, 3, true));
    }
}
