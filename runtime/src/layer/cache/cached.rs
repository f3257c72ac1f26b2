//! A backend before which what was read is kept.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::{self, Handle};
use tokio::time::timeout;

use super::flights::{Batch, Flights, Seat};
use super::key::Key;
use super::store::Store;
use super::wanted::{Read, Wanted};
use super::writing::Writing;
use crate::backend::{Backend, Forward, Reply};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Observer;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, Verify, Write, WriteMany, Written};
use crate::value::Record;

/// A backend whose records are kept.
pub(super) struct Cached {
    pub(super) inner: Arc<dyn Backend>,
    pub(super) store: Arc<Store>,
    pub(super) flights: Arc<Flights>,
}

impl Cached {
    fn writing(&self, call: &Call, writes: &[Write]) -> Writing {
        Writing::begin(&self.store, self.inner.is_embedded(), call, writes)
    }

    fn writing_all(&self, call: &Call, definition: &'static Definition) -> Writing {
        Writing::begin_whole(&self.store, self.inner.is_embedded(), call, definition)
    }

    /// Whether what a call reads is kept: what may be stale would be given to others as the latest.
    fn may_keep(&self, call: &Call, definition: &Definition) -> bool {
        call.stale_reads().is_none() && self.store.keeps(definition)
    }

    /// One record: kept, or read.
    fn read_one(&self, call: Call, definition: &'static Definition, wanted: Wanted) -> Reply<'_, Option<Record>> {
        if let Some(record) = wanted.find_kept(&self.store, definition, &call) {
            return Reply::now(Ok(record));
        }
        let read = Read::one(call, definition, wanted);
        Reply::later(self.read(read).map(|records| Ok(records?.pop().flatten())))
    }

    /// Several: what is kept, and the rest read.
    fn read_many(
        &self,
        call: Call,
        definition: &'static Definition,
        wanted: Vec<Wanted>,
        observer: &Observer,
    ) -> Reply<'_, Vec<Option<Record>>> {
        let mut found: Vec<_> = wanted.iter().map(|wanted| wanted.find_kept(&self.store, definition, &call)).collect();
        let mut rest = Vec::new();
        for (at, wanted) in wanted.into_iter().enumerate() {
            match found.get(at) {
                Some(Some(_)) => observer.report(at, None),
                _ => rest.push((at, wanted)),
            }
        }
        if rest.is_empty() {
            return Reply::now(Ok(found.into_iter().map(Option::flatten).collect()));
        }
        let (places, rest): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
        let read = Read::many(call, definition, rest, observer.for_positions(&places));
        Reply::later(async move {
            for (at, record) in places.into_iter().zip(self.read(read).await?) {
                if let Some(place) = found.get_mut(at) {
                    *place = Some(record);
                }
            }
            Ok(found.into_iter().map(Option::flatten).collect())
        })
    }

    /// Reads what is not kept, together with those who want the same.
    async fn read(&self, read: Read) -> Result<Vec<Option<Record>>> {
        match Handle::try_current() {
            Ok(runtime) => self.read_shared(read, runtime.id()).await,
            // Nobody can be waited for without a timer.
            Err(_) => {
                let began = self.store.marks.begin_read(read.definition.name());
                let records = read.send(&*self.inner).await?;
                Ok(read.keep(&self.store, &began, records))
            }
        }
    }

    async fn read_shared(&self, read: Read, runtime: runtime::Id) -> Result<Vec<Option<Record>>> {
        let (store, definition) = (&self.store, read.definition);
        let began = store.marks.begin_read(definition.name());
        let keys: Vec<Key> = read.wanted.iter().map(|wanted| wanted.key(definition)).collect();
        let is_latest = |key: &Key, earlier: &_| match read.is_by_index() {
            // The record that will be found is not known.
            true => store.marks.is_latest(definition.name(), earlier),
            false => store.marks.is_latest_of(key, earlier),
        };
        let begin = |alone: &[usize]| self.batch(read.only(alone), began);
        let seats = self.flights.board(definition, runtime, &keys, began, is_latest, begin);
        let answers = join_all(seats.into_iter().map(|seat| wait(seat, &read.call))).await;
        let mut records = Vec::with_capacity(answers.len());
        let mut again = Vec::new();
        for (at, (answer, is_own)) in answers.into_iter().enumerate() {
            match answer {
                Ok(record) => records.push(record.filter(|record| record.is_live(definition, &read.call))),
                // Another's error may be of its shorter time, or of another's record.
                Err(_) if !is_own && !read.call.left().is_zero() => {
                    again.push(at);
                    records.push(None);
                }
                Err(error) => return Err(error),
            }
        }
        if !again.is_empty() {
            let own = read.only(&again).send(&*self.inner).await?;
            for (at, record) in again.into_iter().zip(own) {
                if let Some(place) = records.get_mut(at) {
                    *place = record;
                }
            }
        }
        Ok(records)
    }

    /// A read of several by which what it finds is kept.
    fn batch(&self, read: Read, began: super::marks::Began) -> Batch {
        let (inner, store) = (self.inner.clone(), self.store.clone());
        let batch = async move {
            let records = read.send(&*inner).await?;
            Ok(read.keep(&store, &began, records).into())
        };
        batch.boxed().shared()
    }
}

/// Waits for a read, but for another's no longer than its own time. Says whether it was its own.
async fn wait(seat: Seat, call: &Call) -> (Result<Option<Record>>, bool) {
    if seat.is_own {
        return (seat.flight.await, true);
    }
    let late = |_| Err(Error::new(ErrorKind::Timeout, "no answer to the read came in time"));
    (timeout(call.left(), seat.flight).await.unwrap_or_else(late), false)
}

impl Forward for Cached {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        if get.consistent || !self.may_keep(&call, get.definition) {
            return self.inner().get(call, get);
        }
        self.read_one(call, get.definition, Wanted::Record(get.key))
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        if get.consistent || !self.may_keep(&call, get.definition) {
            return self.inner().get_many(call, get);
        }
        let wanted = get.keys.into_iter().map(Wanted::Record).collect();
        self.read_many(call, get.definition, wanted, &get.observer)
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        if find.consistent || !self.may_keep(&call, find.definition) {
            return self.inner().find_unique(call, find);
        }
        self.read_one(call, find.definition, Wanted::Values(find.index, find.values))
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        if find.consistent || !self.may_keep(&call, find.definition) {
            return self.inner().find_many(call, find);
        }
        let wanted = find.values.into_iter().map(|values| Wanted::Values(find.index, values)).collect();
        self.read_many(call, find.definition, wanted, &Observer::default())
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        let writing = self.writing(&call, std::slice::from_ref(&write));
        end(writing, self.inner().write(call, write), error_of)
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let writing = self.writing(&call, &many.writes);
        end(writing, self.inner().write_many(call, many), |result| match result {
            Ok(each) => each.iter().filter_map(|result| result.as_ref().err()).collect(),
            Err(error) => vec![error],
        })
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let writing = self.writing(&call, &writes);
        end(writing, self.inner().transact(call, writes), error_of)
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let writing = self.writing_all(&call, definition);
        end(writing, self.inner().truncate(call, definition), error_of)
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let writing = self.writing_all(&call, definition);
        let reply = self.inner().drop_repository(call, definition);
        end(writing, reply, error_of)
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        if !verify.repair {
            return self.inner().verify(call, verify);
        }
        let writing = self.writing_all(&call, verify.definition);
        end(writing, self.inner().verify(call, verify), error_of)
    }
}

/// The error of a write that has one at most.
fn error_of<T>(result: &Result<T>) -> Vec<&Error> {
    result.as_ref().err().into_iter().collect()
}

/// The reply to a write, with whose answer the write ends.
fn end<'a, T: Send + 'a>(
    writing: Writing,
    reply: Reply<'a, T>,
    errors: impl for<'e> Fn(&'e Result<T>) -> Vec<&'e Error> + Send + 'a,
) -> Reply<'a, T> {
    match reply.into_parts() {
        Ok(result) => {
            writing.end(errors(&result).into_iter());
            Reply::now(result)
        }
        Err(future) => Reply::later(async move {
            let result = future.await;
            writing.end(errors(&result).into_iter());
            result
        }),
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.store.len();
        f.debug_struct("Cached").field("inner", &self.inner).field("entries", &entries).finish_non_exhaustive()
    }
}
