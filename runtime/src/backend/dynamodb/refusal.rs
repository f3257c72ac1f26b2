//! What a refusal says: that the writes are done after all, or refused for good, or to be tried again.

use super::call;
use super::convert::to_record;
use super::guard::{self, Move};
use super::write::{Base, Part, Plan, RefusedOps, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, RecordKey, Written};
use crate::value::{Record, STAMP};

/// Why a write is not done, and which one it was.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) position: Option<usize>,
    pub(super) error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { position: None, error }
    }
}

impl Refusal {
    pub(super) fn at(position: usize, error: Error) -> Self {
        Self { position: Some(position), error }
    }
}

impl Writer<'_> {
    /// Takes a refusal in: the writes are done after all, or refused for good, or to be tried again
    /// with what is known now.
    pub(super) fn learn(&mut self, plan: Plan, refused: RefusedOps) -> Result<Option<Vec<Written>>, Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        for (at, item) in refused {
            let stored = item.clone().map(to_record).transpose()?;
            match plan.ops.get(at).map(|(part, _)| part) {
                Some(Part::Record(position)) => {
                    let position = *position;
                    if stored.as_ref().is_some_and(|record| record.get(STAMP) == Some(&self.stamp)) {
                        return self.done(plan, item).map(Some);
                    }
                    match self.judge(position, stored.as_ref()) {
                        Ok(()) => self.bases[position] = Base::Read(stored),
                        Err(refusal) => refusals.push(refusal),
                    }
                }
                Some(Part::Guard(moved)) => match moved.taker() {
                    Some(owner) if taken(moved, owner, stored.as_ref(), self.call) => {
                        refusals.push(Refusal::at(moved.position, Error::taken(moved.index.name)));
                    }
                    Some(_) => {}
                    None => drop(self.foreign.insert(moved.key.clone())),
                },
                None => {}
            }
        }
        // Operations on records come before those on guards, so that of one write the record's
        // refusal is told.
        match refusals.into_iter().min_by_key(|refusal| refusal.position) {
            Some(refusal) => Err(self.refused(refusal)),
            None if self.attempts.ambiguous => {
                Err(unknown("an answer was lost, and the record has been written by others since").into())
            }
            None => Ok(None),
        }
    }

    /// Whether a write is refused by what is stored. After an attempt that may have been applied, a
    /// version can still tell that it was not: it goes up by one with every write.
    fn judge(&mut self, position: usize, stored: Option<&Record>) -> Result<(), Refusal> {
        let write = &self.writes[position];
        let Err(error) = write.judge(stored, self.call) else { return Ok(()) };
        let version = stored.zip(write.definition.version()).and_then(|(record, name)| record.get(name)?.as_int());
        if let (Action::Replace(_), Some(expected), Some(found)) = (&write.action, write.version, version)
            && (found == i128::from(expected) || found == i128::from(expected) + 1)
        {
            self.attempts.ambiguous = false;
        }
        Err(Refusal::at(position, error))
    }

    pub(super) fn refused(&self, refusal: Refusal) -> Refusal {
        Refusal { error: call::refused(&self.attempts, refusal.error), ..refusal }
    }
}

/// Whether a guard is held by another record that has not expired.
fn taken(moved: &Move, owner: &RecordKey, guard: Option<&Record>, call: &Call) -> bool {
    guard.is_some_and(|guard| guard::is_live(guard, call) && guard::owner(moved.definition, guard).as_ref() != Some(owner))
}

/// The outcome of a write is not known, and why.
pub(super) fn unknown(message: &str) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, message)
}
