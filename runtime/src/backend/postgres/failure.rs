//! What the driver's errors mean: for a write, whether it may have happened; for a caller, the kind.

use std::borrow::Cow;

use tokio_postgres::error::{DbError, SqlState};

use crate::backend::support::attempt::AttemptFailure;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind};

/// Why a request was not answered as it should be.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server refused it.
    Server(Box<Refusal>),
    /// No connection could be had, so that nothing was sent.
    Unreached(String),
    /// The connection broke.
    Lost(String),
    /// No answer came in time.
    TimedOut,
    /// The time was over before it was sent.
    Unsent,
    /// It could not be sent, or what came could not be read.
    Own(Error),
}

/// An error that the server gave.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: SqlState,
    message: String,
    /// The constraint or index that it is about.
    pub(super) constraint: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(refusal) = error.as_db_error() {
            return Self::Server(Box::new(Refusal::of(refusal)));
        }
        let cause = cause_of(&error);
        match error.is_closed() || has_io(&error) {
            true => Self::Lost(cause),
            // The driver's own checks of what is sent and of what comes.
            false => Self::Lost(format!("the answer cannot be read: {cause}")),
        }
    }
}

/// The innermost cause, which names no host and no value.
pub(super) fn cause_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn has_io(error: &(dyn std::error::Error + 'static)) -> bool {
    error.source().is_some_and(|source| source.is::<std::io::Error>() || has_io(source))
}

impl Refusal {
    fn of(error: &DbError) -> Self {
        // Messages about values would show them.
        let shows_no_value = matches!(
            error.code().code().get(..2),
            Some("08" | "0A" | "25" | "28" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58")
        );
        let message = if shows_no_value { error.message() } else { "" };
        let constraint = error.constraint().map(str::to_owned);
        Self { code: error.code().clone(), message: message.to_owned(), constraint }
    }

    fn is_of(&self, codes: &[SqlState]) -> bool {
        codes.contains(&self.code)
    }

    fn class(&self) -> &str {
        self.code.code().get(..2).unwrap_or_default()
    }

    fn kind(&self) -> ErrorKind {
        match self.class() {
            "28" | "3D" => ErrorKind::Config,
            _ if self.is_of(&[
                SqlState::UNDEFINED_TABLE,
                SqlState::INVALID_SCHEMA_NAME,
                SqlState::UNDEFINED_COLUMN,
            ]) =>
            {
                ErrorKind::SchemaMismatch
            }
            _ if self.is_of(&[SqlState::TOO_MANY_CONNECTIONS]) => ErrorKind::Throttled,
            _ if self.is_of(&[SqlState::QUERY_CANCELED]) => ErrorKind::Timeout,
            _ if self.is_of(&[SqlState::PROGRAM_LIMIT_EXCEEDED, SqlState::UNTRANSLATABLE_CHARACTER]) => {
                ErrorKind::InvalidInput
            }
            "08" | "57" => ErrorKind::Unavailable,
            "40" => ErrorKind::Timeout,
            _ if self.is_of(&[SqlState::READ_ONLY_SQL_TRANSACTION]) => ErrorKind::Unavailable,
            _ => ErrorKind::Backend,
        }
    }
}

impl Failure {
    /// Whether a write may have been applied.
    pub(super) fn may_be_applied(&self) -> bool {
        match self {
            Self::Lost(_) | Self::TimedOut => true,
            // The session may have been ended between the commit and its answer.
            Self::Server(refusal) => {
                refusal.class() == "08"
                    || refusal.is_of(&[
                        SqlState::ADMIN_SHUTDOWN,
                        SqlState::CRASH_SHUTDOWN,
                        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
                    ])
            }
            Self::Unreached(_) | Self::Unsent | Self::Own(_) => false,
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn breaks_connection(&self) -> bool {
        match self {
            Self::Server(refusal) => {
                matches!(refusal.class(), "08" | "0A" | "26" | "25") || {
                    refusal.class() == "57" && !refusal.is_of(&[SqlState::QUERY_CANCELED])
                }
            }
            Self::Unreached(_) | Self::Lost(_) | Self::TimedOut => true,
            Self::Unsent | Self::Own(_) => false,
        }
    }

    /// Whether other transactions were in the way, and nothing was done.
    pub(super) fn is_conflict(&self) -> bool {
        let conflicts =
            [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];
        matches!(self, Self::Server(refusal) if refusal.is_of(&conflicts))
    }

    /// Whether the same request may succeed if it is sent again.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Server(refusal) => {
                self.is_conflict()
                    || matches!(refusal.class(), "08" | "26" | "57" | "53")
                    || refusal.is_of(&[SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::FEATURE_NOT_SUPPORTED])
            }
            Self::Unreached(_) | Self::Lost(_) | Self::TimedOut => true,
            Self::Unsent | Self::Own(_) => false,
        }
    }

    /// The index whose value another row holds.
    pub(super) fn duplicate(&self) -> Option<&str> {
        match self {
            Self::Server(refusal) if refusal.is_of(&[SqlState::UNIQUE_VIOLATION]) => {
                Some(refusal.constraint.as_deref().unwrap_or_default())
            }
            _ => None,
        }
    }

    /// Whether the server could not compute with what is stored.
    pub(super) fn is_of_data(&self) -> bool {
        matches!(self, Self::Server(refusal) if refusal.class() == "22")
    }

    /// Whether the server refuses who connects, or knows no such database.
    pub(super) fn is_of_settings(&self) -> bool {
        matches!(self, Self::Server(refusal) if refusal.kind() == ErrorKind::Config)
    }

    /// The server's code, if it gave one.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Server(refusal) => Some(refusal.code.code()),
            _ => None,
        }
    }

    /// The kind of the error that it becomes.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Server(refusal) => refusal.kind(),
            Self::Unreached(_) | Self::Lost(_) => ErrorKind::Unavailable,
            Self::TimedOut | Self::Unsent => ErrorKind::Timeout,
            Self::Own(error) => error.kind(),
        }
    }

    /// The error of a request that changed nothing.
    pub(super) fn into_error(self, operation: &str) -> Error {
        match self {
            Self::Server(refusal) if refusal.kind() == ErrorKind::SchemaMismatch => outcome::undefined(),
            Self::Server(refusal) if refusal.class() == "40" => outcome::contended(operation),
            Self::Server(refusal) => Error::new(refusal.kind(), refusal.describe()),
            Self::Unreached(cause) => {
                Error::new(ErrorKind::Unavailable, format!("no connection could be had: {cause}"))
            }
            Self::Lost(cause) => Error::new(ErrorKind::Unavailable, format!("the connection broke: {cause}")),
            Self::TimedOut => outcome::unanswered(operation),
            Self::Unsent => outcome::timed_out("before the request was sent"),
            Self::Own(error) => error,
        }
    }

    /// The error of a write that may have been applied.
    pub(super) fn into_unknown(self) -> Error {
        match self {
            Self::Server(refusal) => outcome::unknown(refusal.describe()),
            Self::Lost(cause) => outcome::unknown(format_args!("the connection broke: {cause}")),
            _ => outcome::unknown("no answer came in time"),
        }
    }
}

impl AttemptFailure for Failure {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }

    fn status(&self) -> Option<Cow<'_, str>> {
        self.code().map(Cow::Borrowed)
    }
}

impl Refusal {
    fn describe(&self) -> String {
        let code = self.code.code();
        match self.message.is_empty() {
            true => format!("the server refused it (SQLSTATE {code})"),
            false => format!("the server refused it (SQLSTATE {code}): {}", self.message),
        }
    }
}
