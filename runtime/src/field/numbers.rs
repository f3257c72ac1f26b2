//! Numbers that are never zero, and durations.

use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64,
    NonZeroUsize,
};
use std::time::Duration;

use super::by_value::{by_value, keys, mark};
use super::encode;
use super::traits::{Element, FieldType, Key, Member, Ordered};
use crate::definition::{Form, KeyKind, Lowering, StrictForm};
use crate::error::Result;
use crate::value::{Value, ValueRef};

macro_rules! nonzero {
    ($($ty:ty),*) => {
        by_value!(value => Ok(Value::Int(value.get().try_into().unwrap_or(i128::MAX))), {
            const FORM: Form = Form::Integer;
            const IS_MEMBER: bool = true;
        }: $($ty),*);
        keys!(Integer [Ordered, Member, Element]: $($ty),*);
    };
}

nonzero!(
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroIsize,
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroUsize
);

// Stored as serde writes it, which is a map of seconds and nanoseconds: it can be compared for equality, not for
// order.
by_value!({
    const LOWERING: Option<&'static Lowering> = const {
        Some(&Lowering::Strict(StrictForm {
            is_stored: is_stored_duration,
            unwritable: None,
            unreadable: "is stored as a duration with a second or more in its nanoseconds",
        }))
    };
}: Duration);
mark!([Element]: Duration);

/// Whether a duration, which `{secs: 0, nanos: 1_000_000_000}` also is, is as a filter looks for it.
fn is_stored_duration(value: ValueRef<'_>) -> bool {
    match value {
        ValueRef::Map(map) => {
            map.get("nanos").and_then(|nanos| nanos.as_int()).is_none_or(|nanos| nanos < 1_000_000_000)
        }
        _ => true,
    }
}
