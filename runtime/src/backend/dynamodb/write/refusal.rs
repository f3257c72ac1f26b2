//! What a refusal says: that the writes are done after all, or refused for good, or to be tried again.

use crate::backend::dynamodb::guard::{self, Move};
use crate::backend::dynamodb::retry;
use crate::backend::dynamodb::standing::Place;
use crate::backend::dynamodb::value::{Item, Stored};
use crate::backend::dynamodb::write::{Base, Part, Plan, RefusedOps, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, RecordKey, Written};
use crate::value::STAMP;

/// Why a write is not done, and which one it was.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) position: Option<usize>,
    pub(crate) error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { position: None, error }
    }
}

impl Refusal {
    pub(crate) fn at(position: usize, error: Error) -> Self {
        Self { position: Some(position), error }
    }
}

/// What a refusal comes to.
#[derive(Debug)]
pub(crate) enum Lesson {
    /// The writes are done after all.
    Done(Vec<Written>),
    /// They are to be tried again, with what is known now.
    Again,
    /// A value is taken, if the record that its guard names has it.
    Taken(Taken),
}

/// A guard that names another record as the holder of a value.
#[derive(Debug)]
pub(crate) struct Taken {
    position: usize,
    place: Place,
    /// None where the guard names no record.
    holder: Option<RecordKey>,
}

impl Taken {
    fn into_refusal(self) -> Refusal {
        Refusal::at(self.position, Error::taken(self.place.index.name))
    }
}

impl Writer<'_> {
    /// Takes a refusal in: the writes are done after all, or refused for good, or to be tried again
    /// with what is known now.
    pub(crate) fn learn(&mut self, plan: Plan, refused: RefusedOps) -> Result<Lesson, Refusal> {
        let (mut refusals, mut values): (Vec<Refusal>, Vec<Taken>) = (Vec::new(), Vec::new());
        for (at, item) in refused {
            match plan.ops.get(at).map(|(part, _)| part) {
                Some(Part::Record(position)) => {
                    let position = *position;
                    let definition = self.writes[position].definition;
                    let stored = item.clone().map(|item| Stored::new(definition, item)).transpose()?;
                    if stored.as_ref().is_some_and(|stored| stored.record.get(STAMP) == Some(&self.stamp)) {
                        return self.done(plan, item).map(Lesson::Done);
                    }
                    match self.judge(position, stored.as_ref()) {
                        Ok(()) => self.bases[position] = Base::Read(stored),
                        Err(refusal) => refusals.push(refusal),
                    }
                }
                Some(Part::Guard(moved)) => {
                    let guard = item.clone().map(Stored::of_guard).transpose()?;
                    match moved.taker() {
                        Some(owner) if taken(moved, owner, guard.as_ref(), self.call) => {
                            let (definition, index) = (moved.definition, moved.index);
                            let place = Place { definition, index, key: moved.key.clone() };
                            let holder = guard.and_then(|guard| guard::owner(definition, &guard.record));
                            values.push(Taken { position: moved.position, place, holder });
                        }
                        Some(_) => refusals.extend(self.note_free(moved, item)),
                        None => drop(self.foreign.insert(moved.key.clone())),
                    }
                }
                None => {}
            }
        }
        let first = refusals.into_iter().min_by_key(|refusal| refusal.position);
        let taken = values.into_iter().min_by_key(|taken| taken.position);
        match (first, taken) {
            // Of one write, the record's refusal is told.
            (Some(refusal), Some(taken)) if taken.position < refusal.position.unwrap_or(0) => Ok(Lesson::Taken(taken)),
            (Some(refusal), _) => Err(self.refused(refusal)),
            (None, Some(taken)) => Ok(Lesson::Taken(taken)),
            (None, None) if self.attempts.ambiguous => {
                Err(unknown("an answer was lost, and the record has been written by others since").into())
            }
            (None, None) => Ok(Lesson::Again),
        }
    }

    /// Frees a value whose guard names a record that has not got it, or refuses the write. The record may have
    /// been deleted by the server, whose deletion of the guard is another and may come later.
    pub(crate) async fn free_taken(&mut self, taken: Taken) -> Result<(), Refusal> {
        let Some(holder) = &taken.holder else { return Err(self.refused(taken.into_refusal())) };
        // What the lost answer may have written is not to be told from what was there.
        if self.attempts.ambiguous || !self.db.free(self.call, &taken.place, holder).await? {
            return Err(self.refused(taken.into_refusal()));
        }
        Ok(())
    }

    /// Notes a guard that was in the way though the value is free by it; the second time unchanged, nothing
    /// will change it.
    fn note_free(&mut self, moved: &Move, item: Option<Item>) -> Option<Refusal> {
        let before = self.free.insert(moved.key.clone(), item.clone());
        (before == Some(item)).then(|| Refusal::at(moved.position, refused_alike()))
    }

    /// Whether a write is refused by what is stored. After an attempt that may have been applied, a
    /// version can still tell that it was not: it goes up by one with every write.
    fn judge(&mut self, position: usize, now: Option<&Stored>) -> Result<(), Refusal> {
        let write = &self.writes[position];
        let stored = now.map(|now| &now.record);
        let Err(error) = write.judge(stored, self.call) else {
            let known = matches!(&self.bases[position], Base::Read(before)
                if before.as_ref().map(|before| &before.item) == now.map(|now| &now.item));
            return if known { Err(Refusal::at(position, refused_alike())) } else { Ok(()) };
        };
        let version = stored.and_then(|record| write.definition.version_of(record));
        if let (Action::Replace(_), Some(expected), Some(found)) = (&write.action, write.version, version)
            && (found == i128::from(expected) || found == i128::from(expected) + 1)
        {
            self.attempts.ambiguous = false;
        }
        Err(Refusal::at(position, error))
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> Refusal {
        Refusal { error: retry::refused(&self.attempts, refusal.error), ..refusal }
    }
}

/// Whether a guard is held by another record that has not expired.
fn taken(moved: &Move, owner: &RecordKey, guard: Option<&Stored>, call: &Call) -> bool {
    let guard = guard.map(|guard| &guard.record).filter(|guard| guard::is_live(moved.definition, guard, call));
    guard.is_some_and(|guard| guard::owner(moved.definition, guard).as_ref() != Some(owner))
}

/// DynamoDB refuses what is allowed by all that is known, and nothing changes between one refusal and the
/// next: to ask again would not end.
fn refused_alike() -> Error {
    let message = "DynamoDB refused the write twice for an item that allows it and did not change in between";
    Error::new(ErrorKind::Backend, message)
}

/// The outcome of a write is not known, and why.
pub(crate) fn unknown(message: &str) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, message)
}
