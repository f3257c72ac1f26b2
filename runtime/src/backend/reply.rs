use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, ErrorKind, Result};

/// A boxed future that may go to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A backend's answer: at hand already, or to be waited for.
///
/// An embedded backend does its work when it is asked, answers at once and pays for no box; a reply
/// of another does nothing until it is awaited.
#[must_use = "a reply tells nothing until it is awaited"]
pub struct Reply<'a, T>(State<'a, T>);

enum State<'a, T> {
    Now(Option<Result<T>>),
    Later(BoxFuture<'a, Result<T>>),
}

impl<'a, T> Reply<'a, T> {
    /// An answer that is at hand.
    pub fn now(result: Result<T>) -> Self {
        Self(State::Now(Some(result)))
    }

    /// An answer that a future will give.
    pub fn later(future: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        Self(State::Later(Box::pin(future)))
    }

    /// The answer if it is at hand, else the future that gives it.
    pub(crate) fn into_parts(self) -> std::result::Result<Result<T>, BoxFuture<'a, Result<T>>> {
        match self.0 {
            State::Now(Some(result)) => Ok(result),
            State::Now(None) => Ok(Err(given())),
            State::Later(future) => Err(future),
        }
    }
}

/// The error of a reply that is awaited again.
fn given() -> Error {
    Error::new(ErrorKind::Backend, "a reply was awaited again after it was given")
}

// The answer at hand is never pinned, and a boxed future does not move.
impl<T> Unpin for Reply<'_, T> {}

impl<T> Future for Reply<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        match &mut self.0 {
            State::Now(result) => Poll::Ready(result.take().unwrap_or_else(|| Err(given()))),
            State::Later(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Reply<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            State::Now(_) => "Reply(now)",
            State::Later(_) => "Reply(later)",
        })
    }
}
