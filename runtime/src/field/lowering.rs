//! The lowerings of the field types: how to go between what serde writes and what is stored.

use std::marker::PhantomData;

use super::times::Instant;
use super::traits::{Embedded, FieldType};
use crate::codec::{from_value, write_plain};
use crate::definition::{Form, InstantForm, Lowering, Stored};
use crate::error::{Error, Result};
use crate::value::{ValueRef, Writer};

/// Finds a type's lowering without asking that it has one: the inherent constant is taken where
/// the type is a field type, that of [`NoLowering`] elsewhere.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// The fallback of [`Probe`].
pub trait NoLowering {
    /// No field type, so stored as serde writes it.
    const LOWERING: Option<&'static Lowering> = None;
    /// Nor is a set of them one.
    const IS_MEMBER: bool = false;
    /// Nothing is known of what it writes.
    const FORM: Form = Form::Unknown;
    /// Both.
    const STORED: Stored = Stored::new(None, Form::Unknown);
}

impl<T> NoLowering for Probe<T> {}

impl<T: FieldType> Probe<T> {
    /// The type's own.
    pub const LOWERING: Option<&'static Lowering> = T::LOWERING;
    /// Whether a set of the type is kept as a set.
    pub const IS_MEMBER: bool = T::IS_MEMBER;
    /// The type's own.
    pub const FORM: Form = T::FORM;
    /// Both.
    pub const STORED: Stored = Stored::new(T::LOWERING, T::FORM);
}

/// The lowerings of types that are made of `T`, each in a place of its own.
pub(crate) struct Of<T>(PhantomData<T>);

impl<T: Instant> Of<T> {
    /// What serde writes of an instant is stored as the instant it is.
    pub(crate) const INSTANT: &'static Lowering =
        &Lowering::Instant(InstantForm { lower: lower_instant::<T>, raise: raise_instant::<T> });
}

impl<T: FieldType> Of<T> {
    /// Of a `Vec<T>`: bytes of `u8` alone, and a list of what only looks like it, such as a transparent newtype
    /// over it.
    pub(crate) const LIST: &'static Lowering = &if T::IS_BYTE { Lowering::Bytes } else { Lowering::List(T::LOWERING) };

    /// Of a set of `T`: a set if `T` can be in one on every backend, else a list.
    pub(crate) const SET: Option<&'static Lowering> = if T::IS_MEMBER { Some(Self::SET_OF) } else { Self::EACH };

    const SET_OF: &'static Lowering = &Lowering::Set(T::LOWERING);

    /// The values of a set of `T`.
    pub(crate) const SET_FORM: Form = if T::IS_MEMBER { Form::Set(Self::FORM) } else { Form::List(Self::FORM) };

    /// The values of a `Vec<T>`.
    pub(crate) const LIST_FORM: Form = if T::IS_BYTE { Form::Bytes } else { Form::List(Self::FORM) };

    /// The type's own.
    pub(crate) const FORM: &'static Form = &T::FORM;

    /// Of a map to `T`.
    pub(crate) const EACH: Option<&'static Lowering> = match &Self::EACH_OF {
        Some(each) => Some(each),
        None => None,
    };

    const EACH_OF: Option<Lowering> = match T::LOWERING {
        Some(lowering) => Some(Lowering::Each(lowering)),
        None => None,
    };
}

impl<T: Embedded> Of<T> {
    /// Of a nested struct: that of its fields, without those that are nothing.
    const FIELDS: &'static Lowering = &Lowering::Fields(T::FIELDS);
}

/// The values of a nested struct.
pub const fn embedded_form<T: Embedded>() -> Form {
    Form::Fields(T::FIELDS)
}

/// The lowering of a nested struct.
pub const fn embedded_lowering<T: Embedded>() -> Option<&'static Lowering> {
    Some(Of::<T>::FIELDS)
}

fn lower_instant<T: Instant>(written: ValueRef<'_>) -> Result<i64> {
    from_value::<T>(written)?.to_millis()
}

fn raise_instant<T: Instant>(millis: i64, out: &mut Writer) -> Result<()> {
    let outside = |_| Error::codec("is stored as an instant that is outside what its type holds");
    write_plain(&T::from_millis(millis).map_err(outside)?, out)
}
