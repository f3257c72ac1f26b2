//! What is learned from a refusal: that the writes are done after all, refused for good, or to be tried
//! again with what is known now.

use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::guard::moves::GuardMove;
use crate::backend::dynamodb::guard::unique_value::UniqueValue;
use crate::backend::dynamodb::marks::is_stamped;
use crate::backend::dynamodb::value::Stored;
use crate::backend::dynamodb::wire::answer::Found;
use crate::backend::dynamodb::wire::item::Item;
use crate::backend::dynamodb::write::guard_move::free_value;
use crate::backend::dynamodb::write::state::{Answer, Part, Plan, Prior, Refusal, RefusedOps, Writer, unknown};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Call, RecordKey, Written};

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
    value: UniqueValue,
    /// None if the guard names no record.
    holder: Option<RecordKey>,
}

impl Taken {
    fn into_refusal(self) -> Refusal {
        Refusal::at(self.position, Error::taken(self.value.index.name))
    }
}

/// What one refused operation says.
enum Finding {
    /// The record has the stamp of these writes: they are done.
    Applied(Box<Found>),
    /// What is stored now is known, and allows the write.
    Learned,
    Refused(Refusal),
    Taken(Taken),
}

/// Takes a refusal in.
pub(crate) fn learn(writer: &mut Writer<'_>, plan: Plan, refused: RefusedOps) -> Result<Lesson, Refusal> {
    let (mut refusals, mut values): (Vec<Refusal>, Vec<Taken>) = (Vec::new(), Vec::new());
    for (at, item) in refused {
        let finding = match plan.ops.get(at).map(|(part, _)| part) {
            Some(Part::Record(position)) => learn_record(writer, *position, item)?,
            Some(Part::Guard(moved)) => learn_guard(writer, moved, item)?,
            None => Finding::Learned,
        };
        match finding {
            // An attempt whose answer was lost was applied, and this one was refused by what it left.
            Finding::Applied(found) => return writer.finish(plan, Answer::Stamped(*found)).map(Lesson::Done),
            Finding::Learned => {}
            Finding::Refused(refusal) => refusals.push(refusal),
            Finding::Taken(taken) => values.push(taken),
        }
    }
    let first = refusals.into_iter().min_by_key(|refusal| refusal.position);
    let taken = values.into_iter().min_by_key(|taken| taken.position);
    match (first, taken) {
        // Of one write, the record's refusal is reported.
        (Some(refusal), Some(taken)) if taken.position < refusal.position.unwrap_or(0) => Ok(Lesson::Taken(taken)),
        (Some(refusal), _) => Err(writer.refused(refusal)),
        (None, Some(taken)) => Ok(Lesson::Taken(taken)),
        // The attempt in doubt may be among what others have written over.
        (None, None) if writer.attempts.ambiguous => {
            Err(unknown("an answer was lost, and the record has been written by others since").into())
        }
        (None, None) => Ok(Lesson::Again),
    }
}

fn learn_record(writer: &mut Writer<'_>, position: usize, item: Option<Item>) -> Result<Finding> {
    let Some(write) = writer.writes.get(position) else { return Ok(Finding::Learned) };
    let stored = item.map(|item| Stored::new(write.definition, item)).transpose()?;
    if let Some(stored) = &stored
        && is_stamped(&stored.record, &writer.stamp)
    {
        let Stored { record, item } = stored.clone();
        return Ok(Finding::Applied(Box::new(Found { record: Ok(record), item })));
    }
    Ok(match refusal_by_record(writer, position, stored.as_ref()) {
        Some(refusal) => Finding::Refused(refusal),
        None => {
            if let Some(prior) = writer.priors.get_mut(position) {
                *prior = Prior::Known(stored);
            }
            Finding::Learned
        }
    })
}

fn learn_guard(writer: &mut Writer<'_>, moved: &GuardMove, item: Option<Item>) -> Result<Finding> {
    let Some(owner) = moved.taker() else {
        // The record gives the value up, and the guard is another's already: there is nothing to free.
        writer.unowned_guards.insert(moved.value.key.clone());
        return Ok(Finding::Learned);
    };
    let guard = item.clone().map(Stored::of_guard).transpose()?;
    if is_taken(moved, owner, guard.as_ref(), writer.call) {
        let holder = guard.and_then(|guard| guard::owner(moved.value.definition, &guard.record));
        return Ok(Finding::Taken(Taken { position: moved.position, value: moved.value.clone(), holder }));
    }
    Ok(note_free(writer, moved, item).map_or(Finding::Learned, Finding::Refused))
}

/// Frees a value whose guard names a record that does not have it, or refuses the write. The record may have
/// been deleted by the server, which deletes the guard by itself, and perhaps later.
pub(crate) async fn free_taken(writer: &mut Writer<'_>, taken: Taken) -> Result<(), Refusal> {
    let Some(holder) = &taken.holder else { return Err(writer.refused(taken.into_refusal())) };
    // After a lost answer, the value may be one that this very write took.
    if writer.attempts.ambiguous || !free_value(writer.db, writer.call, &taken.value, holder).await? {
        return Err(writer.refused(taken.into_refusal()));
    }
    Ok(())
}

/// Notes a guard that was in the way though its value is free. The second time unchanged, nothing will
/// change it, and the write is refused.
fn note_free(writer: &mut Writer<'_>, moved: &GuardMove, item: Option<Item>) -> Option<Refusal> {
    let before = writer.free_guards.insert(moved.value.key.clone(), item.clone());
    (before == Some(item)).then(|| Refusal::at(moved.position, refused_alike()))
}

/// Why a write is refused for the record that is stored now; none if that allows it.
fn refusal_by_record(writer: &mut Writer<'_>, position: usize, now: Option<&Stored>) -> Option<Refusal> {
    let write = writer.writes.get(position)?;
    let stored = now.map(|now| &now.record);
    let Err(error) = write.judge(stored, writer.call) else {
        let is_known = matches!(writer.priors.get(position), Some(Prior::Known(before))
            if before.as_ref().map(|before| &before.item) == now.map(|now| &now.item));
        return is_known.then(|| Refusal::at(position, refused_alike()));
    };
    let version = stored.and_then(|record| write.definition.version_of(record));
    // A version goes up by one with every write. If it is the expected one or the next, and the record has
    // not our stamp, no attempt of ours can have been applied: the refusal is certain. Without stamps the next
    // may be ours.
    if let (Action::Replace(_) | Action::Update(_), Some(expected), Some(found)) =
        (&write.action, write.version, version)
        && (found == i128::from(expected) || (found == i128::from(expected) + 1 && write.definition.stamps()))
    {
        writer.attempts.ambiguous = false;
    }
    Some(Refusal::at(position, error))
}

/// Whether a guard is held by another record that has not expired.
fn is_taken(moved: &GuardMove, owner: &RecordKey, guard: Option<&Stored>, call: &Call) -> bool {
    let definition = moved.value.definition;
    let guard = guard.map(|guard| &guard.record).filter(|guard| guard::is_live(definition, guard, call));
    guard.is_some_and(|guard| guard::owner(definition, guard).as_ref() != Some(owner))
}

/// DynamoDB refuses what all that is known allows, and nothing changes between one refusal and the next: to
/// ask again would not end.
fn refused_alike() -> Error {
    let message = "DynamoDB refused the write twice for an item that allows it and did not change in between";
    Error::new(ErrorKind::Backend, message)
}
