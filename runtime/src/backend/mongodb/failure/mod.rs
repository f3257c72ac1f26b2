//! What a failed request means: whether it may have been applied, whether to send it again, and as which
//! error it is reported.

mod answer;

use std::borrow::Cow;
use std::fmt;

use mongodb::bson::error::ErrorKind as BsonError;
use mongodb::bson::{Document, RawDocument};
use mongodb::error::{
    Error as DriverError, ErrorKind as Driver, NO_WRITES_PERFORMED, RETRYABLE_WRITE_ERROR, SYSTEM_OVERLOADED_ERROR,
    TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

pub(super) use self::answer::completed;
use super::shallow;
use crate::backend::support::attempt::AttemptFailure;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind};

/// Why a request failed.
#[derive(Debug, Clone)]
pub(super) enum DriverFailure {
    /// The driver or the server reported it.
    Driver(DriverError),
    /// No answer came in time; the request may have been sent.
    TimedOut,
    /// An answer came that contradicts what was sent; why.
    Inconsistent(&'static str),
}

/// A write was refused because another record held a value of a unique index when the server looked.
#[derive(Debug, Clone)]
pub(super) struct DuplicateKey {
    /// The index's name, if the answer names it.
    pub(super) index: Option<String>,
    /// The values, by the index's columns, if the answer shows them.
    pub(super) values: Option<Document>,
}

impl DuplicateKey {
    /// The duplicate that the error of one write of a command reports.
    pub(super) fn from_write_error(message: &str, item: &Document) -> Self {
        Self { index: index_of(message), values: item.get_document("keyValue").ok().cloned() }
    }
}

pub(super) const DUPLICATE_KEY: i32 = 11000;
/// An expression could not convert a value. An upsert takes no condition in its filter, so its pipeline
/// fails on purpose with this code if the condition is false.
const NOT_CONVERTED: i32 = 241;
/// NotWritablePrimary, NotPrimaryNoSecondaryOk, LegacyNotPrimary, NotPrimaryOrSecondary: the server is not
/// the primary, and did not look at the command.
const NOT_PRIMARY: [i32; 4] = [10107, 13435, 10058, 13436];
/// Codes with which the server stopped or stepped down in the middle of a command, or the network broke
/// between servers: the command may have been applied.
const INTERRUPTED: [i32; 8] = [11600, 11602, 91, 189, 6, 7, 89, 9001];
/// MaxTimeMSExpired, ExceededTimeLimit.
const TIME_LIMIT: [i32; 2] = [50, 262];
const NOT_ALLOWED: [i32; 2] = [13, 18];
const TOO_LARGE: [i32; 4] = [10334, 17280, 17419, 17420];
/// Another write was at work on the record: this one was not applied.
const WRITE_CONFLICT: i32 = 112;
/// More requests came than the server takes: it looked at none of them.
const RATE_LIMIT: i32 = 462;
/// How the driver says that a message or a document has an impossible length.
const LENGTHS: [&str; 2] = ["checked arithmetic failure", "out of range integral type"];
/// SnapshotTooOld, SnapshotUnavailable: the moment to be read is gone, or not there yet.
const NO_SNAPSHOT: [i32; 2] = [239, 246];

/// The server's code for an error.
pub(super) fn code(error: &DriverError) -> Option<i32> {
    match &*error.kind {
        Driver::Command(command) => Some(command.code),
        Driver::Write(WriteFailure::WriteError(write)) => Some(write.code),
        Driver::Write(WriteFailure::WriteConcernError(concern)) => Some(concern.code),
        _ => answer::code(error),
    }
}

impl DriverFailure {
    fn has_label(&self, label: &str) -> bool {
        matches!(self, Self::Driver(error) if error.contains_label(label) || answer::has_label(error, label))
    }

    /// The server's code for it.
    pub(super) fn code(&self) -> Option<i32> {
        match self {
            Self::Driver(error) => code(error),
            Self::TimedOut | Self::Inconsistent(_) => None,
        }
    }

    pub(super) fn is_network(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Io(_) | Driver::ConnectionPoolCleared { .. }))
    }

    /// Whether no server was found, so that nothing was sent: the driver reports this for a first attempt only.
    pub(super) fn is_unreached(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::ServerSelection { .. }))
    }

    /// Whether the same read may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        let codes = |code| {
            NOT_PRIMARY.contains(&code)
                || INTERRUPTED.contains(&code)
                || NO_SNAPSHOT.contains(&code)
                || code == WRITE_CONFLICT
        };
        let lost = matches!(self, Self::TimedOut) || self.is_network() || self.is_unreached() || self.is_unreadable();
        lost || self.is_overload() || self.code().is_some_and(codes)
    }

    /// Whether the write was certainly not applied, and may succeed if it is sent again.
    pub(super) fn was_not_applied(&self) -> bool {
        self.code() == Some(WRITE_CONFLICT) || (self.wrote_nothing() && self.is_transient())
    }

    /// Whether it says that a write was not applied, and only a stamp can show that of an attempt before it: of two
    /// attempts the driver reports one.
    pub(super) fn may_hide_an_attempt(&self) -> bool {
        (self.was_not_applied() || self.is_overload()) && !self.wrote_nothing()
    }

    /// Whether no attempt wrote anything: the driver reports an error with this label only if none before it may have.
    fn wrote_nothing(&self) -> bool {
        self.has_label(NO_WRITES_PERFORMED)
    }

    /// Whether the server is not the primary, and so did not look at any of a command's writes. Ask this only
    /// of a command that the driver sends once: of two attempts it reports the last, and the first may have
    /// been applied.
    pub(super) fn is_not_primary(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Command(_)))
            && self.code().is_some_and(|code| NOT_PRIMARY.contains(&code))
    }

    /// Whether a write may have been applied all the same.
    pub(super) fn may_be_applied(&self) -> bool {
        // Applied on the primary, but not known to last: a failover may still take it back.
        let concern = matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Write(WriteFailure::WriteConcernError(_))));
        // The driver retries a write itself ("Retryable Writes") and reports the last attempt only: if that one
        // met no primary, the first may have been applied all the same.
        let codes = |code| NOT_PRIMARY.contains(&code) || INTERRUPTED.contains(&code) || TIME_LIMIT.contains(&code);
        let lost =
            matches!(self, Self::TimedOut) || concern || self.is_network() || self.has_label(RETRYABLE_WRITE_ERROR);
        (lost || self.code().is_some_and(codes) || self.is_unreadable())
            && !self.was_not_applied()
            && !self.is_overload()
    }

    /// Whether an answer came that cannot be read: it does not say whether a write was applied.
    pub(super) fn is_unreadable(&self) -> bool {
        match self {
            Self::Driver(error) => is_unreadable(error),
            Self::TimedOut => false,
            Self::Inconsistent(_) => true,
        }
    }

    /// Whether the server asks for less traffic.
    pub(super) fn is_overload(&self) -> bool {
        self.code().is_some_and(|code| code == RATE_LIMIT || self.has_label(SYSTEM_OVERLOADED_ERROR))
    }

    /// Whether the server aborted the transaction, which may be done again from the start.
    pub(super) fn aborts_transaction(&self) -> bool {
        self.has_label(TRANSIENT_TRANSACTION_ERROR) || self.code() == Some(WRITE_CONFLICT)
    }

    /// Whether a commit may or may not have happened. It may be repeated: the server commits once.
    pub(super) fn is_unknown_commit(&self) -> bool {
        matches!(self, Self::TimedOut) || self.has_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || self.is_network()
    }

    /// Whether the server refused the command itself, for a reason that may lie in the record.
    pub(super) fn is_refusal(&self) -> bool {
        self.code().is_some() && !self.may_be_applied() && !self.is_transient()
    }

    /// The duplicate key that it reports, if it does.
    pub(super) fn duplicate_key(&self) -> Option<DuplicateKey> {
        let Self::Driver(error) = self else { return None };
        if code(error) != Some(DUPLICATE_KEY) {
            return None;
        }
        let index = match &*error.kind {
            Driver::Command(command) => index_of(&command.message),
            Driver::Write(WriteFailure::WriteError(write)) => index_of(&write.message),
            _ => answer::message(error).as_deref().and_then(index_of),
        };
        let values = error.server_response().and_then(|response| values_of(response));
        Some(DuplicateKey { index, values })
    }

    /// Whether an expression failed on the stored record.
    pub(super) fn is_not_converted(&self) -> bool {
        self.code() == Some(NOT_CONVERTED)
    }

    /// The error as the library's own.
    pub(super) fn into_error(self, operation: &str) -> Error {
        let kind = self.kind();
        match self {
            Self::TimedOut => outcome::unanswered(operation),
            Self::Inconsistent(why) => Error::new(kind, unreadable(why)),
            Self::Driver(error) if lacks_index(&error) => outcome::missing_some_index().with_source(error),
            Self::Driver(error) => Error::new(kind, message_of(&error)).with_source(error),
        }
    }

    /// The error of a write that may have been applied.
    pub(super) fn into_unknown(self) -> Error {
        match self {
            Self::TimedOut => outcome::unknown("no answer came in time"),
            Self::Inconsistent(why) => outcome::unknown(unreadable(why)),
            Self::Driver(error) => outcome::unknown(message_of(&error)).with_source(error),
        }
    }

    /// The kind of error that it is reported as, if the request was certainly not applied.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Driver(error) => kind_of(error),
            Self::TimedOut => ErrorKind::Timeout,
            Self::Inconsistent(_) => ErrorKind::Unavailable,
        }
    }
}

impl AttemptFailure for DriverFailure {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }

    fn status(&self) -> Option<Cow<'_, str>> {
        self.code().map(|code| Cow::Owned(code.to_string()))
    }
}

/// The name in "E11000 duplicate key error collection: db.c index: NAME dup key: { .. }". A name
/// may have spaces in it; what follows it is fixed.
fn index_of(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(" index: ")?;
    let (name, _) = rest.split_once(" dup key:")?;
    Some(name.to_owned())
}

/// The duplicate values: beside the code if the command failed, else in the write error.
fn values_of(response: &RawDocument) -> Option<Document> {
    if let Ok(values) = response.get_document("keyValue") {
        return shallow::document(values).ok();
    }
    let first = response.get_array("writeErrors").ok()?.get_document(0).ok()?;
    first.get_document("keyValue").ok().and_then(|values| shallow::document(values).ok())
}

/// Whether one write of a command was certainly not applied, and may succeed if it is sent again.
pub(super) fn item_was_not_applied(code: i32) -> bool {
    code == WRITE_CONFLICT || NOT_PRIMARY.contains(&code)
}

/// The error of one write of a command.
pub(super) fn write_error(code: i32, message: &str) -> Error {
    let kind = if TOO_LARGE.contains(&code) { ErrorKind::InvalidInput } else { ErrorKind::Backend };
    Error::new(kind, format!("{message} (code {code})"))
}

/// Whether an answer cannot be read, not even its code. Other kinds mean that the driver could not write the
/// request.
fn is_unreadable(error: &DriverError) -> bool {
    match &*error.kind {
        _ if code(error).is_some() => false,
        Driver::InvalidResponse { .. } => true,
        Driver::Bson(error) => matches!(
            error.kind,
            BsonError::Deserialization { .. }
                | BsonError::EndOfStream { .. }
                | BsonError::MalformedBytes { .. }
                | BsonError::Utf8Encoding { .. }
                | BsonError::ValueAccess { .. }
                | BsonError::Io { .. }
        ),
        // The driver reports an impossible length in an answer as an invalid argument. It checks the
        // arguments that it is given before a request has a length at all.
        Driver::InvalidArgument { message, .. } => LENGTHS.iter().any(|text| message.contains(text)),
        Driver::Internal { .. } => true,
        _ => false,
    }
}

fn kind_of(error: &DriverError) -> ErrorKind {
    match &*error.kind {
        _ if is_unreadable(error) => ErrorKind::Unavailable,
        Driver::Authentication { .. } | Driver::InvalidTlsConfig { .. } => ErrorKind::Config,
        Driver::ServerSelection { .. }
        | Driver::Io(_)
        | Driver::ConnectionPoolCleared { .. }
        | Driver::DnsResolve { .. } => ErrorKind::Unavailable,
        Driver::Bson(_) if code(error).is_none() => ErrorKind::Codec,
        _ => code(error).map_or(ErrorKind::Backend, |code| kind_of_code(code, error)),
    }
}

fn kind_of_code(code: i32, error: &DriverError) -> ErrorKind {
    match code {
        RATE_LIMIT => ErrorKind::Throttled,
        _ if error.contains_label(SYSTEM_OVERLOADED_ERROR) => ErrorKind::Throttled,
        code if NOT_ALLOWED.contains(&code) => ErrorKind::Config,
        code if TIME_LIMIT.contains(&code) || code == WRITE_CONFLICT => ErrorKind::Timeout,
        code if NOT_PRIMARY.contains(&code) || INTERRUPTED.contains(&code) => ErrorKind::Unavailable,
        code if TOO_LARGE.contains(&code) => ErrorKind::InvalidInput,
        _ if lacks_index(error) => ErrorKind::SchemaMismatch,
        _ => ErrorKind::Backend,
    }
}

/// Whether a query names an index that is not there. The code depends on whether the collection exists.
fn lacks_index(error: &DriverError) -> bool {
    matches!(&*error.kind, Driver::Command(command) if command.message.contains("hint provided does not correspond"))
}

/// What happened, in the driver's words without its bookkeeping.
fn message_of(error: &DriverError) -> String {
    match &*error.kind {
        Driver::Authentication { .. } => "authentication failed for the configured user".to_owned(),
        Driver::Command(command) if NOT_ALLOWED.contains(&command.code) => {
            format!("the configured user may not do this: {}", command.message)
        }
        Driver::Command(command) => format!("{} (code {})", command.message, command.code),
        Driver::Write(WriteFailure::WriteError(write)) => format!("{} (code {})", write.message, write.code),
        Driver::Write(WriteFailure::WriteConcernError(concern)) => {
            format!("the write concern was not met: {} (code {})", concern.message, concern.code)
        }
        Driver::ServerSelection { .. } => "no server was found that takes the request".to_owned(),
        Driver::ConnectionPoolCleared { .. } => {
            "the connections to the server were closed, as one of them failed".to_owned()
        }
        kind if is_unreadable(error) => unreadable(kind),
        kind => match (answer::message(error), code(error)) {
            (Some(message), Some(code)) => format!("{message} (code {code})"),
            _ => kind.to_string(),
        },
    }
}

fn unreadable(why: impl fmt::Display) -> String {
    format!("the server's answer cannot be read: {why}")
}

impl From<DriverError> for DriverFailure {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_read_from_the_message() {
        let message =
            "E11000 duplicate key error collection: a.b index: by e mail dup key: { email: \"x index: y dup key: z\" }";
        assert_eq!(index_of(message).as_deref(), Some("by e mail"));
        assert_eq!(index_of("E11000"), None);
    }

    #[test]
    fn a_lost_answer_may_be_of_an_applied_write() {
        assert!(
            DriverFailure::TimedOut.may_be_applied()
                && DriverFailure::TimedOut.is_transient()
                && !DriverFailure::TimedOut.was_not_applied()
        );
        assert!(DriverFailure::TimedOut.duplicate_key().is_none());
        assert_eq!(DriverFailure::TimedOut.into_unknown().kind(), ErrorKind::OutcomeUnknown);
    }
}
