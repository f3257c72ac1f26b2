use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::page::PAGE;
use super::prepare::named;
use crate::backend::BoxFuture;
use crate::codec;
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
#[must_use = "a stream does nothing until it is polled"]
pub struct Records<M> {
    db: Database,
    state: State,
    at_hand: VecDeque<M>,
    left: usize,
}

enum State {
    Failed(Option<crate::Error>),
    Reading(request::Query, BoxFuture<'static, Result<request::Records>>),
    Read(request::Query, request::Records),
    Done,
}

impl<M: Repository> Records<M> {
    pub(super) fn new(db: Database, request: Result<request::Query>, limit: Option<usize>) -> Self {
        let left = limit.unwrap_or(usize::MAX);
        let state = match request {
            Ok(request) => {
                let after = request.after.clone();
                read(&db, request, after, left)
            }
            Err(error) => State::Failed(Some(error)),
        };
        Self { db, state, at_hand: VecDeque::new(), left }
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
                    self.at_hand.push_back(codec::decode(record, M::definition())?);
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

impl<M: Repository> Stream for Records<M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<M>>> {
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
impl<M> Unpin for Records<M> {}

impl<M: Repository> fmt::Debug for Records<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("repository", &M::definition().name())
            .field("at_hand", &self.at_hand.len())
            .finish_non_exhaustive()
    }
}
