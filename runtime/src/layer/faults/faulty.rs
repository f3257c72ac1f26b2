//! A backend that requests reach over a network with faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::time::{sleep, sleep_until};

use super::fate::{Fate, Shape};
use super::identity::Identity;
use super::lag::Lag;
use super::many::Batch;
use super::network::{Kind, Network, Origin, Times};
use super::rates::Rates;
use super::shared::Conditions;
use crate::backend::{Backend, Forward, Reply};
use crate::error::{Error, Result};
use crate::layer::observed::Asked;
use crate::limits::requests::MOST_KEYS;
use crate::request::{Call, FindMany, FindUnique, Get, GetMany, Query, RecordPage, Request, Write, WriteMany, Written};
use crate::value::Record;

/// A backend behind a network with faults.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) inner: Arc<dyn Backend>,
    pub(super) conditions: Conditions,
    pub(super) lag: Lag,
}

/// How one operation goes: how long it takes, and its error if it does not come to the backend.
struct Way<'f> {
    times: Times,
    origin: Origin<'f>,
    failed: Option<Error>,
    /// The store that it comes to, if that is one of a moment before.
    earlier: Option<Arc<dyn Backend>>,
    writes: bool,
}

impl Faulty {
    /// The network of an operation that something may happen to; nothing if nothing can.
    pub(super) fn network(&self, call: &Call, kind: Kind, request: Option<Request<'_>>) -> Option<Network<'_>> {
        let Conditions { rates, only, shared } = &self.conditions;
        let is_stalled = shared.stalled_until().is_some();
        let can_happen = !rates.are_none() || shared.has_next() || is_stalled;
        if !can_happen || shared.is_paused.load(Ordering::Relaxed) {
            return None;
        }
        let is_meant = only.is_empty()
            || request.is_some_and(|request| {
                let concerned = Asked::Data(request).definitions();
                concerned.iter().any(|definition| only.iter().any(|only| only == definition.name()))
            });
        if !is_meant {
            // What is meant for others stops this one as well, if it stops everything.
            return is_stalled.then(|| Network::new(shared, &Rates::NONE, None));
        }
        Some(Network::new(shared, rates, shared.take_next(call.operation, kind == Kind::Write)))
    }

    /// A read, of the store as it is or of an index that lags behind; nothing if nothing happens to it.
    fn read_way(&self, call: &Call, kind: Kind, request: Option<Request<'_>>) -> Option<Way<'_>> {
        let mut network = self.network(call, kind, request)?;
        let (requests, can_lag) = match request {
            Some(Request::GetMany(get)) => (get.keys.len().div_ceil(MOST_KEYS), false),
            Some(Request::FindMany(find)) => (find.values.len().div_ceil(MOST_KEYS), !find.consistent),
            Some(Request::FindUnique(find)) => (1, !find.consistent),
            Some(Request::Query(query)) => (1, query.source.index_read().is_some() && !query.consistent),
            _ => (1, false),
        };
        let identity = request.map_or(Identity::of_call(call), |request| Identity::of_request(call, request));
        let failed = network.meet_read(call, identity, requests, kind);
        let times = network.times(call);
        let failed = failed.or_else(|| times.is_late.then(|| network.origin.timed_out(call.operation)));
        let within = self.conditions.rates.lag.filter(|_| can_lag && failed.is_none());
        let earlier = within.and_then(|within| self.lag.earlier(within, |states| network.choose_state(states)));
        if earlier.is_some() {
            self.conditions.shared.counts.lagging_reads.fetch_add(1, Ordering::Relaxed);
        }
        Some(Way { times, origin: network.origin, failed, earlier, writes: false })
    }

    /// The store as it is before a write, for indexes that lag behind.
    fn state_before(&self, writes: bool) -> Option<Arc<dyn Backend>> {
        self.conditions.rates.lag.filter(|_| writes).and_then(|_| self.inner.fork())
    }

    /// Sends a request on its way, and tells what comes of it.
    fn carry<'a, T: Send + 'a>(
        &'a self,
        way: Way<'a>,
        call: Call,
        ask: impl for<'b> FnOnce(&'b dyn Backend, Call) -> Reply<'b, T> + Send + 'a,
        tell: impl FnOnce(Result<T>) -> Result<T> + Send + 'a,
    ) -> Reply<'a, T> {
        let Way { times, origin, failed, earlier, writes } = way;
        let shared = &self.conditions.shared;
        times.stall.into_iter().for_each(|span| shared.stall(span));
        // Without a runtime there is no timer to wait by.
        let waits = (!times.are_none() || shared.stalled_until().is_some()) && Handle::try_current().is_ok();
        if !waits {
            if let Some(error) = failed {
                return Reply::now(Err(error));
            }
            if let Some(state) = earlier {
                return Reply::later(async move { tell(ask(&*state, call).await) });
            }
            let before = self.state_before(writes);
            return match ask(self.inner(), call).into_parts() {
                Ok(result) => {
                    self.lag.keep(before.filter(|_| result.is_ok()));
                    Reply::now(tell(result))
                }
                Err(future) => Reply::later(async move { tell(future.await) }),
            };
        }
        Reply::later(async move {
            if self.stand_still().await && call.left().is_zero() {
                return Err(origin.timed_out(call.operation));
            }
            sleep(times.before).await;
            let result = match failed {
                Some(error) => Err(error),
                None => {
                    let before = self.state_before(writes);
                    let result = ask(earlier.as_deref().unwrap_or(self.inner()), call).await;
                    self.lag.keep(before.filter(|_| result.is_ok()));
                    tell(result)
                }
            };
            sleep(times.after).await;
            result
        })
    }

    /// Waits for as long as everything stands still. Says whether it did.
    async fn stand_still(&self) -> bool {
        let mut did = false;
        while let Some(until) = self.conditions.shared.stalled_until() {
            sleep_until(until).await;
            did = true;
        }
        did
    }

    /// A read, to which nothing happens if it has no way of its own.
    fn read<'a, T: Send + 'a>(
        &'a self,
        way: Option<Way<'a>>,
        call: Call,
        ask: impl for<'b> FnOnce(&'b dyn Backend, Call) -> Reply<'b, T> + Send + 'a,
    ) -> Reply<'a, T> {
        match way {
            Some(way) => self.carry(way, call, ask, |result| result),
            None => ask(self.inner(), call),
        }
    }

    /// What the caller of one write, or of a transaction, is told.
    fn write_whole<'a, T: Send + 'a>(
        &'a self,
        call: Call,
        met: Option<(Way<'a>, Fate, Shape)>,
        ask: impl for<'b> FnOnce(&'b dyn Backend, Call) -> Reply<'b, T> + Send + 'a,
    ) -> Reply<'a, T> {
        let Some((way, fate, shape)) = met else { return ask(self.inner(), call) };
        let origin = way.origin;
        self.carry(way, call, ask, move |result| fate.tell(shape, result, |why| origin.unknown(why)))
    }

    /// How one write, or a transaction, goes.
    fn meet(&self, call: &Call, request: Request<'_>, shape: Shape) -> Option<(Way<'_>, Fate, Shape)> {
        let mut network = self.network(call, Kind::Write, Some(request))?;
        let fate = network.meet_write(call, Identity::of_request(call, request), shape);
        let times = network.times(call);
        let fate = times.limit(fate);
        let origin = network.origin;
        let failed = match fate {
            Fate::Failed(kind) => Some(origin.error(kind, call.operation)),
            Fate::Answered { .. } | Fate::Lost { .. } => None,
        };
        Some((Way { times, origin, failed, earlier: None, writes: true }, fate, shape))
    }
}

impl Forward for Faulty {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    /// A network is before it: answers are lost and late, as those of a server.
    fn is_embedded(&self) -> bool {
        false
    }

    fn ping(&self, call: Call) -> Reply<'_, ()> {
        let way = self.read_way(&call, Kind::Read, None);
        self.read(way, call, |inner, call| inner.ping(call))
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        let way = self.read_way(&call, Kind::Read, Some(Request::Get(&get)));
        self.read(way, call, |inner, call| inner.get(call, get))
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        let way = self.read_way(&call, Kind::Read, Some(Request::GetMany(&get)));
        self.read(way, call, |inner, call| inner.get_many(call, get))
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        let way = self.read_way(&call, Kind::Read, Some(Request::FindUnique(&find)));
        self.read(way, call, |inner, call| inner.find_unique(call, find))
    }

    fn find_many(&self, call: Call, find: FindMany) -> Reply<'_, Vec<Option<Record>>> {
        let way = self.read_way(&call, Kind::Read, Some(Request::FindMany(&find)));
        self.read(way, call, |inner, call| inner.find_many(call, find))
    }

    fn query(&self, call: Call, query: Query) -> Reply<'_, RecordPage> {
        let way = self.read_way(&call, Kind::Read, Some(Request::Query(&query)));
        self.read(way, call, |inner, call| inner.query(call, query))
    }

    fn count(&self, call: Call, query: Query) -> Reply<'_, u64> {
        let way = self.read_way(&call, Kind::Read, Some(Request::Query(&query)));
        self.read(way, call, |inner, call| inner.count(call, query))
    }

    fn read_snapshot(&self, call: Call, gets: Vec<Get>) -> Reply<'_, Vec<Option<Record>>> {
        let way = self.read_way(&call, Kind::ReadTogether, Some(Request::Snapshot(&gets)));
        self.read(way, call, |inner, call| inner.read_snapshot(call, gets))
    }

    fn write(&self, call: Call, write: Write) -> Reply<'_, Written> {
        let met = self.meet(&call, Request::Write(&write), Shape::of_write(&write));
        self.write_whole(call, met, |inner, call| inner.write(call, write))
    }

    fn transact(&self, call: Call, writes: Vec<Write>) -> Reply<'_, Vec<Written>> {
        let met = self.meet(&call, Request::Transact(&writes), Shape::of_transaction(&writes));
        self.write_whole(call, met, |inner, call| inner.transact(call, writes))
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let Some(network) = self.network(&call, Kind::Write, Some(Request::WriteMany(&many.writes))) else {
            return self.inner().write_many(call, many);
        };
        let (batch, times) = Batch::meet(network, &call, &many.writes);
        let way = Way { times, origin: batch.origin, failed: None, earlier: None, writes: true };
        let sent = batch.sent(many);
        self.carry(
            way,
            call,
            |inner, call| match sent.writes.is_empty() {
                true => Reply::now(Ok(Vec::new())),
                false => inner.write_many(call, sent),
            },
            move |results| results.map(|results| batch.tell(results)),
        )
    }
}
