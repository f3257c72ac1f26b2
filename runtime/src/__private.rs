//! What the derives' expansions name beyond the public items. No part of the contract.

pub use crate::codec::{CodecError, RecordSerializer};
pub use crate::definition::{
    Definition, FieldDef, Form, IndexDef, KeyDef, KeyKind, Projection, Spec, TimeForm, TimeUnit, TtlDef, has_instant,
    index_name, table_name,
};
pub use crate::error::Result;
pub use crate::field::{
    Argument, AutoKey, Contain, Countable, Dictionary, Element, EmbeddedFields, InKey, InVersion, IndexKey, InstantAs,
    List, Many, MapKey, Member, Milliseconds, Nested, NoLowering, NotKey, Numeric, Optional, Ordered, Plain, Probe,
    Rfc3339, Seconds, Settable, StoredInstant, Text, Timestamp, TtlField, Unsorted, Version, embedded_form,
    embedded_lowering, encode, encode_stored,
};
pub use crate::model::{EncodedKey, IntoKey, hash_key, hash_range_key};
pub use crate::operation::{Local, NoRange, Parts, Primary, Secondary, Written, WrittenPart};
pub use crate::value::Value;
pub use serde::Serialize;
pub use std::clone::Clone;
pub use std::option::Option::{None, Some};

/// How the stored form of a type differs from what serde writes of it.
pub type Lowering = &'static crate::definition::Lowering;

/// Stands in if a model is too broken to have a definition; the build fails for that.
pub const BROKEN: Definition = Spec::new("", "", &[], KeyDef::new(0, KeyKind::String)).build();

/// A value as a function of `serde(with)` writes it.
pub fn encode_with<F>(write: F) -> Result<Value>
where
    F: FnOnce(RecordSerializer<'_>) -> std::result::Result<(), CodecError>,
{
    crate::codec::to_value_with(write)
}

/// A value as its type's own `Serialize` writes it, if only reading has a function of its own.
pub fn encode_as_written<T: serde::Serialize>(value: &T) -> Result<Value> {
    crate::codec::to_value(value)
}

/// The type is an index field.
pub const fn assert_index_key<T: IndexKey>() {}

/// The type is an instant.
pub const fn assert_stored_instant<T: StoredInstant>() {}

/// The type can take the time of a write.
pub const fn assert_timestamp<T: Timestamp>() {}
