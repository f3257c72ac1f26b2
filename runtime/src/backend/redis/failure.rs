//! What a failed request means: whether it may have been applied, whether to send it again, and as which error it is
//! reported.

use std::borrow::Cow;

use redis::{ErrorKind as DriverKind, RedisError, ServerErrorKind};

use crate::backend::support::attempt::AttemptFailure;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind};

/// Why a request failed.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// There was no connection: nothing was sent.
    Unreached(RedisError),
    /// The connection broke, and the request may have been sent.
    Lost(RedisError),
    /// No answer came in time; the request may have been sent.
    TimedOut,
    /// No connection was made in time: nothing was sent.
    NotConnected,
    /// The server answered with an error: nothing was applied.
    Refused(RedisError),
    /// An answer came that is none to what was sent; why.
    Unreadable(&'static str),
    /// It was applied, but fewer replicas than were asked for have it in time.
    NotReplicated {
        /// How many have it.
        replicas: u64,
        /// How many were asked for.
        wanted: u64,
    },
}

/// Codes with which the server refuses for a while: it starts, fails over, moves slots, runs another's script, or cannot
/// write to its disk or its replicas.
const PASSING: [&str; 10] =
    ["LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "MISCONF", "NOREPLICAS", "MOVED", "ASK"];
/// The server's memory is full.
const FULL: &str = "OOM";
/// Codes with which it refuses who asks.
const NOT_ALLOWED: [&str; 3] = ["NOAUTH", "WRONGPASS", "NOPERM"];
/// Codes of requests that it does not begin.
const NOT_BEGUN: [&str; 3] = ["NOSCRIPT", "CROSSSLOT", "NOPROTO"];
/// How it refuses a connection that is one too many, before anything is sent on it.
const TOO_MANY: &str = "max number of clients";

impl Failure {
    /// The failure of a request that was handed to a connection.
    pub(super) fn of_sent(error: RedisError) -> Self {
        match error.kind() {
            DriverKind::Server(_) | DriverKind::Extension => Self::Refused(error),
            DriverKind::Parse | DriverKind::UnexpectedReturnType => {
                Self::Unreadable("the answer is not of the protocol")
            }
            _ => Self::Lost(error),
        }
    }

    /// The failure of an attempt to connect. A server that answers with an error does so before anything else is sent.
    pub(super) fn of_connecting(error: RedisError) -> Self {
        match error.kind() {
            _ if error.detail().is_some_and(|detail| detail.contains(TOO_MANY)) => Self::Unreached(error),
            DriverKind::Server(_) | DriverKind::Extension | DriverKind::AuthenticationFailed => Self::Refused(error),
            _ => Self::Unreached(error),
        }
    }

    /// The server's code for it.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(error) => error.code(),
            _ => None,
        }
    }

    /// Whether the server does not have the script that it was to run.
    pub(super) fn is_missing_script(&self) -> bool {
        matches!(self, Self::Refused(error) if error.kind() == DriverKind::Server(ServerErrorKind::NoScript))
    }

    /// Whether the server does not know the user, or not by this password, or does not allow the request.
    pub(super) fn is_not_allowed(&self) -> bool {
        let refused = matches!(self, Self::Refused(error) if error.kind() == DriverKind::AuthenticationFailed);
        refused || self.code().is_some_and(|code| NOT_ALLOWED.contains(&code))
    }

    /// Whether another connection may lead to a server that takes the request: the one before it lost its place.
    pub(super) fn needs_new_connection(&self) -> bool {
        match self {
            Self::Lost(_) | Self::TimedOut | Self::Unreadable(_) => true,
            Self::Refused(_) if self.is_of_another() => true,
            _ => self.code().is_some_and(|code| matches!(code, "READONLY" | "MASTERDOWN" | "MOVED")),
        }
    }

    /// Whether the error is not the server's, whose codes are in capitals, but of something before it, which may or may not
    /// have handed the request on.
    fn is_of_another(&self) -> bool {
        self.code().is_some_and(|code| code.contains(|c: char| !c.is_ascii_uppercase()))
    }

    /// Whether a write may have been applied all the same. A script is not undone if it fails, which it does if another
    /// program has stored something of its own under one of the keys.
    pub(super) fn may_be_applied(&self) -> bool {
        match self {
            Self::Lost(_) | Self::TimedOut | Self::Unreadable(_) | Self::NotReplicated { .. } => true,
            Self::Unreached(_) | Self::NotConnected => false,
            Self::Refused(_) => self.code().is_some_and(|code| {
                let known = PASSING.iter().chain(&NOT_ALLOWED).chain(&NOT_BEGUN).chain([&FULL]);
                !known.into_iter().any(|known| *known == code)
            }),
        }
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) => {
                self.is_of_another() || self.code().is_some_and(|code| PASSING.contains(&code) || code == FULL)
            }
            Self::NotReplicated { .. } => false,
            _ => true,
        }
    }

    /// Its kind, for a request that changes nothing.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreached(_) | Self::Lost(_) | Self::NotConnected | Self::Unreadable(_) => ErrorKind::Unavailable,
            Self::TimedOut => ErrorKind::Timeout,
            Self::NotReplicated { .. } => ErrorKind::OutcomeUnknown,
            Self::Refused(_) => match self.code() {
                Some(FULL) => ErrorKind::Throttled,
                Some(code) if PASSING.contains(&code) => ErrorKind::Unavailable,
                _ if self.is_of_another() => ErrorKind::Unavailable,
                _ => ErrorKind::Backend,
            },
        }
    }

    /// As the error of a request that changed nothing.
    pub(super) fn into_error(self, operation: &str) -> Error {
        let kind = self.kind();
        let error = |message: String| Error::new(kind, message);
        match self {
            Self::TimedOut => outcome::unanswered(operation),
            Self::NotConnected => error("no connection to the server was made in time".to_owned()),
            Self::Unreached(source) => {
                error(format!("the server cannot be reached: {}", cause(&source))).with_source(source)
            }
            Self::Lost(source) => error("the connection to the server broke".to_owned()).with_source(source),
            Self::Unreadable(why) => error(why.to_owned()),
            Self::NotReplicated { .. } => self.into_unknown(),
            // An answer's text may quote what was sent.
            Self::Refused(source) => error(match source.code() {
                _ if kind == ErrorKind::Unavailable && !source.code().is_some_and(|code| PASSING.contains(&code)) => {
                    "something between here and the server answered with an error".to_owned()
                }
                Some(FULL) => "the server's memory is full (OOM)".to_owned(),
                Some(code) => format!("the server answered with the error {code}"),
                None => "the server refuses the user or the password".to_owned(),
            }),
        }
    }

    /// As the error of a write that may have been applied.
    pub(super) fn into_unknown(self) -> Error {
        match self {
            Self::TimedOut => outcome::unknown("no answer came in time"),
            Self::Lost(source) => outcome::unknown("the connection to the server broke").with_source(source),
            Self::NotReplicated { replicas, wanted } => {
                outcome::unknown(format_args!("{replicas} replicas have it in time, and {wanted} were asked for"))
            }
            Self::Unreadable(why) => outcome::unknown(why),
            other => outcome::refused(other.into_error("write"), true),
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

/// Why no connection came about, in the words of people.
fn cause(error: &RedisError) -> &'static str {
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match error.kind() {
        _ if error.is_connection_refusal() => "the connection was refused",
        _ if says(&[TOO_MANY]) => "it has as many clients as it takes",
        _ if says(&["lookup address", "resolve"]) => "no such host",
        _ if says(&["InvalidContentType", "certificate", "TLS", "tls"]) => "TLS was not agreed on",
        DriverKind::Parse | DriverKind::UnexpectedReturnType => {
            "what answers there does not speak as Redis does; is the port right?"
        }
        _ if error.is_timeout() => "no answer came in time",
        _ => "the connection broke",
    }
}
