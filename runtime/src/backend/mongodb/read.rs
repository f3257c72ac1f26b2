//! Reads of records by their keys and unique values.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, Hint, ReadConcern};
use mongodb::{Collection, Database};

use super::indexes;
use super::patience::read;
use super::shape::{by_id, columns, from_document, id};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::{Call, FindUnique, Get, GetMany, RecordKey};
use crate::value::Record;

/// How many keys one request asks for, and how many requests go at once.
pub(super) const KEYS: usize = 1000;
const AT_ONCE: usize = 4;

pub(super) fn collection(database: &Database, definition: &Definition) -> Collection<RawDocumentBuf> {
    database.collection(definition.name())
}

pub(super) async fn get(database: &Database, call: &Call, get: Get) -> Result<Option<Record>> {
    let found = by_key(database, call, get.definition, &get.key).await?;
    Ok(found.filter(|record| record.is_live(get.definition, call)))
}

/// The document with a key as it is now, whether or not it has reached a majority: what a write meets.
pub(super) async fn latest(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
) -> Result<Option<RawDocumentBuf>> {
    let filter = by_id(definition, key)?;
    let collection = collection(database, definition);
    let find = |time| {
        let find = collection.find_one(filter.clone()).read_concern(ReadConcern::local());
        find.max_time(time).into_future()
    };
    read(call, find).await
}

/// The record with a key, expired or not.
pub(super) async fn by_key(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
) -> Result<Option<Record>> {
    let filter = by_id(definition, key)?;
    let collection = collection(database, definition);
    let found = read(call, |time| collection.find_one(filter.clone()).max_time(time).into_future()).await?;
    let record = found.map(|document| from_document(definition, &document)).transpose()?;
    match record {
        Some(record) if RecordKey::of(definition, &record)? != *key => {
            Err(Error::codec("the record that came has another key than was asked for"))
        }
        record => Ok(record),
    }
}

pub(super) async fn find_unique(database: &Database, call: &Call, find: FindUnique) -> Result<Option<Record>> {
    let definition = find.definition;
    let filter = unique(&find)?;
    let collection = collection(database, definition);
    let hint = Hint::Keys(indexes::key(definition, find.index));
    let found =
        read(call, |time| collection.find_one(filter.clone()).hint(hint.clone()).max_time(time).into_future()).await?;
    let record = found.map(|document| from_document(definition, &document)).transpose()?;
    Ok(record.filter(|record| record.is_live(definition, call)))
}

/// The filter that finds the record with the values of a unique index.
pub(super) fn unique(find: &FindUnique) -> Result<Document> {
    let mut filter = Document::new();
    for (column, value) in columns(find.definition, find.index).iter().zip(&find.values) {
        filter.insert(&column.path, doc! { "$eq": column.encode(value)? });
    }
    Ok(filter)
}

/// A read of one record as a command, for people.
pub(super) fn one(collection: &str, filter: Document) -> Document {
    doc! { "find": collection, "filter": filter, "limit": 1, "singleBatch": true }
}

/// The documents that a find gives, each read by `decode` where it lies: at most `most` of them, since a
/// server that gives more than it is asked for might never end.
pub(super) async fn find<T>(
    call: &Call,
    collection: &Collection<RawDocumentBuf>,
    filter: &Document,
    options: &FindOptions,
    most: usize,
    decode: impl Fn(&RawDocument) -> Result<T>,
) -> Result<Vec<T>> {
    let (decode, options) = (&decode, &options);
    let attempt = |time: Duration| async move {
        let mut cursor = collection.find(filter.clone()).with_options((*options).clone()).max_time(time).await?;
        let mut found = Vec::new();
        while found.len() < most && cursor.advance().await? {
            found.push(decode(cursor.current()));
        }
        Ok(found)
    };
    read(call, attempt).await?.into_iter().collect()
}

pub(super) async fn get_many(
    database: &Database,
    call: &Call,
    GetMany { definition, keys, observer, .. }: GetMany,
) -> Result<Vec<Option<Record>>> {
    let collection = collection(database, definition);
    let mut wanted = HashMap::with_capacity(keys.len());
    let mut asked = Vec::with_capacity(keys.len());
    for (position, key) in keys.iter().enumerate() {
        let id = id(definition, key)?;
        let positions: &mut Vec<usize> = wanted.entry(bytes_of(&id)?).or_default();
        if positions.is_empty() {
            asked.push(id);
        }
        positions.push(position);
    }
    let chunks = asked.chunks(KEYS).map(<[Bson]>::to_vec).collect::<Vec<_>>();
    let (call, collection, wanted, observer) = (call, &collection, &wanted, &observer);
    let reads = chunks.into_iter().map(|ids| async move {
        let options = FindOptions::builder().batch_size(KEYS as u32 + 1).build();
        let filter = doc! { "_id": { "$in": &ids } };
        let decode = |document: &RawDocument| from_document(definition, document);
        let found = find(call, collection, &filter, &options, ids.len(), decode).await?;
        for id in &ids {
            wanted.get(&bytes_of(id)?).into_iter().flatten().for_each(|position| observer.report(*position, None));
        }
        Ok::<_, Error>(found)
    });
    let found: Vec<Vec<Record>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    let mut results = vec![None; keys.len()];
    for record in found.into_iter().flatten().filter(|record| record.is_live(definition, call)) {
        let id = bytes_of(&id(definition, &RecordKey::of(definition, &record)?)?)?;
        for position in wanted.get(&id).into_iter().flatten() {
            if let Some(result) = results.get_mut(*position) {
                *result = Some(record.clone());
            }
        }
    }
    Ok(results)
}

/// Reads records as they were at one moment: in a session that the server gives one snapshot, with
/// one request for each repository.
pub(super) async fn together(database: &Database, call: &Call, gets: Vec<Get>) -> Result<Vec<Option<Record>>> {
    let repositories = &by_repository(&gets)?;
    let found = read(call, |_| async move {
        let mut session = database.client().start_session().snapshot(true).await?;
        let mut found = Vec::with_capacity(repositories.len());
        for (definition, ids) in repositories {
            let wanted: Vec<_> = ids.iter().map(|(_, id)| id.clone()).collect();
            let batch = u32::try_from(ids.len()).unwrap_or(u32::MAX).saturating_add(1);
            let collection = collection(database, definition);
            let find = collection.find(doc! { "_id": { "$in": wanted } }).batch_size(batch);
            let mut cursor = find.session(&mut session).await?;
            let mut records = Vec::new();
            while records.len() < ids.len() && cursor.advance(&mut session).await? {
                records.push(from_document(definition, cursor.current()));
            }
            found.push(records);
        }
        Ok(found)
    });
    let mut results = vec![None; gets.len()];
    for ((definition, ids), records) in repositories.iter().zip(found.await?) {
        for record in records {
            let record = record?;
            let own = id(definition, &RecordKey::of(definition, &record)?)?;
            for (position, _) in ids.iter().filter(|(_, id)| *id == own && record.is_live(definition, call)) {
                if let Some(result) = results.get_mut(*position) {
                    *result = Some(record.clone());
                }
            }
        }
    }
    Ok(results)
}

/// What is asked of one repository: positions, and keys.
type Asked = (&'static Definition, Vec<(usize, Bson)>);

pub(super) fn by_repository(gets: &[Get]) -> Result<Vec<Asked>> {
    let mut repositories: Vec<Asked> = Vec::new();
    for (position, get) in gets.iter().enumerate() {
        let asked = (position, id(get.definition, &get.key)?);
        match repositories.iter_mut().find(|(definition, _)| definition.name() == get.definition.name()) {
            Some((_, ids)) => ids.push(asked),
            None => repositories.push((get.definition, vec![asked])),
        }
    }
    Ok(repositories)
}

/// The keys, each once.
pub(super) fn distinct(ids: Vec<Bson>) -> Result<Vec<Bson>> {
    let mut seen = HashSet::with_capacity(ids.len());
    let mut distinct = Vec::with_capacity(ids.len());
    for id in ids {
        if seen.insert(bytes_of(&id)?) {
            distinct.push(id);
        }
    }
    Ok(distinct)
}

/// A key's own bytes, to look it up by.
fn bytes_of(id: &Bson) -> Result<Vec<u8>> {
    let document = RawDocumentBuf::try_from(&doc! { "_id": id.clone() });
    document
        .map(RawDocumentBuf::into_bytes)
        .map_err(|error| Error::codec("a key cannot be written as BSON").with_source(error))
}
