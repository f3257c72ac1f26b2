//! The errors that say what became of a request, in the same words on every backend.

use crate::error::{Error, ErrorKind};

/// The repository was not defined. The caller names it with [`Error::in_repository`] if it can.
pub(crate) fn undefined() -> Error {
    Error::new(ErrorKind::SchemaMismatch, "the repository is not defined; call define first")
}

/// An index of the model was not defined.
pub(crate) fn missing_index(name: &str) -> Error {
    Error::new(ErrorKind::SchemaMismatch, missing_index_text(name)).on_index(name)
}

/// The same as a line of a plan.
pub(crate) fn missing_index_text(name: &str) -> String {
    format!("the index {name} is not defined; call define first")
}

/// An index of the model was not defined, and the answer does not say which.
#[cfg(feature = "mongodb")]
pub(crate) fn missing_some_index() -> Error {
    Error::new(ErrorKind::SchemaMismatch, "an index is not defined; call define first")
}

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) use networked::*;

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
mod networked {
    use std::fmt;

    use super::{Error, ErrorKind};

    /// A write is known to be done by what it left, and was to tell of the record before it.
    pub(crate) fn lost_record() -> Error {
        let message = "the write was done, but its answer was lost, and the record as it was before with it";
        Error::new(ErrorKind::OutcomeUnknown, message)
    }

    /// The deadline passed, and nothing that was sent can have changed anything. `when` goes on after
    /// "the deadline passed".
    pub(crate) fn timed_out(when: &str) -> Error {
        Error::new(ErrorKind::Timeout, format!("the deadline passed {when}"))
    }

    /// The deadline passed before a write of a batch was sent. It is not sent after that: it would most
    /// likely time out and leave its outcome unknown.
    pub(crate) fn unsent() -> Error {
        timed_out("before this write was sent")
    }

    /// No answer came to a request that changes nothing, or may be sent again.
    pub(crate) fn unanswered(operation: &str) -> Error {
        Error::new(ErrorKind::Timeout, format!("no answer to the {operation} came in time"))
    }

    /// Other writes were in the way of every attempt until the deadline.
    pub(crate) fn contended(operation: &str) -> Error {
        let message = format!("the {operation} met with other writes until its deadline; nothing was changed");
        Error::new(ErrorKind::Timeout, message)
    }

    /// A write whose answer was lost, or came without what it should say.
    pub(crate) fn unknown(why: impl fmt::Display) -> Error {
        Error::new(ErrorKind::OutcomeUnknown, format!("the write may or may not have happened: {why}"))
    }

    /// A refusal. If an attempt before it may have been applied, the record may have been changed by that
    /// very attempt, so the refusal says nothing about the write: its outcome is unknown.
    pub(crate) fn refused(refusal: Error, is_ambiguous: bool) -> Error {
        if !is_ambiguous {
            return refusal;
        }
        let (kind, message) = (refusal.kind(), refusal.message());
        unknown(format_args!("an answer was lost, and then it was refused ({kind}: {message})"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_comes_after_a_lost_answer_is_of_unknown_outcome() {
            let refusal = || Error::new(ErrorKind::ConditionFailed, "false");
            assert_eq!(refused(refusal(), false).kind(), ErrorKind::ConditionFailed);
            let lost = refused(refusal(), true);
            assert_eq!(lost.kind(), ErrorKind::OutcomeUnknown);
            assert!(lost.message().ends_with("(condition failed: false)"), "{lost}");
            assert_eq!(unknown("no answer came").message(), "the write may or may not have happened: no answer came");
        }
    }
}
