//! A write of a whole record that executes to the record as it was stored.

use std::marker::PhantomData;

use super::execute::{Operation, Prepare};
use crate::codec;
use crate::database::Database;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::repository::Repository;
use crate::request::{Action, Write, Written};

/// An operation that stores a whole record, to be executed to that record.
pub(super) struct Returning<O, M> {
    operation: O,
    marker: PhantomData<fn() -> M>,
}

impl<O, M> Returning<O, M> {
    pub(super) fn new(operation: O) -> Self {
        Self { operation, marker: PhantomData }
    }
}

impl<O: Prepare<Request = Write>, M: Repository> Prepare for Returning<O, M> {
    const NAME: &'static str = O::NAME;
    const DEFINITION: &'static Definition = O::DEFINITION;
    type Request = Write;
    type Rest = Result<M>;

    fn prepare(self, db: &Database) -> Result<(Write, Result<M>)> {
        let (write, _) = self.operation.prepare(db)?;
        // Decoded here, since the record itself goes to the backend. If that fails, the write is done all the
        // same: it would be done by the operation alone too.
        let stored = decode_stored(&write);
        Ok((write, stored))
    }
}

impl<O: Prepare<Request = Write>, M: Repository> Operation for Returning<O, M> {
    type Output = M;

    fn finish(stored: Result<M>, _: Written) -> Result<M> {
        stored
    }
}

/// The model as a write stores it.
pub(super) fn decode_stored<M: Repository>(write: &Write) -> Result<M> {
    match &write.action {
        Action::Create(record) | Action::Put(record) | Action::Replace(record) => {
            codec::decode(record.clone(), M::definition())
        }
        _ => Err(Error::codec("the write stores no whole record")),
    }
}
