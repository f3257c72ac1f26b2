//! Text that is not a `String`, and IP addresses, which are stored as text.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

use super::by_value::{by_value, keys, mark};
use super::encode;
use super::key_uses::{AutoKey, Unsorted};
use super::traits::{Contain, Element, FieldType, Key, Member, Ordered, Text};
use crate::definition::{Form, KeyKind, Lowering, Spelling, StrictForm};
use crate::error::Result;
use crate::value::{Value, ValueRef};

macro_rules! texts {
    ($($ty:ty),*) => {$(
        // The lifetime makes the bound one that is judged where the type is used: serde writes an `Arc` only
        // with a feature of its own.
        impl FieldType for $ty
        where
            for<'later> $ty: Serialize,
        {
            type Arg<'a> = &'a str;
            const FORM: Form = Form::String;
            const IS_MEMBER: bool = true;
            fn encode(value: &str) -> Result<Value> {
                Ok(Value::String(value.to_owned()))
            }
            fn with_value<R>(value: &str, f: impl FnOnce(&Self) -> R) -> R {
                f(&value.to_owned().into())
            }
        }
        impl Key for $ty
        where
            for<'later> $ty: Serialize,
        {
            const KIND: KeyKind = KeyKind::String;
            fn arg(&self) -> &str {
                self
            }
        }
        impl Contain for $ty
        where
            for<'later> $ty: Serialize,
        {
            type Part<'a> = &'a str;
            fn encode_part(part: &str) -> Result<Value> {
                Ok(Value::String(part.to_owned()))
            }
        }
        impl Ordered for $ty where for<'later> $ty: Serialize {}
        impl Text for $ty where for<'later> $ty: Serialize {}
        impl Member for $ty where for<'later> $ty: Serialize {}
        impl Element for $ty where for<'later> $ty: Serialize {}
        impl AutoKey for $ty where for<'later> $ty: Serialize {}
    )*};
}

texts!(Box<str>, Arc<str>, Cow<'static, str>);

/// Stored as its text, which does not sort as addresses do.
macro_rules! addresses {
    ($($ty:ty, $example:literal;)*) => {$(
        by_value!({
            const FORM: Form = Form::Spelled(const {
                &Spelling {
                    noun: "an IP address",
                    example: $example,
                    is_ordered: false,
                    respell: |text| text.parse().ok().and_then(|address: $ty| encode(&address).ok()),
                }
            });
            const IS_MEMBER: bool = true;
            const LOWERING: Option<&'static Lowering> = const {
                Some(&Lowering::Strict(StrictForm {
                    is_stored: is_as_written::<$ty>,
                    unwritable: None,
                    unreadable: "is stored as text that is no IP address as it is written",
                }))
            };
        }: $ty);
        keys!(String [Unsorted, Member, Element]: $ty);
    )*};
}

addresses! {
    IpAddr, "10.0.0.1";
    Ipv4Addr, "10.0.0.1";
    Ipv6Addr, "2001:db8::1";
}

/// Whether text is the one that is written of what is read of it. What is not text is refused by the type itself.
fn is_as_written<T: FromStr + ToString>(value: ValueRef<'_>) -> bool {
    value.as_str().is_none_or(|text| text.parse::<T>().is_ok_and(|address| address.to_string() == text))
}
