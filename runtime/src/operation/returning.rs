//! A write of a whole record that executes to the record as it was stored.

use std::borrow::Cow;
use std::task::{Context, Poll};

use super::executing::{Asking, Executing, awaited_again, poll_done};
use crate::codec;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::request::Write;
use crate::value::Record;

/// A write of a whole record, to be executed to that record.
pub(super) struct Returning<'a, M> {
    asking: Asking<'a>,
    stored: Option<Result<M>>,
}

impl<'a, M: Model> Returning<'a, M> {
    pub(super) fn exec(asking: Asking<'a>) -> Executing<Self, M> {
        Executing { asking: Self { asking, stored: None }, poll: Self::poll }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<M>> {
        match self.asking.prepare() {
            // Decoded here, since the record itself goes to the backend. If that fails, the write is done all the
            // same: it would be done by the operation alone too.
            Ok(Some(write)) => self.stored = Some(decode_stored(write)),
            Ok(None) => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
        match poll_done(&mut self.asking, context) {
            Poll::Ready(Ok(())) => Poll::Ready(match self.stored.take() {
                Some(Ok(stored)) => Ok(stored),
                Some(Err(error)) => Err(self.asking.name(error)),
                None => Err(self.asking.name(awaited_again())),
            }),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The model as a write stores it.
pub(super) fn decode_stored<M: Model>(write: &Write) -> Result<M> {
    decode_whole(write.whole_record().map(Cow::into_owned))
}

/// The model in the record that a write stores whole.
pub(super) fn decode_whole<M: Model>(stored: Option<Record>) -> Result<M> {
    match stored {
        Some(record) => codec::decode(record, M::DEFINITION),
        None => Err(Error::codec("the write stores no whole record")),
    }
}
