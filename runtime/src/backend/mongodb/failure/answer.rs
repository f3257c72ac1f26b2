//! Reads the answers that the driver could not.
//!
//! In the text of an error the server cuts long values short, and may cut a character in two. The driver
//! refuses such an answer whole, since its text is not valid UTF-8, but keeps it beside its error.

use mongodb::bson::{Document, RawBson, RawBsonRef, RawDocument, Utf8Lossy};
use mongodb::error::{Error as DriverError, ErrorKind as Driver};

/// The answer that the driver could not read, if one came.
fn unread(error: &DriverError) -> Option<&RawDocument> {
    let unread = matches!(&*error.kind, Driver::InvalidResponse { .. } | Driver::Bson(_));
    unread.then(|| error.server_response()).flatten().map(AsRef::as_ref)
}

fn is_done(answer: &RawDocument) -> bool {
    let ok = answer.get("ok").ok().flatten();
    ok.is_some_and(|ok| matches!(ok, RawBsonRef::Double(1.0) | RawBsonRef::Int32(1) | RawBsonRef::Int64(1)))
}

/// The answer of a command that was done, with what is not text in it replaced.
pub(in super::super) fn completed(error: &DriverError) -> Option<Document> {
    let answer = unread(error).filter(|answer| is_done(answer))?;
    Utf8Lossy::<Document>::try_from(answer).ok().map(|answer| answer.0)
}

/// The code under which a command was refused.
pub(super) fn code(error: &DriverError) -> Option<i32> {
    let answer = unread(error).filter(|answer| !is_done(answer))?;
    match answer.get("code").ok().flatten()? {
        RawBsonRef::Int32(code) => Some(code),
        _ => None,
    }
}

/// The text with which a command was refused.
pub(super) fn message(error: &DriverError) -> Option<String> {
    let answer = unread(error).filter(|answer| !is_done(answer))?;
    let element = answer.iter_elements().flatten().find(|element| element.key().as_str() == "errmsg")?;
    match element.value_utf8_lossy().ok()? {
        RawBson::String(text) => Some(text),
        _ => None,
    }
}

/// Whether the answer bears a label.
pub(super) fn has_label(error: &DriverError, label: &str) -> bool {
    let labels = unread(error).and_then(|answer| answer.get_array("errorLabels").ok());
    labels.into_iter().flatten().flatten().any(|item| item.as_str() == Some(label))
}
