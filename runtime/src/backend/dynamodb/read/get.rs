//! Reads of records by key.

use std::collections::HashMap;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::key::to_key;
use crate::backend::dynamodb::parallel::{BATCHES, join_limited};
use crate::backend::dynamodb::request::batch_get::{BatchGet, TableFound};
use crate::backend::dynamodb::request::get::GetItem;
use crate::backend::dynamodb::request::projection::Projection;
use crate::backend::dynamodb::request::read::{ReadRequest as _, send_read};
use crate::backend::dynamodb::value::{Stored, found_record};
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::support::dedup::{Distinct, ident};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::limits::requests::MOST_KEYS;
use crate::progress::Observer;
use crate::request::{Call, Get, GetMany, RecordKey};
use crate::value::Record;

/// A record to read.
pub(crate) type Wanted = (&'static Definition, RecordKey);

/// What is sent to read records: one request for one, batches for more, which have each record once.
pub(crate) enum KeyReads {
    /// Needs no book of who asked for what: most reads are of one record.
    Single {
        wanted: Wanted,
        request: GetItem,
    },
    Batches(Batches),
}

pub(crate) struct Batches {
    count: usize,
    distinct: Distinct<Wanted>,
    requests: Vec<BatchGet>,
}

impl KeyReads {
    /// The reads of these records, of all their fields or of these.
    pub(crate) fn new(mut wanted: Vec<Wanted>, consistent: bool, fields: Option<&[&str]>) -> Self {
        let projection = |definition| fields.map(|fields| Projection::new(definition, fields));
        let count = wanted.len();
        if let Some((definition, key)) = wanted.pop_if(|_| count == 1) {
            let request = GetItem::of_record(definition, &key, consistent).projected(projection(definition));
            return Self::Single { wanted: (definition, key), request };
        }
        let distinct = Distinct::new(wanted.into_iter().enumerate(), |(definition, key)| ident(definition, key));
        let batch = |chunk: &[Wanted]| {
            let mut batch = BatchGet::default();
            for (definition, key) in chunk {
                let key = to_key(definition, key);
                batch.add(definition.name(), definition.fields(), key, consistent, || projection(definition));
            }
            batch
        };
        let requests = distinct.items().chunks(MOST_KEYS).map(batch).collect();
        Self::Batches(Batches { count, distinct, requests })
    }

    /// The requests as text.
    pub(crate) fn to_texts(&self) -> Vec<String> {
        match self {
            Self::Single { request, .. } => vec![request.to_text()],
            Self::Batches(batches) => batches.requests.iter().map(BatchGet::to_text).collect(),
        }
    }

    /// Reads the items, in the order in which they were asked for.
    async fn fetch(&self, db: &Context, call: &Call, observer: &Observer) -> Result<Vec<Option<Found>>> {
        match self {
            Self::Single { wanted: (definition, key), request } => {
                Ok(vec![read_single(db, call, definition, key, request).await?])
            }
            Self::Batches(batches) => batches.fetch(db, call, observer).await,
        }
    }
}

impl Batches {
    async fn fetch(&self, db: &Context, call: &Call, observer: &Observer) -> Result<Vec<Option<Found>>> {
        let mut reads: Vec<BoxFuture<'_, Result<Vec<TableFound>>>> = Vec::with_capacity(self.requests.len());
        for (at, batch) in self.requests.iter().enumerate() {
            reads.push(Box::pin(async move {
                let found = batch.read_all(db, call).await?;
                let places = (at * MOST_KEYS..).take(batch.len());
                let positions = places.flat_map(|place| self.distinct.positions_at(place));
                positions.for_each(|position| observer.report(*position, None));
                Ok(found)
            }));
        }
        let definitions: HashMap<&str, &'static Definition> =
            self.distinct.items().iter().map(|(definition, _)| (definition.name(), *definition)).collect();
        let mut items = vec![None; self.count];
        for found in join_limited(reads, BATCHES).await {
            // The items of a batch come in any order, so each is placed by its own key.
            for (table, found) in found? {
                let Some(definition) = definitions.get(table.as_str()) else { continue };
                let key = own_key(definition, &found)?;
                for position in self.distinct.positions_of(&ident(definition, &key)) {
                    if let Some(place) = items.get_mut(*position) {
                        *place = Some(found.clone());
                    }
                }
            }
        }
        Ok(items)
    }
}

/// Reads a live record.
pub(crate) async fn get_record(db: &Context, call: &Call, get: Get) -> Result<Option<Record>> {
    let found = fetch_one(db, call, get.definition, get.key, get.consistent).await?;
    Ok(found.filter(|record| record.is_live(get.definition, call)))
}

/// Reads live records, in the order of the keys.
pub(crate) async fn get_records(db: &Context, call: &Call, get: GetMany) -> Result<Vec<Option<Record>>> {
    let definition = get.definition;
    let wanted = get.keys.into_iter().map(|key| (definition, key)).collect();
    let found = fetch_observed(db, call, wanted, get.consistent, None, &get.observer).await?;
    Ok(found.into_iter().map(|record| record.filter(|record| record.is_live(definition, call))).collect())
}

/// Reads one record, whether or not it has expired.
pub(crate) async fn fetch_one(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    key: RecordKey,
    consistent: bool,
) -> Result<Option<Record>> {
    let request = GetItem::of_record(definition, &key, consistent);
    let found = read_single(db, call, definition, &key, &request).await?;
    found.map(|found| found_record(definition, found)).transpose()
}

/// Reads the item of a key, and sees to it that it is the one that was asked for.
async fn read_single(
    db: &Context,
    call: &Call,
    definition: &'static Definition,
    key: &RecordKey,
    request: &GetItem,
) -> Result<Option<Found>> {
    let found = send_read(db, call, request).await?;
    if let Some(found) = &found
        && !has_key(definition, found, key)
        && own_key(definition, found)? != *key
    {
        return Err(Error::codec("the record that came has another key than was asked for"));
    }
    Ok(found)
}

/// Whether an item that was read has the fields of this key, value by value.
fn has_key(definition: &Definition, found: &Found, key: &RecordKey) -> bool {
    let has = |record: &Record| key.fields(definition).all(|(name, value)| record.get(name) == Some(value.view()));
    found.record.as_ref().is_ok_and(has)
}

/// Reads records, whether or not they have expired, in the order of the keys.
pub(crate) async fn fetch(
    db: &Context,
    call: &Call,
    wanted: Vec<Wanted>,
    consistent: bool,
    fields: Option<&[&str]>,
) -> Result<Vec<Option<Record>>> {
    fetch_observed(db, call, wanted, consistent, fields, &Observer::default()).await
}

/// Reads records to be written, with the items that are compared with later.
pub(crate) async fn fetch_stored(db: &Context, call: &Call, wanted: Vec<Wanted>) -> Result<Vec<Option<Stored>>> {
    let definitions: Vec<_> = wanted.iter().map(|(definition, _)| *definition).collect();
    // Consistent, because the write is made on the condition that what was read is still stored.
    let items = KeyReads::new(wanted, true, None).fetch(db, call, &Observer::default()).await?;
    convert_all(&definitions, items, Stored::found)
}

/// Reads records, and reports each to the observer when it was read.
pub(crate) async fn fetch_observed(
    db: &Context,
    call: &Call,
    wanted: Vec<Wanted>,
    consistent: bool,
    fields: Option<&[&str]>,
    observer: &Observer,
) -> Result<Vec<Option<Record>>> {
    let definitions: Vec<_> = wanted.iter().map(|(definition, _)| *definition).collect();
    let items = KeyReads::new(wanted, consistent, fields).fetch(db, call, observer).await?;
    convert_all(&definitions, items, found_record)
}

fn convert_all<T>(
    definitions: &[&'static Definition],
    items: Vec<Option<Found>>,
    convert: fn(&'static Definition, Found) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let each = |(definition, found): (&&'static Definition, Option<Found>)| {
        found.map(|found| convert(definition, found)).transpose()
    };
    definitions.iter().zip(items).map(each).collect()
}

/// The key of a record that was read.
fn own_key(definition: &'static Definition, found: &Found) -> Result<RecordKey> {
    RecordKey::from_record(definition, found.record.as_ref().map_err(Error::clone)?)
}
