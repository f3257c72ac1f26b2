//! Reads a whole value or record, again if a null has to be put in or left out.

use serde::de::DeserializeOwned;

use super::CodecError;
use super::de::ValueDeserializer;
use super::missing::NullDefaults;
use super::source::{Form, Root};
use crate::value::ValueRef;

type Out<T> = Result<T, CodecError>;

/// Reads a serde type from a value.
pub(super) fn read_value<T: DeserializeOwned>(value: ValueRef<'_>) -> Out<T> {
    read_as(value, Form::Plain)
}

/// Reads a model from a record.
pub(super) fn read_record<T: DeserializeOwned>(root: &Root<'_>) -> Out<T> {
    read_as(ValueRef::Map(root.record.entries()), Form::Root(root))
}

fn read_as<'a, T: DeserializeOwned>(value: ValueRef<'a>, form: Form<'a>) -> Out<T> {
    let mut nulls = NullDefaults::default();
    loop {
        match T::deserialize(ValueDeserializer { value, form, nulls: &nulls }) {
            Ok(read) => return Ok(read),
            Err(error) => nulls.record_failure(error)?,
        }
    }
}
