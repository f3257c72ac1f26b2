use std::fmt;

use crate::error::{Error, ErrorKind};

/// What a serializer or deserializer of this crate says to serde.
#[derive(Debug)]
pub struct CodecError {
    kind: ErrorKind,
    message: String,
}

impl CodecError {
    /// A value that no backend takes.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::InvalidInput, message: message.into() }
    }

    /// A value that does not fit the type.
    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Codec, message: message.into() }
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
}
