//! A stream of the records of a query or scan.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::execute::Origin;
use super::reading::{Reading, decode_one};
use crate::backend::BoxFuture;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::field::Types;
use crate::model::Model;
use crate::request::{self, Advance, Position, RecordKey};
use crate::value::Record;

/// How many records a stream asks for at a time.
const STREAM_PAGE: usize = 100;

/// A stream of records. Nothing is read before it is polled, and nothing runs between polls.
///
/// An error ends it; the records before come first. Each page has the whole deadline from when it is
/// waited for, however long the page before took to be used up.
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
pub struct RecordStream<M, O = M> {
    records: Records,
    fields: Option<&'static [&'static str]>,
    /// Whether it goes on after a record that does not fit.
    is_lenient: bool,
    marker: Types<(M, O)>,
}

/// The records of a stream as they are stored. Without the model, so that it is compiled once.
struct Records {
    reader: PageReader,
    state: State,
    at_hand: VecDeque<Record>,
    advance: Advance<Position>,
    origin: Origin,
}

/// Reads the pages, each within its own deadline.
struct PageReader {
    db: Database,
    operation: &'static str,
    /// How many records are wanted beyond those that were read.
    left: usize,
    /// Since when the page that is being read is waited for.
    waiting: Option<Instant>,
}

enum State {
    /// The page is to be read.
    Next(request::Query),
    Reading {
        request: request::Query,
        /// In a mutex that is never locked, so that the stream is `Sync` although a future need not be.
        page: Mutex<BoxFuture<'static, Result<request::RecordPage>>>,
        /// Whether it began while there were records at hand.
        ahead: bool,
    },
    Read(request::Query, request::RecordPage),
    /// What was read ahead did not come, and is asked for once more when its turn comes.
    Again(request::Query, Error),
    Failed(Error),
    Done,
}

impl<M: Model, O: DeserializeOwned> RecordStream<M, O> {
    pub(super) fn new(reading: Reading<'_>) -> Self {
        Self { fields: reading.fields, records: Records::of(reading), is_lenient: false, marker: PhantomData }
    }

    /// The same stream, which goes on after a record that does not fit.
    pub(super) fn lenient(reading: Reading<'_>) -> Self {
        Self { is_lenient: true, ..Self::new(reading) }
    }
}

impl Records {
    fn of(mut reading: Reading<'_>) -> Self {
        let (db, origin, left) = (reading.db.clone(), reading.origin, reading.limit.unwrap_or(usize::MAX));
        let reader = PageReader { db, operation: origin.operation, left, waiting: None };
        let state = match reading.take_request() {
            Ok(request) if request.backwards => State::Failed(Error::invalid(
                "a stream goes on after a cursor, and not back before one: read it by pages, with `exec`",
            )),
            Ok(request) => State::Next(request),
            Err(error) => State::Failed(error),
        };
        Self { reader, state, at_hand: VecDeque::new(), advance: Advance::default(), origin }
    }

    /// The next record, or the error that ends the stream.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Record>>> {
        loop {
            self.poll_page(context);
            if let Some(record) = self.at_hand.pop_front() {
                return Poll::Ready(Some(Ok(record)));
            }
            match self.state {
                State::Reading { .. } => {
                    self.reader.waiting.get_or_insert_with(Instant::now);
                    return Poll::Pending;
                }
                State::Done => return Poll::Ready(None),
                _ => {
                    if let Some(error) = self.take_step() {
                        return Poll::Ready(Some(Err(self.origin.name(error))));
                    }
                }
            }
        }
    }

    /// Ends the stream with an error about the record that was handed out.
    fn end(&mut self, error: Error) -> Error {
        self.state = State::Done;
        self.at_hand.clear();
        self.origin.name(error)
    }

    /// Moves the read that is under way. A page that has come waits until the one before is used up: so
    /// there are never more than two.
    fn poll_page(&mut self, context: &mut Context<'_>) {
        let State::Reading { page, .. } = &mut self.state else { return };
        let page = page.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Poll::Ready(result) = page.as_mut().poll(context) else { return };
        let State::Reading { request, ahead, .. } = std::mem::replace(&mut self.state, State::Done) else { return };
        self.state = match result {
            Ok(page) => State::Read(request, page),
            // Nobody waits for a page that is read ahead. Its deadline ran while the one before was used up, so
            // an error that may pass is no reason to end the stream: it is asked for again in its turn.
            Err(error) if ahead && error.kind().is_transient() => State::Again(request, error),
            Err(error) => State::Failed(error),
        };
    }

    /// Takes the next step when no records are at hand. Returns the error that ends the stream.
    fn take_step(&mut self) -> Option<Error> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Next(request) => self.state = self.reader.read(request, false),
            State::Again(request, error) => match self.reader.is_late() {
                true => return Some(error),
                false => self.state = self.reader.read(request, false),
            },
            State::Read(request, page) => self.take_page(request, page),
            State::Failed(error) => return Some(error),
            other => self.state = other,
        }
        None
    }

    /// Takes the page that has come, and begins to read the next one ahead.
    fn take_page(&mut self, mut request: request::Query, page: request::RecordPage) {
        self.reader.waiting = None;
        self.at_hand = page.records.into();
        self.at_hand.truncate(self.reader.left);
        self.reader.left -= self.at_hand.len();
        let Some(next) = page.next.filter(|_| self.reader.left > 0) else { return };
        self.state = match self.advance.to(&next) {
            Ok(()) => {
                request.after = Some(next);
                self.reader.read(request, !self.at_hand.is_empty())
            }
            Err(error) => State::Failed(error),
        };
    }
}

impl PageReader {
    fn read(&self, mut request: request::Query, ahead: bool) -> State {
        request.limit = self.left.min(STREAM_PAGE);
        request.wants_next = self.left > STREAM_PAGE;
        let (db, operation, waiting, asked) = (self.db.clone(), self.operation, self.waiting, request.clone());
        let page: BoxFuture<'static, _> = Box::pin(async move {
            let mut call = db.call(operation);
            // The caller's wait counts, and not how long the page before took to be used up.
            let waited = waiting.map_or(Duration::ZERO, |since| since.elapsed());
            call.deadline = call.deadline.checked_sub(waited).unwrap_or(call.deadline);
            db.backend().query(call, asked).await
        });
        State::Reading { request, page: Mutex::new(page), ahead }
    }

    /// Whether the page was waited for as long as the deadline allows.
    fn is_late(&self) -> bool {
        self.waiting.is_some_and(|since| since.elapsed() >= self.db.call(self.operation).left())
    }
}

impl<M: Model, O: DeserializeOwned> Stream for RecordStream<M, O> {
    type Item = Result<O>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<O>>> {
        let this = &mut *self;
        // Written out: each call of a combinator would be compiled with each model.
        match this.records.poll(context) {
            Poll::Ready(Some(Ok(record))) => {
                let definition = this.records.origin.definition;
                let key = if this.is_lenient { Some(RecordKey::from_record(definition, &record)) } else { None };
                Poll::Ready(Some(match decode_one(record, definition, this.fields) {
                    Ok(read) => Ok(read),
                    Err(error) => Err(match key {
                        Some(key) => this.records.origin.name_of(error, key),
                        None => this.records.end(error),
                    }),
                }))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<M: Model, O> fmt::Debug for RecordStream<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStream")
            .field("repository", &M::DEFINITION.name())
            .field("at_hand", &self.records.at_hand.len())
            .finish_non_exhaustive()
    }
}
