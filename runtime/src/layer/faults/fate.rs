//! What comes of a write whose requests meet faults, and what the caller is told of it.

use super::injected::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Action, Returning, Write};

/// How often a request is sent at most. A backend goes on until the deadline; here the end shall be seen.
pub(super) const ATTEMPTS: u32 = 3;

/// Whether a write is sent again after its answer was lost. It is as on DynamoDB, which sends again the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It could then be applied twice.
    No,
    /// The version that it depends on is gone once it was applied.
    ByVersion,
    /// A token makes it happen once: a transaction, or a write that moves unique values.
    ByToken,
}

/// What matters of a write when something goes wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) again: Again,
    /// Whether a read shows that it was applied, and what it tells: by the stamp, or since the record is gone.
    leaves_trace: bool,
    /// Whether the answer to an attempt after it was applied tells the same.
    is_told_again: bool,
}

/// What comes of a write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// It is answered, perhaps after an answer to the same was lost.
    Answered { after_loss: bool },
    /// It is applied, and no answer comes. Whether what it left is found when it is looked for.
    Lost { is_found: bool },
    /// It is not applied, and ends with this.
    Failed(ErrorKind),
}

impl Shape {
    pub(super) fn of_write(write: &Write) -> Self {
        let is_delete = matches!(write.action, Action::Delete);
        let moves_values = write.definition.unique_indexes().any(|index| write.touches(index));
        let again = match (moves_values, write.version.is_some() && !is_delete) {
            (true, _) => Again::ByToken,
            (false, true) => Again::ByVersion,
            (false, false) => Again::No,
        };
        // Of one that moves values the record before was read beforehand.
        let leaves_trace = leaves_stamp(write) && (moves_values || write.returning != Returning::Before);
        Self { again, leaves_trace, is_told_again: again == Again::ByToken || leaves_trace }
    }

    pub(super) fn of_transaction(writes: &[Write]) -> Self {
        Self { again: Again::ByToken, leaves_trace: writes.iter().any(leaves_stamp), is_told_again: true }
    }

    /// Of puts and deletes that go in one request.
    pub(super) fn of_batch<'a>(writes: impl IntoIterator<Item = &'a Write>) -> Self {
        let is_seen = |write: &Write| matches!(write.action, Action::Delete) || leaves_stamp(write);
        Self { again: Again::No, leaves_trace: writes.into_iter().all(is_seen), is_told_again: true }
    }
}

/// Whether the record that a write leaves shows that it was this one.
fn leaves_stamp(write: &Write) -> bool {
    write.definition.stamps() && !matches!(write.action, Action::Delete | Action::Check)
}

/// What comes of a write whose attempts meet these events, one after another. `finds` says whether what it
/// left is found.
pub(super) fn of_write(again: Again, finds: bool, mut attempt: impl FnMut(u32) -> Option<Event>) -> Fate {
    let (mut is_applied, mut is_uncertain, mut last) = (false, false, None);
    for number in 1..=ATTEMPTS {
        let Some(event) = attempt(number) else { return Fate::Answered { after_loss: is_applied } };
        is_applied |= event == Event::Lost;
        is_uncertain |= matches!(event, Event::Lost | Event::Dropped);
        last = Some(event);
        if is_uncertain && again == Again::No {
            break;
        }
    }
    match last {
        _ if is_applied => Fate::Lost { is_found: finds },
        _ if is_uncertain => Fate::Failed(ErrorKind::OutcomeUnknown),
        Some(Event::Throttled) => Fate::Failed(ErrorKind::Throttled),
        _ => Fate::Failed(ErrorKind::Timeout),
    }
}

/// The error of a read whose attempts meet these events; nothing if it is answered.
pub(super) fn of_read(mut attempt: impl FnMut(u32) -> Option<Event>) -> Option<ErrorKind> {
    let mut last = ErrorKind::Unavailable;
    for number in 1..=ATTEMPTS {
        last = match attempt(number)? {
            Event::Lost | Event::Dropped => ErrorKind::Unavailable,
            Event::Throttled => ErrorKind::Throttled,
            Event::Conflict => ErrorKind::Timeout,
        };
    }
    Some(last)
}

impl Fate {
    /// What the caller of a write is told that came to this when it was applied. `unknown` makes the error of one of
    /// which nothing is known.
    pub(super) fn tell<T>(self, shape: Shape, result: Result<T>, unknown: impl Fn(&str) -> Error) -> Result<T> {
        let (is_lost, is_found) = match self {
            Self::Answered { after_loss } => (after_loss && !shape.is_told_again, false),
            Self::Lost { is_found } => (true, is_found && shape.leaves_trace),
            Self::Failed(_) => (false, false),
        };
        match result {
            // A refusal after a lost answer may be this very write's own doing. Of one that is sent again, its
            // version or token shows that it is not.
            Err(error) if matches!(self, Self::Lost { .. }) && error.kind().is_refusal() => {
                Err(unknown("an answer was lost, and it cannot be found out whether the write was refused"))
            }
            Ok(_) if is_lost && !is_found => Err(unknown(match self {
                Self::Answered { .. } => "an answer was lost, and the next does not tell what came of it",
                _ => "no answer came",
            })),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn come(again: Again, events: &[Option<Event>]) -> Fate {
        of_write(again, true, |number| events.get(number as usize - 1).copied().flatten())
    }

    #[test]
    fn what_could_be_applied_twice_is_not_sent_again_after_a_loss() {
        use Event::{Conflict, Dropped, Lost, Throttled};
        let unknown = Fate::Failed(ErrorKind::OutcomeUnknown);
        let answered = |after_loss| Fate::Answered { after_loss };
        for (events, once, by_token) in [
            (&[None][..], answered(false), answered(false)),
            (&[Some(Lost), None], Fate::Lost { is_found: true }, answered(true)),
            (&[Some(Dropped), None], unknown, answered(false)),
            (&[Some(Throttled), Some(Conflict), None], answered(false), answered(false)),
            (&[Some(Throttled), Some(Dropped), Some(Throttled)], unknown, unknown),
            (&[Some(Throttled); 3], Fate::Failed(ErrorKind::Throttled), Fate::Failed(ErrorKind::Throttled)),
            (&[Some(Conflict); 3], Fate::Failed(ErrorKind::Timeout), Fate::Failed(ErrorKind::Timeout)),
            (&[Some(Dropped), Some(Lost), Some(Throttled)], unknown, Fate::Lost { is_found: true }),
        ] {
            assert_eq!(come(Again::No, events), once, "{events:?}");
            assert_eq!(come(Again::ByToken, events), by_token, "{events:?}");
        }
    }

    #[test]
    fn a_read_is_sent_again_until_its_attempts_end() {
        let read = |events: &[Event]| of_read(|number| events.get(number as usize - 1).copied());
        assert_eq!(read(&[Event::Lost, Event::Throttled]), None);
        assert_eq!(read(&[Event::Lost; 3]), Some(ErrorKind::Unavailable));
        assert_eq!(read(&[Event::Lost, Event::Dropped, Event::Throttled]), Some(ErrorKind::Throttled));
    }
}
