//! What kinds of errors there are.

use std::fmt;

/// What went wrong, the same on every backend.
///
/// ```
/// use reposit::{Error, ErrorKind};
///
/// fn status(error: &Error) -> u16 {
///     match error.kind() {
///         ErrorKind::NotFound => 404,
///         ErrorKind::AlreadyExists | ErrorKind::UniqueViolation => 409,
///         ErrorKind::VersionConflict | ErrorKind::ConditionFailed => 412,
///         ErrorKind::InvalidInput => 422,
///         ErrorKind::Throttled | ErrorKind::Timeout | ErrorKind::Unavailable => 503,
///         _ => 500,
///     }
/// }
/// # assert_eq!(status(&Error::new(ErrorKind::NotFound, "")), 404);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The record does not exist, or has expired.
    NotFound,
    /// A live record has this key already.
    AlreadyExists,
    /// Another live record holds this value of a unique index.
    UniqueViolation,
    /// The stored version is not the one the caller read.
    VersionConflict,
    /// The operation's condition was false.
    ConditionFailed,
    /// A value, key, cursor or size that no backend takes; nothing was sent.
    InvalidInput,
    /// The backend cannot do this the way the others do.
    Unsupported,
    /// What is stored under this name has another shape than the model.
    SchemaMismatch,
    /// The configuration is wrong or incomplete.
    Config,
    /// A stored record does not fit the model, or a model cannot be written.
    Codec,
    /// The backend asked for less traffic until the deadline passed.
    Throttled,
    /// The deadline passed before an answer, or with the writes of others in the way all along;
    /// nothing was changed.
    Timeout,
    /// The backend cannot be reached.
    Unavailable,
    /// A write may or may not have happened, and it cannot be found out.
    OutcomeUnknown,
    /// The backend refused for a reason of its own.
    Backend,
}

impl ErrorKind {
    /// The kind's name, as written in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::UniqueViolation => "unique violation",
            Self::VersionConflict => "version conflict",
            Self::ConditionFailed => "condition failed",
            Self::InvalidInput => "invalid input",
            Self::Unsupported => "unsupported",
            Self::SchemaMismatch => "schema mismatch",
            Self::Config => "configuration",
            Self::Codec => "codec",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome unknown",
            Self::Backend => "backend",
        }
    }

    /// Whether the same call may succeed later, with nothing changed but the time: the backend was not
    /// reached, too slow or too busy. Nothing was written then.
    ///
    /// ```
    /// use reposit::ErrorKind;
    ///
    /// assert!(ErrorKind::Throttled.is_transient());
    /// assert!(!ErrorKind::ConditionFailed.is_transient());
    /// assert!(!ErrorKind::OutcomeUnknown.is_transient());
    /// ```
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Timeout | Self::Unavailable)
    }

    /// Whether a record was left alone since it is not, or not any more, one that the write is for.
    pub(crate) const fn is_left_alone(self) -> bool {
        matches!(self, Self::NotFound | Self::ConditionFailed | Self::VersionConflict)
    }

    /// Whether it is the answer of a backend that has looked at the records, and nothing went wrong.
    pub(crate) const fn is_refusal(self) -> bool {
        self.is_left_alone() || matches!(self, Self::AlreadyExists | Self::UniqueViolation)
    }

    /// Whether a write that ended so may have been applied. After any other kind it certainly was not.
    ///
    /// ```
    /// use reposit::ErrorKind;
    ///
    /// assert!(ErrorKind::OutcomeUnknown.may_have_happened());
    /// assert!(!ErrorKind::Timeout.may_have_happened());
    /// ```
    pub const fn may_have_happened(self) -> bool {
        matches!(self, Self::OutcomeUnknown)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
