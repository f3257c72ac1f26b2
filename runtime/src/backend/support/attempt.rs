//! How an attempt is reported to those who watch its call.

use std::borrow::Cow;

use crate::error::ErrorKind;
use crate::request::{Attempt, Call};

/// Why an attempt failed.
pub(crate) trait AttemptFailure {
    /// The kind of the error that it becomes.
    fn kind(&self) -> ErrorKind;

    /// The server's code, if it gave one.
    fn status(&self) -> Option<Cow<'_, str>>;
}

/// Reports an attempt, and why it failed if it did.
pub(crate) fn report(call: &Call, attempt: Attempt<'_>, failure: Option<&impl AttemptFailure>) {
    if !call.is_watched() {
        return;
    }
    let Some(failure) = failure else { return call.report_attempt(&attempt) };
    let attempt = attempt.failed(failure.kind());
    match failure.status() {
        Some(status) => call.report_attempt(&attempt.status(&status)),
        None => call.report_attempt(&attempt),
    }
}
