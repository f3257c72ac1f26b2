//! What generated code asks of a type that may turn out to be no key at all.
//!
//! Generated code names a key's type many times. Without this, a wrong type would be reported once per mention.
//! All mentions but one go through [`Probe`]: its inherent items are taken if the type is a key, those of
//! [`NotKey`] otherwise, silently; the mention that is left reports the error.

use super::Field;
use super::lowering::Probe;
use super::many::{Argument, Many};
use super::place::Place;
use super::traits::{AutoKey, FieldType, IndexKey, Key};
use crate::definition::KeyKind;
use crate::error::{Error, Result};
use crate::value::Value;

impl<T: FieldType> Probe<T> {
    /// A value of the field stored under `name`, as a part of a key.
    // By the name, which has no type: it is so compiled once for a type, and not once for each model.
    pub fn key_part(name: &'static str, value: T::Arg<'_>) -> Result<Value> {
        Place::named(name).located(T::encode(value))
    }

    /// The same of a field with `serde(with)`.
    pub fn written_key_part<M, Role>(field: Field<M, T, Role>, value: T::Arg<'_>) -> Result<Value> {
        field.key(value)
    }

    /// Values of the field as parts of keys.
    pub fn key_parts<M, Role>(field: Field<M, T, Role>, values: impl Many<T>) -> Result<Vec<Value>> {
        field.of.encode_each(values)
    }

    /// One of many values of the field as a part of a key.
    pub fn argument_part<M, Role>(field: &Field<M, T, Role>, value: impl Argument<T>) -> Result<Value> {
        field.of.encode_argument(value)
    }

    /// An error if the type is no key type.
    pub const fn is_key()
    where
        T: Key,
    {
    }

    /// An error if the type is no key that can be filled in.
    pub const fn is_auto_key()
    where
        T: AutoKey,
    {
    }

    /// An error if the type cannot be indexed.
    pub const fn is_index_key()
    where
        T: IndexKey,
    {
    }
}

impl<T: Key> Probe<T> {
    /// A key as a part of a key.
    pub fn own_key_part(name: &'static str, value: &T) -> Result<Value> {
        Self::key_part(name, value.arg())
    }

    /// The same of a field with `serde(with)`.
    pub fn written_own_key_part<M, Role>(field: Field<M, T, Role>, value: &T) -> Result<Value> {
        field.key(value.arg())
    }

    /// A copy of a record's own key.
    pub fn copy_key(value: &T) -> T {
        value.clone()
    }
}

impl<T: IndexKey> Probe<T> {
    /// What it is stored as.
    pub const KIND: KeyKind = T::KIND;
    /// Whether it may be missing.
    pub const SPARSE: bool = T::SPARSE;
}

/// The fallback of [`Probe`]. It stands in code that does not compile, so none of it ever runs.
pub trait NotKey<T>: Sized {
    /// Any kind does.
    const KIND: KeyKind = KeyKind::String;
    /// Either does.
    const SPARSE: bool = false;

    /// No part.
    fn key_part<V>(_: &'static str, _: V) -> Result<Value> {
        Err(Error::invalid("not a key"))
    }

    /// No part.
    fn written_key_part<F, V>(_: F, _: V) -> Result<Value> {
        Err(Error::invalid("not a key"))
    }

    /// No parts.
    fn key_parts<F, V>(_: F, _: V) -> Result<Vec<Value>> {
        Err(Error::invalid("not a key"))
    }

    /// No part.
    fn argument_part<F, V>(_: &F, _: V) -> Result<Value> {
        Err(Error::invalid("not a key"))
    }

    /// No part.
    fn own_key_part(_: &'static str, _: &T) -> Result<Value> {
        Err(Error::invalid("not a key"))
    }

    /// No part.
    fn written_own_key_part<F>(_: F, _: &T) -> Result<Value> {
        Err(Error::invalid("not a key"))
    }

    /// No copy, but the type of one.
    fn copy_key(_: &T) -> T {
        loop {
            std::hint::spin_loop();
        }
    }

    /// Said elsewhere.
    fn is_key() {}

    /// Said elsewhere.
    fn is_auto_key() {}

    /// Said elsewhere.
    fn is_index_key() {}
}

impl<T> NotKey<T> for Probe<T> {}
