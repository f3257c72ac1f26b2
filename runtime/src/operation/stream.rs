use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::page::{PAGE, decode_one};
use super::prepare::named;
use crate::backend::BoxFuture;
use crate::database::Database;
use crate::error::Result;
use crate::repository::Repository;
use crate::request::{self, Position};
use crate::value::Record;

/// How many records a stream asks for at a time.
const STREAM_PAGE: usize = 100;

/// Reads pages until the end, or until `limit` records.
pub(super) async fn read_all(db: &Database, mut request: request::Query, limit: Option<usize>) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    loop {
        let left = limit.unwrap_or(usize::MAX) - records.len();
        request.limit = left.min(PAGE);
        let page = db.backend().query(db.call("query"), request.clone()).await?;
        records.extend(page.records);
        request.after = page.next;
        if request.after.is_none() || limit.is_some_and(|limit| records.len() >= limit) {
            return Ok(records);
        }
    }
}

/// A stream of records. Nothing is read before it is polled, and nothing runs between polls.
///
/// ```
/// # use reposit::{Database, ErrorKind, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq }).collect();
/// # Event::put_many(&events).exec(&db).await?;
/// use futures_util::TryStreamExt;
///
/// let seqs: Vec<u64> = Event::query("s").stream(&db).map_ok(|event| event.seq).try_collect().await?;
/// assert_eq!(seqs, [0, 1, 2, 3, 4]);
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Records<M, O = M> {
    db: Database,
    state: State,
    at_hand: VecDeque<O>,
    left: usize,
    fields: Option<&'static [&'static str]>,
    marker: PhantomData<fn() -> M>,
}

enum State {
    Failed(Option<crate::Error>),
    Reading(request::Query, BoxFuture<'static, Result<request::Records>>),
    Read(request::Query, request::Records),
    Done,
}

impl<M: Repository, O: DeserializeOwned> Records<M, O> {
    pub(super) fn new(db: Database, request: Result<request::Query>, limit: Option<usize>) -> Self {
        let left = limit.unwrap_or(usize::MAX);
        let fields = request.as_ref().ok().and_then(|request| request.projection);
        let state = match request {
            Ok(request) => {
                let after = request.after.clone();
                read(&db, request, after, left)
            }
            Err(error) => State::Failed(Some(error)),
        };
        Self { db, state, at_hand: VecDeque::new(), left, fields, marker: PhantomData }
    }

    /// Moves the read that is under way; a page that has come waits until the one before is used up.
    fn advance(&mut self, context: &mut Context<'_>) {
        if let State::Reading(_, future) = &mut self.state
            && let Poll::Ready(result) = future.as_mut().poll(context)
        {
            self.state = match (result, std::mem::replace(&mut self.state, State::Done)) {
                (Ok(page), State::Reading(request, _)) => State::Read(request, page),
                (Err(error), _) => State::Failed(Some(error)),
                (Ok(_), other) => other,
            };
        }
    }

    /// Takes the page that has come, and begins to read the next.
    fn turn(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Read(request, page) => {
                for record in page.records {
                    self.at_hand.push_back(decode_one::<M, O>(record, self.fields)?);
                }
                self.left = self.left.saturating_sub(self.at_hand.len());
                if page.next.is_some() && self.left > 0 {
                    self.state = read(&self.db, request, page.next, self.left);
                }
                Ok(())
            }
            State::Failed(Some(error)) => Err(error),
            other => {
                self.state = other;
                Ok(())
            }
        }
    }
}

fn read(db: &Database, mut request: request::Query, after: Option<Position>, left: usize) -> State {
    request.after = after;
    request.limit = left.min(STREAM_PAGE);
    let future = {
        let (db, request) = (db.clone(), request.clone());
        Box::pin(async move { db.backend().query(db.call("query"), request).await })
    };
    State::Reading(request, future)
}

impl<M: Repository, O: DeserializeOwned> Stream for Records<M, O> {
    type Item = Result<O>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<O>>> {
        let this = &mut *self;
        loop {
            this.advance(context);
            if let Some(record) = this.at_hand.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            match this.state {
                State::Reading(..) => return Poll::Pending,
                State::Done | State::Failed(None) => return Poll::Ready(None),
                State::Read(..) | State::Failed(Some(_)) => {
                    if let Err(error) = this.turn() {
                        return Poll::Ready(Some(Err(named(M::definition(), "query")(error))));
                    }
                }
            }
        }
    }
}

// The records at hand are handed out by value; nothing here is pinned in place.
impl<M, O> Unpin for Records<M, O> {}

impl<M: Repository, O> fmt::Debug for Records<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("repository", &M::definition().name())
            .field("at_hand", &self.at_hand.len())
            .finish_non_exhaustive()
    }
}
