//! Which writes of a command of many found no record that they could be done to, and why.

use std::collections::HashMap;

use mongodb::bson::RawDocument;
use mongodb::options::ReadConcern;

use super::command::Stamps;
use super::document::stamp_of;
use super::find::Find;
use super::handle::Handle;
use super::parts::WRITES;
use super::read::among;
use super::stored::from_document;
use super::write::{Missed, explain_miss};
use crate::backend::support::dedup::ident;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, RecordKey, Write};
use crate::value::Record;

/// What became of a write.
pub(super) enum Fate {
    /// It was done: the record has its stamp.
    Done,
    /// It was not done, for this reason.
    Refused(Error),
    /// It was not done, and what is stored now allows it, or cannot be told: sent by itself, it shows.
    Open,
}

/// A record as it is now.
struct Seen {
    own: bool,
    record: Result<Record>,
}

/// What became of writes that need a record, by their positions. The server said of how many of them it found no
/// record, but not of which.
pub(super) async fn find_fates(
    database: &Handle,
    call: &Call,
    writes: &[(usize, &Write)],
    stamps: Stamps,
    missed: usize,
) -> Result<HashMap<usize, Fate>> {
    let Some((_, first)) = writes.first() else { return Ok(HashMap::new()) };
    let definition = first.definition;
    let find = Find {
        batch_size: Some(WRITES as u32 + 1),
        ..Find::all(definition.name(), among(definition, writes.iter().map(|(_, write)| &write.key))?)
    };
    let decode = |document: &RawDocument| {
        let own = stamp_of(document).is_some_and(|stamp| stamps.has(stamp));
        Ok(Seen { own, record: from_document(definition, document) })
    };
    // What a write meets, whether or not it has reached a majority.
    let found = find.send(database, call, Some(&ReadConcern::local()), writes.len(), decode).await?;
    let (mut seen, mut unreadable) = (HashMap::new(), false);
    for Seen { own, record } in found {
        let key = record.as_ref().ok().and_then(|record| RecordKey::from_record(definition, record).ok());
        match key {
            Some(key) => drop(seen.insert(ident(definition, &key), Seen { own, record })),
            None => unreadable = true,
        }
    }
    let seen_of = |write: &Write| seen.get(&ident(definition, &write.key));
    let without_stamp = writes.iter().filter(|(_, write)| !seen_of(write).is_some_and(|seen| seen.own)).count();
    let fates = writes.iter().map(|(at, write)| {
        let fate = match seen_of(write) {
            seen if matches!(write.action, Action::Delete) => fate_of_delete(write, seen, call, unreadable),
            Some(Seen { own: true, .. }) => Fate::Done,
            Some(Seen { record: Ok(record), .. }) => fate_by_record(write, Some(record), call, without_stamp == missed),
            None if !unreadable => fate_by_record(write, None, call, without_stamp == missed),
            _ => Fate::Open,
        };
        (*at, fate)
    });
    Ok(fates.collect())
}

/// What became of a delete: it was done if there is no record any more.
fn fate_of_delete(write: &Write, seen: Option<&Seen>, call: &Call, unreadable: bool) -> Fate {
    match seen {
        Some(Seen { record: Ok(record), .. }) => fate_of_missed(write, Some(record), call),
        None if !unreadable => Fate::Done,
        _ => Fate::Open,
    }
}

/// What became of a write whose stamp the record has not. It was `certainly_missed`, or may have been done and
/// written over since.
fn fate_by_record(write: &Write, stored: Option<&Record>, call: &Call, certainly_missed: bool) -> Fate {
    // A version goes up by one with each write. So a record with the expected one, or the next one of another's,
    // was not written by this.
    let version = stored.and_then(|record| write.definition.version_of(record));
    let by_version = write.version.is_some_and(|expected| {
        version.is_some_and(|found| found == i128::from(expected) || found == i128::from(expected) + 1)
    });
    if !certainly_missed && !by_version {
        let message = "the record has been written by others since, so it does not show whether it was written";
        return Fate::Refused(Error::new(ErrorKind::OutcomeUnknown, message));
    }
    fate_of_missed(write, stored, call)
}

/// What became of a write that certainly was not done.
fn fate_of_missed(write: &Write, stored: Option<&Record>, call: &Call) -> Fate {
    match explain_miss(write, stored.cloned(), call) {
        Ok(Missed::NothingToDo) => Fate::Done,
        Ok(Missed::MayBeSent) => Fate::Open,
        Err(error) => Fate::Refused(error),
    }
}
