//! What the driver's errors mean.

use std::fmt;

use mongodb::bson::error::ErrorKind as BsonError;
use mongodb::bson::{Document, RawDocument};
use mongodb::error::{
    Error as DriverError, ErrorKind as Driver, NO_WRITES_PERFORMED, RETRYABLE_WRITE_ERROR, SYSTEM_OVERLOADED_ERROR,
    TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

use super::{answer, shallow};
use crate::error::{Error, ErrorKind};

/// Why a call to the driver gave nothing.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The driver or the server said so.
    Driver(DriverError),
    /// No answer came in time; the request may have been sent.
    Silence,
    /// An answer came that says what cannot be.
    Absurd(&'static str),
}

/// Another record held a value of a unique index when the server looked.
#[derive(Debug, Clone)]
pub(super) struct Clash {
    /// The index's name, where the server told it.
    pub(super) index: Option<String>,
    /// The values, by the index's columns, where the server told them.
    pub(super) values: Option<Document>,
}

impl Clash {
    /// What one write of a command was refused for.
    pub(super) fn of_item(message: &str, item: &Document) -> Self {
        Self { index: index_of(message), values: item.get_document("keyValue").ok().cloned() }
    }
}

pub(super) const DUPLICATE_KEY: i32 = 11000;
/// An expression could not convert a value: so an upsert refuses what is not to be changed.
const NOT_CONVERTED: i32 = 241;
/// The server says that it is not the primary.
const NOT_PRIMARY: [i32; 4] = [10107, 13435, 10058, 13436];
/// The server stopped or stepped down in the middle, or the network broke between servers.
const INTERRUPTED: [i32; 8] = [11600, 11602, 91, 189, 6, 7, 89, 9001];
const TIME_LIMIT: [i32; 2] = [50, 262];
const NOT_ALLOWED: [i32; 2] = [13, 18];
const TOO_LARGE: [i32; 4] = [10334, 17280, 17419, 17420];
const WRITE_CONFLICT: i32 = 112;
/// More requests came than the server takes: it looked at none of them.
const RATE_LIMIT: i32 = 462;
/// How the driver says that a message or a document has an impossible length.
const LENGTHS: [&str; 2] = ["checked arithmetic failure", "out of range integral type"];
/// The moment that was to be read is gone, or not there yet.
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

impl Trouble {
    fn has_label(&self, label: &str) -> bool {
        matches!(self, Self::Driver(error) if error.contains_label(label) || answer::has_label(error, label))
    }

    fn code(&self) -> Option<i32> {
        match self {
            Self::Driver(error) => code(error),
            Self::Silence | Self::Absurd(_) => None,
        }
    }

    pub(super) fn is_network(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Io(_) | Driver::ConnectionPoolCleared { .. }))
    }

    /// Whether no server was found, so that nothing was sent: the driver tells so of a first attempt only.
    pub(super) fn is_unreached(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::ServerSelection { .. }))
    }

    /// Whether a read may be done again with hope.
    pub(super) fn is_passing(&self) -> bool {
        let codes = |code| {
            NOT_PRIMARY.contains(&code)
                || INTERRUPTED.contains(&code)
                || NO_SNAPSHOT.contains(&code)
                || code == WRITE_CONFLICT
        };
        let lost = matches!(self, Self::Silence) || self.is_network() || self.is_unreached() || self.is_garbled();
        lost || self.is_overload() || self.code().is_some_and(codes)
    }

    /// Whether the write did not happen, and may be sent again with hope.
    pub(super) fn is_undone(&self) -> bool {
        self.code() == Some(WRITE_CONFLICT) || (self.has_label(NO_WRITES_PERFORMED) && self.is_passing())
    }

    /// Whether the server says that it is not the primary, before it looks at any of a command's writes.
    /// Of a command that the driver sends once: of two attempts it tells the last.
    pub(super) fn is_not_primary(&self) -> bool {
        matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Command(_)))
            && self.code().is_some_and(|code| NOT_PRIMARY.contains(&code))
    }

    /// Whether a write may have happened all the same.
    pub(super) fn is_ambiguous(&self) -> bool {
        let concern = matches!(self, Self::Driver(error) if matches!(&*error.kind, Driver::Write(WriteFailure::WriteConcernError(_))));
        // The driver tells the last of two attempts: that the second met no primary says nothing of the first.
        let codes = |code| NOT_PRIMARY.contains(&code) || INTERRUPTED.contains(&code) || TIME_LIMIT.contains(&code);
        let lost =
            matches!(self, Self::Silence) || concern || self.is_network() || self.has_label(RETRYABLE_WRITE_ERROR);
        (lost || self.code().is_some_and(codes) || self.is_garbled()) && !self.is_undone() && !self.is_overload()
    }

    /// Whether an answer came that cannot be read: after a write it says nothing of what was done.
    pub(super) fn is_garbled(&self) -> bool {
        match self {
            Self::Driver(error) => is_garbled(error),
            Self::Silence => false,
            Self::Absurd(_) => true,
        }
    }

    /// Whether the server asks for less traffic.
    pub(super) fn is_overload(&self) -> bool {
        self.code().is_some_and(|code| code == RATE_LIMIT || self.has_label(SYSTEM_OVERLOADED_ERROR))
    }

    /// Whether a transaction was given up by the server and may be done again.
    pub(super) fn is_transient(&self) -> bool {
        self.has_label(TRANSIENT_TRANSACTION_ERROR) || self.code() == Some(WRITE_CONFLICT)
    }

    /// Whether a commit may or may not have happened, and may be repeated.
    pub(super) fn is_unknown_commit(&self) -> bool {
        matches!(self, Self::Silence) || self.has_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || self.is_network()
    }

    /// Whether the server refused the command itself, for a reason that may lie in the record.
    pub(super) fn is_refusal(&self) -> bool {
        self.code().is_some() && !self.is_ambiguous() && !self.is_passing()
    }

    /// The clash of a unique index, if it is one.
    pub(super) fn clash(&self) -> Option<Clash> {
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
        Some(Clash { index, values })
    }

    /// Whether an expression refused the stored record.
    pub(super) fn is_not_converted(&self) -> bool {
        self.code() == Some(NOT_CONVERTED)
    }

    /// The error as the library's own.
    pub(super) fn into_error(self, operation: &str) -> Error {
        let error = match self {
            Self::Driver(error) => error,
            Self::Silence => {
                return Error::new(ErrorKind::Timeout, format!("no answer to the {operation} came in time"));
            }
            Self::Absurd(why) => return Error::new(ErrorKind::Unavailable, unreadable(why)),
        };
        let (kind, message) = (kind_of(&error), message_of(&error));
        Error::new(kind, message).with_source(error)
    }

    /// The error of a write that may have happened.
    pub(super) fn into_unknown(self) -> Error {
        let message = "the write may or may not have happened";
        match self {
            Self::Silence => Error::new(ErrorKind::OutcomeUnknown, format!("{message}: no answer came in time")),
            Self::Absurd(why) => Error::new(ErrorKind::OutcomeUnknown, format!("{message}: {}", unreadable(why))),
            Self::Driver(error) => {
                Error::new(ErrorKind::OutcomeUnknown, format!("{message}: {}", message_of(&error))).with_source(error)
            }
        }
    }
}

/// The name in "E11000 duplicate key error collection: db.c index: NAME dup key: { .. }". A name
/// may have spaces in it; what follows it is fixed.
fn index_of(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(" index: ")?;
    let (name, _) = rest.split_once(" dup key:")?;
    Some(name.to_owned())
}

/// The values that clash: beside the code where the command failed, in the write error otherwise.
fn values_of(response: &RawDocument) -> Option<Document> {
    if let Ok(values) = response.get_document("keyValue") {
        return shallow::document(values).ok();
    }
    let first = response.get_array("writeErrors").ok()?.get_document(0).ok()?;
    first.get_document("keyValue").ok().and_then(|values| shallow::document(values).ok())
}

/// Whether one write of a command was certainly not done, and may be sent again with hope.
pub(super) fn is_undone(code: i32) -> bool {
    code == WRITE_CONFLICT || NOT_PRIMARY.contains(&code)
}

/// The error of one write of a command.
pub(super) fn of_item(code: i32, message: &str) -> Error {
    let kind = if TOO_LARGE.contains(&code) { ErrorKind::InvalidInput } else { ErrorKind::Backend };
    Error::new(kind, format!("{message} (code {code})"))
}

/// Whether an answer cannot be read, not even its code. What the driver could not write has other kinds.
fn is_garbled(error: &DriverError) -> bool {
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
        // What the driver calls a length that is none: it checks its own arguments before it has one.
        Driver::InvalidArgument { message, .. } => LENGTHS.iter().any(|text| message.contains(text)),
        Driver::Internal { .. } => true,
        _ => false,
    }
}

fn kind_of(error: &DriverError) -> ErrorKind {
    match &*error.kind {
        _ if is_garbled(error) => ErrorKind::Unavailable,
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

/// Whether a query names an index that is not there. Under which code depends on whether the collection is.
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
        Driver::Command(_) if lacks_index(error) => "an index is missing; call define first".to_owned(),
        Driver::Command(command) => format!("{} (code {})", command.message, command.code),
        Driver::Write(WriteFailure::WriteError(write)) => format!("{} (code {})", write.message, write.code),
        Driver::Write(WriteFailure::WriteConcernError(concern)) => {
            format!("the write concern was not met: {} (code {})", concern.message, concern.code)
        }
        Driver::ServerSelection { .. } => "no server was found that takes the request".to_owned(),
        Driver::ConnectionPoolCleared { .. } => {
            "the connections to the server were closed, as one of them failed".to_owned()
        }
        kind if is_garbled(error) => unreadable(kind),
        kind => match (answer::message(error), code(error)) {
            (Some(message), Some(code)) => format!("{message} (code {code})"),
            _ => kind.to_string(),
        },
    }
}

fn unreadable(why: impl fmt::Display) -> String {
    format!("the server's answer cannot be read: {why}")
}

impl From<DriverError> for Trouble {
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
    fn silence_is_ambiguous_and_passing() {
        assert!(Trouble::Silence.is_ambiguous() && Trouble::Silence.is_passing() && !Trouble::Silence.is_undone());
        assert!(Trouble::Silence.clash().is_none());
        assert_eq!(Trouble::Silence.into_unknown().kind(), ErrorKind::OutcomeUnknown);
    }
}
