//! A backend of one's own, made of nothing but the crate's public items: one sorted map under one
//! lock. It reads every record of a repository for each query, and keeps the promises all the same:
//! `tests/own_backend.rs` runs the conformance suite on it.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reposit::backend::{
    Backend, Call, Creation, FindUnique, Get, GetMany, KeyRange, Limits, Plan, Query, RecordKey, RecordPage, Reply,
    SourceKind, Write, WriteMany, Written, index_values,
};
use reposit::definition::{IndexDef, KeyDef};
use reposit::value::ValueRef;
use reposit::{Database, Definition, Error, ErrorKind, Record, Repository, Result, Value};
use serde::{Deserialize, Serialize};

/// The repositories by their names.
type Store = BTreeMap<&'static str, Kept>;

/// What a repository was defined as, part by part in words, and its records.
#[derive(Debug, Clone, Default)]
struct Kept {
    parts: BTreeMap<String, String>,
    records: Vec<Record>,
}

/// The key and the indexes of a model, in words.
fn parts(definition: &Definition) -> Vec<(String, String)> {
    let words = |part: KeyDef| format!("{} ({})", definition.part_name(part), part.kind.as_str());
    let key = [Some(definition.hash()), definition.range()].into_iter().flatten().map(words).collect::<Vec<_>>();
    let index = |index: &IndexDef| {
        let unique = if index.unique { "unique on " } else { "on " };
        let parts = index.parts().map(words).collect::<Vec<_>>();
        (format!("index {}", index.name), format!("{unique}{} after {}", parts.join(", "), index.hash_parts().count()))
    };
    let indexes = definition.indexes().iter().map(index);
    std::iter::once(("key".to_owned(), key.join(", "))).chain(indexes).collect()
}

/// What `define` would do.
fn plan(store: &Store, definition: &Definition) -> Plan {
    let mut plan = Plan::new(definition.repository());
    let kept = store.get(definition.name());
    for (part, wanted) in parts(definition) {
        match kept.and_then(|kept| kept.parts.get(&part)) {
            Some(stored) => plan.compare_part(&part, stored, &wanted),
            None => plan.add_creation(Creation::Other(format!("{part} {wanted}"))),
        }
    }
    plan
}

fn define(store: &mut Store, definition: &Definition) -> Result<()> {
    plan(store, definition).refusal().map_or(Ok(()), Err)?;
    let kept = store.entry(definition.name()).or_default();
    for index in definition.unique_indexes() {
        let mut values: Vec<_> = kept.records.iter().filter_map(|one| index_values(definition, index, one)).collect();
        while let Some(one) = values.pop() {
            if values.contains(&one) {
                let message = format!("several records have the same values of {}", index.name);
                return Err(Error::new(ErrorKind::SchemaMismatch, message).on_index(index.name));
            }
        }
    }
    kept.parts.extend(parts(definition));
    Ok(())
}

/// Refuses a model that was not defined, or not as it is.
fn check(store: &Store, definition: &Definition) -> Result<()> {
    let plan = plan(store, definition);
    plan.refusal().map_or(Ok(()), Err)?;
    match plan.is_empty() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::SchemaMismatch, "the repository is not defined; call define first")),
    }
}

/// The live records of a repository.
fn records(store: &Store, call: &Call, definition: &'static Definition) -> Result<Vec<Record>> {
    check(store, definition)?;
    let all = store.get(definition.name()).into_iter().flat_map(|kept| &kept.records);
    let live = all.filter(|record| record.is_live(definition, call));
    Ok(live.map(|record| record.clone().under_own_names(definition)).collect())
}

#[derive(Debug, Default)]
pub(crate) struct OneMap(Mutex<Store>);

impl OneMap {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn select(&self, call: &Call, query: &Query) -> Result<RecordPage> {
        let definition = query.definition;
        let mut found = Vec::new();
        for record in records(&self.store(), call, definition)? {
            if in_source(query, &record) && query.filter.as_ref().is_none_or(|f| record.satisfies(f)) {
                found.push((query.position_of(&record).ok(), record));
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
    let mut given = query.source.hash_parts(definition).into_iter().chain(query.leading_parts());
    let has_given =
        given.all(|(part, value)| record.get(definition.part_name(part)).is_some_and(|stored| stored == *value));
    let there = match query.source.kind() {
        SourceKind::Index { index, .. } => index_values(definition, index, record).is_some(),
        SourceKind::Scan { segment, .. } => segment.is_none_or(|(segment, _)| segment == 0),
        _ => true,
    };
    let wanted = |name| record.get(name).is_some_and(|range| in_range(&query.range, range));
    has_given && there && query.range_name().is_none_or(wanted)
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
    check(store, definition)?;
    let records = &mut store.entry(definition.name()).or_default().records;
    records.retain(|record| record.is_live(definition, call));
    let has_key = |record: &Record| RecordKey::from_record(definition, record).is_ok_and(|key| key == write.key);
    let at = records.iter().position(has_key);
    let stored = at.and_then(|at| records.get(at)).map(|stored| stored.clone().under_own_names(definition));
    write.judge(stored.as_ref(), call)?;
    let outcome = write.outcome(stored.as_ref())?;
    for index in definition.unique_indexes() {
        let new = outcome.as_ref().and_then(|new| index_values(definition, index, new));
        let Some(values) = new else { continue };
        let holds = |other: &Record| {
            index_values(definition, index, &other.clone().under_own_names(definition)).as_ref() == Some(&values)
        };
        if records.iter().any(|other| !has_key(other) && holds(other)) {
            let taken = Error::new(ErrorKind::UniqueViolation, "another record has this value");
            return Err(taken.on_index(index.name));
        }
    }
    let written = write.told().written(stored.as_ref(), outcome.as_ref());
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
        Limits::NONE
    }

    fn is_embedded(&self) -> bool {
        true
    }

    fn raw(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn ping(&self, _: Call) -> Reply<'_, ()> {
        Reply::now(Ok(()))
    }

    fn plan(&self, _: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        Reply::now(Ok(plan(&self.store(), definition)))
    }

    fn define(&self, _: Call, definition: &'static Definition) -> Reply<'_, ()> {
        Reply::now(define(&mut self.store(), definition))
    }

    fn repositories(&self, _: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let store = self.store();
        Reply::now(Ok(store.keys().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        let has_key = |record: &Record| RecordKey::from_record(get.definition, record).is_ok_and(|key| key == get.key);
        Reply::now(records(&self.store(), &call, get.definition).map(|all| all.into_iter().find(has_key)))
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
        let holds = |record: &Record| index_values(find.definition, find.index, record).as_ref() == Some(&find.values);
        Reply::now(records(&self.store(), &call, find.definition).map(|all| all.into_iter().find(holds)))
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
