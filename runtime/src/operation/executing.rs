//! An operation on one record that is under way. All but the last step, in which the answer is read as the model, is
//! without the model and compiled once.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::exchange::Exchange;
use super::execute::Origin;
use super::prepare::read::{self, FindParts, GetParts};
use super::prepare::write::{self, WriteParts};
use crate::backend::Reply;
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::request::{Returning, Write, Written};
use crate::value::Record;

/// What an operation asks for, without the model.
pub(super) enum Asked {
    Get(GetParts),
    Find(FindParts),
    Write(WriteParts),
}

/// What was asked, on its way to its answer.
pub(super) struct Asking<'a> {
    db: &'a Database,
    origin: Origin,
    /// Which record a write is to tell of.
    returning: Returning,
    state: State<'a>,
}

/// How far it is.
enum State<'a> {
    Asked(Asked),
    /// Only if it had to be looked at before.
    Prepared(Write),
    Reading(Reply<'a, Option<Record>>),
    Writing(Reply<'a, Written>),
    Refused,
}

/// What has come of it so far.
enum Step {
    Pending,
    Failed(Error),
    /// It is done, and there is no record. Says whether there was one before.
    Done(bool),
    Record(Record),
}

impl<'a> Asking<'a> {
    pub(super) fn new(db: &'a Database, definition: &'static Definition, name: &'static str, asked: Asked) -> Self {
        let index = match &asked {
            Asked::Find(parts) => Some(parts.index),
            _ => None,
        };
        let origin = Origin::new(definition, name, index);
        Self { db, origin, returning: Returning::AsUsual, state: State::Asked(asked) }
    }

    /// The same, whose write tells of another record than usual.
    pub(super) fn returning(self, returning: Returning) -> Self {
        Self { returning, ..self }
    }

    /// What would be sent; nothing is sent.
    pub(super) fn explain(self) -> Result<String> {
        let (db, definition) = (self.db, self.origin.definition);
        let explained = match self.state {
            State::Asked(Asked::Get(parts)) => read::get(db, definition, parts).and_then(|get| get.explain(db)),
            State::Asked(Asked::Find(parts)) => {
                read::find_unique(db, definition, parts).and_then(|find| find.explain(db))
            }
            State::Asked(Asked::Write(parts)) => write::one(db, definition, parts).and_then(|write| write.explain(db)),
            _ => Err(awaited_again()),
        };
        explained.map_err(|e| self.origin.during("explain").name(e))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Step {
        if let State::Asked(_) | State::Prepared(_) = self.state {
            match self.send() {
                Ok(sent) => self.state = sent,
                Err(error) => return Step::Failed(self.origin.name(error)),
            }
        }
        let poll = match &mut self.state {
            State::Reading(reply) => match Pin::new(reply).poll(context) {
                Poll::Ready(found) => Poll::Ready(found.map(|record| Written { existed: record.is_some(), record })),
                Poll::Pending => Poll::Pending,
            },
            State::Writing(reply) => Pin::new(reply).poll(context),
            _ => Poll::Ready(Err(awaited_again())),
        };
        match poll {
            Poll::Ready(Ok(Written { record: Some(record), .. })) => Step::Record(record),
            Poll::Ready(Ok(Written { existed, record: None })) => Step::Done(existed),
            Poll::Ready(Err(error)) => Step::Failed(self.origin.name(error)),
            Poll::Pending => Step::Pending,
        }
    }

    fn send(&mut self) -> Result<State<'a>> {
        let Self { db, origin: Origin { definition, operation, .. }, returning, .. } = *self;
        Ok(match std::mem::replace(&mut self.state, State::Refused) {
            State::Asked(Asked::Get(parts)) => State::Reading(read::get(db, definition, parts)?.send(db, operation)),
            State::Asked(Asked::Find(parts)) => {
                State::Reading(read::find_unique(db, definition, parts)?.send(db, operation))
            }
            State::Asked(Asked::Write(parts)) => {
                let mut write = write::one(db, definition, parts)?;
                if returning != Returning::AsUsual {
                    write.returning = returning;
                }
                State::Writing(write.send(db, operation))
            }
            State::Prepared(write) => State::Writing(write.send(db, operation)),
            sent => sent,
        })
    }

    /// The write that is about to be sent; nothing once it is.
    pub(super) fn prepare(&mut self) -> Result<Option<&Write>> {
        if let State::Asked(Asked::Write(_)) = self.state
            && let State::Asked(Asked::Write(parts)) = std::mem::replace(&mut self.state, State::Refused)
        {
            let prepared = write::one(self.db, self.origin.definition, parts);
            self.state = State::Prepared(prepared.map_err(|e| self.origin.name(e))?);
        }
        Ok(match &self.state {
            State::Prepared(write) => Some(write),
            _ => None,
        })
    }

    /// Lets nothing be sent, for an error that it names.
    pub(super) fn refuse(&mut self, error: Error) -> Error {
        self.state = State::Refused;
        self.origin.name(error)
    }

    /// Names the operation in an error.
    pub(super) fn name(&self, error: Error) -> Error {
        self.origin.name(error)
    }

    /// The same, of an operation after which there is a record.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Step {
        match self.poll(context) {
            Step::Done(_) => Step::Failed(self.origin.name(no_record(self.origin.operation))),
            step => step,
        }
    }

    /// The same, of an operation after which there is a record if there was one before.
    fn poll_found(&mut self, context: &mut Context<'_>) -> Step {
        match self.poll(context) {
            Step::Done(true) => Step::Failed(self.origin.name(no_record(self.origin.operation))),
            step => step,
        }
    }
}

/// What is said of an operation that is awaited once more.
pub(super) fn awaited_again() -> Error {
    Error::new(ErrorKind::Backend, "an operation was awaited again after it failed")
}

/// What a backend breaks if it tells of no record although it was to.
pub(super) fn no_record(operation: &str) -> Error {
    Error::new(ErrorKind::Backend, format!("the backend gave no record after an {operation}"))
}

/// An operation under way: the future of its `exec`. Nothing is sent until it is awaited.
// Made by its fields, and `poll` is a function and no trait of the operation's: what is compiled with each model
// is short, and the same for operations that return the same.
pub(super) struct Executing<A, T> {
    pub(super) asking: A,
    pub(super) poll: fn(&mut A, &mut Context<'_>) -> Poll<Result<T>>,
}

// Nothing here is pinned in place.
impl<A, T> Unpin for Executing<A, T> {}

impl<A, T> Future for Executing<A, T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let executing = self.get_mut();
        (executing.poll)(&mut executing.asking, context)
    }
}

/// Ends in the record that was found or deleted, if one was.
pub(super) fn poll_found<M: Model>(asking: &mut Asking<'_>, context: &mut Context<'_>) -> Poll<Result<Option<M>>> {
    // Written out, as below: each call of a combinator would be compiled with each model.
    match asking.poll_found(context) {
        Step::Record(record) => Poll::Ready(match codec::decode(record, M::DEFINITION) {
            Ok(model) => Ok(Some(model)),
            Err(error) => Err(asking.origin.name(error)),
        }),
        Step::Done(_) => Poll::Ready(Ok(None)),
        Step::Failed(error) => Poll::Ready(Err(error)),
        Step::Pending => Poll::Pending,
    }
}

/// Ends in the record that a write left.
pub(super) fn poll_left<M: Model>(asking: &mut Asking<'_>, context: &mut Context<'_>) -> Poll<Result<M>> {
    match asking.poll_left(context) {
        Step::Record(record) => Poll::Ready(match codec::decode(record, M::DEFINITION) {
            Ok(model) => Ok(model),
            Err(error) => Err(asking.origin.name(error)),
        }),
        Step::Failed(error) => Poll::Ready(Err(error)),
        _ => Poll::Pending,
    }
}

/// Ends in whether a live record was there.
pub(super) fn poll_existed(asking: &mut Asking<'_>, context: &mut Context<'_>) -> Poll<Result<bool>> {
    match asking.poll(context) {
        Step::Done(existed) => Poll::Ready(Ok(existed)),
        Step::Record(_) => Poll::Ready(Ok(true)),
        Step::Failed(error) => Poll::Ready(Err(error)),
        Step::Pending => Poll::Pending,
    }
}

/// Ends in nothing that the caller needs to know.
pub(super) fn poll_done(asking: &mut Asking<'_>, context: &mut Context<'_>) -> Poll<Result<()>> {
    poll_existed(asking, context).map_ok(|_| ())
}
