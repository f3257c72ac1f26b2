//! Seals the traits that are implemented here alone, so that they can grow.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

/// A type that is built in. No type of a user's can be one.
pub trait Sealed {}

macro_rules! sealed {
    ($($ty:ty),*) => {$(impl Sealed for $ty {})*};
}

sealed!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, String, SystemTime);
sealed!(Box<str>, Arc<str>, Cow<'static, str>);

impl<T> Sealed for Option<T> {}
impl<T> Sealed for Vec<T> {}
impl<T, const N: usize> Sealed for [T; N] {}
impl<T> Sealed for BTreeSet<T> {}
impl<T, S> Sealed for HashSet<T, S> {}
impl<K, V> Sealed for BTreeMap<K, V> {}
impl<K, V, S> Sealed for HashMap<K, V, S> {}

#[cfg(feature = "chrono")]
impl<Tz: ::chrono::TimeZone> Sealed for ::chrono::DateTime<Tz> {}
#[cfg(feature = "time")]
sealed!(::time::OffsetDateTime);
#[cfg(feature = "jiff")]
sealed!(::jiff::Timestamp);
