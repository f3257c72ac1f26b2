use std::fmt;

use crate::error::{Error, ErrorKind};

/// What a serializer or deserializer of this crate says to serde.
#[derive(Debug)]
pub struct CodecError {
    kind: ErrorKind,
    message: String,
    missing: Option<&'static str>,
}

impl CodecError {
    /// A value that no backend takes.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::InvalidInput, message: message.into(), missing: None }
    }

    /// A value that does not fit the type.
    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Codec, message: message.into(), missing: None }
    }

    /// The same, of a part of a value: serde's own message does not say where it was.
    pub(crate) fn within(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self
    }

    /// The field that is missing, if that is what is wrong.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        self.missing
    }

    pub(crate) fn into_error(self) -> Error {
        Error::new(self.kind, self.message)
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CodecError {}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::mismatch(message.to_string())
    }
}

impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::mismatch(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::mismatch(format!("missing field `{field}`")) }
    }
}
