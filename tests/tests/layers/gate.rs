//! A layer that holds the answers to reads back, or fails a read, when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reposit::backend::{Backend, Call, FindUnique, Forward, Get, GetMany, Layer, Reply};
use reposit::{Error, ErrorKind, Record, Result};
use tokio::sync::watch;

/// Where answers are held. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<State>);

#[derive(Debug)]
struct State {
    is_open: watch::Sender<bool>,
    held: AtomicUsize,
    fails: AtomicBool,
}

impl Default for Gate {
    fn default() -> Self {
        let is_open = watch::Sender::new(true);
        Self(Arc::new(State { is_open, held: AtomicUsize::new(0), fails: AtomicBool::new(false) }))
    }
}

impl Gate {
    /// Answers that come now are held.
    pub(crate) fn hold_answers(&self) {
        self.0.held.store(0, Ordering::SeqCst);
        self.0.is_open.send_replace(false);
    }

    /// No more.
    pub(crate) fn let_answers_go(&self) {
        self.0.is_open.send_replace(true);
    }

    /// Until so many answers are held.
    pub(crate) async fn wait_for_held(&self, count: usize) {
        while self.0.held.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The next read fails.
    pub(crate) fn fail_next(&self) {
        self.0.fails.store(true, Ordering::SeqCst);
    }

    async fn pass<T>(&self, answer: Result<T>) -> Result<T> {
        self.0.held.fetch_add(1, Ordering::SeqCst);
        // The sender is kept for as long as the gate.
        let _ = self.0.is_open.subscribe().wait_for(|is_open| *is_open).await;
        match self.0.fails.swap(false, Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Unavailable, "the next read was to fail")),
            false => answer,
        }
    }
}

impl Layer for Gate {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Gated { inner, gate: self })
    }
}

#[derive(Debug)]
struct Gated {
    inner: Arc<dyn Backend>,
    gate: Gate,
}

impl Forward for Gated {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        Reply::later(async move { self.gate.pass(self.inner.get(call, get).await).await })
    }

    fn get_many(&self, call: Call, get: GetMany) -> Reply<'_, Vec<Option<Record>>> {
        Reply::later(async move { self.gate.pass(self.inner.get_many(call, get).await).await })
    }

    fn find_unique(&self, call: Call, find: FindUnique) -> Reply<'_, Option<Record>> {
        Reply::later(async move { self.gate.pass(self.inner.find_unique(call, find).await).await })
    }
}
