//! A layer that gathers reads: gets that come at about the same time go to the backend as one request.
//!
//! Nothing runs by itself. Of the callers that wait for a request, one drives it whenever it is polled; if it is
//! dropped, or is not polled when there is something to do, another goes on.

mod engine;
mod gathering;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::{self, Handle};

use self::gathering::{Answer, Gathering, LONGEST_UNSEEN, Seat};
use crate::backend::{Backend, Forward, Layer, Reply};
use crate::definition::Definition;
use crate::error::Result;
use crate::request::{Call, Get};
use crate::value::Record;

/// Gathers gets for so long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coalescing {
    pub(crate) window: Duration,
}

impl Layer for Coalescing {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Coalesced { inner, window: self.window, open: Mutex::default() })
    }
}

/// A backend whose gets are gathered.
struct Coalesced {
    inner: Arc<dyn Backend>,
    window: Duration,
    /// The last gathering of each kind. It may be closed, or have ended.
    open: Mutex<Vec<Open>>,
}

/// What gets have to have in common to be gathered.
#[derive(Debug, Clone, Copy)]
struct Kind {
    definition: &'static Definition,
    consistent: bool,
    /// A timer ends with its runtime, and must not end for callers on another one.
    runtime: runtime::Id,
}

impl Kind {
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.definition, other.definition)
            && self.consistent == other.consistent
            && self.runtime == other.runtime
    }
}

struct Open {
    kind: Kind,
    gathering: Weak<Gathering>,
}

impl Coalesced {
    /// Whether a get has the time to wait for others, and is of their kind. If not, it is sent as it is.
    fn can_wait(&self, call: &Call) -> bool {
        let left = call.left();
        call.stale_reads().is_none() && left / 2 > self.window && left > LONGEST_UNSEEN
    }

    async fn gather(&self, call: Call, get: Get) -> Result<Option<Record>> {
        // Without a runtime there is no timer. The backend may not need one.
        let Ok(runtime) = Handle::try_current() else { return self.inner.get(call, get).await };
        let kind = Kind { definition: get.definition, consistent: get.consistent, runtime: runtime.id() };
        match self.join(kind, &call, &get).await {
            Answer::Given(result) => result,
            Answer::Apart => self.inner.get(call, get).await,
        }
    }

    /// Joins the gathering of this kind that is open, or begins one.
    fn join(&self, kind: Kind, call: &Call, get: &Get) -> Seat {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.iter().position(|open| open.kind.is(&kind));
        let last = place.and_then(|at| open.get(at)?.gathering.upgrade());
        if let Some(seat) = last.and_then(|gathering| gathering.join(call, &get.key)) {
            return seat;
        }
        let (gathering, seat) = Gathering::begin(self.inner.clone(), self.window, call, get);
        let begun = Open { kind, gathering: Arc::downgrade(&gathering) };
        match place.and_then(|at| open.get_mut(at)) {
            Some(place) => *place = begun,
            None => {
                open.retain(|open| open.gathering.strong_count() > 0);
                open.push(begun);
            }
        }
        seat
    }
}

impl Forward for Coalesced {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn get(&self, call: Call, get: Get) -> Reply<'_, Option<Record>> {
        match self.can_wait(&call) {
            true => Reply::later(self.gather(call, get)),
            false => self.inner().get(call, get),
        }
    }
}

impl fmt::Debug for Coalesced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coalesced").field("inner", &self.inner).field("window", &self.window).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "memory"))]
mod tests;
