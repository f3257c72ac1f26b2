//! Finds by many values of a unique index: by their guards, then the records that these name.

use crate::backend::BoxFuture;
use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::parallel::{BATCHES, ITEMS, join_limited};
use crate::backend::dynamodb::read::find::find_unique;
use crate::backend::dynamodb::read::get::fetch;
use crate::backend::dynamodb::request::batch_get::{BatchGet, TableFound};
use crate::backend::support::dedup::Distinct;
use crate::error::Result;
use crate::limits::requests::MOST_KEYS;
use crate::request::{Call, FindMany, FindUnique, RecordKey, index_values};
use crate::value::{Record, Value};

/// The reads of the guards of these values, each value once.
pub(crate) struct GuardReads<'a> {
    distinct: Distinct<&'a Vec<Value>>,
    requests: Vec<BatchGet>,
}

impl<'a> GuardReads<'a> {
    pub(crate) fn new(find: &'a FindMany) -> Self {
        let table = guard::table(find.definition);
        let distinct = Distinct::new(find.values.iter().enumerate(), |values| guard_key(find, values));
        let batch = |chunk: &[&Vec<Value>]| {
            let mut batch = BatchGet::default();
            let keys = chunk.iter().map(|values| guard::to_key(&guard_key(find, values)));
            keys.for_each(|key| batch.add(&table, &[], key, find.consistent, || None));
            batch
        };
        let requests = distinct.items().chunks(MOST_KEYS).map(batch).collect();
        Self { distinct, requests }
    }

    /// The requests as text.
    pub(crate) fn to_texts(&self) -> Vec<String> {
        self.requests.iter().map(BatchGet::to_text).collect()
    }

    /// The records that live guards name, each with the place of its values among the distinct ones.
    async fn owners(&self, db: &Context, call: &Call, find: &FindMany) -> Result<Vec<(usize, RecordKey)>> {
        let mut reads: Vec<BoxFuture<'_, Result<Vec<TableFound>>>> = Vec::with_capacity(self.requests.len());
        for batch in &self.requests {
            reads.push(Box::pin(batch.read_all(db, call)));
        }
        let mut owners = Vec::with_capacity(self.distinct.items().len());
        for found in join_limited(reads, BATCHES).await {
            for (_, found) in found? {
                let guard = found.record?;
                let place = guard::key_of_guard(&guard).and_then(|key| self.distinct.place_of(&key));
                let owner = guard::owner(find.definition, &guard);
                if let (Some(place), Some(owner)) = (place, owner)
                    && guard::is_live(find.definition, &guard, call)
                {
                    owners.push((place, owner));
                }
            }
        }
        Ok(owners)
    }
}

fn guard_key(find: &FindMany, values: &[Value]) -> GuardKey {
    guard::key_of_values(find.definition, find.index, values)
}

/// Finds the live records with the values, in their order.
pub(crate) async fn find_many(db: &Context, call: &Call, find: &FindMany) -> Result<Vec<Option<Record>>> {
    let definition = find.definition;
    let guards = GuardReads::new(find);
    let owners = guards.owners(db, call, find).await?;
    let wanted: Vec<_> = owners.iter().map(|(_, key)| (definition, key.clone())).collect();
    let records = match wanted.is_empty() {
        true => Vec::new(),
        false => fetch(db, call, wanted, find.consistent, None).await?,
    };
    let (mut found, mut moved) = (Vec::with_capacity(records.len()), Vec::new());
    for ((place, _), record) in owners.into_iter().zip(records) {
        let Some(values) = guards.distinct.items().get(place) else { continue };
        let has = |record: &Record| index_values(definition, find.index, record).as_ref() == Some(*values);
        match record.filter(|record| record.is_live(definition, call) && has(record)) {
            Some(record) => found.push((place, record)),
            // The guards and the records are two reads: the value may have gone to another record between them.
            None => moved.push((place, (*values).clone())),
        }
    }
    let mut again: Vec<BoxFuture<'_, Result<Option<(usize, Record)>>>> = Vec::with_capacity(moved.len());
    for (place, values) in moved {
        let single = FindUnique::new(definition, find.index, values, true);
        again.push(Box::pin(async move { Ok(find_unique(db, call, &single).await?.map(|record| (place, record))) }));
    }
    for single in join_limited(again, ITEMS).await {
        found.extend(single?);
    }
    let mut results = vec![None; find.values.len()];
    for (place, record) in found {
        for position in guards.distinct.positions_at(place) {
            if let Some(result) = results.get_mut(*position) {
                *result = Some(record.clone());
            }
        }
    }
    Ok(results)
}
