//! Reads of records by their keys and unique values: the finds, and how each is sent.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::action::Action as _;
use mongodb::bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::options::ReadConcern;
use mongodb::{Collection, Database};

use super::document::{by_id_raw, columns, index_key, write_id};
use super::encode::DocumentWriter;
use super::find::{FIND, Find, decode_batch};
use super::handle::Handle;
use super::retry::read;
use super::stored::from_document;
use crate::backend::support::dedup::{Distinct, ident};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::{Call, FindUnique, Get, GetMany, RecordKey};
use crate::value::Record;

/// How many keys one request asks for, and how many requests are under way at once.
pub(super) const KEYS: usize = 1000;
pub(super) const PARALLEL: usize = 4;

pub(super) fn collection(database: &Database, definition: &Definition) -> Collection<RawDocumentBuf> {
    database.collection(definition.name())
}

/// The find of the document with a key.
pub(super) fn find_by_key(definition: &'static Definition, key: &RecordKey) -> Result<Find> {
    Ok(Find::one(definition.name(), by_id_raw(definition, key)?))
}

/// The find of the document with the values of a unique index.
pub(super) fn find_by_unique(find: &FindUnique) -> Result<Find> {
    let mut filter = DocumentWriter::with_capacity(128);
    for (column, value) in columns(find.definition, find.index).iter().zip(&find.values) {
        let same = filter.begin_document(&column.path)?;
        column.write(&mut filter, "$eq", value)?;
        filter.end(same)?;
    }
    // Named by its fields, an index serves under whatever name. Named at all, it is an error if it is
    // missing: the read would be a scan.
    let hint = Some(index_key(find.definition, find.index));
    Ok(Find { hint, ..Find::one(find.definition.name(), filter.finish()?) })
}

/// Sends a find of one document.
async fn send_one<T>(
    find: &Find,
    database: &Handle,
    call: &Call,
    concern: Option<&ReadConcern>,
    decode: impl Fn(&RawDocument) -> Result<T>,
) -> Result<Option<T>> {
    Ok(find.send(database, call, concern, 1, decode).await?.pop())
}

/// A find of documents by their keys, each key once.
#[derive(Debug)]
pub(super) struct FindMany {
    definition: &'static Definition,
    /// How many keys are asked for.
    count: usize,
    find: Find,
    /// The positions that asked for each record, by its ident.
    positions: HashMap<Vec<u8>, Vec<usize>>,
}

impl FindMany {
    /// The finds of the records with these keys, which are asked for by the positions beside them.
    fn all<'a>(
        definition: &'static Definition,
        keys: impl Iterator<Item = (usize, &'a RecordKey)>,
    ) -> Result<Vec<Self>> {
        let distinct = Distinct::new(keys, |key| ident(definition, key));
        let with_positions = distinct.items().iter().enumerate().map(|(at, key)| (*key, distinct.positions_at(at)));
        let all: Vec<_> = with_positions.collect();
        let find = |chunk: &[(&RecordKey, &[usize])]| {
            let filter = among(definition, chunk.iter().map(|(key, _)| *key))?;
            // All documents come in the first batch, so that no further request has to follow.
            let batch_size = Some(u32::try_from(chunk.len()).unwrap_or(u32::MAX).saturating_add(1));
            let find = Find { batch_size, ..Find::all(definition.name(), filter) };
            let positions = chunk.iter().map(|(key, positions)| (ident(definition, key), positions.to_vec()));
            Ok(Self { definition, count: chunk.len(), find, positions: positions.collect() })
        };
        all.chunks(KEYS).map(find).collect()
    }

    /// The finds of a read of many records.
    pub(super) fn of_many(get: &GetMany) -> Result<Vec<Self>> {
        Self::all(get.definition, get.keys.iter().enumerate())
    }

    /// The finds of a snapshot, by repositories in the order in which they are first asked for.
    pub(super) fn of_snapshot(gets: &[Get]) -> Result<Vec<Self>> {
        let mut repositories: Vec<(&'static Definition, Vec<(usize, &RecordKey)>)> = Vec::new();
        for (position, get) in gets.iter().enumerate() {
            match repositories.iter_mut().find(|(definition, _)| definition.name() == get.definition.name()) {
                Some((_, keys)) => keys.push((position, &get.key)),
                None => repositories.push((get.definition, vec![(position, &get.key)])),
            }
        }
        let finds: Result<Vec<_>> =
            repositories.into_iter().map(|(definition, keys)| Self::all(definition, keys.into_iter())).collect();
        Ok(finds?.into_iter().flatten().collect())
    }

    /// The command, to be read by people.
    pub(super) fn to_document(&self) -> Result<Document> {
        self.find.to_document()
    }

    async fn send(&self, database: &Handle, call: &Call) -> Result<Vec<Record>> {
        let decode = |document: &RawDocument| from_document(self.definition, document);
        self.find.send(database, call, None, self.count, decode).await
    }

    /// Gives a record to all positions that asked for it, if it is live.
    fn assign(&self, call: &Call, record: Record, results: &mut [Option<Record>]) -> Result<()> {
        if record.is_live(self.definition, call) {
            let ident = ident(self.definition, &RecordKey::from_record(self.definition, &record)?);
            for position in self.positions.get(&ident).into_iter().flatten() {
                if let Some(result) = results.get_mut(*position) {
                    *result = Some(record.clone());
                }
            }
        }
        Ok(())
    }
}

/// The filter of the documents with these keys.
pub(super) fn among<'a>(
    definition: &Definition,
    keys: impl ExactSizeIterator<Item = &'a RecordKey>,
) -> Result<RawDocumentBuf> {
    let mut filter = DocumentWriter::with_capacity(64 + keys.len() * 48);
    let id = filter.begin_document("_id")?;
    let list = filter.begin_array("$in")?;
    for (at, key) in keys.enumerate() {
        write_id(&mut filter, &at.to_string(), definition, key)?;
    }
    filter.end(list)?;
    filter.end(id)?;
    filter.finish()
}

pub(super) async fn get(database: &Handle, call: &Call, get: Get) -> Result<Option<Record>> {
    let found = by_key(database, call, get.definition, &get.key).await?;
    Ok(found.filter(|record| record.is_live(get.definition, call)))
}

/// The document with a key as it is now, whether or not it has reached a majority: what a write meets.
pub(super) async fn latest(
    database: &Handle,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
) -> Result<Option<RawDocumentBuf>> {
    let find = find_by_key(definition, key)?;
    send_one(&find, database, call, Some(&ReadConcern::local()), |document| Ok(document.to_owned())).await
}

/// The record with a key, expired or not.
pub(super) async fn by_key(
    database: &Handle,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
) -> Result<Option<Record>> {
    let decode = |document: &RawDocument| from_document(definition, document);
    match send_one(&find_by_key(definition, key)?, database, call, None, decode).await? {
        Some(record) if RecordKey::from_record(definition, &record)? != *key => {
            Err(Error::codec("the record that came has another key than was asked for"))
        }
        record => Ok(record),
    }
}

pub(super) async fn find_unique(database: &Handle, call: &Call, find: FindUnique) -> Result<Option<Record>> {
    let decode = |document: &RawDocument| from_document(find.definition, document);
    let record = send_one(&find_by_unique(&find)?, database, call, None, decode).await?;
    Ok(record.filter(|record| record.is_live(find.definition, call)))
}

pub(super) async fn get_many(database: &Handle, call: &Call, get: GetMany) -> Result<Vec<Option<Record>>> {
    let finds = FindMany::of_many(&get)?;
    let observer = &get.observer;
    let sent = finds.iter().map(|find| async move {
        let found = find.send(database, call).await?;
        find.positions.values().flatten().for_each(|position| observer.report(*position, None));
        Ok::<_, Error>(found)
    });
    let sent: Vec<_> = sent.collect();
    let found: Vec<Vec<Record>> = stream::iter(sent).buffered(PARALLEL).try_collect().await?;
    let mut results = vec![None; get.keys.len()];
    for (find, records) in finds.iter().zip(found) {
        for record in records {
            find.assign(call, record, &mut results)?;
        }
    }
    Ok(results)
}

/// Reads records as they were at one moment: in a session for which the server keeps one snapshot, with
/// one request for each repository.
pub(super) async fn snapshot(database: &Database, call: &Call, gets: Vec<Get>) -> Result<Vec<Option<Record>>> {
    let finds = &FindMany::of_snapshot(&gets)?;
    // All are repeated if one fails: another session has another snapshot.
    let found = read(call, FIND, |_| async move {
        let mut session = database.client().start_session().snapshot(true).await?;
        let mut found = Vec::with_capacity(finds.len());
        for find in finds {
            let collection = collection(database, find.definition);
            let filter = Document::try_from(&*find.find.filter)?;
            let sent = collection.find(filter).optional(find.find.batch_size, |sent, size| sent.batch_size(size));
            let mut cursor = sent.session(&mut session).batch().await?;
            let (mut batches, mut records) = (cursor.stream(&mut session), Vec::new());
            while records.len() < find.count
                && let Some(batch) = batches.next().await
            {
                let decode = |document: &RawDocument| from_document(find.definition, document);
                decode_batch(&batch?, find.count, decode, &mut records)?;
            }
            found.push(records);
        }
        Ok(found)
    });
    let mut results = vec![None; gets.len()];
    for (find, records) in finds.iter().zip(found.await?) {
        for record in records {
            find.assign(call, record?, &mut results)?;
        }
    }
    Ok(results)
}
