//! Reads by key.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::key::{ident, to_key};
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::backend::dynamodb::value::{Item, Stored, to_record_of};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Observer;
use crate::request::{Call, RecordKey};
use crate::value::Record;

/// "BatchGetItem" in the API reference.
pub(crate) const MOST_KEYS: usize = 100;
/// How many batches are under way at a time.
pub(crate) const PARALLEL: usize = 4;

/// A record to read.
pub(crate) type Wanted = (&'static Definition, RecordKey);

impl DynamoDb {
    /// Reads records, expired ones too, in the order of the keys.
    pub(crate) async fn fetch(
        &self,
        call: &Call,
        wanted: Vec<Wanted>,
        consistent: bool,
        fields: Option<&[&str]>,
    ) -> Result<Vec<Option<Record>>> {
        self.fetch_watched(call, wanted, consistent, fields, &Observer::default()).await
    }

    /// Reads records to be written, expired ones too, with the items that are compared with later.
    pub(crate) async fn fetch_stored(&self, call: &Call, wanted: Vec<Wanted>) -> Result<Vec<Option<Stored>>> {
        self.fetch_as(call, wanted, true, None, &Observer::default(), Stored::new).await
    }

    /// The same, and tells of each record once it was read.
    pub(crate) async fn fetch_watched(
        &self,
        call: &Call,
        wanted: Vec<Wanted>,
        consistent: bool,
        fields: Option<&[&str]>,
        observer: &Observer,
    ) -> Result<Vec<Option<Record>>> {
        self.fetch_as(call, wanted, consistent, fields, observer, to_record_of).await
    }

    /// Reads items, each as what `read` makes of it.
    async fn fetch_as<T>(
        &self,
        call: &Call,
        wanted: Vec<Wanted>,
        consistent: bool,
        fields: Option<&[&str]>,
        observer: &Observer,
        read: fn(&Definition, Item) -> Result<T>,
    ) -> Result<Vec<Option<T>>> {
        let definitions: Vec<_> = wanted.iter().map(|(definition, _)| *definition).collect();
        let items = self.fetch_items(call, wanted, consistent, fields, observer).await?;
        let read = |(definition, item): (_, Option<Item>)| item.map(|item| read(definition, item)).transpose();
        definitions.into_iter().zip(items).map(read).collect()
    }

    async fn fetch_items(
        &self,
        call: &Call,
        wanted: Vec<Wanted>,
        consistent: bool,
        fields: Option<&[&str]>,
        observer: &Observer,
    ) -> Result<Vec<Option<Item>>> {
        if let [(definition, key)] = wanted.as_slice() {
            return Ok(vec![self.fetch_one(call, definition, key, consistent, fields).await?]);
        }
        let (distinct, places) = distinct(&wanted);
        let places = &places;
        let mut batches: Vec<BoxFuture<'_, _>> = Vec::new();
        for chunk in distinct.chunks(MOST_KEYS) {
            batches.push(Box::pin(async move {
                let found = self.batch(call, chunk, consistent, fields).await?;
                for (definition, key) in chunk {
                    places.get(&ident(definition, key)).into_iter().flatten().for_each(|at| observer.report(*at, None));
                }
                Ok::<_, Error>(found)
            }));
        }
        let mut found = vec![None; wanted.len()];
        for batch in retry::side_by_side(batches, PARALLEL).await {
            for (definition, item) in batch? {
                let key = RecordKey::of(definition, &to_record_of(definition, key_of(definition, &item))?)?;
                for at in places.get(&ident(definition, &key)).into_iter().flatten() {
                    found[*at] = Some(item.clone());
                }
            }
        }
        Ok(found)
    }

    async fn fetch_one(
        &self,
        call: &Call,
        definition: &'static Definition,
        key: &RecordKey,
        consistent: bool,
        fields: Option<&[&str]>,
    ) -> Result<Option<Item>> {
        let own = to_key(definition, key);
        let (projection, names) = projection(definition, fields);
        let request = || {
            let get = self.client.get_item().table_name(definition.name()).set_key(Some(own.clone()));
            let get = get.set_projection_expression(projection.clone()).set_expression_attribute_names(names.clone());
            get.set_consistent_read(consistent.then_some(true)).send()
        };
        let item = retry::read(call, request).await?.item;
        if let Some(item) = &item
            && RecordKey::of(definition, &to_record_of(definition, key_of(definition, item))?)? != *key
        {
            return Err(Error::codec("the record that came has another key than was asked for"));
        }
        Ok(item)
    }

    /// Reads one batch, and what was left of it, until all is read.
    async fn batch(
        &self,
        call: &Call,
        wanted: &[Wanted],
        consistent: bool,
        fields: Option<&[&str]>,
    ) -> Result<Vec<(&'static Definition, Item)>> {
        let definitions: HashMap<&str, &'static Definition> =
            wanted.iter().map(|(definition, _)| (definition.name(), *definition)).collect();
        let mut left = tables(wanted, consistent, fields)?;
        let mut found = Vec::with_capacity(wanted.len());
        let mut attempts = Attempts::new(call);
        loop {
            let request = self.client.batch_get_item().set_request_items(Some(left.clone()));
            let has = |answer: &BatchGetItemOutput| answer.responses.is_some();
            let failure = match attempts.send_for(request.send(), "Responses", has).await {
                Ok(answer) => {
                    for (table, items) in answer.responses.unwrap_or_default() {
                        let Some(definition) = definitions.get(table.as_str()) else { continue };
                        found.extend(items.into_iter().map(|item| (*definition, item)));
                    }
                    left = answer.unprocessed_keys.unwrap_or_default();
                    left.retain(|_, keys| !keys.keys.is_empty());
                    if left.is_empty() {
                        return Ok(found);
                    }
                    None
                }
                Err(failure) if failure.class.passes() => Some(failure),
                Err(failure) => return Err(failure.into_error()),
            };
            if !attempts.pause().await {
                return Err(failure.map_or_else(unprocessed, Failure::into_error));
            }
        }
    }
}

/// The key attributes of an item.
fn key_of(definition: &Definition, item: &Item) -> Item {
    let names = std::iter::once(definition.hash_name()).chain(definition.range_name());
    names.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

/// What a batch says that is only ever done in part.
pub(crate) fn unprocessed() -> Error {
    Error::new(ErrorKind::Throttled, "DynamoDB left items of a batch undone until the deadline passed")
}

/// The records, each once, and where each is wanted.
pub(crate) fn distinct(wanted: &[Wanted]) -> (Vec<Wanted>, HashMap<Vec<u8>, Vec<usize>>) {
    let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::with_capacity(wanted.len());
    let mut distinct = Vec::with_capacity(wanted.len());
    for (at, (definition, key)) in wanted.iter().enumerate() {
        let places = places.entry(ident(definition, key)).or_default();
        if places.is_empty() {
            distinct.push((*definition, key.clone()));
        }
        places.push(at);
    }
    (distinct, places)
}

pub(crate) fn tables(
    wanted: &[Wanted],
    consistent: bool,
    fields: Option<&[&str]>,
) -> Result<HashMap<String, KeysAndAttributes>> {
    let mut keys: HashMap<&str, (&'static Definition, Vec<Item>)> = HashMap::new();
    for (definition, key) in wanted {
        let table = keys.entry(definition.name()).or_insert_with(|| (*definition, Vec::new()));
        table.1.push(to_key(definition, key));
    }
    let unbuilt = |e| Error::new(ErrorKind::Backend, "a batch of keys cannot be built").with_source(e);
    let table = |(name, (definition, keys)): (&str, (&'static Definition, Vec<Item>))| {
        let (projection, names) = projection(definition, fields);
        let table = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .set_consistent_read(consistent.then_some(true))
            .set_projection_expression(projection)
            .set_expression_attribute_names(names);
        Ok((name.to_owned(), table.build().map_err(unbuilt)?))
    };
    keys.into_iter().map(table).collect()
}

/// The projection of these fields and the key; none of all.
fn projection(definition: &Definition, fields: Option<&[&str]>) -> (Option<String>, Option<HashMap<String, String>>) {
    let Some(fields) = fields else { return (None, None) };
    let mut placeholders = Placeholders::default();
    let key = std::iter::once(definition.hash_name()).chain(definition.range_name());
    let mut names: Vec<_> = key.chain(fields.iter().copied()).map(|name| placeholders.name(name)).collect();
    names.sort();
    names.dedup();
    let text = names.join(", ");
    let names = placeholders.used([text.as_str()]).names;
    (Some(text), names)
}
