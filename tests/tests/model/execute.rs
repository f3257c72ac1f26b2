//! A program's steps done on a real database, through the public interface.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use reposit::clock::ManualClock;
use reposit::operation::{Check, Create, CreateMany, Delete, Get, GetMany, Query as Reading, Update, Upsert};
use reposit::{Condition, Cursor, Database, Page, Progress, Repository, Result};
use serde::Serialize;
use serde_json::Value as Json;

use crate::answers::{Answer, Cut, Ends};
use crate::job_model::Job;
use crate::models::{Account, Document, Event, Model, Seat, User};
use crate::named::asked;
use crate::older;
use crate::ops::{Change, Cond, End, Op, Query, SLOTS, Step, Told, Values, Version, Way};
use crate::parcel_model::Parcel;
use crate::rows::{as_serde, of_row, to_row};
use crate::rules::Row;
use crate::shift_model::Shift;
use crate::subject::Subject;
use crate::task_model::Task;
use crate::together::{self, given};
use crate::typed::{Build, Consistency, Ranged, held};
use crate::walk::walk;

/// Does `$body` with the type of a model.
macro_rules! with_model {
    ($model:expr, $M:ident => $body:expr) => {
        with_model!($model, $M => $body, Event User Seat Account Document Task Shift Parcel Job)
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

pub(crate) use with_model;

/// The cursors of a page, and of which query it is.
#[derive(Clone)]
struct Kept {
    model: Model,
    query: Query,
    cursors: Ends<Option<Cursor>>,
}

/// A database, its clock, and the cursors of the pages read.
pub struct Executor {
    pub db: Database,
    clock: Arc<ManualClock>,
    cursors: [Option<Kept>; SLOTS],
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
            Step::Together(items) => together::together(&self.db, items).await,
            Step::Told(items) => together::together_told(&self.db, items).await,
            Step::Read(keys) => self.read(keys).await,
            Step::Next { slot, limit, turned, end, way, crossed } => {
                let Some(Kept { model, query, cursors }) = self.cursors[*slot].clone() else { return Answer::Nothing };
                let at_the_end = (*way == Way::On) != *crossed;
                let cursor = if at_the_end { cursors.next } else { cursors.previous };
                let Some(cursor) = cursor else { return Answer::Nothing };
                let descending = query.descending != *turned;
                let next = Query { limit: Some(*limit), descending, end: *end, ..query.clone() };
                let next = turned.then(|| turn(&next)).unwrap_or(next);
                let from = Some((*way, cursor.as_str()));
                let answer = with_model!(model, M => <M as Subject>::query(&self.db, &next, from).await);
                match end {
                    End::Page { .. } if !turned => self.keep(*slot, model, &query, answer),
                    _ => answer,
                }
            }
        }
    }

    /// Keeps the cursors of a page.
    fn keep(&mut self, slot: usize, model: Model, query: &Query, answer: Answer) -> Answer {
        match answer {
            Answer::Cut(Cut { items, cursors }) => {
                let ends = Ends { next: cursors.next.is_some(), previous: cursors.previous.is_some() };
                self.cursors[slot] = Some(Kept { model, query: query.clone(), cursors });
                Answer::Page(items, ends)
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
        let read = self.db.snapshot((gets!(Event User Seat Account Document Task), gets!(Shift Parcel Job))).await;
        answer(read, |((events, users, seats, accounts, documents, tasks), (shifts, parcels, jobs))| {
            let first = [rowed(events), rowed(users), rowed(seats), rowed(accounts), rowed(documents), rowed(tasks)];
            let mut of: Vec<_> =
                first.into_iter().chain([rowed(shifts), rowed(parcels), rowed(jobs)]).map(Vec::into_iter).collect();
            Answer::Many(keys.iter().map(|(model, _)| of[*model as usize].next().flatten()).collect())
        })
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

fn key<M: Subject>(parts: &[Json]) -> M::Key {
    let names = [Some(M::definition().hash_name()), M::definition().range_name()].into_iter().flatten();
    let parts: Vec<_> = names.zip(parts).map(|(name, part)| as_serde::<M>(name, part)).collect();
    match parts.as_slice() {
        [hash] => held(hash),
        _ => held(&Json::Array(parts)),
    }
}

pub fn condition<M: Subject>(cond: &Cond) -> Condition<M> {
    match cond {
        Cond::Field(path, is) if path.is_empty() => asked(M::definition().hash_name(), is),
        Cond::Field(path, is) => asked(path, is),
        Cond::And(a, b) => condition::<M>(a).and(condition(b)),
        Cond::Or(a, b) => condition::<M>(a) | condition(b),
        Cond::Not(inner) => !condition::<M>(inner),
    }
}

pub fn update<M: Subject>(parts: &[Json], changes: &[Change], only_if: Option<&Cond>) -> Update<M> {
    let start = Build::Update(Update::new(M::key_parts(&key::<M>(parts))));
    match changes.iter().fold(start, |build, change| M::change(build, &change.path, &change.how)) {
        Build::Update(update) => only_if.map(condition).into_iter().fold(update, Update::only_if),
        Build::Upsert(_) => panic!("an update stays one"),
    }
}

pub fn upsert<M: Subject>(parts: &[Json], changes: &[Change], only_if: Option<&Cond>) -> Upsert<M> {
    let start = Build::Upsert(Upsert::new(M::key_parts(&key::<M>(parts))));
    match changes.iter().fold(start, |build, change| M::change(build, &change.path, &change.how)) {
        Build::Upsert(upsert) => only_if.map(condition).into_iter().fold(upsert, Upsert::only_if),
        Build::Update(_) => panic!("an upsert stays one"),
    }
}

pub fn delete<M: Subject>(parts: &[Json], only_if: Option<&Cond>) -> Delete<M> {
    let delete = Delete::new(M::key_parts(&key::<M>(parts)));
    only_if.map(condition).into_iter().fold(delete, Delete::only_if)
}

pub fn check<M: Subject>(parts: &[Json], only_if: Option<&Cond>) -> Check<M> {
    let check = Check::new(M::key_parts(&key::<M>(parts)));
    only_if.map(condition).into_iter().fold(check, Check::only_if)
}

pub fn answer<T>(result: Result<T>, ok: impl FnOnce(T) -> Answer) -> Answer {
    result.map_or_else(Answer::Error, ok)
}

pub fn done(result: Result<()>) -> Answer {
    answer(result, |()| Answer::Done)
}

pub fn found<M: Repository>(result: Result<Option<M>>) -> Answer {
    answer(result, |found| Answer::One(found.as_ref().map(to_row)))
}

async fn one<M: Subject>(db: &Database, op: &Op) -> Answer {
    match op {
        Op::Create { row, returning: false } => done(Create::new(&of_row::<M>(row)).exec(db).await),
        Op::Create { row, returning: true } => found(Create::new(&of_row::<M>(row)).exec_returning(db).await.map(Some)),
        Op::Put { row, only_if } => done(of_row::<M>(row).store(db, only_if.as_ref().map(condition)).await),
        Op::Replace { row, only_if } => {
            done(of_row::<M>(row).replacement(only_if.as_ref().map(condition)).exec(db).await)
        }
        Op::Save { .. } => {
            let Some(mut record) = given::<M>(op) else { panic!("a version that was not resolved") };
            let before = record.clone();
            match record.store(db, None).await {
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
        Op::FindMany { index, values, consistent } => {
            let find = M::find_many(index, values);
            let got = if *consistent { find.consistent() } else { find }.exec(db).await;
            answer(got, |got| Answer::Many(got.iter().map(|found| found.as_ref().map(to_row)).collect()))
        }
        Op::Update { key, changes, only_if, version, told } => {
            let update = M::update_at(update::<M>(key, changes, only_if.as_ref()), *version);
            match told {
                Told::After => found(update.exec(db).await.map(Some)),
                Told::Before => found(update.exec_previous(db).await.map(Some)),
                Told::Nothing => done(update.exec_unit(db).await),
            }
        }
        Op::Upsert { key, changes, only_if, told } => {
            let upsert = upsert::<M>(key, changes, only_if.as_ref());
            match told {
                Told::Nothing => done(upsert.exec_unit(db).await),
                _ => found(upsert.exec(db).await.map(Some)),
            }
        }
        Op::Delete { key, only_if, version, returning } => {
            let delete = M::delete_at(delete(key, only_if.as_ref()), *version);
            match returning {
                true => found(delete.exec_returning(db).await),
                false => answer(delete.exec(db).await, Answer::Bool),
            }
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

fn cut<T: Serialize>(page: Page<T>) -> Cut {
    let cursors = Ends { next: page.next, previous: page.previous };
    Cut { items: page.items.iter().map(to_row).collect(), cursors }
}

fn rows<T: Serialize>(records: Vec<T>) -> Answer {
    Answer::Rows(records.iter().map(to_row).collect())
}

/// From where is read, and in which way.
pub type From<'a> = Option<(Way, &'a str)>;

/// The ends of a query and of a scan have the same names. `$can_turn`: whether it is read in both ways.
macro_rules! ended {
    ($reading:expr, $db:expr, $end:expr, $from:expr, $can_turn:expr) => {{
        let (way, from) = $from.map_or((Way::On, None), |(way, at)| (way, Some(Cursor::from(at))));
        let begin = |way: Way, from: Option<Cursor>| match way {
            Way::On => $reading.clone().after(from),
            Way::Back => $reading.clone().before(from),
        };
        let reading = begin(way, from.clone());
        match $end {
            End::Page { .. } => answer(reading.exec($db).await.map(cut), Answer::Cut),
            End::All => answer(reading.all($db).await, rows),
            End::First => answer(reading.first($db).await, |first| rows(Vec::from_iter(first))),
            End::Count => answer(reading.count($db).await, Answer::Count),
            End::Stream => answer(reading.stream($db).try_collect().await, rows),
            End::Walk => walk(way, from, $can_turn, async |way, from| begin(way, from).exec($db).await.map(cut)).await,
            End::DeleteAll | End::UpdateAll => panic!("nothing is read for a write of all"),
        }
    }};
}

/// Writes all that is found, and gives how many were done, and why the others were not.
async fn write_all(writing: reposit::operation::BulkWrite<'_>) -> Answer {
    let progress = Progress::new();
    match writing.progress(&progress).await {
        Ok(count) if usize::try_from(count) == Ok(progress.done()) => Answer::Bulk(progress.done(), Vec::new()),
        Ok(count) => Answer::Wrong(format!("{count} done, but {progress}")),
        Err(error) if error.failures().is_empty() => Answer::Error(error),
        Err(error) if error.cursor().is_none() => Answer::Wrong(format!("no place to go on from after {error:?}")),
        Err(error) => Answer::Bulk(progress.done(), error.failures().iter().map(|f| f.error.kind()).collect()),
    }
}

/// The changes that a write of all makes.
fn changing<M: Subject>(query: &Query) -> impl FnOnce(Update<M>) -> Update<M> {
    |start| match query.changes.iter().fold(Build::Update(start), |build, c| M::change(build, &c.path, &c.how)) {
        Build::Update(update) => update,
        Build::Upsert(_) => panic!("an update stays one"),
    }
}

pub async fn read<M: Subject, R: Ranged, K: Consistency>(
    db: &Database,
    reading: Reading<M, R, K>,
    query: &Query,
    from: From<'_>,
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
    match query.end {
        End::DeleteAll => return write_all(reading.delete_all(db)).await,
        End::UpdateAll => return write_all(reading.update_all(db, changing(query))).await,
        _ => {}
    }
    if query.select {
        let reading = reading.select::<M::Part>();
        return ended!(reading, db, query.end, from, true);
    }
    ended!(reading, db, query.end, from, true)
}

pub async fn scan<M: Subject>(db: &Database, query: &Query, segments: u32, from: From<'_>) -> Answer {
    let can_turn = db.backend_name() != "dynamodb";
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
    match query.end {
        End::DeleteAll => return write_all(scan.delete_all(db)).await,
        End::UpdateAll => return write_all(scan.update_all(db, changing(query))).await,
        _ => {}
    }
    if query.select {
        let scan = scan.select::<M::Part>();
        return ended!(scan, db, query.end, from, can_turn);
    }
    ended!(scan, db, query.end, from, can_turn)
}
