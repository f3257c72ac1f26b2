//! What methods take that take many values: any collection of what stands for the values.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64,
    NonZeroUsize,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::traits::{FieldType, MapKey};
use super::typed::FieldOf;
use crate::error::Result;
use crate::value::Value;

/// What methods take that take many values of a field type: anything that can be iterated over, of what methods take
/// for one value, or of the values themselves.
///
/// For a `String` field that is a `Vec<String>`, a `&Vec<String>`, a slice, an array, or any iterator of `&str`,
/// `String` or `&String`; for numbers and instants, of them or of references to them. Of an empty collection the
/// compiler has to know the type: `Vec::<String>::new()`, `[0; 0]`.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, age: u32, tags: Vec<String> }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// # User::create(&User { id: "u1".into(), age: 36, tags: vec![] }).exec(&db).await?;
/// let owned = vec!["a".to_owned(), "b".to_owned()];
/// User::update("u1").append(User::TAGS, &owned).exec(&db).await?;
/// User::update("u1").append(User::TAGS, owned).exec(&db).await?;
/// let user = User::update("u1").append(User::TAGS, ["c"]).exec(&db).await?;
/// assert_eq!(user.tags, ["a", "b", "a", "b", "c"]);
/// assert_eq!(User::scan().filter(User::AGE.is_in(&[35, 36])).count(&db).await?, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no values of type `{T}`",
    label = "not a collection of `{T}`",
    note = "write an array, a slice, a Vec or an iterator of what a method takes for one `{T}`: for text of `&str`, `String` or `&String`, for numbers of the numbers or references to them, for other types of references"
)]
pub trait Many<T> {
    /// The stored form of each value.
    #[doc(hidden)]
    fn encode_each(self, encode: Option<fn(&T) -> Result<Value>>) -> Result<Vec<Value>>;
}

// The message of the trait says what to write; that some item is no argument would not.
#[diagnostic::do_not_recommend]
impl<T: FieldType, I: IntoIterator> Many<T> for I
where
    I::Item: Argument<T>,
{
    fn encode_each(self, encode: Option<fn(&T) -> Result<Value>>) -> Result<Vec<Value>> {
        self.into_iter().map(|item| item.encode_in(encode)).collect()
    }
}

/// What stands for a value of a field type among many: what methods take for it, or the value itself.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "`{Self}` stands for no value of type `{T}`")]
pub trait Argument<T> {
    /// The stored form of the value.
    fn encode_in(self, encode: Option<fn(&T) -> Result<Value>>) -> Result<Value>;
}

impl<'a, T: FieldType + 'a> Argument<T> for T::Arg<'a> {
    fn encode_in(self, encode: Option<fn(&T) -> Result<Value>>) -> Result<Value> {
        encode_arg::<T>(self, encode)
    }
}

fn encode_arg<T: FieldType>(value: T::Arg<'_>, encode: Option<fn(&T) -> Result<Value>>) -> Result<Value> {
    match encode {
        Some(encode) => T::with_value(value, encode),
        None => T::encode(value),
    }
}

/// What stands for a value besides what methods take: `value` of the type, as what methods take.
macro_rules! arguments {
    ($([$($generics:tt)*] $given:ty => $ty:ty, |$value:ident| $arg:expr;)*) => {$(
        impl<$($generics)*> Argument<$ty> for $given {
            fn encode_in(self, encode: Option<fn(&$ty) -> Result<Value>>) -> Result<Value> {
                let $value = self;
                encode_arg::<$ty>($arg, encode)
            }
        }
    )*};
}

arguments! {
    [T: FieldType + Clone] Vec<T> => Vec<T>, |items| &items;
    [T: FieldType + Clone] &Vec<T> => Vec<T>, |items| items;
    [K: MapKey, T: FieldType] BTreeMap<K, T> => BTreeMap<K, T>, |map| &map;
    [K: MapKey, T: FieldType, S] HashMap<K, T, S> => HashMap<K, T, S>, |map| &map;
    [T: FieldType] BTreeSet<T> => BTreeSet<T>, |set| &set;
}

/// Types of text, for which methods take a `&str`. With the lifetime the bound is judged where it is used.
macro_rules! texts {
    ($($given:ty, |$value:ident| $arg:expr => $($ty:ty),*;)*) => {$($(
        impl Argument<$ty> for $given
        where
            for<'later> $ty: FieldType<Arg<'later> = &'later str>,
        {
            fn encode_in(self, encode: Option<fn(&$ty) -> Result<Value>>) -> Result<Value> {
                let $value = self;
                encode_arg::<$ty>($arg, encode)
            }
        }
    )*)*};
}

texts! {
    String, |text| &text => String, Box<str>, Arc<str>, Cow<'static, str>;
    &String, |text| text => String, Box<str>, Arc<str>, Cow<'static, str>;
    &&str, |text| text => String, Box<str>, Arc<str>, Cow<'static, str>;
    String, |text| &text => Option<String>, Option<Box<str>>, Option<Arc<str>>, Option<Cow<'static, str>>;
    &String, |text| text => Option<String>, Option<Box<str>>, Option<Arc<str>>, Option<Cow<'static, str>>;
    &&str, |text| text => Option<String>, Option<Box<str>>, Option<Arc<str>>, Option<Cow<'static, str>>;
}

/// Types that methods take by value: of many, references do as well.
macro_rules! copied {
    ($($ty:ty),*) => {$(
        arguments! {
            [] &$ty => $ty, |value| *value;
            [] &$ty => Option<$ty>, |value| *value;
        }
    )*};
}

copied!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, bool, char, f32, f64);
copied!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize);
copied!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize);
copied!(SystemTime, Duration, IpAddr, Ipv4Addr, Ipv6Addr);

#[cfg(feature = "mongodb")]
copied!(::mongodb::bson::oid::ObjectId);
#[cfg(feature = "uuid")]
copied!(::uuid::Uuid);
#[cfg(feature = "rust_decimal")]
copied!(rust_decimal::Decimal);
#[cfg(feature = "chrono")]
arguments! {
    [Tz: ::chrono::TimeZone + Clone] &::chrono::DateTime<Tz> => ::chrono::DateTime<Tz>, |value| value.clone();
    [Tz: ::chrono::TimeZone + Clone] &::chrono::DateTime<Tz> => Option<::chrono::DateTime<Tz>>, |value| value.clone();
}
#[cfg(feature = "chrono")]
copied!(::chrono::NaiveDate, ::chrono::NaiveDateTime);
#[cfg(feature = "time")]
copied!(::time::OffsetDateTime, ::time::Date);
#[cfg(feature = "jiff")]
copied!(::jiff::Timestamp, ::jiff::civil::Date, ::jiff::civil::DateTime);

impl<T: FieldType> FieldOf<T> {
    /// The stored form of many values of this field.
    pub(crate) fn encode_each(&self, values: impl Many<T>) -> Result<Vec<Value>> {
        self.place.located(values.encode_each(self.encode))
    }

    /// The stored form of one of many values of this field.
    pub(crate) fn encode_argument(&self, value: impl Argument<T>) -> Result<Value> {
        self.place.located(value.encode_in(self.encode))
    }
}
