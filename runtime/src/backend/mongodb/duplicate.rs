//! Duplicate keys: finds who holds the value for which a write was refused, and deletes a holder that has
//! expired.
//!
//! The server's refusal is true of the moment in which it looked. The holder may be gone since: the
//! server itself deletes what has expired, and so does another writer. So the holder is read
//! again, and only a live one makes the write a violation.

use std::time::Duration;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::ReadConcern;
use mongodb::{ClientSession, Collection};

use super::document::{by_id, columns, id};
use super::failure::{DriverFailure, DuplicateKey};
use super::find::FIND;
use super::last_seen::LastSeen;
use super::predicate::{field_of, literal};
use super::retry::{attempt, read};
use super::stored::from_document;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, Write, index_values};
use crate::value::{EXPIRES, STAMP};

/// The index of the primary key.
const PRIMARY: &str = "_id_";

/// Who holds a value.
enum Holder {
    /// Nobody any more.
    Nobody,
    /// A record that has expired, with the fields that show whether it is still the same.
    Expired(RawDocumentBuf),
    /// A live record. The write is refused.
    Live(Error),
}

/// Why the write cannot be sent again.
#[derive(Debug)]
pub(super) enum Halt {
    Error(Error),
    /// A request of a transaction failed; the transaction may be done again.
    Driver(DriverFailure),
}

impl Halt {
    pub(super) fn into_error(self, operation: &str) -> Error {
        match self {
            Self::Error(error) => error,
            Self::Driver(failure) => failure.into_error(operation),
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Where a holder is looked for: among what is committed, or inside a transaction.
pub(super) struct View<'a> {
    pub(super) collection: &'a Collection<RawDocumentBuf>,
    pub(super) call: &'a Call,
    pub(super) session: Option<&'a mut ClientSession>,
}

impl View<'_> {
    async fn find(&mut self, filter: Document, projection: Document) -> Result<Option<RawDocumentBuf>, Halt> {
        let find = || self.collection.find_one(filter.clone()).projection(projection.clone());
        if let Some(session) = &mut self.session {
            let found = attempt(self.call, FIND, find().session(&mut **session).into_future()).await;
            return found.map_err(Halt::Driver);
        }
        // The holder that the server met need not have reached a majority yet.
        let latest = |time: Duration| find().read_concern(ReadConcern::local()).max_time(time).into_future();
        Ok(read(self.call, FIND, latest).await?)
    }

    async fn delete(&mut self, filter: Document) -> Result<(), Halt> {
        let delete = || self.collection.delete_many(filter.clone());
        if let Some(session) = &mut self.session {
            let deleted = attempt(self.call, "delete", delete().session(&mut **session).into_future()).await;
            return deleted.map(drop).map_err(Halt::Driver);
        }
        // It may be repeated like a read: deleted twice is deleted once.
        read(self.call, "delete", |_| delete().into_future()).await?;
        Ok(())
    }
}

/// Clears the way for a write that was refused: deletes the holder of the value if it has expired. If a live
/// record holds the value, that is the error of the write.
pub(super) async fn delete_expired_holder(
    mut view: View<'_>,
    write: &Write,
    duplicate: &DuplicateKey,
    seen: &mut LastSeen,
) -> Result<(), Halt> {
    match find_holder(&mut view, write, duplicate).await? {
        Holder::Nobody => Ok(()),
        Holder::Live(error) => Err(Halt::Error(error)),
        // A transaction that is done again finds the same holder, since its own delete was rolled back.
        Holder::Expired(found) if view.session.is_none() && seen.is_unchanged(write.definition, Some(&found)) => {
            let message = "the record that holds a unique value has expired, and cannot be taken away";
            Err(Halt::Error(Error::new(ErrorKind::Backend, message)))
        }
        Holder::Expired(found) => view.delete(as_found(write.definition, &found)?).await,
    }
}

async fn find_holder(view: &mut View<'_>, write: &Write, duplicate: &DuplicateKey) -> Result<Holder, Halt> {
    if let Some(error) = refusal(write, duplicate) {
        return Ok(Holder::Live(error));
    }
    match index_name(write.definition, duplicate) {
        Some(PRIMARY) => holder_of_key(view, write).await,
        Some(name) => match write.definition.index(name) {
            Some(index) => holder_of_value(view, write, index, duplicate.values.clone()).await,
            None => Ok(Holder::Live(Error::taken(name))),
        },
        None => any_holder(view, write).await,
    }
}

/// The name that the model has for the index: the answer names it, or shows the fields whose values are
/// duplicate. An index that the model does not have, of a later release perhaps, goes by the server's name.
fn index_name<'a>(definition: &Definition, duplicate: &'a DuplicateKey) -> Option<&'a str> {
    let name = duplicate.index.as_deref();
    if name.is_some_and(|name| name == PRIMARY || definition.index(name).is_some()) {
        return name;
    }
    let Some(values) = &duplicate.values else { return name };
    let shown: Vec<_> = values.keys().map(String::as_str).collect();
    if shown == ["_id"] && name.is_none() {
        return Some(PRIMARY);
    }
    let is_shown =
        |index: &&IndexDef| columns(definition, index).iter().map(|column| &*column.path).eq(shown.iter().copied());
    definition.unique_indexes().find(is_shown).map(|index| index.name).or(name)
}

/// The error that a duplicate is for certain: if the model has no ttl, the holder was live.
pub(super) fn refusal(write: &Write, duplicate: &DuplicateKey) -> Option<Error> {
    let (definition, name) = (write.definition, index_name(write.definition, duplicate)?);
    if name == PRIMARY {
        let held = matches!(write.action, Action::Create(_)) && definition.ttl().is_none();
        return held.then(key_taken);
    }
    match definition.index(name) {
        None => Some(Error::taken(name)),
        Some(index) => definition.ttl().is_none().then(|| Error::taken(index.name)),
    }
}

fn key_taken() -> Error {
    Error::new(ErrorKind::AlreadyExists, "a live record has this key")
}

/// Who holds the key or any of the values that the write would store, if the answer does not show which.
async fn any_holder(view: &mut View<'_>, write: &Write) -> Result<Holder, Halt> {
    match holder_of_key(view, write).await? {
        Holder::Nobody => {}
        found => return Ok(found),
    }
    for index in write.definition.unique_indexes() {
        match holder_of_value(view, write, index, None).await? {
            Holder::Nobody => {}
            found => return Ok(found),
        }
    }
    Ok(Holder::Nobody)
}

/// Who holds the key. Only a create is refused for it.
async fn holder_of_key(view: &mut View<'_>, write: &Write) -> Result<Holder, Halt> {
    if !matches!(write.action, Action::Create(_)) {
        return Ok(Holder::Nobody);
    }
    let found = view.find(by_id(write.definition, &write.key)?, identity(write.definition)).await?;
    classify(view.call, write.definition, found, key_taken)
}

/// Who holds the values of an index, as the server showed them or as the write would store them.
async fn holder_of_value(
    view: &mut View<'_>,
    write: &Write,
    index: &IndexDef,
    shown: Option<Document>,
) -> Result<Holder, Halt> {
    let definition = write.definition;
    let values = match shown {
        Some(values) => values,
        None => match values_of(view, write, index).await? {
            Some(values) => values,
            None => return Ok(Holder::Nobody),
        },
    };
    // A null that is stored holds the index; a missing field does not, but equals null in a filter.
    let held = values.into_iter().map(|(path, value)| (path, doc! { "$eq": value, "$exists": true }.into()));
    let others = doc! { "_id": { "$ne": id(definition, &write.key)? } };
    let filter = doc! { "$and": [held.collect::<Document>(), others] };
    let found = view.find(filter, identity(definition)).await?;
    classify(view.call, definition, found, || Error::taken(index.name))
}

/// The values that the write would store in an index.
async fn values_of(view: &mut View<'_>, write: &Write, index: &IndexDef) -> Result<Option<Document>, Halt> {
    let definition = write.definition;
    let stored = match write.action {
        Action::Update(_) | Action::Upsert { .. } => view.find(by_id(definition, &write.key)?, Document::new()).await?,
        _ => None,
    };
    let stored = stored.map(|document| from_document(definition, &document)).transpose()?;
    let live = stored.filter(|record| record.is_live(definition, view.call));
    let record = write.outcome(live.as_ref())?;
    let Some(values) = record.and_then(|record| index_values(definition, index, &record)) else { return Ok(None) };
    let columns = columns(definition, index);
    let values = columns.into_iter().zip(&values).map(|(column, value)| Ok((column.encode(value)?, column.path)));
    let values: Result<Document> = values.map(|pair| pair.map(|(value, path)| (path, value))).collect();
    Ok(Some(values?))
}

/// The projection of a holder: its key, its stamp, and what shows whether it has expired.
fn identity(definition: &Definition) -> Document {
    let mut fields = doc! { "_id": 1, EXPIRES: 1, STAMP: 1 };
    match definition.ttl_name() {
        // A projection would read such a name as a path, so the whole record is read.
        Some(name) if name.contains(['.', '$']) => return Document::new(),
        Some(name) => drop(fields.insert(name, 1)),
        None => {}
    }
    fields
}

fn classify(
    call: &Call,
    definition: &'static Definition,
    found: Option<RawDocumentBuf>,
    refusal: impl FnOnce() -> Error,
) -> Result<Holder, Halt> {
    let Some(found) = found else { return Ok(Holder::Nobody) };
    Ok(match from_document(definition, &found)?.is_live(definition, call) {
        true => Holder::Live(refusal()),
        false => Holder::Expired(found),
    })
}

/// The filter that finds the record only as it was read: another may have prolonged its life meanwhile.
fn as_found(definition: &Definition, found: &RawDocument) -> Result<Document> {
    let value = |name: &str| found.get(name).ok().flatten().map(Bson::try_from).transpose();
    let broken = super::value::broken;
    let mut same = Document::new();
    for name in ["_id", EXPIRES, STAMP] {
        let is = value(name).map_err(broken)?.map_or(doc! { "$exists": false }, |value| doc! { "$eq": value });
        same.insert(name, is);
    }
    if let Some(name) = definition.ttl_name()
        && let Some(until) = value(name).map_err(broken)?
    {
        same.insert("$expr", doc! { "$eq": [field_of("$$ROOT".into(), name), literal(until)] });
    }
    Ok(same)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{DateTime, oid::ObjectId, rawdoc};

    use super::super::test_definition::test_definition;
    use super::*;

    fn duplicate(index: Option<&str>, values: Option<Document>) -> DuplicateKey {
        DuplicateKey { index: index.map(str::to_owned), values }
    }

    #[test]
    fn an_index_is_known_by_its_name_or_its_fields() {
        assert_eq!(index_name(test_definition(), &duplicate(Some("by x"), None)), Some("by x"));
        assert_eq!(index_name(test_definition(), &duplicate(None, Some(doc! { "_id": 1 }))), Some(PRIMARY));
        assert_eq!(index_name(test_definition(), &duplicate(None, Some(doc! { "score": 1 }))), Some("by_score"));
        assert_eq!(index_name(test_definition(), &duplicate(None, Some(doc! { "unheard of": 1 }))), None);
        assert_eq!(index_name(test_definition(), &duplicate(None, None)), None);
    }

    #[test]
    fn a_holder_is_taken_away_only_as_it_was_found() {
        let (at, stamp) = (DateTime::from_millis(1000), ObjectId::new());
        let same = as_found(test_definition(), &rawdoc! { "_id": 1, "_reposit_expires": at, "_reposit_stamp": stamp })
            .unwrap();
        assert_eq!(same, doc! { "_id": { "$eq": 1 }, EXPIRES: { "$eq": at }, STAMP: { "$eq": stamp } });
        let unmarked = as_found(test_definition(), &rawdoc! { "_id": 1 }).unwrap();
        assert_eq!(unmarked.get(EXPIRES), Some(&doc! { "$exists": false }.into()));
    }
}
