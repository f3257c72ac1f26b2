//! A backend that keeps all of its promises but one: what the checks are worth is seen on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reposit::backend::memory::Memory;
use reposit::backend::{
    Action, Backend, Call, FindUnique, Forward, Get, Query, RecordKey, Reply, Source, Write, Written,
};
use reposit::value::ValueRef;
use reposit::{Definition, Error, ErrorKind, Record, Repository, Result, Value};
use serde::{Deserialize, Serialize};

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// None: what stands between the checks and the store does no harm by itself.
    None,
    /// A write does not look at its condition.
    ConditionForgotten,
    /// A condition is looked at first, and the write done later.
    ConditionLookedAtFirst,
    /// A write does not look at its version.
    VersionForgotten,
    /// A create stores its record whatever is there.
    CreateOverwrites,
    /// A transaction is its writes, one after another, until one is refused.
    TransactionInParts,
    /// Records are read together one after another.
    ReadInParts,
    /// A unique value is looked for first, and the record stored later.
    UniqueLookedForFirst,
    /// A create that is refused leaves its other unique values taken.
    GuardOrphaned,
    /// Now and then an answer is lost, and the change sent again.
    ChangeSentAgain,
    /// Now and then a put that waits for its answer is sent again after others.
    PutSentAgain,
    /// Now and then a write is told to be done and is not.
    WriteLost,
    /// Now and then a write is told to have failed and is done.
    FalseFailure,
    /// Now and then a read gives what was there before.
    StaleRead,
    /// The token of a lock stays as it is.
    TokenStandsStill,
}

/// The model of the names, whose index is not unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "claims")]
struct LooseClaim {
    #[hash_key]
    id: String,
    #[index]
    name: String,
    #[index]
    badge: String,
}

#[derive(Debug)]
pub(crate) struct Broken {
    inner: Arc<dyn Backend>,
    flaw: Flaw,
    /// What was there before the last write of each record.
    before: Mutex<HashMap<String, Option<Record>>>,
}

impl Broken {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self { inner: Arc::new(Memory::new(&Default::default())), flaw, before: Mutex::default() }
    }

    fn before(&self) -> MutexGuard<'_, HashMap<String, Option<Record>>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_broken(&self, call: Call, mut write: Write) -> Result<Written> {
        pause().await;
        let sometimes = fastrand::u8(..20) == 0;
        match (self.flaw, &write.action) {
            (Flaw::ConditionForgotten, _) => write.condition = None,
            (Flaw::ConditionLookedAtFirst, _) if write.condition.is_some() => {
                let get = Get::new(write.definition, write.key.clone(), true);
                let stored = self.inner.get(call.clone(), get).await?;
                write.judge(stored.as_ref(), &call)?;
                // Long enough for another thread, too.
                tokio::time::sleep(Duration::from_millis(fastrand::u64(..3))).await;
                write.condition = None;
            }
            (Flaw::VersionForgotten, _) => write.version = None,
            (Flaw::CreateOverwrites, Action::Create(record)) => write.action = Action::Put(record.clone()),
            (Flaw::ChangeSentAgain, Action::Update(_)) if sometimes => {
                drop(self.inner.write(call.clone(), write.clone()).await);
            }
            (Flaw::PutSentAgain, Action::Put(_)) => {
                self.inner.write(call.clone(), write.clone()).await?;
                for _ in 0..8 {
                    pause().await;
                }
            }
            (Flaw::WriteLost, Action::Put(_)) if sometimes => return Ok(Written::existed(true)),
            (Flaw::FalseFailure, Action::Put(_)) if sometimes => {
                self.inner.write(call.clone(), write).await?;
                return Err(Error::new(ErrorKind::Timeout, "it was done all the same"));
            }
            (Flaw::TokenStandsStill, Action::Update(changes)) => {
                let kept = changes.iter().filter(|change| change.path().root() != "token").cloned().collect();
                write.action = Action::Update(kept);
            }
            (Flaw::UniqueLookedForFirst, _) if write.definition.name() == "claims" => {
                return self.loose(call, write).await;
            }
            _ => {}
        }
        if self.flaw == Flaw::StaleRead {
            let stored = self.inner.get(call.clone(), Get::new(write.definition, write.key.clone(), true)).await?;
            self.before().insert(format!("{:?}", write.key), stored);
        }
        let refused = write.clone();
        let result = self.inner.write(call.clone(), write).await;
        if self.flaw == Flaw::GuardOrphaned && result.as_ref().is_err_and(|e| e.kind() == ErrorKind::UniqueViolation) {
            self.leave_a_ghost(call, refused).await;
        }
        result
    }

    /// The values are looked for, and the record is stored later.
    async fn loose(&self, call: Call, mut write: Write) -> Result<Written> {
        let stored = self.inner.get(call.clone(), Get::new(LooseClaim::definition(), write.key.clone(), true)).await?;
        write.judge(stored.as_ref(), &call)?;
        for (index, value) in write.outcome(stored.as_ref())?.iter().flat_map(|new| indexed(write.definition, new)) {
            let holder = self.holder(call.clone(), index, value).await?;
            if holder
                .is_some_and(|holder| RecordKey::from_record(write.definition, &holder).ok() != Some(write.key.clone()))
            {
                return Err(Error::new(ErrorKind::UniqueViolation, "taken").on_index(index));
            }
        }
        pause().await;
        write.definition = LooseClaim::definition();
        self.inner.write(call.clone(), write).await
    }

    async fn holder(&self, call: Call, index: &str, value: Value) -> Result<Option<Record>> {
        let definition = LooseClaim::definition();
        let index = definition.index(index).ok_or_else(|| Error::new(ErrorKind::Backend, "no such index"))?;
        let query = Query::new(definition, Source::index(index, [value]), 1);
        Ok(self.inner.query(call, query).await?.records.pop())
    }

    /// A record that nobody asked for holds what is left of the refused one.
    async fn leave_a_ghost(&self, call: Call, mut write: Write) {
        let Action::Create(record) = &mut write.action else { return };
        let ghost = Value::from(format!("ghost {}", fastrand::u64(..)));
        record.set("id", ghost.clone());
        record.set("name", ghost.clone());
        write.key = RecordKey::new(ghost);
        drop(self.inner.write(call.clone(), write).await);
    }
}

fn indexed(definition: &'static Definition, record: &Record) -> Vec<(&'static str, Value)> {
    let value =
        |index: &reposit::definition::IndexDef| record.get(definition.part_name(index.hash())).map(ValueRef::to_value);
    definition.unique_indexes().filter_map(|index| Some((index.name, value(index)?))).collect()
}

/// Lets others in between.
async fn pause() {
    for _ in 0..fastrand::usize(..4) {
        tokio::task::yield_now().await;
    }
}

impl Forward for Broken {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn name(&self) -> &'static str {
        "broken"
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let is_loose = self.flaw == Flaw::UniqueLookedForFirst && definition.name() == "claims";
        self.inner.define(call, if is_loose { LooseClaim::definition() } else { definition })
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(async move {
            pause().await;
            let key = format!("{:?}", get.key);
            if self.flaw == Flaw::StaleRead
                && fastrand::u8(..10) == 0
                && let Some(before) = self.before().get(&key)
            {
                return Ok(before.clone());
            }
            let found = self.inner.get(call, get).await;
            pause().await;
            found
        })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        if self.flaw != Flaw::UniqueLookedForFirst {
            return self.inner.find_unique(call, find);
        }
        Reply::later(async move {
            let Some(value) = find.values.into_iter().next() else { return Ok(None) };
            self.holder(call, find.index.name, value).await
        })
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        Reply::later(async move {
            let written = self.write_broken(call, write).await;
            pause().await;
            written
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        if self.flaw != Flaw::TransactionInParts {
            return self.inner.transact(call, writes);
        }
        Reply::later(async move {
            let mut written = Vec::with_capacity(writes.len());
            for (at, write) in writes.into_iter().enumerate() {
                pause().await;
                written.push(self.inner.write(call.clone(), write).await.map_err(|e| e.at_position(at))?);
            }
            Ok(written)
        })
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        if self.flaw != Flaw::ReadInParts {
            return self.inner.read_snapshot(call, gets);
        }
        Reply::later(async move {
            let mut found = Vec::with_capacity(gets.len());
            for get in gets {
                pause().await;
                found.push(self.inner.get(call.clone(), get).await?);
            }
            Ok(found)
        })
    }
}
