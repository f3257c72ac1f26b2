//! Reads a value from its bytes, again if a null has to be put in or left out.

use serde::de::DeserializeOwned;

use super::CodecError;
use super::missing::NullDefaults;
use super::source::{Form, ValueDeserializer};
use crate::value::{Raw, ValueRef, Writer};

/// Reads a serde type from a value.
pub(super) fn read_value<T: DeserializeOwned>(value: ValueRef<'_>) -> Result<T, CodecError> {
    let mut bytes = Writer::default();
    bytes.value(value);
    read_raw(bytes.raw_at(0))
}

fn read_raw<T: DeserializeOwned>(value: Raw<'_>) -> Result<T, CodecError> {
    let mut nulls = NullDefaults::default();
    loop {
        match T::deserialize(&ValueDeserializer { value, form: Form::Plain, nulls: &nulls }) {
            Ok(read) => return Ok(read),
            Err(error) => nulls.record_failure(error)?,
        }
    }
}
