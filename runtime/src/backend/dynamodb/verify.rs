//! Whether the guards are as the records are, and putting them right: others write records past the
//! library, without their guards.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::DynamoDb;
use super::call::{self, Attempts, side_by_side};
use super::convert::{Item, to_record};
use super::failure::{Class, Failure};
use super::guard::{self, GuardKey, Move};
use super::read::unprocessed;
use crate::backend::BoxFuture;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, Query, RecordKey, Source, index_values};
use crate::value::{Record, Value};

const PAGE: usize = 1000;
const MOST_KEYS: usize = 100;
const PARALLEL: usize = 8;

/// All live records of a repository, a page at a time.
pub(super) struct Scan<'a> {
    db: &'a DynamoDb,
    call: &'a Call,
    query: Option<Query>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(db: &'a DynamoDb, call: &'a Call, definition: &'static Definition) -> Self {
        let mut query = Query::new(definition, Source::Scan { segment: None }, PAGE);
        query.consistent = true;
        Self { db, call, query: Some(query) }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = self.db.page(self.call, &query).await?;
        self.query = page.next.map(|position| Query { after: Some(position), ..query });
        Ok(Some(page.records))
    }
}

/// A record that should have a guard.
struct Due {
    index: &'static IndexDef,
    values: Vec<Value>,
    key: GuardKey,
    owner: RecordKey,
    expires: Option<i64>,
}

impl DynamoDb {
    /// What is amiss with the guards of a repository, a line each.
    pub(super) async fn check(&self, call: &Call, definition: &'static Definition, mend: bool) -> Result<Vec<String>> {
        if definition.unique_indexes().next().is_none() {
            return Ok(Vec::new());
        }
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let mut scan = Scan::new(self, call, definition);
        while let Some(records) = scan.next().await? {
            self.check_records(call, definition, &records, mend, &mut seen, &mut found).await?;
        }
        let mut start = None;
        loop {
            let (guards, last) = self.guards(call, definition, start).await?;
            self.check_guards(call, definition, guards, mend, &seen, &mut found).await?;
            match last {
                Some(last) => start = Some(last),
                None => return Ok(found),
            }
        }
    }

    /// Whether each of these records has its guards.
    async fn check_records(
        &self,
        call: &Call,
        definition: &'static Definition,
        records: &[Record],
        mend: bool,
        seen: &mut HashSet<GuardKey>,
        found: &mut Vec<String>,
    ) -> Result<()> {
        let mut due = Vec::new();
        for record in records {
            let owner = RecordKey::of(definition, record)?;
            for index in definition.unique_indexes() {
                if let Some(values) = index_values(definition, index, record) {
                    let key = guard::key(index, &values);
                    due.push(Due { index, values, key, owner: owner.clone(), expires: record.expires() });
                }
            }
        }
        let keys: Vec<_> = due.iter().map(|due| due.key.clone()).collect();
        let guards = self.guards_of(call, definition, &keys).await?;
        let right = |due: &Due| {
            let guard = guards.get(&due.key).filter(|guard| guard.is_live(call));
            guard.is_some_and(|guard| {
                guard::owner(definition, guard).as_ref() == Some(&due.owner) && guard.expires() == due.expires
            })
        };
        let mut amiss: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
        for due in due.iter().filter(|due| !right(due)) {
            seen.insert(due.key.clone());
            amiss.push(Box::pin(self.missing(call, definition, due, mend)));
        }
        let lines: Vec<_> = side_by_side(amiss, PARALLEL).await.into_iter().collect::<Result<_>>()?;
        // They come in any order, and are to be the same each time.
        let mut lines: Vec<_> = lines.into_iter().flatten().collect();
        lines.sort();
        found.extend(lines);
        Ok(())
    }

    /// Looks at a guard that seemed to be amiss again, now that a write between the reads is over.
    async fn missing(
        &self,
        call: &Call,
        definition: &'static Definition,
        due: &Due,
        mend: bool,
    ) -> Result<Option<String>> {
        if !self.holds(call, definition, &due.owner, due.index, &due.key).await? {
            return Ok(None);
        }
        let guard = self.guards_of(call, definition, std::slice::from_ref(&due.key)).await?.remove(&due.key);
        let guard = guard.filter(|guard| guard.is_live(call));
        let held = format!("{}: {} of record {}", due.index.name, texts(&due.values), key_text(&due.owner));
        let (line, holder) = match guard.as_ref().map(|guard| (guard::owner(definition, guard), guard.expires())) {
            None => (format!("{held} has no guard"), None),
            Some((Some(owner), expires)) if owner == due.owner => {
                if expires == due.expires {
                    return Ok(None);
                }
                (format!("{held} has a guard with another expiry"), Some(owner))
            }
            Some((Some(owner), _)) => {
                if self.holds(call, definition, &owner, due.index, &due.key).await? {
                    return Ok(Some(format!(
                        "{held} is also that of record {}, which has the guard",
                        key_text(&owner)
                    )));
                }
                (format!("{held} is guarded for record {}, which does not have it", key_text(&owner)), Some(owner))
            }
            Some((None, _)) => return Ok(Some(format!("{held} has a guard that names no record"))),
        };
        if mend {
            let to = Some((due.owner.clone(), due.expires));
            self.put_right(
                call,
                Move { definition, index: due.index, key: due.key.clone(), position: 0, from: holder, to },
            )
            .await?;
        }
        Ok(Some(line))
    }

    /// Whether the record of each of these guards has its value.
    async fn check_guards(
        &self,
        call: &Call,
        definition: &'static Definition,
        guards: Vec<Record>,
        mend: bool,
        seen: &HashSet<GuardKey>,
        found: &mut Vec<String>,
    ) -> Result<()> {
        let mut named = Vec::new();
        for guard in guards.into_iter().filter(|guard| guard.is_live(call)) {
            let (Some(index), Some(key)) = (guard::index(definition, &guard), guard::own_key(&guard)) else { continue };
            match guard::owner(definition, &guard) {
                Some(owner) if !seen.contains(&key) => named.push((index, key, owner)),
                _ => {}
            }
        }
        let wanted = named.iter().map(|(_, _, owner)| (definition, owner.clone())).collect();
        let owners = self.fetch(call, wanted, true, None).await?;
        for ((index, key, owner), record) in named.into_iter().zip(owners) {
            let has = |record: &Record| {
                index_values(definition, index, record).is_some_and(|values| guard::key(index, &values) == key)
            };
            if record.is_some_and(|record| record.is_live(call) && has(&record)) {
                continue;
            }
            // A write may have come between the reads.
            let guards = self.guards_of(call, definition, std::slice::from_ref(&key)).await?;
            let same = guards
                .get(&key)
                .is_some_and(|guard| guard.is_live(call) && guard::owner(definition, guard).as_ref() == Some(&owner));
            if !same || self.holds(call, definition, &owner, index, &key).await? {
                continue;
            }
            let value = guard::values(&key).map_or_else(|| "a long value".to_owned(), |values| texts(&values));
            found.push(format!(
                "{}: {value} is guarded for record {}, which does not have it",
                index.name,
                key_text(&owner)
            ));
            if mend {
                self.put_right(call, Move { definition, index, key, position: 0, from: Some(owner), to: None }).await?;
            }
        }
        Ok(())
    }

    /// Moves a guard, if nobody has moved it meanwhile.
    async fn put_right(&self, call: &Call, moved: Move) -> Result<()> {
        let mut attempts = Attempts::new(call);
        let op = moved.op(call)?;
        loop {
            match op.send(&self.client, &mut attempts).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.class == Class::Condition => return Ok(()),
                Err(failure) if failure.class.passes() && attempts.pause().await => {}
                Err(failure) => return Err(call::gave_up(&attempts, failure)),
            }
        }
    }

    /// Whether a live record has the value of a guard.
    pub(super) async fn holds(
        &self,
        call: &Call,
        definition: &'static Definition,
        key: &RecordKey,
        index: &IndexDef,
        guard: &GuardKey,
    ) -> Result<bool> {
        let found = self.fetch(call, vec![(definition, key.clone())], true, None).await?;
        let record = found.into_iter().flatten().next().filter(|record| record.is_live(call));
        let values = record.and_then(|record| index_values(definition, index, &record));
        Ok(values.is_some_and(|values| guard::key(index, &values) == *guard))
    }

    /// A page of guards, and where the next one starts.
    async fn guards(
        &self,
        call: &Call,
        definition: &Definition,
        start: Option<Item>,
    ) -> Result<(Vec<Record>, Option<Item>)> {
        let table = guard::table(definition);
        let request = || {
            let scan = self.client.scan().table_name(&table).consistent_read(true);
            scan.set_exclusive_start_key(start.clone()).send()
        };
        let given = call::read(call, request).await?;
        let guards = given.items.unwrap_or_default().into_iter().map(to_record).collect::<Result<_>>()?;
        Ok((guards, given.last_evaluated_key))
    }

    /// The guards of these keys.
    pub(super) async fn guards_of(
        &self,
        call: &Call,
        definition: &Definition,
        keys: &[GuardKey],
    ) -> Result<HashMap<GuardKey, Record>> {
        let table = guard::table(definition);
        let unbuilt = |e| Error::new(ErrorKind::Backend, "a batch of keys cannot be built").with_source(e);
        let mut found = HashMap::with_capacity(keys.len());
        let distinct: HashSet<_> = keys.iter().collect();
        let distinct: Vec<_> = distinct.into_iter().collect();
        for chunk in distinct.chunks(MOST_KEYS) {
            let keys = chunk.iter().map(|key| guard::to_key(key)).collect();
            let keys =
                KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().map_err(unbuilt)?;
            let mut left = HashMap::from([(table.clone(), keys)]);
            let mut attempts = Attempts::new(call);
            loop {
                let failure = match attempts
                    .send(self.client.batch_get_item().set_request_items(Some(left.clone())).send())
                    .await
                {
                    Ok(answer) => {
                        for item in answer.responses.unwrap_or_default().into_values().flatten() {
                            let guard = to_record(item)?;
                            found.extend(guard::own_key(&guard).map(|key| (key, guard)));
                        }
                        left = answer.unprocessed_keys.unwrap_or_default();
                        left.retain(|_, keys| !keys.keys.is_empty());
                        if left.is_empty() {
                            break;
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
        Ok(found)
    }
}

fn texts(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

fn key_text(key: &RecordKey) -> String {
    let parts: Vec<_> = std::iter::once(&key.hash).chain(&key.range).cloned().collect();
    texts(&parts)
}
