//! An operation on one record that is under way. All but the last step, in which the answer is read as the model, is
//! without the model and compiled once.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::exchange::Exchange;
use super::execute::Origin;
use super::prepare::read::{self, FindParts, GetParts};
use super::prepare::write::{self, WriteParts};
use crate::backend::Reply;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{FindUnique, Get, Write, Written};
use crate::value::Record;

/// What an operation asks for, without the model.
pub(super) trait Ask: Sized + Unpin + Send {
    /// What is sent.
    type Request: Exchange;

    /// Makes the request, or refuses what cannot be sent.
    fn prepare(self, db: &Database, definition: &'static Definition) -> Result<Self::Request>;

    /// Goes on with it. Each has its own of [`Asking::advance`], which is so compiled here and not with each model.
    fn poll(asking: &mut Asking<'_, Self>, context: &mut Context<'_>) -> Poll<Result<Answer<Self>>>;
}

type Answer<A> = <<A as Ask>::Request as Exchange>::Answer;

/// How far what was asked is.
enum State<'a, A: Ask> {
    Asked(A),
    Sent(Reply<'a, Answer<A>>),
    Refused,
}

/// What was asked, on its way to its answer.
pub(super) struct Asking<'a, A: Ask> {
    db: &'a Database,
    origin: Origin,
    state: State<'a, A>,
}

impl<A: Ask> Asking<'_, A> {
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer<A>>> {
        if let State::Asked(_) = self.state
            && let State::Asked(asked) = std::mem::replace(&mut self.state, State::Refused)
        {
            match asked.prepare(self.db, self.origin.definition) {
                Ok(request) => self.state = State::Sent(request.send(self.db, self.origin.operation)),
                Err(error) => return Poll::Ready(Err(self.origin.name(error))),
            }
        }
        match &mut self.state {
            State::Sent(reply) => Pin::new(reply).poll(context).map_err(|e| self.origin.name(e)),
            _ => Poll::Ready(Err(Error::new(ErrorKind::Backend, "an operation was awaited again after it failed"))),
        }
    }
}

/// An operation under way: the future of its `exec`. Nothing is sent until it is awaited.
pub(super) struct Executing<'a, A: Ask, T> {
    asking: Asking<'a, A>,
    finish: fn(Answer<A>) -> Result<T>,
}

impl<'a, A: Ask, T> Executing<'a, A, T> {
    /// What comes of `asked`, as `finish` reads the answer.
    pub(super) fn new(db: &'a Database, origin: Origin, asked: A, finish: fn(Answer<A>) -> Result<T>) -> Self {
        Self { asking: Asking { db, origin, state: State::Asked(asked) }, finish }
    }
}

impl<A: Ask, T> Future for Executing<'_, A, T> {
    type Output = Result<T>;

    // Written out: each call of a combinator would be compiled with each model.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        match A::poll(&mut self.asking, context) {
            Poll::Ready(Ok(answer)) => Poll::Ready(match (self.finish)(answer) {
                Ok(output) => Ok(output),
                Err(error) => Err(self.asking.origin.name(error)),
            }),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Ask for GetParts {
    type Request = Get;

    fn prepare(self, db: &Database, definition: &'static Definition) -> Result<Get> {
        read::get(db, definition, self)
    }

    fn poll(asking: &mut Asking<'_, Self>, context: &mut Context<'_>) -> Poll<Result<Option<Record>>> {
        asking.advance(context)
    }
}

impl Ask for FindParts {
    type Request = FindUnique;

    fn prepare(self, db: &Database, definition: &'static Definition) -> Result<FindUnique> {
        read::find_unique(db, definition, self)
    }

    fn poll(asking: &mut Asking<'_, Self>, context: &mut Context<'_>) -> Poll<Result<Option<Record>>> {
        asking.advance(context)
    }
}

impl Ask for WriteParts {
    type Request = Write;

    fn prepare(self, db: &Database, definition: &'static Definition) -> Result<Write> {
        write::one(db, definition, self)
    }

    fn poll(asking: &mut Asking<'_, Self>, context: &mut Context<'_>) -> Poll<Result<Written>> {
        asking.advance(context)
    }
}
