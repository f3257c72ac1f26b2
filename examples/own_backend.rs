//! A backend of one's own, made of nothing but the crate's public items: one sorted map under one
//! lock. It reads every record of a repository for each query, and keeps the promises all the same.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reposit::backend::{
    Backend, Call, FindUnique, Get, GetMany, KeyRange, Limits, Plan, Query, RecordKey, RecordPage, Reply, SourceKind,
    Write, WriteMany, Written, index_values,
};
use reposit::value::ValueRef;
use reposit::{Database, Definition, Error, ErrorKind, Record, Repository, Result, Value};
use serde::{Deserialize, Serialize};

/// The records of each repository.
type Store = BTreeMap<&'static str, Vec<Record>>;

#[derive(Debug, Default)]
struct OneMap(Mutex<Store>);

impl OneMap {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn select(&self, call: &Call, query: &Query) -> Result<RecordPage> {
        let definition = query.definition;
        let mut found = Vec::new();
        for record in self.store().get(definition.name()).into_iter().flatten() {
            if record.is_live(definition, call)
                && in_source(query, record)
                && query.filter.as_ref().is_none_or(|f| record.satisfies(f))
            {
                found.push((query.position_of(record).ok(), record.clone()));
            }
        }
        found.sort_by(|(a, _), (b, _)| order(a.as_ref().map(place), b.as_ref().map(place)));
        if query.descending {
            found.reverse();
        }
        if let Some(after) = &query.after {
            let begin = found.iter().position(|(at, _)| {
                let ordering = order(at.as_ref().map(place), Some(place(after)));
                if query.descending { ordering.is_lt() } else { ordering.is_gt() }
            });
            found.drain(..begin.unwrap_or(found.len()));
        }
        let more = found.len() > query.limit;
        found.truncate(query.limit);
        let next = found.last().filter(|_| more).and_then(|(at, _)| at.clone());
        Ok(RecordPage::new(found.into_iter().map(|(_, record)| record).collect(), next))
    }
}

/// What a position is ordered by: the range values, then the key.
fn place(position: &reposit::backend::Position) -> Vec<&Value> {
    position.ranges().iter().chain(position.key().parts()).collect()
}

fn order(a: Option<Vec<&Value>>, b: Option<Vec<&Value>>) -> std::cmp::Ordering {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    let parts = a.iter().zip(&b).filter_map(|(a, b)| a.compare(b));
    parts.reduce(std::cmp::Ordering::then).unwrap_or(std::cmp::Ordering::Equal)
}

fn in_source(query: &Query, record: &Record) -> bool {
    let definition = query.definition;
    let parts = query.source.hash_parts(definition);
    let has_hash = parts
        .into_iter()
        .all(|(part, value)| record.get(definition.part_name(part)).is_some_and(|stored| stored == *value));
    let there = match query.source.kind() {
        SourceKind::Index { index, .. } => index_values(definition, index, record).is_some(),
        SourceKind::Scan { segment, .. } => segment.is_none_or(|(segment, _)| segment == 0),
        _ => true,
    };
    has_hash
        && there
        && query
            .range_names()
            .first()
            .is_none_or(|name| record.get(name).is_some_and(|range| in_range(&query.range, range)))
}

fn in_range(wanted: &KeyRange, range: ValueRef<'_>) -> bool {
    match wanted {
        KeyRange::All => true,
        KeyRange::Prefix(prefix) => range.as_str().is_some_and(|text| text.starts_with(prefix)),
        KeyRange::Between(low, high) => {
            let above = match low {
                Bound::Included(low) => range.compare(low.view()).is_some_and(|o| o.is_ge()),
                Bound::Excluded(low) => range.compare(low.view()).is_some_and(|o| o.is_gt()),
                Bound::Unbounded => true,
            };
            above
                && match high {
                    Bound::Included(high) => range.compare(high.view()).is_some_and(|o| o.is_le()),
                    Bound::Excluded(high) => range.compare(high.view()).is_some_and(|o| o.is_lt()),
                    Bound::Unbounded => true,
                }
        }
        _ => false,
    }
}

/// Does a write to the store, or leaves it as it was.
fn write(store: &mut Store, call: &Call, write: &Write) -> Result<Written> {
    let definition = write.definition;
    let records = store.entry(definition.name()).or_default();
    records.retain(|record| record.is_live(definition, call));
    let has_key = |record: &Record| RecordKey::from_record(definition, record).is_ok_and(|key| key == write.key);
    let at = records.iter().position(has_key);
    let stored = at.and_then(|at| records.get(at));
    write.judge(stored, call)?;
    let outcome = write.outcome(stored)?;
    if let Some(new) = &outcome {
        for index in definition.unique_indexes() {
            let Some(values) = index_values(definition, index, new) else { continue };
            let holds = |other: &Record| index_values(definition, index, other).as_ref() == Some(&values);
            if records.iter().any(|other| !has_key(other) && holds(other)) {
                return Err(
                    Error::new(ErrorKind::UniqueViolation, "another record has this value").on_index(index.name)
                );
            }
        }
    }
    let written = write.told().written(stored, outcome.as_ref());
    if let Some(at) = at {
        records.remove(at);
    }
    records.extend(outcome);
    Ok(written)
}

impl Backend for OneMap {
    fn name(&self) -> &'static str {
        "one-map"
    }

    fn limits(&self) -> Limits {
        Limits::DYNAMODB
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn ping(&self, _: Call) -> Reply<'_, ()> {
        Reply::now(Ok(()))
    }

    fn plan(&self, _: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        Reply::now(Ok(Plan::new(definition.name())))
    }

    fn define(&self, _: Call, definition: &'static Definition) -> Reply<'_, ()> {
        self.store().entry(definition.name()).or_default();
        Reply::now(Ok(()))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        let store = self.store();
        let mut records = store.get(get.definition.name()).into_iter().flatten();
        let found =
            records.find(|record| RecordKey::from_record(get.definition, record).is_ok_and(|key| key == get.key));
        Reply::now(Ok(found.filter(|record| record.is_live(get.definition, &call)).cloned()))
    }

    fn get_many(&self, call: Call, many: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::later(async move {
            let mut found = Vec::with_capacity(many.keys.len());
            for key in many.keys {
                found.push(self.get(call.clone(), Get::new(many.definition, key, many.consistent)).await?);
            }
            Ok(found)
        })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        let store = self.store();
        let mut records = store.get(find.definition.name()).into_iter().flatten();
        let holds = |record: &&Record| index_values(find.definition, find.index, record).as_ref() == Some(&find.values);
        Reply::now(Ok(records.find(|record| record.is_live(find.definition, &call) && holds(record)).cloned()))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Reply::now(self.select(&call, &query))
    }

    fn count(&self, call: Call, mut query: Query) -> Reply<'_, u64> {
        query.limit = usize::MAX;
        Reply::now(self.select(&call, &query).map(|found| found.records.len() as u64))
    }

    fn write(&self, call: Call, one: Write) -> Reply<'_, Written> {
        Reply::now(write(&mut self.store(), &call, &one))
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let mut store = self.store();
        Reply::now(Ok(many.writes.iter().map(|one| write(&mut store, &call, one)).collect()))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let mut store = self.store();
        let mut after = store.clone();
        let all =
            writes.iter().enumerate().map(|(at, one)| write(&mut after, &call, one).map_err(|e| e.at_position(at)));
        let result = all.collect::<Result<Vec<_>>>();
        if result.is_ok() {
            *store = after;
        }
        Reply::now(result)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Book {
    #[hash_key]
    isbn: String,
    #[index(unique)]
    title: String,
    #[index(range = "year")]
    author: String,
    year: u16,
}

#[tokio::main]
async fn main() -> Result<()> {
    let db = Database::with_backend(OneMap::default());
    db.define::<Book>().await?;
    for (isbn, title, year) in
        [("1", "The Left Hand of Darkness", 1969), ("2", "The Dispossessed", 1974), ("3", "Rocannon's World", 1966)]
    {
        let book = Book { isbn: isbn.into(), title: title.into(), author: "Le Guin".into(), year };
        Book::create(&book).exec(&db).await?;
    }
    let page = Book::find_by_author("Le Guin").range(1967..).limit(1).exec(&db).await?;
    println!("the first after 1966: {:?}", page.items.first().map(|book| &book.title));
    if let Some(next) = page.next {
        let rest = Book::find_by_author("Le Guin").range(1967..).after(next).all(&db).await?;
        println!("then: {:?}", rest.iter().map(|book| &book.title).collect::<Vec<_>>());
    }
    let again = Book { isbn: "4".into(), title: "The Dispossessed".into(), author: "Nobody".into(), year: 2000 };
    let refused = Book::create(&again).exec(&db).await;
    println!("a title twice: {}", refused.err().map_or("accepted".to_owned(), |error| error.kind().to_string()));
    Ok(())
}
