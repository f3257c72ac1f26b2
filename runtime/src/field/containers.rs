//! Arrays and tuples, and what maps can have as their keys.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64,
    NonZeroUsize,
};
use std::sync::Arc;

use serde::Serialize;

use super::encode;
use super::lowering::Of;
use super::traits::{Contain, Element, FieldType, Key, MapKey, Member};
use crate::codec::to_lowered;
use crate::definition::{Form, KeyKind, Lowering, has_set};
use crate::error::Result;
use crate::value::Value;

/// An array of as many items as serde writes: 32 at most. Of `u8` it is bytes, else a list.
impl<T: FieldType, const N: usize> FieldType for [T; N]
where
    Self: Serialize,
{
    type Arg<'a>
        = &'a Self
    where
        T: 'a;

    const LOWERING: Option<&'static Lowering> = Some(Of::<T>::LIST);
    const IS_MEMBER: bool = T::IS_BYTE;
    const FORM: Form = Of::<T>::LIST_FORM;

    fn encode(value: &Self) -> Result<Value> {
        to_lowered(value, Self::LOWERING)
    }

    fn with_value<R>(value: &Self, f: impl FnOnce(&Self) -> R) -> R {
        f(value)
    }
}

impl<const N: usize> Key for [u8; N]
where
    Self: Serialize,
{
    const KIND: KeyKind = KeyKind::Bytes;

    fn arg(&self) -> &Self {
        self
    }
}

impl<const N: usize> Member for [u8; N] where Self: Serialize {}
impl<T: FieldType, const N: usize> Element for [T; N] where Self: Serialize {}

impl<T: Element, const N: usize> Contain for [T; N]
where
    Self: Serialize,
{
    type Part<'a>
        = T::Arg<'a>
    where
        T: 'a;

    fn encode_part(part: T::Arg<'_>) -> Result<Value> {
        T::encode(part)
    }
}

/// Tuples are stored as serde writes them, with all that is in them.
macro_rules! tuples {
    ($(($($part:ident)*))*) => {$(
        impl<$($part: FieldType),*> FieldType for ($($part,)*) {
            type Arg<'a> = &'a Self where Self: 'a;
            fn encode(value: &Self) -> Result<Value> {
                const {
                    assert!(
                        $(!has_set($part::LOWERING))&&*,
                        "a tuple that holds a set cannot be compared or set, since a set in it has no order: \
                         derive `Embedded` for a struct in its place"
                    )
                };
                encode(value)
            }
            fn with_value<R>(value: &Self, f: impl FnOnce(&Self) -> R) -> R {
                f(value)
            }
        }
        impl<$($part: FieldType),*> Element for ($($part,)*) {}
    )*};
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}

macro_rules! map_keys {
    ($($ty:ty),*) => {$(impl MapKey for $ty {})*};
}

map_keys!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, char, Box<str>, Cow<'static, str>);
map_keys!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize);
map_keys!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize);
map_keys!(IpAddr, Ipv4Addr, Ipv6Addr);

impl MapKey for Arc<str> where for<'later> Self: Serialize {}

impl MapKey for String {
    fn entry_name(key: &str) -> Result<String> {
        Ok(key.to_owned())
    }
}

#[cfg(feature = "uuid")]
map_keys!(::uuid::Uuid);
#[cfg(feature = "chrono")]
map_keys!(::chrono::NaiveDate, ::chrono::NaiveDateTime);
#[cfg(feature = "jiff")]
map_keys!(::jiff::civil::Date, ::jiff::civil::DateTime);
