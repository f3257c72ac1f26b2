//! The built-in field types.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::by_value::{by_value, keys, mark};
use super::encode;
use super::interval::{self, Interval};
use super::lowering::Of;
use super::times::TtlField;
use super::traits::{
    Contain, Countable, Dictionary, Element, FieldType, Key, List, MapKey, Member, Numeric, Ordered, Set, Text, Version,
};
use crate::codec::to_lowered;
use crate::definition::{Form, KeyKind, Lowering, TimeUnit};
use crate::error::Result;
use crate::value::Value;

macro_rules! integers {
    ($($ty:ty => $delta:ty),*) => {$(
        impl Numeric for $ty {
            type Delta = $delta;
            const BOUNDS: Option<(i128, i128)> = Some((<$ty>::MIN as i128, <$ty>::MAX as i128));
            fn delta(delta: $delta) -> Result<Value> {
                Ok(Value::Int(delta.into()))
            }
        }
    )*};
}

integers!(
    i8 => i64, i16 => i64, i32 => i64, i64 => i64, isize => i64,
    u8 => i64, u16 => i64, u32 => i64, u64 => i64, usize => i64
);
by_value!({
    const FORM: Form = Form::Integer;
    const IS_MEMBER: bool = true;
}: i8, i16, i32, i64, isize, u16, u32, u64, usize);
by_value!({
    const FORM: Form = Form::Integer;
    const IS_MEMBER: bool = true;
    const IS_BYTE: bool = true;
}: u8);
keys!(Integer [Ordered, Member]: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
by_value!({ const FORM: Form = Form::Bool; }: bool);
by_value!({ const FORM: Form = Form::Name; }: char);

macro_rules! floats {
    ($($ty:ty => $interval:expr),*) => {$(
        by_value!({
            const FORM: Form = Form::Float($interval);
            const INTERVAL: Option<Interval> = $interval;
        }: $ty);
        impl Ordered for $ty {}
        impl Numeric for $ty {
            type Delta = $ty;
            const BOUNDS: Option<(i128, i128)> = None;
            fn delta(delta: $ty) -> Result<Value> {
                encode(&delta)
            }
        }
    )*};
}

floats!(f32 => Some(interval::of_f32), f64 => None);

mark!([Element]: i8, i16, i32, i64, isize, u16, u32, u64, usize, bool, char, f32, f64, String);

macro_rules! versions {
    ($($ty:ty),*) => {$(
        impl Version for $ty {
            const MOST: u64 = <$ty>::MAX as u64;
            fn get(&self) -> u64 {
                *self as u64
            }
            fn set(&mut self, version: u64) {
                *self = <$ty>::try_from(version).unwrap_or(<$ty>::MAX);
            }
        }
    )*};
}

versions!(u8, u16, u32, u64, usize);

macro_rules! seconds {
    ($($ty:ty),*) => {$(
        impl TtlField for $ty {
            const UNIT: TimeUnit = TimeUnit::Seconds;
        }
    )*};
}

seconds!(i64, u64, u32);

impl<T: TtlField + Clone> TtlField for Option<T> {
    const UNIT: TimeUnit = T::UNIT;
}

impl FieldType for String {
    type Arg<'a> = &'a str;
    const IS_MEMBER: bool = true;

    const FORM: Form = Form::String;

    fn encode(value: &str) -> Result<Value> {
        Ok(Value::String(value.to_owned()))
    }

    fn with_value<R>(value: &str, f: impl FnOnce(&Self) -> R) -> R {
        f(&value.to_owned())
    }
}

impl Key for String {
    const KIND: KeyKind = KeyKind::String;

    fn arg(&self) -> &str {
        self
    }
}

mark!([Ordered, Member, Text]: String);

impl Contain for String {
    type Part<'a> = &'a str;

    fn encode_part(part: &str) -> Result<Value> {
        Ok(Value::String(part.to_owned()))
    }
}

impl<T: FieldType + Clone> FieldType for Vec<T> {
    type Arg<'a>
        = &'a [T]
    where
        T: 'a;

    const LOWERING: Option<&'static Lowering> = Some(Of::<T>::LIST);
    const IS_MEMBER: bool = T::IS_BYTE;
    const FORM: Form = Of::<T>::LIST_FORM;

    fn encode(value: &[T]) -> Result<Value> {
        to_lowered(value, Self::LOWERING)
    }

    fn with_value<R>(value: &[T], f: impl FnOnce(&Self) -> R) -> R {
        f(&value.to_vec())
    }
}

impl Key for Vec<u8> {
    const KIND: KeyKind = KeyKind::Bytes;

    fn arg(&self) -> &[u8] {
        self
    }
}

impl Member for Vec<u8> {}

impl<T: Element + Clone> List for Vec<T> {
    type Item = T;
}

impl<T: Element + Clone> Element for Vec<T> {}
impl Element for Vec<u8> {}
impl<K: MapKey, T: FieldType> Element for BTreeMap<K, T> {}
impl<K: MapKey, T: FieldType, S> Element for HashMap<K, T, S> where Self: Serialize {}
impl<T: FieldType> Element for BTreeSet<T> {}
impl<T: Member, S> Element for HashSet<T, S> where Self: Serialize {}
impl<T: Element> Element for Box<T> {}

impl<T: Element + Clone> Contain for Vec<T> {
    type Part<'a>
        = T::Arg<'a>
    where
        T: 'a;

    fn encode_part(part: T::Arg<'_>) -> Result<Value> {
        T::encode(part)
    }
}

impl<T: FieldType + Clone> FieldType for Option<T> {
    type Arg<'a>
        = T::Arg<'a>
    where
        T: 'a;

    const LOWERING: Option<&'static Lowering> = T::LOWERING;
    const FORM: Form = T::FORM;
    const INTERVAL: Option<Interval> = T::INTERVAL;

    fn encode(value: T::Arg<'_>) -> Result<Value> {
        T::encode(value)
    }

    fn with_value<R>(value: T::Arg<'_>, f: impl FnOnce(&Self) -> R) -> R {
        T::with_value(value, |inner| f(&Some(inner.clone())))
    }
}

impl<T: Ordered + Clone> Ordered for Option<T> {}
impl<T: Text + Clone> Text for Option<T> {}

impl<T: Numeric + Clone> Numeric for Option<T> {
    type Delta = T::Delta;
    const BOUNDS: Option<(i128, i128)> = T::BOUNDS;

    fn delta(delta: T::Delta) -> Result<Value> {
        T::delta(delta)
    }
}

impl<T: List + Clone> List for Option<T> {
    type Item = T::Item;
}

impl<T: Dictionary + Clone> Dictionary for Option<T> {
    type Key = T::Key;
    type Value = T::Value;
}

impl<T: Contain + Clone> Contain for Option<T> {
    const IS_SET: bool = T::IS_SET;
    type Part<'a>
        = T::Part<'a>
    where
        T: 'a;

    fn encode_part(part: T::Part<'_>) -> Result<Value> {
        T::encode_part(part)
    }
}

impl<T: FieldType + Clone> Countable for Vec<T> {}
impl<K: MapKey, T: FieldType> Countable for BTreeMap<K, T> {}
impl<K: MapKey, T: FieldType, S> Countable for HashMap<K, T, S> {}

impl<T: Countable + Clone> Countable for Option<T> {
    const IS_SET: bool = T::IS_SET;
}

macro_rules! by_reference {
    ($([$($generics:tt)*] $ty:ty, $lowering:expr, $form:expr, $interval:expr;)*) => {$(
        impl<$($generics)*> FieldType for $ty {
            type Arg<'a> = &'a Self where Self: 'a;
            const LOWERING: Option<&'static Lowering> = $lowering;
            const FORM: Form = $form;
            const INTERVAL: Option<Interval> = $interval;
            fn encode(value: &Self) -> Result<Value> {
                encode(value)
            }
            fn with_value<R>(value: &Self, f: impl FnOnce(&Self) -> R) -> R {
                f(value)
            }
        }
    )*};
}

by_reference! {
    [K: MapKey, T: FieldType] BTreeMap<K, T>, Of::<T>::EACH, Form::Map(Of::<T>::FORM), None;
    [K: MapKey, T: FieldType, S] HashMap<K, T, S>, Of::<T>::EACH, Form::Map(Of::<T>::FORM), None;
    [T: FieldType] BTreeSet<T>, Of::<T>::SET, Of::<T>::SET_FORM, None;
    [T: Member, S] HashSet<T, S>, Of::<T>::SET, Of::<T>::SET_FORM, None;
    [T: FieldType] Box<T>, T::LOWERING, T::FORM, T::INTERVAL;
}

impl<K: MapKey, T: FieldType> Dictionary for BTreeMap<K, T> {
    type Key = K;
    type Value = T;
}

impl<K: MapKey, T: FieldType, S> Dictionary for HashMap<K, T, S> {
    type Key = K;
    type Value = T;
}

macro_rules! sets {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> Set for $ty {
            type Member = T;
        }
        impl<$($generics)*> Contain for $ty {
            const IS_SET: bool = true;
            type Part<'a> = T::Arg<'a> where Self: 'a;
            fn encode_part(part: T::Arg<'_>) -> Result<Value> {
                T::encode(part)
            }
        }
        impl<$($generics)*> Countable for $ty {
            const IS_SET: bool = true;
        }
    )*};
}

sets! {
    [T: Member] BTreeSet<T>;
    [T: Member, S] HashSet<T, S>;
}

impl<T: Set + Clone> Set for Option<T> {
    type Member = T::Member;
}

#[cfg(feature = "uuid")]
mod uuid {
    use ::uuid::Uuid;

    use super::*;
    use crate::definition::Spelling;

    const UUID: &Spelling = &Spelling {
        noun: "a UUID",
        example: "67e55044-10b1-426f-9247-bb680e5fe0c8",
        is_ordered: true,
        respell: |text| text.parse().ok().and_then(|uuid: Uuid| encode(&uuid).ok()),
    };

    by_value!({
        const FORM: Form = Form::Spelled(UUID);
        const IS_MEMBER: bool = true;
    }: Uuid);
    // Stored as its hyphenated lower-case text, whose order is the order of its bytes.
    keys!(String [Ordered, Member, Element]: Uuid);
}

/// Stored as serde writes it, which is text: it can be compared for equality, not for order.
#[cfg(feature = "rust_decimal")]
mod decimal {
    use super::*;

    by_value!({}: rust_decimal::Decimal);
    mark!([Element]: rust_decimal::Decimal);
}
