//! Typed fields: what a model's constants are, and what their types may do.

mod by_value;
mod containers;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates;
mod instant_as;
mod instants;
mod interval;
#[cfg(feature = "serde_json")]
mod json;
mod key_uses;
mod lowering;
mod many;
mod numbers;
#[cfg(feature = "mongodb")]
mod object_id;
mod place;
mod probe;
mod role;
mod sealed;
mod text;
mod times;
mod traits;
mod typed;
mod types;

#[doc(hidden)]
pub use instant_as::{InstantAs, Milliseconds, Rfc3339, Seconds, StoredInstant, encode_stored};
#[doc(hidden)]
pub use interval::Interval;
pub use key_uses::AutoKey;
#[doc(hidden)]
pub use key_uses::{Sorted, Unsorted};
#[doc(hidden)]
pub use lowering::{NoLowering, Probe, embedded_form, embedded_lowering};
#[doc(hidden)]
pub use many::Argument;
pub use many::Many;
pub(crate) use place::Place;
#[doc(hidden)]
pub use probe::NotKey;
pub use role::{InKey, InMap, InVersion, Plain, Settable};
pub use times::{Instant, Timestamp, TtlField};
#[doc(hidden)]
pub use traits::EmbeddedFields;
pub use traits::{
    Contain, Countable, Dictionary, Element, Embedded, FieldType, IndexKey, Key, List, MapKey, Member, Nested, Numeric,
    Optional, Ordered, Set, Text, Version,
};
pub(crate) use typed::FieldOf;

use std::fmt;
use std::marker::PhantomData;

use crate::codec::to_lowered;
use crate::error::Result;
use crate::path::Path;
use crate::value::Value;

/// A model's field, with its type: what `User::AGE` is.
///
/// Conditions and updates are made of them, so a field of another model, or a value of another
/// type, does not compile.
///
/// ```
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32 }
/// let adult = User::AGE.ge(18).and(User::ID.ne("root"));
/// # let _ = adult;
/// ```
pub struct Field<M, T, Role = Plain> {
    /// The same without the model, of which most of what is made of a field does not need to know.
    pub(crate) of: FieldOf<T>,
    marker: Types<(M, Role)>,
}

/// Types that a value is of but does not hold.
pub(crate) type Types<T> = PhantomData<fn() -> T>;

impl<M, T, Role> Field<M, T, Role> {
    /// The field stored under `name`.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self::of(Place::named(name), None)
    }

    /// The field stored under `name` as `encode` writes it (`serde(with)`).
    #[doc(hidden)]
    pub const fn encoded_by(name: &'static str, encode: fn(&T) -> Result<Value>) -> Self {
        Self::of(Place::named(name), Some(encode))
    }

    /// A field whose own fields are stored beside it (`serde(flatten)`).
    #[doc(hidden)]
    pub const fn flattened() -> Self {
        Self::of(Place::flattened(), None)
    }

    const fn of(place: Place, encode: Option<fn(&T) -> Result<Value>>) -> Self {
        Self { of: FieldOf { place, encode }, marker: PhantomData }
    }

    /// Whether the field is stored under this name in the record itself.
    #[doc(hidden)]
    pub const fn stored_as(self, name: &str) -> bool {
        let same = self.of.place.is_named(name);
        // A destructor cannot run while compiling; a constant field has nothing to free.
        std::mem::forget(self);
        same
    }

    /// The path this field is stored at.
    pub fn path(&self) -> Path {
        self.of.place.path()
    }

    /// A field of the nested struct in this field: `User::ADDRESS.at(Address::CITY)`. The struct derives
    /// [`Embedded`](derive@crate::Embedded), and may be in an `Option`.
    ///
    /// ```
    /// # use reposit::{Embedded, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Clone, Serialize, Deserialize, Embedded)] struct Address { city: String }
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, address: Option<Address> }
    /// assert_eq!(User::ADDRESS.at(Address::CITY).path().to_string(), "address.city");
    /// ```
    pub fn at<U, R>(self, inner: Field<T::Inner, U, R>) -> Field<M, U>
    where
        T: Nested,
    {
        Field::of(self.of.place.at(inner.of.place, T::Inner::FIELDS), inner.of.encode)
    }
}

impl<M, T: FieldType, Role> Field<M, T, Role> {
    /// The item at a position of the list in this field, counted from 0: `User::TAGS.nth(0)`.
    // The item is a parameter: of a `T::Item` that is not there the compiler would say that there is no such method.
    pub fn nth<Item>(self, position: usize) -> Field<M, Item>
    where
        T: List<Item = Item>,
    {
        Field::of(self.of.place.nth(position), None)
    }

    /// The value under a key of the map in this field: `User::LABELS.entry("colour")`. A key of text may be
    /// any text.
    pub fn entry<K: MapKey, Entry>(self, key: K::Arg<'_>) -> Field<M, Entry, InMap>
    where
        T: Dictionary<Key = K, Value = Entry>,
    {
        // What serde cannot write names no entry: like the empty name, it is refused where the field is used.
        Field::of(self.of.place.entry(&K::entry_name(key).unwrap_or_default()), None)
    }

    /// A value of this field as a part of a key.
    #[doc(hidden)]
    pub fn key(&self, value: T::Arg<'_>) -> Result<Value> {
        self.of.encode(value)
    }
}

impl<M, T, Role> Clone for Field<M, T, Role> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), marker: PhantomData }
    }
}

impl<M, T, Role> fmt::Debug for Field<M, T, Role> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.path())
    }
}

/// The stored form of a value: what serde writes, lowered if the type says so.
#[doc(hidden)]
pub fn encode<T: FieldType>(value: &T) -> Result<Value> {
    to_lowered(value, T::LOWERING)
}
