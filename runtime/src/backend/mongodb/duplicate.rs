//! Who holds the value of a unique index for which a write was refused.
//!
//! What the server says is true of the moment in which it looked. The holder may be gone since: the
//! server itself takes away what has expired, and so does another writer. So the holder is looked
//! for again, and only a live one makes the write a violation.

use std::time::Duration;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::ReadConcern;
use mongodb::{ClientSession, Collection};

use super::errors::{Clash, Trouble};
use super::expression::{field_of, literal};
use super::patience::{attempt, read, within};
use super::seen::Seen;
use super::shape::{by_id, columns, from_document, id};
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
    /// A record that has expired, by what tells whether it is still the same.
    Expired(RawDocumentBuf),
    /// A live record. The write is refused.
    Live(Error),
}

/// Why nothing was found out.
#[derive(Debug)]
pub(super) enum Halt {
    Error(Error),
    /// In a transaction, which may be done again.
    Trouble(Trouble),
}

impl Halt {
    pub(super) fn into_error(self, operation: &str) -> Error {
        match self {
            Self::Error(error) => error,
            Self::Trouble(trouble) => trouble.into_error(operation),
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Where a holder is looked for: among what is committed, or in a transaction.
pub(super) struct Place<'a> {
    pub(super) collection: &'a Collection<RawDocumentBuf>,
    pub(super) call: &'a Call,
    pub(super) session: Option<&'a mut ClientSession>,
}

impl Place<'_> {
    async fn find(&mut self, filter: Document, projection: Document) -> Result<Option<RawDocumentBuf>, Halt> {
        let find = || self.collection.find_one(filter.clone()).projection(projection.clone());
        if let Some(session) = &mut self.session {
            let found = within(attempt(self.call), find().session(&mut **session).into_future()).await;
            return found.map_err(Halt::Trouble);
        }
        // What the write met need not have reached a majority yet.
        let latest = |time: Duration| find().read_concern(ReadConcern::local()).max_time(time).into_future();
        Ok(read(self.call, latest).await?)
    }

    async fn remove(&mut self, filter: Document) -> Result<(), Halt> {
        let delete = || self.collection.delete_many(filter.clone());
        if let Some(session) = &mut self.session {
            let removed = within(attempt(self.call), delete().session(&mut **session).into_future()).await;
            return removed.map(drop).map_err(Halt::Trouble);
        }
        read(self.call, |_| delete().into_future()).await?;
        Ok(())
    }
}

/// Makes way for a write that was refused: its error where a live record holds the value, nothing where the
/// holder is gone, or had expired and was taken away.
pub(super) async fn make_way(mut place: Place<'_>, write: &Write, clash: &Clash, seen: &mut Seen) -> Result<(), Halt> {
    match holder(&mut place, write, clash).await? {
        Holder::Nobody => Ok(()),
        Holder::Live(error) => Err(Halt::Error(error)),
        // A transaction that was done again finds the same, since what it took away came back with the rest.
        Holder::Expired(found) if place.session.is_none() && seen.again(Some(&found)) => {
            let message = "the record that holds a unique value has expired, and cannot be taken away";
            Err(Halt::Error(Error::new(ErrorKind::Backend, message)))
        }
        Holder::Expired(found) => place.remove(as_found(write.definition, &found)?).await,
    }
}

async fn holder(place: &mut Place<'_>, write: &Write, clash: &Clash) -> Result<Holder, Halt> {
    if let Some(error) = refusal(write, clash) {
        return Ok(Holder::Live(error));
    }
    match name_of(write.definition, clash) {
        Some(PRIMARY) => holder_of_key(place, write).await,
        Some(name) => match write.definition.index(name) {
            Some(index) => holder_of_value(place, write, index, clash.values.clone()).await,
            None => Ok(Holder::Live(Error::taken(name))),
        },
        None => any_holder(place, write).await,
    }
}

/// The name that the model has for the index, which the answer tells by its own or by the fields whose
/// values it shows. One that the model does not have, of a later release perhaps, is told by its own.
fn name_of<'a>(definition: &Definition, clash: &'a Clash) -> Option<&'a str> {
    let name = clash.index.as_deref();
    if name.is_some_and(|name| name == PRIMARY || definition.index(name).is_some()) {
        return name;
    }
    let Some(values) = &clash.values else { return name };
    let told: Vec<_> = values.keys().map(String::as_str).collect();
    if told == ["_id"] && name.is_none() {
        return Some(PRIMARY);
    }
    let is_told =
        |index: &&IndexDef| columns(definition, index).iter().map(|column| &*column.path).eq(told.iter().copied());
    definition.unique_indexes().find(is_told).map(|index| index.name).or(name)
}

/// The error that a clash is for certain: where nothing expires, the holder was live.
pub(super) fn refusal(write: &Write, clash: &Clash) -> Option<Error> {
    let (definition, name) = (write.definition, name_of(write.definition, clash)?);
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

/// Whoever has the key or any of the values that the write would store, where the answer does not tell which.
async fn any_holder(place: &mut Place<'_>, write: &Write) -> Result<Holder, Halt> {
    match holder_of_key(place, write).await? {
        Holder::Nobody => {}
        found => return Ok(found),
    }
    for index in write.definition.unique_indexes() {
        match holder_of_value(place, write, index, None).await? {
            Holder::Nobody => {}
            found => return Ok(found),
        }
    }
    Ok(Holder::Nobody)
}

/// Who has the key. Only a create minds.
async fn holder_of_key(place: &mut Place<'_>, write: &Write) -> Result<Holder, Halt> {
    if !matches!(write.action, Action::Create(_)) {
        return Ok(Holder::Nobody);
    }
    let found = place.find(by_id(write.definition, &write.key)?, identity(write.definition)).await?;
    tell(place.call, write.definition, found, key_taken)
}

/// Who has the values of an index, as the server told them or as the write would store them.
async fn holder_of_value(
    place: &mut Place<'_>,
    write: &Write,
    index: &IndexDef,
    told: Option<Document>,
) -> Result<Holder, Halt> {
    let definition = write.definition;
    let values = match told {
        Some(values) => values,
        None => match values_of(place, write, index).await? {
            Some(values) => values,
            None => return Ok(Holder::Nobody),
        },
    };
    // A null is held where it is stored, and not where there is nothing.
    let held = values.into_iter().map(|(path, value)| (path, doc! { "$eq": value, "$exists": true }.into()));
    let others = doc! { "_id": { "$ne": id(definition, &write.key)? } };
    let filter = doc! { "$and": [held.collect::<Document>(), others] };
    let found = place.find(filter, identity(definition)).await?;
    tell(place.call, definition, found, || Error::taken(index.name))
}

/// The values that the write would store in an index.
async fn values_of(place: &mut Place<'_>, write: &Write, index: &IndexDef) -> Result<Option<Document>, Halt> {
    let definition = write.definition;
    let stored = match write.action {
        Action::Update(_) | Action::Upsert { .. } => {
            place.find(by_id(definition, &write.key)?, Document::new()).await?
        }
        _ => None,
    };
    let stored = stored.map(|document| from_document(definition, &document)).transpose()?;
    let live = stored.filter(|record| record.is_live(definition, place.call));
    let record = write.outcome(live.as_ref())?;
    let Some(values) = record.and_then(|record| index_values(definition, index, &record)) else { return Ok(None) };
    let columns = columns(definition, index);
    let values = columns.into_iter().zip(&values).map(|(column, value)| Ok((column.encode(value)?, column.path)));
    let values: Result<Document> = values.map(|pair| pair.map(|(value, path)| (path, value))).collect();
    Ok(Some(values?))
}

/// What is read of a holder: who it is, and whether it has expired.
fn identity(definition: &Definition) -> Document {
    let mut fields = doc! { "_id": 1, EXPIRES: 1, STAMP: 1 };
    match definition.ttl_name() {
        // Such a name is no path: all of it is read.
        Some(name) if name.contains(['.', '$']) => return Document::new(),
        Some(name) => drop(fields.insert(name, 1)),
        None => {}
    }
    fields
}

fn tell(
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

/// The filter that finds the record only as it was found: its life may have been made longer meanwhile.
fn as_found(definition: &Definition, found: &RawDocument) -> Result<Document> {
    let value = |name: &str| found.get(name).ok().flatten().map(Bson::try_from).transpose();
    let broken = super::convert::broken;
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

    use super::super::sample::sample;
    use super::*;

    fn clash(index: Option<&str>, values: Option<Document>) -> Clash {
        Clash { index: index.map(str::to_owned), values }
    }

    #[test]
    fn an_index_is_known_by_its_name_or_its_fields() {
        assert_eq!(name_of(sample(), &clash(Some("by x"), None)), Some("by x"));
        assert_eq!(name_of(sample(), &clash(None, Some(doc! { "_id": 1 }))), Some(PRIMARY));
        assert_eq!(name_of(sample(), &clash(None, Some(doc! { "score": 1 }))), Some("by_score"));
        assert_eq!(name_of(sample(), &clash(None, Some(doc! { "unheard of": 1 }))), None);
        assert_eq!(name_of(sample(), &clash(None, None)), None);
    }

    #[test]
    fn a_holder_is_taken_away_only_as_it_was_found() {
        let (at, stamp) = (DateTime::from_millis(1000), ObjectId::new());
        let same = as_found(sample(), &rawdoc! { "_id": 1, "_reposit_expires": at, "_reposit_stamp": stamp }).unwrap();
        assert_eq!(same, doc! { "_id": { "$eq": 1 }, EXPIRES: { "$eq": at }, STAMP: { "$eq": stamp } });
        let unmarked = as_found(sample(), &rawdoc! { "_id": 1 }).unwrap();
        assert_eq!(unmarked.get(EXPIRES), Some(&doc! { "$exists": false }.into()));
    }
}
