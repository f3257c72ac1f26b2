//! A program's steps done on a real database, through the public interface.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use reposit::clock::ManualClock;
use reposit::operation::{
    Check, Create, CreateMany, Delete, Get, GetMany, Query as Reading, Transaction, Update, Upsert,
};
use reposit::{Condition, Cursor, Database, Page, Repository, Result};
use serde::Serialize;
use serde_json::Value as Json;

use crate::answers::Answer;
use crate::models::{Account, Document, Event, Model, Seat, User};
use crate::older;
use crate::ops::{Change, Cond, End, Op, Query, SLOTS, Step, Values, Version};
use crate::rules::{Kind, Row};
use crate::subject::Subject;
use crate::task_model::Task;
use crate::typed::{Build, Consistency, Ranged, held, instant};

/// Far more pages than any program can fill: a walk that gets so far goes round in circles.
const MOST_PAGES: usize = 200;

/// Does `$body` with the type of a model.
macro_rules! with_model {
    ($model:expr, $M:ident => $body:expr) => {
        with_model!($model, $M => $body, Event User Seat Account Document Task)
    };
    ($model:expr, $M:ident => $body:expr, $($name:ident)*) => {
        match $model {
            $(Model::$name => {
                type $M = $name;
                $body
            })*
        }
    };
}

/// A database, its clock, and the cursors of the pages read.
pub struct Executor {
    pub db: Database,
    clock: Arc<ManualClock>,
    cursors: [Option<(Model, Query, Cursor)>; SLOTS],
}

impl Executor {
    pub fn new(db: Database, clock: Arc<ManualClock>) -> Self {
        Self { db, clock, cursors: Default::default() }
    }

    pub async fn define(&self, model: Model) -> Result<()> {
        with_model!(model, M => self.db.define::<M>().await)
    }

    pub async fn scan_all(&self, model: Model) -> Result<Vec<Row>> {
        with_model!(model, M => Ok(M::scan().consistent().all(&self.db).await?.iter().map(to_row).collect()))
    }

    pub async fn step(&mut self, step: &Step) -> Answer {
        match step {
            Step::Advance { millis } => {
                self.clock.advance(Duration::from_millis(*millis));
                Answer::Done
            }
            Step::Do(model, Op::Query(query)) => {
                let answer = with_model!(*model, M => <M as Subject>::query(&self.db, query, None).await);
                match query.end {
                    End::Page { slot } => self.keep(slot, *model, query, answer),
                    _ => answer,
                }
            }
            Step::Do(model, Op::Older { row }) => done(older::put(&self.db, *model, row).await),
            Step::Do(model, op) => with_model!(*model, M => one::<M>(&self.db, op).await),
            Step::Together(items) => self.together(items).await,
            Step::Read(keys) => self.read(keys).await,
            Step::Next { slot, limit, turned, end } => {
                let Some((model, query, cursor)) = self.cursors[*slot].clone() else { return Answer::Nothing };
                let descending = query.descending != *turned;
                let next = Query { limit: Some(*limit), descending, end: *end, ..query.clone() };
                let after = turned.then(|| turn(&next)).unwrap_or(next);
                let answer =
                    with_model!(model, M => <M as Subject>::query(&self.db, &after, Some(cursor.as_str())).await);
                match end {
                    End::Page { .. } if !turned => self.keep(*slot, model, &query, answer),
                    _ => answer,
                }
            }
        }
    }

    /// Keeps the cursor of a page.
    fn keep(&mut self, slot: usize, model: Model, query: &Query, answer: Answer) -> Answer {
        match answer {
            Answer::Cut(items, next) => {
                let more = next.is_some();
                self.cursors[slot] = next.map(|cursor| (model, query.clone(), cursor));
                Answer::Page(items, more)
            }
            other => other,
        }
    }

    /// Reads records of any models at one moment.
    async fn read(&self, keys: &[(Model, Values)]) -> Answer {
        macro_rules! gets {
            ($($M:ident)*) => {
                ($(gets::<$M>(keys, Model::$M),)*)
            };
        }
        let read = self.db.snapshot(gets!(Event User Seat Account Document Task)).await;
        answer(read, |(events, users, seats, accounts, documents, tasks)| {
            let mut of = [rowed(events), rowed(users), rowed(seats), rowed(accounts), rowed(documents), rowed(tasks)]
                .map(Vec::into_iter);
            Answer::Many(keys.iter().map(|(model, _)| of[*model as usize].next().flatten()).collect())
        })
    }

    async fn together(&self, items: &[(Model, Op)]) -> Answer {
        let mut records: Vec<Box<dyn Any>> =
            items.iter().map(|(model, op)| with_model!(*model, M => record::<M>(op))).collect();
        let before: Vec<_> =
            items.iter().zip(&records).map(|((model, _), r)| with_model!(*model, M => row_in::<M>(&**r))).collect();
        let mut transaction = self.db.transaction();
        for ((model, op), record) in items.iter().zip(&mut records) {
            transaction = with_model!(*model, M => add::<M>(transaction, op, &mut **record));
        }
        let result = transaction.commit().await;
        let after = items.iter().zip(&records).map(|((model, _), r)| with_model!(*model, M => row_in::<M>(&**r)));
        match result {
            Err(_) if !after.clone().eq(before) => Answer::Wrong("a refused transaction changed a struct".to_owned()),
            Err(error) => Answer::Error(error),
            Ok(_) => {
                let saved = items.iter().zip(after).filter(|((_, op), _)| matches!(op, Op::Save { .. }));
                Answer::Many(saved.map(|(_, row)| row).collect())
            }
        }
    }
}

/// A scan has no direction to turn: it gets a filter that it did not have.
fn turn(query: &Query) -> Query {
    match (&query.source, &query.filter) {
        (crate::ops::Source::Scan { .. }, None) => {
            Query { filter: Some(Cond::Field(String::new(), crate::ops::Is::Exists)), ..query.clone() }
        }
        (crate::ops::Source::Scan { .. }, Some(_)) => Query { filter: None, ..query.clone() },
        _ => query.clone(),
    }
}

fn gets<M: Subject>(keys: &[(Model, Values)], of: Model) -> Vec<Get<M>> {
    let keys = keys.iter().filter(|(model, _)| *model == of);
    keys.map(|(_, parts)| Get::new(M::key_parts(&key::<M>(parts)))).collect()
}

fn rowed<M: Repository>(found: Vec<Option<M>>) -> Vec<Option<Row>> {
    found.iter().map(|found| found.as_ref().map(to_row)).collect()
}

pub fn to_row<T: Serialize>(model: &T) -> Row {
    fn plain(json: Json) -> Json {
        match json {
            Json::Object(map) => {
                Json::Object(map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, plain(v))).collect())
            }
            Json::Array(items) => Json::Array(items.into_iter().map(plain).collect()),
            // No text in a program looks like the one that serde writes of an instant.
            Json::String(text) => match text.parse::<DateTime<Utc>>() {
                Ok(instant) => instant.timestamp_millis().into(),
                Err(_) => Json::String(text),
            },
            other => other,
        }
    }
    match serde_json::to_value(model).map(plain) {
        Ok(Json::Object(row)) => row,
        other => panic!("a model is a JSON object, not {other:?}"),
    }
}

fn of_row<M: Repository>(row: &Row) -> M {
    let rules = Model::ALL.map(Model::rules).into_iter().find(|rules| rules.name == M::definition().name());
    let instants = rules.into_iter().flat_map(|rules| rules.fields).filter(|field| field.kind == Kind::Instant);
    let mut row = row.clone();
    for field in instants {
        if let Some(value) = row.get_mut(field.path) {
            *value = Json::from(instant(held(value)).to_rfc3339());
        }
    }
    held(&Json::Object(row))
}

fn key<M: Subject>(parts: &[Json]) -> M::Key {
    match parts {
        [hash] => held(hash),
        parts => held(&Json::Array(parts.to_vec())),
    }
}

fn condition<M: Subject>(cond: &Cond) -> Condition<M> {
    match cond {
        Cond::Field(path, is) if path.is_empty() => M::condition(M::definition().hash_name(), is),
        Cond::Field(path, is) => M::condition(path, is),
        Cond::And(a, b) => condition::<M>(a).and(condition(b)),
        Cond::Or(a, b) => condition::<M>(a) | condition(b),
        Cond::Not(inner) => !condition::<M>(inner),
    }
}

fn update<M: Subject>(parts: &[Json], changes: &[Change], only_if: Option<&Cond>) -> Update<M> {
    let start = Build::Update(Update::new(M::key_parts(&key::<M>(parts))));
    match changes.iter().fold(start, |build, change| M::change(build, &change.path, &change.how)) {
        Build::Update(update) => only_if.map(condition).into_iter().fold(update, Update::only_if),
        Build::Upsert(_) => panic!("an update stays one"),
    }
}

fn upsert<M: Subject>(parts: &[Json], changes: &[Change]) -> Upsert<M> {
    let start = Build::Upsert(Upsert::new(M::key_parts(&key::<M>(parts))));
    match changes.iter().fold(start, |build, change| M::change(build, &change.path, &change.how)) {
        Build::Upsert(upsert) => upsert,
        Build::Update(_) => panic!("an upsert stays one"),
    }
}

fn delete<M: Subject>(parts: &[Json], only_if: Option<&Cond>) -> Delete<M> {
    let delete = Delete::new(M::key_parts(&key::<M>(parts)));
    only_if.map(condition).into_iter().fold(delete, Delete::only_if)
}

fn check<M: Subject>(parts: &[Json], only_if: Option<&Cond>) -> Check<M> {
    let check = Check::new(M::key_parts(&key::<M>(parts)));
    only_if.map(condition).into_iter().fold(check, Check::only_if)
}

/// The record that an operation stores, with the version it is saved at.
fn given<M: Subject>(op: &Op) -> Option<M> {
    match op {
        Op::Create { row, .. } | Op::Put { row } => Some(of_row(row)),
        Op::Save { row, version: Version::Is(version) } => {
            let mut row = row.clone();
            row.insert(M::definition().version().unwrap_or_default().to_owned(), (*version).into());
            Some(of_row(&row))
        }
        _ => None,
    }
}

fn record<M: Subject>(op: &Op) -> Box<dyn Any> {
    Box::new(given::<M>(op))
}

fn row_in<M: Subject>(record: &dyn Any) -> Option<Row> {
    record.downcast_ref::<Option<M>>().and_then(Option::as_ref).map(to_row)
}

fn add<'a, M: Subject>(transaction: Transaction<'a>, op: &Op, record: &'a mut dyn Any) -> Transaction<'a> {
    match (op, record.downcast_mut::<Option<M>>().and_then(Option::as_mut)) {
        (Op::Create { .. }, Some(record)) => transaction.add(Create::new(&*record)),
        (Op::Put { .. } | Op::Save { .. }, Some(record)) => record.store_in(transaction),
        (Op::Update { key, changes, only_if }, _) => transaction.add(update::<M>(key, changes, only_if.as_ref())),
        (Op::Upsert { key, changes }, _) => transaction.add(upsert::<M>(key, changes)),
        (Op::Delete { key, only_if, version }, _) => M::delete_in(transaction, delete(key, only_if.as_ref()), *version),
        (Op::Check { key, only_if }, _) => transaction.add(check::<M>(key, only_if.as_ref())),
        (other, _) => panic!("{other} in a transaction"),
    }
}

fn answer<T>(result: Result<T>, ok: impl FnOnce(T) -> Answer) -> Answer {
    result.map_or_else(Answer::Error, ok)
}

fn done(result: Result<()>) -> Answer {
    answer(result, |()| Answer::Done)
}

fn found<M: Repository>(result: Result<Option<M>>) -> Answer {
    answer(result, |found| Answer::One(found.as_ref().map(to_row)))
}

async fn one<M: Subject>(db: &Database, op: &Op) -> Answer {
    match op {
        Op::Create { row, returning: false } => done(Create::new(&of_row::<M>(row)).exec(db).await),
        Op::Create { row, returning: true } => found(Create::new(&of_row::<M>(row)).exec_returning(db).await.map(Some)),
        Op::Put { row } => done(of_row::<M>(row).store(db).await),
        Op::Save { .. } => {
            let Some(mut record) = given::<M>(op) else { panic!("a version that was not resolved") };
            let before = record.clone();
            match record.store(db).await {
                Ok(()) => Answer::One(Some(to_row(&record))),
                Err(_) if record != before => Answer::Wrong("a failed save changed the struct".to_owned()),
                Err(error) => Answer::Error(error),
            }
        }
        Op::Get { key: parts, consistent } => {
            let get = Get::<M>::new(M::key_parts(&key::<M>(parts)));
            found(if *consistent { get.consistent() } else { get }.exec(db).await)
        }
        // Some are gets at the same time on a handle that gathers them, which comes to the same.
        Op::GetMany { keys, consistent } if keys.len() % 4 == 3 => {
            let db = db.coalesced(Duration::ZERO);
            let get = |parts: &Vec<_>| Get::<M>::new(M::key_parts(&key::<M>(parts)));
            let gets = keys.iter().map(get).map(|get| if *consistent { get.consistent() } else { get }.exec(&db));
            let got: Result<Vec<_>> = join_all(gets).await.into_iter().collect();
            answer(got, |got| Answer::Many(got.iter().map(|found| found.as_ref().map(to_row)).collect()))
        }
        Op::GetMany { keys, consistent } => {
            let get = GetMany::<M>::new(keys.iter().map(|parts| Key(key::<M>(parts))));
            let got = if *consistent { get.consistent() } else { get }.exec(db).await;
            answer(got, |got| Answer::Many(got.iter().map(|found| found.as_ref().map(to_row)).collect()))
        }
        Op::Find { index, values, consistent } => {
            let find = M::find(index, values);
            found(if *consistent { find.consistent() } else { find }.exec(db).await)
        }
        Op::Update { key, changes, only_if } => {
            found(update::<M>(key, changes, only_if.as_ref()).exec(db).await.map(Some))
        }
        Op::Upsert { key, changes } => found(upsert::<M>(key, changes).exec(db).await.map(Some)),
        Op::Delete { key, only_if, version } => {
            let deleted = M::delete_on(db, delete(key, only_if.as_ref()), *version).await;
            answer(deleted, Answer::Bool)
        }
        Op::PutMany { rows } => done(M::put_each(db, &rows.iter().map(of_row).collect::<Vec<M>>()).await),
        Op::CreateMany { rows } => done(CreateMany::new(&rows.iter().map(of_row).collect::<Vec<M>>()).exec(db).await),
        Op::SaveMany { rows } => save_many::<M>(db, rows).await,
        Op::DeleteMany { keys } => done(M::delete_each(db, keys.iter().map(|parts| key::<M>(parts)).collect()).await),
        Op::Query(_) | Op::Check { .. } | Op::Older { .. } => panic!("{op} is done elsewhere"),
    }
}

/// Saves records, and looks which of them were given their new versions.
async fn save_many<M: Subject>(db: &Database, rows: &[(Row, Version)]) -> Answer {
    let save = |(row, version): &(Row, Version)| given::<M>(&Op::Save { row: row.clone(), version: *version });
    let mut records: Vec<M> = rows.iter().filter_map(save).collect();
    let before = records.clone();
    let result = M::save_each(db, &mut records).await;
    let failed = |at| result.as_ref().err().is_some_and(|e| e.failures().iter().any(|failure| failure.position == at));
    match (0..records.len()).find(|at| failed(*at) != (records[*at] == before[*at])) {
        Some(at) => Answer::Wrong(format!("record {at} does not show whether it was saved")),
        None => done(result),
    }
}

/// A key as `get_many` takes it.
struct Key<K>(K);

impl<K> reposit::IntoKey<K> for Key<K> {
    fn into_key(self) -> K {
        self.0
    }
}

fn page<T: Serialize>(page: Page<T>) -> Answer {
    Answer::Cut(page.items.iter().map(to_row).collect(), page.next)
}

fn rows<T: Serialize>(records: Vec<T>) -> Answer {
    Answer::Rows(records.iter().map(to_row).collect())
}

/// The ends of a query and of a scan have the same names.
macro_rules! ended {
    ($reading:expr, $db:expr, $end:expr) => {{
        let reading = $reading;
        match $end {
            End::Page { .. } => answer(reading.exec($db).await, page),
            End::All => answer(reading.all($db).await, rows),
            End::First => answer(reading.first($db).await, |first| rows(Vec::from_iter(first))),
            End::Count => answer(reading.count($db).await, Answer::Count),
            End::Stream => answer(reading.stream($db).try_collect().await, rows),
            End::Walk => {
                let (mut pages, mut after) = (Vec::new(), None::<Cursor>);
                loop {
                    let page = match reading.clone().after(after.take()).exec($db).await {
                        Ok(page) => page,
                        Err(error) => return Answer::Error(error),
                    };
                    pages.push(page.items.iter().map(to_row).collect());
                    match page.next {
                        None => return Answer::Pages(pages),
                        Some(_) if pages.len() > MOST_PAGES => {
                            return Answer::Wrong("the pages have no end".to_owned());
                        }
                        next => after = next,
                    }
                }
            }
        }
    }};
}

pub async fn read<M: Subject, R: Ranged, K: Consistency>(
    db: &Database,
    reading: Reading<M, R, K>,
    query: &Query,
    after: Option<&str>,
) -> Answer {
    let mut reading = R::within(reading, &query.span);
    if let Some(filter) = &query.filter {
        reading = reading.filter(condition(filter));
    }
    if query.descending {
        reading = reading.descending();
    }
    if let Some(limit) = query.limit {
        reading = reading.limit(limit);
    }
    if query.consistent {
        reading = K::consistent(reading);
    }
    if let Some(after) = after {
        reading = reading.after(after);
    }
    if query.select {
        return ended!(reading.select::<M::Part>(), db, query.end);
    }
    ended!(reading, db, query.end)
}

pub async fn scan<M: Subject>(db: &Database, query: &Query, segments: u32, after: Option<&str>) -> Answer {
    let mut scan = reposit::operation::Scan::<M>::new().segments(segments);
    if let Some(filter) = &query.filter {
        scan = scan.filter(condition(filter));
    }
    if let Some(limit) = query.limit {
        scan = scan.limit(limit);
    }
    if query.consistent {
        scan = scan.consistent();
    }
    if let Some(after) = after {
        scan = scan.after(after);
    }
    if query.select {
        return ended!(scan.select::<M::Part>(), db, query.end);
    }
    ended!(scan, db, query.end)
}
