//! What the proxies share: the count of requests, the rules, and the listener that ends with its handle.

use super::rule::{Fault, Rule};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::{AbortHandle, JoinSet};

/// A request that came through, in the order of their coming.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its name on the wire: `PutItem`, `insert`, `HGET`.
    pub operation: String,
    /// Its body; MongoDB's as relaxed extended JSON, of Redis's the words.
    pub body: Value,
}

/// How often a rule has struck: a test of a fault that never happened proves nothing.
#[derive(Debug, Clone, Default)]
pub struct Fired {
    count: Arc<AtomicUsize>,
}

impl Fired {
    /// How often, until now.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// The books of one proxy.
#[derive(Debug, Default)]
pub(super) struct Core {
    books: Mutex<Books>,
    /// Where requests wait for each other, by how many have to.
    meetings: Mutex<BTreeMap<usize, Arc<Barrier>>>,
}

#[derive(Debug, Default)]
struct Books {
    requests: Vec<Request>,
    rules: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    rule: Rule,
    fired: Fired,
}

impl Core {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request and says what is to go wrong with it.
    pub(super) fn note(&self, request: Request, raw: &[u8], fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut books = self.books();
        let fault = books.strike(raw, |rule| {
            fits(&rule.fault) && rule.operation.as_ref().is_none_or(|name| *name == request.operation)
        });
        books.requests.push(request);
        fault
    }

    /// As [`Core::note`] for the driver's own housekeeping: not counted, and only met by a rule that names it.
    pub(super) fn note_quietly(&self, operation: &str, raw: &[u8]) -> Option<Fault> {
        self.books().strike(raw, |rule| rule.operation.as_deref() == Some(operation))
    }

    /// Waits until so many wait.
    pub(super) async fn meet(&self, count: usize) {
        let meeting = {
            let mut meetings = self.meetings.lock().unwrap_or_else(PoisonError::into_inner);
            meetings.entry(count).or_insert_with(|| Arc::new(Barrier::new(count))).clone()
        };
        meeting.wait().await;
    }

    pub(super) fn add(&self, rule: Rule) -> Fired {
        let fired = Fired::default();
        self.books().rules.push(Active { rule, fired: fired.clone() });
        fired
    }

    pub(super) fn clear_faults(&self) {
        self.books().rules.clear();
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.books().requests.clone()
    }

    /// How many requests of each name.
    pub(super) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in &self.books().requests {
            *counts.entry(request.operation.clone()).or_default() += 1;
        }
        counts
    }

    pub(super) fn forget(&self) {
        self.books().requests.clear();
    }
}

impl Books {
    /// The first rule that matches and is due; the rules before it count their matches on the way.
    fn strike(&mut self, raw: &[u8], matches: impl Fn(&Rule) -> bool) -> Option<Fault> {
        for Active { rule, fired } in &mut self.rules {
            let contained = rule.containing.as_ref().is_none_or(|text| contains(raw, text.as_bytes()));
            if rule.times == 0 || !contained || !matches(rule) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times -= 1;
            fired.count.fetch_add(1, Ordering::SeqCst);
            let fault = rule.fault.clone();
            if let Fault::Garble(damage) = &mut rule.fault {
                *damage = damage.next();
            }
            return Some(fault);
        }
        None
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// A proxy that runs: what came through it, and what is to go wrong. It ends when it is dropped.
#[derive(Debug)]
pub struct Tap {
    core: Arc<Core>,
    listener: Listener,
    /// Which faults it knows.
    fits: fn(&Fault) -> bool,
}

impl Tap {
    /// Serves each connection, with the books that it is to write.
    pub(super) async fn start<F, Served>(core: Arc<Core>, fits: fn(&Fault) -> bool, serve: F) -> Self
    where
        F: Fn(TcpStream) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        Self { core, listener: Listener::start(serve).await, fits }
    }

    /// Its own `host:port`.
    pub fn address(&self) -> &str {
        &self.listener.address
    }

    /// Makes something go wrong. Of several rules that match a request, the first that is due strikes.
    pub fn fault(&self, rule: Rule) -> Fired {
        assert!((self.fits)(&rule.fault), "{:?} is a fault of another server", rule.fault);
        self.core.add(rule)
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.core.clear_faults();
    }

    /// How many requests of each name came, retries included; what a client sends for itself is left out.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.core.counts()
    }

    /// The same, since this was last called.
    pub fn take_counts(&self) -> BTreeMap<String, usize> {
        let counts = self.counts();
        self.reset_counts();
        counts
    }

    /// The requests that came, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.core.requests()
    }

    /// How many connections were made to it, a driver's own included.
    pub fn connections(&self) -> usize {
        self.listener.accepted()
    }

    /// Starts the count anew.
    pub fn reset_counts(&self) {
        self.core.forget();
    }
}

/// How the connection to the client ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
}

/// Listens on a free port and serves each connection until it is dropped.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: String,
    accepting: AbortHandle,
    accepted: Arc<AtomicUsize>,
}

impl Listener {
    pub(super) async fn start<F, Served>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        let bound = crate::background::handle().spawn(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).await;
        let listener = bound.map_err(io::Error::other).and_then(|bound| bound).expect("a port for the proxy");
        let address = listener.local_addr().expect("the address of the proxy").to_string();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        let accepting = crate::background::handle().spawn(async move {
            // The set ends its connections when this task is ended.
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, accepting: accepting.abort_handle(), accepted }
    }

    /// How many connections were made to it.
    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
