//! Reads of records by their keys and unique values: the finds, and how each is sent.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::action::Action as _;
use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::options::{FindOptions, Hint, ReadConcern};
use mongodb::{Collection, Database};

use super::document::{by_id, columns, from_document, id, index_key};
use super::retry::read;
use crate::backend::support::dedup::{Distinct, ident};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::request::{Call, FindUnique, Get, GetMany, RecordKey};
use crate::value::Record;

/// How many keys one request asks for, and how many requests are under way at once.
const KEYS: usize = 1000;
const PARALLEL: usize = 4;

/// The command's name.
pub(super) const FIND: &str = "find";

pub(super) fn collection(database: &Database, definition: &Definition) -> Collection<RawDocumentBuf> {
    database.collection(definition.name())
}

/// A find of one document.
#[derive(Debug)]
pub(super) struct FindOne {
    definition: &'static Definition,
    filter: Document,
    hint: Option<Document>,
}

impl FindOne {
    /// The document with a key.
    pub(super) fn by_key(definition: &'static Definition, key: &RecordKey) -> Result<Self> {
        Ok(Self { definition, filter: by_id(definition, key)?, hint: None })
    }

    /// The document with the values of a unique index.
    pub(super) fn by_unique(find: &FindUnique) -> Result<Self> {
        let mut filter = Document::new();
        for (column, value) in columns(find.definition, find.index).iter().zip(&find.values) {
            filter.insert(&column.path, doc! { "$eq": column.encode(value)? });
        }
        // Named by its fields, an index serves under whatever name. Named at all, it is an error if it is
        // missing: the read would be a scan.
        let hint = Some(index_key(find.definition, find.index));
        Ok(Self { definition: find.definition, filter, hint })
    }

    /// The command, to be read by people.
    pub(super) fn to_command(&self) -> Document {
        let mut command =
            doc! { FIND: self.definition.name(), "filter": self.filter.clone(), "limit": 1, "singleBatch": true };
        command.extend(self.hint.clone().map(|hint| ("hint".to_owned(), hint.into())));
        command
    }

    /// Sends it, with the collection's own read concern unless there is another.
    async fn send(
        &self,
        database: &Database,
        call: &Call,
        concern: Option<ReadConcern>,
    ) -> Result<Option<RawDocumentBuf>> {
        let collection = collection(database, self.definition);
        let find = |time| {
            let find = collection.find_one(self.filter.clone()).max_time(time);
            let find = find.optional(self.hint.clone(), |find, hint| find.hint(Hint::Keys(hint)));
            find.optional(concern.clone(), |find, concern| find.read_concern(concern)).into_future()
        };
        read(call, FIND, find).await
    }
}

/// A find of documents by their keys, each key once.
#[derive(Debug)]
pub(super) struct FindMany {
    definition: &'static Definition,
    ids: Vec<Bson>,
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
            let ids = chunk.iter().map(|(key, _)| id(definition, key)).collect::<Result<_>>()?;
            let positions = chunk.iter().map(|(key, positions)| (ident(definition, key), positions.to_vec()));
            Ok(Self { definition, ids, positions: positions.collect() })
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

    fn filter(&self) -> Document {
        doc! { "_id": { "$in": &self.ids } }
    }

    /// The command, to be read by people.
    pub(super) fn to_command(&self) -> Document {
        doc! { FIND: self.definition.name(), "filter": self.filter() }
    }

    /// All documents come in the first batch, so that no further request has to follow.
    fn batch_size(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    async fn send(&self, database: &Database, call: &Call) -> Result<Vec<Record>> {
        let options = FindOptions::builder().batch_size(self.batch_size()).build();
        let decode = |document: &RawDocument| from_document(self.definition, document);
        let collection = collection(database, self.definition);
        find_documents(call, &collection, &self.filter(), &options, self.ids.len(), decode).await
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
    FindOne::by_key(definition, key)?.send(database, call, Some(ReadConcern::local())).await
}

/// The record with a key, expired or not.
pub(super) async fn by_key(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
) -> Result<Option<Record>> {
    let found = FindOne::by_key(definition, key)?.send(database, call, None).await?;
    let record = found.map(|document| from_document(definition, &document)).transpose()?;
    match record {
        Some(record) if RecordKey::from_record(definition, &record)? != *key => {
            Err(Error::codec("the record that came has another key than was asked for"))
        }
        record => Ok(record),
    }
}

pub(super) async fn find_unique(database: &Database, call: &Call, find: FindUnique) -> Result<Option<Record>> {
    let found = FindOne::by_unique(&find)?.send(database, call, None).await?;
    let record = found.map(|document| from_document(find.definition, &document)).transpose()?;
    Ok(record.filter(|record| record.is_live(find.definition, call)))
}

/// The documents that a find returns, each decoded by `decode` where it lies: at most `most` of them, since
/// a server that returns more than it is asked for might never end.
pub(super) async fn find_documents<T>(
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
    read(call, FIND, attempt).await?.into_iter().collect()
}

pub(super) async fn get_many(database: &Database, call: &Call, get: GetMany) -> Result<Vec<Option<Record>>> {
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
            let sent = collection.find(find.filter()).batch_size(find.batch_size());
            let mut cursor = sent.session(&mut session).await?;
            let mut records = Vec::new();
            while records.len() < find.ids.len() && cursor.advance(&mut session).await? {
                records.push(from_document(find.definition, cursor.current()));
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
