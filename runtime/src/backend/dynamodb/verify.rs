//! Whether the guards are as the records are, and putting them right: others write records past the
//! library, without their guards.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::read::get::unprocessed;
use crate::backend::dynamodb::read::query::{self, is_page};
use crate::backend::dynamodb::retry::{self, Attempts, side_by_side};
use crate::backend::dynamodb::standing::{Place, Standing};
use crate::backend::dynamodb::value::{Item, to_record};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Advance, Call, Position, Query, RecordKey, Source, index_values};
use crate::value::{Record, Value};

const PAGE: usize = 1000;
const MOST_KEYS: usize = 100;
const PARALLEL: usize = 8;

/// All live records of a repository, a page at a time.
pub(super) struct Scan<'a> {
    db: &'a DynamoDb,
    call: &'a Call,
    query: Option<Query>,
    advance: Advance<Position>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(db: &'a DynamoDb, call: &'a Call, definition: &'static Definition) -> Self {
        let mut query = Query::new(definition, Source::scan(None), PAGE);
        query.consistent = true;
        Self { db, call, query: Some(query), advance: Advance::default() }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = self.db.page(self.call, &query).await?;
        page.next.iter().try_for_each(|next| self.advance.to(next))?;
        self.query = page.next.map(|position| Query { after: Some(position), ..query });
        Ok(Some(page.records))
    }
}

/// A record that should have a guard.
struct Due {
    place: Place,
    values: Vec<Value>,
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
        let (mut start, mut advance) = (None, Advance::of_empty_pages());
        loop {
            let (guards, last) = self.guards(call, definition, start).await?;
            self.check_guards(call, definition, guards, mend, &seen, &mut found).await?;
            match last {
                Some(last) => {
                    advance.to(&last)?;
                    start = Some(last);
                }
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
                let key = guard::key_of(definition, index, record);
                if let Some((key, values)) = key.zip(index_values(definition, index, record)) {
                    let place = Place { definition, index, key };
                    due.push(Due { place, values, owner: owner.clone(), expires: record.expiry(definition) });
                }
            }
        }
        let keys: Vec<_> = due.iter().map(|due| due.place.key.clone()).collect();
        let guards = self.guards_of(call, definition, &keys).await?;
        let right = |due: &Due| {
            let guard = guards.get(&due.place.key).filter(|guard| guard::is_live(definition, guard, call));
            guard.is_some_and(|guard| {
                guard::owner(definition, guard).as_ref() == Some(&due.owner) && guard.expires() == due.expires
            })
        };
        let mut amiss: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
        for due in due.iter().filter(|due| !right(due)) {
            seen.insert(due.place.key.clone());
            amiss.push(Box::pin(self.amiss(call, due, mend)));
        }
        tell(side_by_side(amiss, PARALLEL).await, found)
    }

    /// Looks closer at a guard that seemed to be amiss: a write may have come between the reads.
    async fn amiss(&self, call: &Call, due: &Due, mend: bool) -> Result<Option<String>> {
        let held = format!("{}: {} of record {}", due.place.index.name, texts(&due.values), key_text(&due.owner));
        loop {
            let look = self.look_at(call, &due.place, &due.owner).await?;
            let line = match &look.standing {
                Standing::Right => return Ok(None),
                Standing::Unguarded => format!("{held} has no guard"),
                Standing::OtherExpiry => format!("{held} has a guard with another expiry"),
                Standing::GuardedFor(holder) => {
                    format!("{held} is guarded for record {}, which does not have it", key_text(holder))
                }
                // Who is to have it, nobody here can know.
                Standing::Shared(holder) => {
                    return Ok(Some(format!(
                        "{held} is also that of record {}, which has the guard",
                        key_text(holder)
                    )));
                }
                Standing::Nameless => return Ok(Some(format!("{held} has a guard that names no record"))),
            };
            if !mend || self.give(call, &due.place, look).await? {
                return Ok(Some(line));
            }
            if call.left().is_zero() {
                return Err(retry::timed_out("while others kept writing a record"));
            }
        }
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
        for guard in guards.into_iter().filter(|guard| guard::is_live(definition, guard, call)) {
            let (Some(index), Some(key)) = (guard::index(definition, &guard), guard::own_key(&guard)) else { continue };
            match guard::owner(definition, &guard) {
                Some(owner) if !seen.contains(&key) => named.push((Place { definition, index, key }, owner)),
                _ => {}
            }
        }
        let wanted = named.iter().map(|(_, owner)| (definition, owner.clone())).collect();
        let owners = self.fetch(call, wanted, true, None).await?;
        let mut orphans: Vec<BoxFuture<'_, Result<Option<String>>>> = Vec::new();
        for ((place, owner), record) in named.iter().zip(owners) {
            if !place.is_of(record.as_ref(), call) {
                orphans.push(Box::pin(async move {
                    let is_orphan = self.is_orphan(call, place, owner, mend).await?;
                    Ok(is_orphan.then(|| orphan(place, owner)))
                }));
            }
        }
        tell(side_by_side(orphans, PARALLEL).await, found)
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
        let given =
            retry::read_for(call, request, query::PAGE, |page| is_page(page.items.as_deref(), page.count)).await?;
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
                let request = self.client.batch_get_item().set_request_items(Some(left.clone()));
                let has = |answer: &BatchGetItemOutput| answer.responses.is_some();
                let failure = match attempts.send_for(request.send(), "Responses", has).await {
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

/// Adds what was found. It comes in any order, and is to be told the same each time.
fn tell(lines: Vec<Result<Option<String>>>, found: &mut Vec<String>) -> Result<()> {
    let lines: Vec<_> = lines.into_iter().collect::<Result<_>>()?;
    let mut lines: Vec<_> = lines.into_iter().flatten().collect();
    lines.sort();
    found.extend(lines);
    Ok(())
}

fn orphan(place: &Place, owner: &RecordKey) -> String {
    let value = guard::values(&place.key).map_or_else(|| "a long value".to_owned(), |values| texts(&values));
    format!("{}: {value} is guarded for record {}, which does not have it", place.index.name, key_text(owner))
}

fn texts(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

fn key_text(key: &RecordKey) -> String {
    let parts: Vec<_> = key.parts().cloned().collect();
    texts(&parts)
}
