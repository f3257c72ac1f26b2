//! Faults planted on purpose: a backend around the memory backend does one thing wrong, and the
//! test has to find it and to shrink it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use proptest::strategy::ValueTree;
use reposit::backend::memory::Memory;
use reposit::backend::{
    Action, Backend, Call, Change, FindUnique, Forward, Get, GetMany, Query, RecordKey, RecordPage, Reply, Returning,
    Write, WriteMany, Written, index_values,
};
use reposit::clock::ManualClock;
use reposit::config::MemorySettings;
use reposit::value::ValueRef;
use reposit::{Database, Record, Result, Value};

use crate::ops::Program;
use crate::run::{Generator, Place, run};
use crate::shrink;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// No fault at all: whatever is found of the others is theirs.
    Nothing,
    /// The limit counts the records before the filter.
    LimitBeforeFilter,
    /// A page begins with the record that its cursor names, not after it.
    PageStartsAtCursor,
    /// A page begins after all records with the range values of its cursor.
    TiesSkippedAtPageEnd,
    /// A page back ends before all records with the range values of its cursor.
    TiesSkippedOnTheWayBack,
    /// What is asked for before a cursor is what comes after it.
    WayBackForgotten,
    /// A descending query's second page ascends.
    DescendingForgottenOnPageTwo,
    /// A count counts what its filter leaves out.
    CountForgetsFilter,
    /// A unique value that a record had before still leads to it.
    GuardNotFreed,
    /// A query gives expired records.
    ExpiredInQueries,
    /// An expired record holds its unique values.
    ExpiredTakesUniqueValue,
    /// An update does not look at its condition.
    UpdateWithoutCondition,
    /// A put does not look at its condition.
    PutWithoutCondition,
    /// An update gives the record after it for the one before.
    RecordAfterForBefore,
    /// An update does not look at its version.
    VersionNotCheckedOnUpdate,
    /// The results of a transaction come in another order.
    ResultsTurned,
    /// A delete does not look at its version.
    VersionNotCheckedOnDelete,
    /// What an update adds, it adds twice.
    AddAppliedTwice,
    /// A transaction that is refused does what it can.
    TransactionNotAtomic,
    /// The last item of a batch is told to be done and is not.
    LastOfBatchLost,
    /// Records that are read together come in another order.
    SnapshotTurned,
    /// A projection leaves out the last of its fields.
    FieldOfProjectionLost,
    /// A query gives instants cut off to seconds.
    InstantCutToSeconds,
    /// A record that an older release stored, without the time to live, does not expire.
    OlderDoesNotExpire,
    /// A write does not look at the version of a record that an older release stored.
    OlderVersionNotChecked,
}

#[derive(Debug)]
struct Faulty {
    inner: Arc<dyn Backend>,
    fault: Fault,
    /// The unique values that records had before: index and values, and whose they were. Or the keys
    /// of the records that an older release stored.
    stale: Mutex<HashMap<String, RecordKey>>,
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    async fn query_wrongly(&self, call: Call, mut query: Query) -> Result<RecordPage> {
        let after = query.after.clone();
        match (self.fault, &after) {
            (Fault::LimitBeforeFilter, _) => {
                let filter = query.filter.take();
                let mut page = self.inner.query(call, query).await?;
                page.records.retain(|record| filter.as_ref().is_none_or(|filter| record.satisfies(filter)));
                Ok(page)
            }
            (Fault::PageStartsAtCursor, Some(after)) => {
                let get = Get::new(query.definition, after.key().clone(), true);
                let again = self.inner.get(call.clone(), get).await?;
                let limit = query.limit;
                let mut page = self.inner.query(call, query).await?;
                page.records.splice(0..0, again);
                page.records.truncate(limit);
                Ok(page)
            }
            (Fault::TiesSkippedAtPageEnd | Fault::TiesSkippedOnTheWayBack, Some(after))
                if query.source.index_read().is_some()
                    && (query.backwards || self.has(Fault::TiesSkippedAtPageEnd)) =>
            {
                let ordering = query.clone();
                let mut page = self.inner.query(call, query).await?;
                page.records
                    .retain(|record| ordering.position_of(record).is_ok_and(|at| at.ranges() != after.ranges()));
                Ok(page)
            }
            (Fault::WayBackForgotten, Some(_)) if query.backwards => {
                query.descending = !query.descending;
                self.inner.query(call, query).await
            }
            (Fault::DescendingForgottenOnPageTwo, Some(_)) => {
                query.descending = false;
                self.inner.query(call, query).await
            }
            (Fault::FieldOfProjectionLost, _) => {
                let lost = query.projection.and_then(|fields| fields.last().copied());
                let mut page = self.inner.query(call, query).await?;
                if let Some(lost) = lost {
                    page.records.iter_mut().for_each(|record| record.set(lost, Value::Null));
                }
                Ok(page)
            }
            (Fault::InstantCutToSeconds, _) => {
                let mut page = self.inner.query(call, query).await?;
                for record in &mut page.records {
                    if let Some(ValueRef::Instant(millis)) = record.get("rank") {
                        let cut = Value::Instant(millis.div_euclid(1000) * 1000);
                        record.set("rank", cut);
                    }
                }
                Ok(page)
            }
            (Fault::ExpiredInQueries, _) => self.inner.query(long_ago(call), query).await,
            _ => self.inner.query(call, query).await,
        }
    }

    async fn write_wrongly(&self, call: Call, mut write: Write) -> Result<Written> {
        match (self.fault, &mut write.action) {
            (Fault::UpdateWithoutCondition, Action::Update(_)) => write.condition = None,
            (Fault::PutWithoutCondition, Action::Put(_)) => write.condition = None,
            (Fault::RecordAfterForBefore, Action::Update(_)) => write.returning = Returning::AsUsual,
            (Fault::VersionNotCheckedOnUpdate, Action::Update(_)) => write.version = None,
            (Fault::VersionNotCheckedOnDelete, Action::Delete) => write.version = None,
            (Fault::AddAppliedTwice, Action::Update(changes)) => {
                // The version is added to as well, and found too soon.
                let version = write.definition.version().unwrap_or_default();
                changes.iter_mut().filter(|change| change.path().root() != version).for_each(add_twice);
            }
            (Fault::GuardNotFreed, _) => self.remember(call.clone(), &write).await?,
            (Fault::OlderDoesNotExpire, action) => {
                let is_put = matches!(action, Action::Put(_));
                let call = if !is_put && self.is_older(&write.key) { long_ago(call) } else { call };
                self.remember_older(&write);
                return self.inner.write(call.clone(), write).await;
            }
            (Fault::OlderVersionNotChecked, _) => {
                if self.is_older(&write.key) {
                    write.version = None;
                }
                self.remember_older(&write);
            }
            (Fault::ExpiredTakesUniqueValue, _) => {
                let existed = self.inner.get(call.clone(), Get::new(write.definition, write.key.clone(), true)).await?;
                if existed.is_some() || matches!(write.action, Action::Put(_)) {
                    return self.inner.write(long_ago(call), write).await;
                }
            }
            _ => {}
        }
        self.inner.write(call, write).await
    }

    /// Remembers the unique values that the record has before the write.
    async fn remember(&self, call: Call, write: &Write) -> Result<()> {
        let get = Get::new(write.definition, write.key.clone(), true);
        let Some(before) = self.inner.get(call.clone(), get).await? else { return Ok(()) };
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        for index in write.definition.unique_indexes() {
            if let Some(values) = index_values(write.definition, index, &before) {
                stale.insert(format!("{}: {values:?}", index.name), write.key.clone());
            }
        }
        Ok(())
    }

    /// Remembers that a record was last stored by a release with neither version nor time to live.
    fn remember_older(&self, write: &Write) {
        let mut older = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let definition = write.definition;
        match definition.version().is_none() && definition.ttl().is_none() {
            true => drop(older.insert(format!("{:?}", write.key), write.key.clone())),
            false => drop(older.remove(&format!("{:?}", write.key))),
        }
    }

    /// Whether an older release stored the record of a key.
    fn is_older(&self, key: &RecordKey) -> bool {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&format!("{key:?}"))
    }

    async fn get_wrongly(&self, call: Call, get: Get) -> Result<Option<Record>> {
        let expires_not = self.has(Fault::OlderDoesNotExpire) && self.is_older(&get.key);
        self.inner.get(if expires_not { long_ago(call) } else { call }, get).await
    }

    async fn find_stale(&self, call: Call, find: FindUnique) -> Result<Option<Record>> {
        let (definition, name) = (find.definition, format!("{}: {:?}", find.index.name, find.values));
        if let Some(found) = self.inner.find_unique(call.clone(), find).await? {
            return Ok(Some(found));
        }
        let key = self.stale.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        match key {
            Some(key) => self.inner.get(call.clone(), Get::new(definition, key, true)).await,
            None => Ok(None),
        }
    }

    async fn transact_wrongly(&self, call: Call, writes: Vec<Write>) -> Result<Vec<Written>> {
        let result = self.inner.transact(call.clone(), writes.clone()).await;
        if self.has(Fault::ResultsTurned) {
            return result.map(|written| written.into_iter().rev().collect());
        }
        if result.is_err() {
            for write in writes {
                let _ = self.inner.write(call.clone(), write).await;
            }
        }
        result
    }
}

/// A call at a time when no record had expired.
fn long_ago(mut call: Call) -> Call {
    call.now = 0;
    call
}

fn add_twice(change: &mut Change) {
    if let Change::Add { delta: Value::Int(n), .. } = change {
        *n *= 2;
    }
}

impl Forward for Faulty {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn name(&self) -> &'static str {
        "faulty"
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(self.get_wrongly(call, get))
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        self.inner.get_many(call, get)
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Reply::later(self.find_stale(call, find))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        Reply::later(self.query_wrongly(call, query))
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        let found = self.inner.read_snapshot(call, gets);
        Reply::later(async move {
            let mut found = found.await?;
            if self.has(Fault::SnapshotTurned) {
                found.reverse();
            }
            Ok(found)
        })
    }

    fn count(&self, call: Call, mut query: Query) -> Reply<'_, u64> {
        if self.has(Fault::CountForgetsFilter) {
            query.filter = None;
        }
        self.inner.count(call, query)
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        Reply::later(self.write_wrongly(call, write))
    }

    fn write_many(&self, call: Call, mut many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let lost = if self.has(Fault::LastOfBatchLost) && many.writes.len() > 1 { many.writes.pop() } else { None };
        let results = self.inner.write_many(call, many);
        Reply::later(async move {
            let mut results = results.await?;
            results.extend(lost.map(|_| Ok(Written::existed(false))));
            Ok(results)
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        match self.has(Fault::TransactionNotAtomic) || self.has(Fault::ResultsTurned) {
            true => Reply::later(self.transact_wrongly(call, writes)),
            false => self.inner.transact(call, writes),
        }
    }
}

impl Place for Fault {
    async fn open(&self, clock: Arc<ManualClock>) -> Database {
        let inner = Arc::new(Memory::new(&MemorySettings::default()));
        let faulty = Faulty { inner, fault: *self, stale: Mutex::default() };
        Database::builder().backend(faulty).clock(clock).open().await.expect("a store within the process")
    }

    async fn close(&self, _: Database) {}
}

/// In how many programs a fault has to show, and how short its program has to become.
const WITHIN: usize = 300;
const SHORT: usize = 8;

fn programs() -> impl Iterator<Item = (usize, Box<dyn ValueTree<Value = Program>>)> {
    let generator = Generator::of_faults(1);
    (0..WITHIN).map(move |number| (number, generator.tree(number)))
}

#[tokio::test]
async fn no_fault_is_found_in_none() {
    for (number, tree) in programs() {
        let program = tree.current();
        if let Err(failure) = run(&Fault::Nothing, &program).await {
            panic!("program {number} finds a fault where there is none:\n{program}{failure}");
        }
    }
}

async fn is_found(fault: Fault) {
    for (number, tree) in programs() {
        let program = tree.current();
        if let Err(first) = run(&fault, &program).await {
            let long = program.steps.len();
            let (program, failure) = shrink::shrink(&fault, tree, first).await;
            let short = program.steps.len();
            println!("{fault:?}: found by program {number} of {long} steps, shrunk to {short}:\n{program}{failure}\n");
            assert!(short <= SHORT, "{fault:?}: a program of {short} steps is not short");
            return;
        }
    }
    panic!("{fault:?} was not found within {WITHIN} programs");
}

macro_rules! found {
    ($($name:ident $fault:ident;)*) => {$(
        #[tokio::test]
        async fn $name() {
            is_found(Fault::$fault).await;
        }
    )*};
}

found! {
    a_limit_before_the_filter_is_found LimitBeforeFilter;
    a_page_that_starts_at_the_cursor_is_found PageStartsAtCursor;
    ties_skipped_at_the_end_of_a_page_are_found TiesSkippedAtPageEnd;
    ties_skipped_on_the_way_back_are_found TiesSkippedOnTheWayBack;
    a_way_back_that_is_forgotten_is_found WayBackForgotten;
    a_direction_forgotten_on_page_two_is_found DescendingForgottenOnPageTwo;
    a_count_without_its_filter_is_found CountForgetsFilter;
    a_guard_that_is_not_freed_is_found GuardNotFreed;
    expired_records_in_a_query_are_found ExpiredInQueries;
    an_expired_record_that_holds_its_unique_value_is_found ExpiredTakesUniqueValue;
    an_update_without_its_condition_is_found UpdateWithoutCondition;
    a_put_without_its_condition_is_found PutWithoutCondition;
    a_record_after_for_the_one_before_is_found RecordAfterForBefore;
    a_version_not_checked_on_update_is_found VersionNotCheckedOnUpdate;
    results_in_another_order_are_found ResultsTurned;
    a_version_not_checked_on_delete_is_found VersionNotCheckedOnDelete;
    an_add_applied_twice_is_found AddAppliedTwice;
    a_transaction_that_is_not_atomic_is_found TransactionNotAtomic;
    a_lost_item_of_a_batch_is_found LastOfBatchLost;
    a_snapshot_in_another_order_is_found SnapshotTurned;
    a_lost_field_of_a_projection_is_found FieldOfProjectionLost;
    an_instant_without_its_milliseconds_is_found InstantCutToSeconds;
    a_record_of_an_older_release_that_does_not_expire_is_found OlderDoesNotExpire;
    a_version_not_checked_of_a_record_of_an_older_release_is_found OlderVersionNotChecked;
}
