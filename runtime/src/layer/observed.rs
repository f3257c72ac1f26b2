//! What is common to layers that only look on: each request with what it is about, and what came of it.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::backend::{Backend, BoxFuture, Forward, Plan, Reply};
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, Result};
use crate::request::{
    Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, SourceKind, Verify, Write, WriteMany, Written,
};
use crate::value::Record;

/// What a backend is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Whether it can be reached, or what there is.
    Server,
    /// Something about the whole of a repository.
    Repository(&'static Definition),
    /// How many records a query has.
    Count(&'a Query),
    /// Records, or writes of them.
    Data(Request<'a>),
}

/// What a backend answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    Nothing,
    Count(u64),
    Record(Option<&'a Record>),
    Records(&'a [Option<Record>]),
    Page(&'a RecordPage),
    Written(&'a [Written]),
    Each(&'a [Result<Written>]),
}

/// An answer as it is looked at.
pub(super) trait Answer {
    fn given(&self) -> Given<'_>;
}

/// Looks on.
pub(super) trait Observer: fmt::Debug + Send + Sync + 'static {
    /// What it keeps of a request under way.
    type Seen: Seen + Unpin;

    /// A request begins. Returns nothing if it does not want to see more of it.
    fn begin(&self, call: &Call, asked: Asked<'_>) -> Option<Self::Seen>;

    /// Adds what it knows beforehand to what a request comes to.
    fn explain(&self, _: &Call, _: Request<'_>, text: String) -> String {
        text
    }
}

/// A request under way. If it is given up, this is dropped.
pub(super) trait Seen: Send {
    /// The call, watched if the attempts are to be seen.
    fn watch(&self, call: Call) -> Call {
        call
    }

    /// Runs a part of the request's work.
    fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    /// It has ended.
    fn end(self, result: Result<Given<'_>, &Error>);
}

/// A backend that is observed.
#[derive(Debug)]
pub(super) struct Observed<O> {
    pub(super) inner: Arc<dyn Backend>,
    pub(super) observer: O,
}

impl<O: Observer> Observed<O> {
    fn begin(&self, call: Call, asked: Asked<'_>) -> (Call, Option<O::Seen>) {
        let seen = self.observer.begin(&call, asked);
        match &seen {
            Some(kept) => (kept.watch(call), seen),
            None => (call, None),
        }
    }

    fn follow<'a, T: Answer + Send + 'a>(
        &'a self,
        seen: Option<O::Seen>,
        ask: impl FnOnce(&'a dyn Backend) -> Reply<'a, T>,
    ) -> Reply<'a, T> {
        let Some(seen) = seen else { return ask(self.inner()) };
        match seen.enter(|| ask(self.inner())).into_parts() {
            Ok(result) => {
                seen.end(result.as_ref().map(Answer::given));
                Reply::now(result)
            }
            Err(future) => Reply::later(Followed { future, seen: Some(seen) }),
        }
    }
}

/// An answer that is waited for under an observer's eyes.
struct Followed<'a, T, S> {
    future: BoxFuture<'a, Result<T>>,
    seen: Option<S>,
}

impl<T: Answer, S: Seen + Unpin> Future for Followed<'_, T, S> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Self { future, seen } = &mut *self;
        let polled = match seen {
            Some(seen) => seen.enter(|| future.as_mut().poll(context)),
            None => future.as_mut().poll(context),
        };
        if let Poll::Ready(result) = &polled
            && let Some(seen) = seen.take()
        {
            seen.end(result.as_ref().map(Answer::given));
        }
        polled
    }
}

impl<O: Observer> Forward for Observed<O> {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Server);
        self.follow(seen, |inner| inner.ping(call))
    }

    fn plan(&self, call: Call, definition: &'static Definition) -> Reply<'_, Plan> {
        let (call, seen) = self.begin(call, Asked::Repository(definition));
        self.follow(seen, |inner| inner.plan(call, definition))
    }

    fn define(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Repository(definition));
        self.follow(seen, |inner| inner.define(call, definition))
    }

    fn drop_repository(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Repository(definition));
        self.follow(seen, |inner| inner.drop_repository(call, definition))
    }

    fn truncate(&self, call: Call, definition: &'static Definition) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Repository(definition));
        self.follow(seen, |inner| inner.truncate(call, definition))
    }

    fn repositories(&self, call: Call, prefix: &str) -> Reply<'_, Vec<String>> {
        let (call, seen) = self.begin(call, Asked::Server);
        self.follow(seen, |inner| inner.repositories(call, prefix))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::Get(&get)));
        self.follow(seen, |inner| inner.get(call, get))
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::GetMany(&get)));
        self.follow(seen, |inner| inner.get_many(call, get))
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::FindUnique(&find)));
        self.follow(seen, |inner| inner.find_unique(call, find))
    }

    fn backup(&self, call: Call, to: &Path) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Server);
        self.follow(seen, |inner| inner.backup(call, to))
    }

    fn compact(&self, call: Call) -> Reply<'_, ()> {
        let (call, seen) = self.begin(call, Asked::Server);
        self.follow(seen, |inner| inner.compact(call))
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::FindMany(&find)));
        self.follow(seen, |inner| inner.find_many(call, find))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        let (call, seen) = self.begin(call, Asked::Data(Request::Query(&query)));
        self.follow(seen, |inner| inner.query(call, query))
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        let (call, seen) = self.begin(call, Asked::Count(&query));
        self.follow(seen, |inner| inner.count(call, query))
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        let (call, seen) = self.begin(call, Asked::Data(Request::Write(&write)));
        self.follow(seen, |inner| inner.write(call, write))
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::WriteMany(&many.writes)));
        self.follow(seen, |inner| inner.write_many(call, many))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::Transact(&writes)));
        self.follow(seen, |inner| inner.transact(call, writes))
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        let (call, seen) = self.begin(call, Asked::Data(Request::Snapshot(&gets)));
        self.follow(seen, |inner| inner.read_snapshot(call, gets))
    }

    fn verify(&self, call: Call, verify: Verify) -> Reply<'_, Vec<String>> {
        let (call, seen) = self.begin(call, Asked::Repository(verify.definition));
        self.follow(seen, |inner| inner.verify(call, verify))
    }

    fn explain(&self, call: Call, request: Request<'_>) -> Result<String> {
        let text = self.inner().explain(call.clone(), request)?;
        Ok(self.observer.explain(&call, request, text))
    }
}

impl<'a> Asked<'a> {
    /// The repositories that it is about, each once.
    pub(super) fn definitions(self) -> Vec<&'static Definition> {
        let mut all: Vec<&'static Definition> = match self {
            Self::Server => Vec::new(),
            Self::Repository(definition) => vec![definition],
            Self::Count(query) | Self::Data(Request::Query(query)) => vec![query.definition],
            Self::Data(Request::Get(get)) => vec![get.definition],
            Self::Data(Request::GetMany(get)) => vec![get.definition],
            Self::Data(Request::FindUnique(find)) => vec![find.definition],
            Self::Data(Request::FindMany(find)) => vec![find.definition],
            Self::Data(Request::Write(write)) => vec![write.definition],
            Self::Data(Request::WriteMany(writes) | Request::Transact(writes)) => {
                writes.iter().map(|write| write.definition).collect()
            }
            Self::Data(Request::Snapshot(gets)) => gets.iter().map(|get| get.definition).collect(),
        };
        all.sort_by_key(|definition| definition.name());
        all.dedup_by_key(|definition| definition.name());
        all
    }

    /// The repository that it is about; nothing if there are several, or none.
    pub(super) fn definition(self) -> Option<&'static Definition> {
        match self.definitions().as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The index that is read, if one is.
    pub(super) fn index(self) -> Option<&'static IndexDef> {
        match self {
            Self::Count(query) | Self::Data(Request::Query(query)) => query.source.index_read(),
            Self::Data(Request::FindUnique(find)) => Some(find.index),
            Self::Data(Request::FindMany(find)) => Some(find.index),
            _ => None,
        }
    }

    /// How many records a batch or a transaction is of.
    pub(super) fn batch_size(self) -> Option<usize> {
        match self {
            Self::Data(Request::GetMany(get)) => Some(get.keys.len()),
            Self::Data(Request::FindMany(find)) => Some(find.values.len()),
            Self::Data(Request::WriteMany(writes) | Request::Transact(writes)) => Some(writes.len()),
            Self::Data(Request::Snapshot(gets)) => Some(gets.len()),
            _ => None,
        }
    }

    /// The query, if it is one or the count of one.
    pub(super) fn query(self) -> Option<&'a Query> {
        match self {
            Self::Count(query) | Self::Data(Request::Query(query)) => Some(query),
            _ => None,
        }
    }

    /// Whether all of a repository is read.
    pub(super) fn is_scan(self) -> bool {
        self.query().is_some_and(|query| matches!(query.source.kind(), SourceKind::Scan { .. }))
    }
}

impl Given<'_> {
    /// How many records were given to the caller.
    pub(super) fn count(self) -> u64 {
        let some = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        match self {
            Self::Nothing | Self::Count(_) => 0,
            Self::Record(record) => record.map_or(0, |_| 1),
            Self::Records(records) => some(records.iter().flatten().count()),
            Self::Page(page) => some(page.records.len()),
            Self::Written(written) => some(written.iter().filter(|written| written.record.is_some()).count()),
            Self::Each(each) => some(each.iter().flatten().filter(|written| written.record.is_some()).count()),
        }
    }
}

macro_rules! answers {
    ($($answer:ty: |$given:ident| $what:expr;)+) => {$(
        impl Answer for $answer {
            fn given(&self) -> Given<'_> {
                let $given = self;
                $what
            }
        }
    )+};
}

answers! {
    (): |_nothing| Given::Nothing;
    Plan: |_plan| Given::Nothing;
    Vec<String>: |_lines| Given::Nothing;
    u64: |count| Given::Count(*count);
    Option<Record>: |record| Given::Record(record.as_ref());
    Vec<Option<Record>>: |records| Given::Records(records);
    RecordPage: |page| Given::Page(page);
    Written: |written| Given::Written(std::slice::from_ref(written));
    Vec<Written>: |written| Given::Written(written);
    Vec<Result<Written>>: |each| Given::Each(each);
}
