//! What the derives' expansions name beyond the public items. No part of the contract.

pub use crate::codec::{CodecError, ValueSerializer};
pub use crate::definition::{
    AliasDef, Definition, FieldDef, IndexDef, KeyDef, KeyKind, Projection, Spec, TimeUnit, TtlDef, VersionDef,
    WrittenDefault,
};
pub use crate::error::Result;
pub use crate::field::{
    AutoKey, Bare, Contain, Countable, Dictionary, Element, InKey, InVersion, IndexKey, List, Lowering, NoLowering,
    NotKey, Numeric, Optional, Ordered, Plain, Probe, Settable, Stamp, Text, TtlField, Version, embedded_lowering,
    encode, holds_instant,
};
pub use crate::operation::{Local, NoRange, Primary, Secondary};
pub use crate::repository::{IntoKey, KeyArg, hash_key, hash_range_key};
pub use crate::value::Value;
pub use serde::Serialize;
pub use std::clone::Clone;
pub use std::option::Option::{None, Some};

/// Stands in where a model is too broken to have a definition; the build fails for that.
pub const BROKEN: Definition = Spec {
    model: "",
    name: "",
    read_capacity: None,
    write_capacity: None,
    fields: &[],
    hash: part(0, KeyKind::String),
    range: None,
    indexes: &[],
    ttl: None,
    version: None,
    aliases: &[],
    auto_hash: false,
    created_at: None,
    updated_at: None,
}
.build();

/// A stored field.
pub const fn field(name: &'static str, rust_name: &'static str, lowering: Option<Lowering>) -> FieldDef {
    FieldDef { name, rust_name, lowering, default: None }
}

/// A stored field that serde has a default for.
pub const fn defaulted(field: FieldDef, default: WrittenDefault) -> FieldDef {
    FieldDef { default: Some(default), ..field }
}

/// A field that is part of a key or an index.
pub const fn part(field: usize, kind: KeyKind) -> KeyDef {
    KeyDef { field, kind }
}

/// A value as a function of `serde(with)` writes it.
pub fn encode_with<F>(write: F) -> Result<Value>
where
    F: FnOnce(ValueSerializer) -> std::result::Result<Value, CodecError>,
{
    write(ValueSerializer).map_err(CodecError::into_error)
}

/// A value as its type's own `Serialize` writes it, where only reading has a function of its own.
pub fn encode_as_written<T: serde::Serialize>(value: &T) -> Result<Value> {
    crate::codec::to_value(value)
}

/// The type is an index field.
pub const fn assert_index_key<T: IndexKey>() {}

/// The type can take the time of a write.
pub const fn assert_stamp<T: Stamp>() {}
