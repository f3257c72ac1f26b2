//! Instants that are stored in another form than the backend's own: `#[stored(as = "seconds")]`.

use std::marker::PhantomData;

use super::lowering::NoLowering;
use super::times::Instant;
use super::traits::FieldType;
use crate::codec::to_lowered;
use crate::definition::{Form, Lowering, Stored, TimeForm};
use crate::error::Result;
use crate::value::Value;

/// An instant, or an `Option` of one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an instant, so it has no other form to be stored in",
    label = "not an instant",
    note = "a field with `#[stored(as = \"...\")]` is a SystemTime, or an instant of chrono, time or jiff (with that feature), or an Option of one of these; a number of seconds is stored as it is"
)]
pub trait StoredInstant: FieldType {}

impl<T: Instant + FieldType> StoredInstant for T {}
impl<T: Instant + FieldType + Clone> StoredInstant for Option<T> {}

/// A form, as a type.
#[doc(hidden)]
pub trait Formed {
    /// The form.
    const FORM: TimeForm;
}

macro_rules! forms {
    ($($form:ident)*) => {$(
        /// The form of this name.
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $form;

        impl Formed for $form {
            const FORM: TimeForm = TimeForm::$form;
        }
    )*};
}

forms!(Seconds Milliseconds Rfc3339);

/// How an instant is stored in a form. Of another type it is said at the field, once, that it is no instant: this then is
/// what [`NoLowering`] says.
#[doc(hidden)]
#[derive(Debug)]
pub struct InstantAs<T, F>(PhantomData<(T, F)>);

impl<T, F> NoLowering for InstantAs<T, F> {}

impl<T: StoredInstant, F: Formed> InstantAs<T, F> {
    /// How it is stored.
    pub const STORED: Stored = Stored::new(Some(Self::LOWERING), Form::InstantAs(Self::LOWERING));

    const LOWERING: &'static Lowering = &match T::LOWERING {
        Some(Lowering::Instant(of)) => Lowering::InstantAs(*of, F::FORM),
        // There is no other instant.
        _ => Lowering::List(None),
    };
}

/// A value as a field has it that is stored so.
pub fn encode_stored<T: serde::Serialize>(value: &T, stored: Stored) -> Result<Value> {
    to_lowered(value, stored.lowering())
}
