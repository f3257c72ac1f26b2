//! What the serializer and the deserializer report, and where in a record it is.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::error::{Error, ErrorKind};

/// What a serializer or deserializer of this crate says to serde.
///
/// It is a pointer, so that what comes with it costs nothing where there is no error.
#[derive(Debug)]
pub struct CodecError(Box<Fault>);

#[derive(Debug)]
struct Fault {
    kind: ErrorKind,
    /// What is wrong, after where it is: `.address.city is stored as text, not as u32`.
    message: String,
    missing: Option<&'static str>,
    /// The index that the value cannot be in.
    index: Option<String>,
}

/// How much of what a type of the user's says is kept.
const LONGEST: usize = 200;

/// What is wrong in a part of a value, as a message about the whole: `step` is the part as a path has it,
/// `.city` or `[2]`.
pub(crate) fn located(step: &str, message: &str) -> String {
    let between = match message {
        message if message.starts_with(['.', '[']) => "",
        message if message.starts_with("is ") => " ",
        _ => ": ",
    };
    format!("{step}{between}{message}")
}

/// The error of a whole record, or of a value that is part of nothing.
pub(crate) fn located_whole(error: &Error) -> Error {
    let message = match error.message().strip_prefix('.') {
        Some(located) => located.to_owned(),
        None if error.message().starts_with("is ") => format!("the value {}", error.message()),
        None => error.message().to_owned(),
    };
    let whole = Error::new(error.kind(), message);
    error.index().map_or(whole.clone(), |index| whole.on_index(index))
}

impl CodecError {
    fn new(kind: ErrorKind, message: String) -> Self {
        Self(Box::new(Fault { kind, message, missing: None, index: None }))
    }

    /// A value that no backend takes.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message.into())
    }

    /// A value that does not fit the type.
    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Codec, message.into())
    }

    /// The same error, of the value under a name.
    pub(crate) fn within(mut self, name: &str) -> Self {
        self.0.message = located(&format!(".{name}"), &self.0.message);
        self
    }

    /// The same error, of the item at a position.
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.0.message = located(&format!("[{position}]"), &self.0.message);
        self
    }

    /// The field that is missing, if that is what is wrong.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        self.0.missing
    }

    /// What the library itself says of a value.
    pub(crate) fn from_error(error: Error) -> Self {
        let mut fault = Self::new(error.kind(), error.message().to_owned());
        fault.0.index = error.index().map(str::to_owned);
        fault
    }

    pub(crate) fn into_error(self) -> Error {
        let Fault { kind, message, index, .. } = *self.0;
        let error = Error::new(kind, message);
        index.iter().fold(error, |error, index| error.on_index(index))
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for CodecError {}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::mismatch(bounded(message.to_string()))
    }
}

/// Stored values are the user's data and do not belong in messages: only their type is reported.
impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::mismatch(bounded(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(format!("is stored as {}, not as {expected}", noun(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(format!("is stored as {} that does not fit {expected}", noun(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::mismatch(format!("is stored with {length} items, not as {expected}"))
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::mismatch("is stored as text that names no variant of the type")
    }

    fn missing_field(field: &'static str) -> Self {
        let mut missing = Self::mismatch("is missing").within(field);
        missing.0.missing = Some(field);
        missing
    }
}

/// What was found, with its article.
fn noun(found: Unexpected<'_>) -> &str {
    match found {
        Unexpected::Bool(_) => "a bool",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "a null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "a variant of another shape",
        // What serde buffered of a value that no type is read from.
        Unexpected::NewtypeStruct => "what it is never read from",
        Unexpected::Other(what) => what,
    }
}

fn bounded(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(LONGEST) {
        message.truncate(end);
        message.push('\u{2026}');
    }
    message
}
