//! From a program's JSON to the typed fields that a user writes: which methods a field has is known
//! by its type, so each is reached through a function with the same bounds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroI64, NonZeroU8, NonZeroU32};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use mongodb::bson::oid::ObjectId;
use reposit::field::{Contain, Countable, Element, FieldType, List, Numeric, Optional, Ordered, Set, Settable, Text};
use reposit::operation::{IndexKind, Local, NoRange, Parts, Primary, Query, Secondary, Update, Upsert, Written};
use reposit::{Condition, Field, Repository};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::job_model::Job;
use crate::models::Address;
use crate::ops::{How, Is, Span};
use crate::task_model::{Board, Part, Stage};

/// A field type whose values can be taken from JSON.
pub trait Typed: FieldType + 'static {
    /// What is kept while the argument is lent from it.
    type Held: DeserializeOwned;

    fn arg(held: &Self::Held) -> Self::Arg<'_>;
}

pub fn held<T: DeserializeOwned>(json: &Json) -> T {
    serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{json} is no value of the field: {e}"))
}

/// Programs tell an instant by its milliseconds.
pub fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_else(|| panic!("{millis} ms is no instant"))
}

/// A day that a program names.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("{text} is no day"))
}

macro_rules! typed {
    ($($ty:ty as $held:ty, $value:ident => $arg:expr;)*) => {$(
        impl Typed for $ty {
            type Held = $held;
            fn arg($value: &$held) -> Self::Arg<'_> {
                $arg
            }
        }
    )*};
}

typed! {
    i64 as i64, n => *n;
    u64 as u64, n => *n;
    u32 as u32, n => *n;
    u8 as u8, n => *n;
    f64 as f64, x => *x;
    bool as bool, b => *b;
    DateTime<Utc> as i64, millis => instant(*millis);
    String as String, text => text;
    Vec<String> as Vec<String>, items => items;
    Vec<u8> as Vec<u8>, bytes => bytes;
    BTreeSet<String> as Self, set => set;
    Address as Address, address => address;
    Board as Board, board => board;
    Stage as Stage, stage => stage;
    Part as Part, part => part;
    Vec<Part> as Vec<Part>, parts => parts;
    BTreeMap<String, String> as Self, map => map;
    BTreeMap<String, u64> as Self, map => map;
    NaiveDate as Self, day => *day;
    NaiveDateTime as Self, time => *time;
    jiff::civil::Date as Self, day => *day;
    jiff::civil::DateTime as Self, time => *time;
    time::Date as Self, day => *day;
    IpAddr as Self, address => *address;
    Ipv4Addr as Self, address => *address;
    NonZeroU8 as Self, n => *n;
    NonZeroU32 as Self, n => *n;
    NonZeroI64 as Self, n => *n;
    Duration as Self, duration => *duration;
    Json as Self, json => json;
    Box<str> as String, text => text;
    Arc<str> as String, text => text;
    Cow<'static, str> as String, text => text;
    (u8, String) as Self, pair => pair;
    (NonZeroU8, [i64; 2]) as Self, pair => pair;
    [String; 2] as Self, items => items;
    [u8; 2] as Self, bytes => bytes;
    Vec<Duration> as Vec<Duration>, items => items;
    HashMap<NaiveDate, u64> as Self, map => map;
    HashMap<i64, Box<str>> as Self, map => map;
    BTreeSet<NaiveDate> as Self, set => set;
    BTreeSet<NonZeroU8> as Self, set => set;
    HashSet<IpAddr> as Self, set => set;
    HashSet<Arc<str>> as Self, set => set;
    HashSet<[u8; 2]> as Self, set => set;
    ObjectId as Self, id => *id;
    BTreeSet<ObjectId> as Self, set => set;
}

impl<T: Typed + Clone> Typed for Option<T> {
    type Held = T::Held;

    fn arg(held: &T::Held) -> T::Arg<'_> {
        T::arg(held)
    }
}

/// What every field type can be asked.
pub fn equality<M, T: Typed, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>> {
    let field = field.clone();
    Some(match is {
        Is::Eq(value) => field.eq(T::arg(&held(value))),
        Is::Ne(value) => field.ne(T::arg(&held(value))),
        Is::In(values) => {
            let values: Vec<T::Held> = values.iter().map(held).collect();
            field.is_in(values.iter().map(T::arg))
        }
        Is::Exists => field.exists(),
        Is::Missing => field.missing(),
        _ => return None,
    })
}

pub fn ordered<M, T: Typed + Ordered, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>> {
    let field = field.clone();
    Some(match is {
        Is::Lt(value) => field.lt(T::arg(&held(value))),
        Is::Le(value) => field.le(T::arg(&held(value))),
        Is::Gt(value) => field.gt(T::arg(&held(value))),
        Is::Ge(value) => field.ge(T::arg(&held(value))),
        Is::Between(low, high) => field.between(T::arg(&held(low)), T::arg(&held(high))),
        _ => return None,
    })
}

pub fn text<M, T, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>>
where
    T: Typed + Text + for<'a> Contain<Part<'a> = &'a str>,
{
    Some(match is {
        Is::BeginsWith(prefix) => field.clone().begins_with(prefix),
        Is::Contains(part) => field.clone().contains(part),
        _ => return None,
    })
}

pub fn list<M, T, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>>
where
    T: Typed + for<'a> Contain<Part<'a> = &'a str>,
{
    let Is::Contains(part) = is else { return None };
    Some(field.clone().contains(part))
}

/// What a set has.
pub fn member<M, T, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>>
where
    T: Set<Member: Typed> + for<'a> Contain<Part<'a> = <<T as Set>::Member as FieldType>::Arg<'a>>,
{
    let Is::Has(member) = is else { return None };
    Some(field.clone().contains(T::Member::arg(&held(member))))
}

pub fn counted<M, T: Typed + Countable, R>(field: &Field<M, T, R>, is: &Is) -> Option<Condition<M>> {
    let size = field.clone().size();
    Some(match is {
        Is::SizeEq(count) => size.eq(*count),
        Is::SizeNe(count) => size.ne(*count),
        Is::SizeLt(count) => size.lt(*count),
        Is::SizeLe(count) => size.le(*count),
        Is::SizeGt(count) => size.gt(*count),
        Is::SizeGe(count) => size.ge(*count),
        _ => return None,
    })
}

/// An update or an upsert that is being built.
pub enum Build<M> {
    Update(Update<M>),
    Upsert(Upsert<M>),
}

/// What a change gives: the operation with it, or without where it is a change of another kind.
type Built<M> = Result<Build<M>, Build<M>>;

pub fn set<M: Repository, T: Typed, R: Settable>(build: Build<M>, field: Field<M, T, R>, how: &How) -> Built<M> {
    Ok(match (build, how) {
        (Build::Update(update), How::Set(value)) => Build::Update(update.set(field, T::arg(&held(value)))),
        (Build::Upsert(upsert), How::Set(value)) => Build::Upsert(upsert.set(field, T::arg(&held(value)))),
        (Build::Upsert(upsert), How::Default(value)) => Build::Upsert(upsert.default(field, T::arg(&held(value)))),
        (build, _) => return Err(build),
    })
}

pub fn add<M: Repository, T, R: Settable>(build: Build<M>, field: Field<M, T, R>, how: &How) -> Built<M>
where
    T: Typed + Numeric<Delta: DeserializeOwned>,
{
    Ok(match (build, how) {
        (Build::Update(update), How::Add(delta)) => Build::Update(update.add(field, held(delta))),
        (Build::Upsert(upsert), How::Add(delta)) => Build::Upsert(upsert.add(field, held(delta))),
        (build, _) => return Err(build),
    })
}

pub fn remove<M: Repository, T: Typed + Optional<R>, R: Settable>(
    build: Build<M>,
    field: Field<M, T, R>,
    how: &How,
) -> Built<M> {
    match (build, how) {
        (Build::Update(update), How::Remove) => Ok(Build::Update(update.remove(field))),
        (Build::Upsert(upsert), How::Remove) => Ok(Build::Upsert(upsert.set_option(field, None))),
        (build, _) => Err(build),
    }
}

pub fn append<M: Repository, T, R: Settable>(build: Build<M>, field: Field<M, T, R>, how: &How) -> Built<M>
where
    T: List<Item: Typed<Held = String> + Element>,
{
    let arg = T::Item::arg;
    Ok(match (build, how) {
        (Build::Update(update), How::Append(items)) => Build::Update(update.append(field, items.iter().map(arg))),
        (Build::Upsert(upsert), How::Append(items)) => Build::Upsert(upsert.append(field, items.iter().map(arg))),
        (Build::Update(update), How::Prepend(items)) => Build::Update(update.prepend(field, items.iter().map(arg))),
        (Build::Upsert(upsert), How::Prepend(items)) => Build::Upsert(upsert.prepend(field, items.iter().map(arg))),
        (Build::Update(update), How::TakeOut(at)) => Build::Update(update.remove_at(field, *at)),
        (Build::Upsert(upsert), How::TakeOut(at)) => Build::Upsert(upsert.remove_at(field, *at)),
        (build, _) => return Err(build),
    })
}

pub fn members<M: Repository, T: Set<Member: Typed>, R: Settable>(
    build: Build<M>,
    field: Field<M, T, R>,
    how: &How,
) -> Built<M> {
    let (How::Insert(given) | How::Discard(given)) = how else { return Err(build) };
    let held: Vec<_> = given.iter().map(held).collect();
    let members = held.iter().map(T::Member::arg);
    Ok(match (build, matches!(how, How::Insert(_))) {
        (Build::Update(update), true) => Build::Update(update.insert(field, members)),
        (Build::Upsert(upsert), true) => Build::Upsert(upsert.insert(field, members)),
        (Build::Update(update), false) => Build::Update(update.discard(field, members)),
        (Build::Upsert(upsert), false) => Build::Upsert(upsert.discard(field, members)),
    })
}

/// The range of an index, by its type.
pub trait Ranged: Sized {
    fn within<M: Repository, K: IndexKind>(query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K>;
}

impl Ranged for NoRange {
    fn within<M: Repository, K: IndexKind>(query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K> {
        assert_eq!(*span, Span::All, "an index without a range");
        query
    }
}

macro_rules! ranged {
    ($($ty:ty as $held:ty, $query:ident, $prefix:ident => $begins_with:expr;)*) => {$(
        impl Ranged for $ty {
            fn within<M: Repository, K: IndexKind>($query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K> {
                match span {
                    Span::All => $query,
                    Span::Prefix($prefix) => $begins_with,
                    Span::Between(low, high) => {
                        let (low, high) = (low.as_ref().map(held::<$held>), high.as_ref().map(held::<$held>));
                        let arg = |bound| Bound::map(bound, <$ty as Typed>::arg);
                        $query.range((arg(low.as_ref()), arg(high.as_ref())))
                    }
                }
            }
        }
    )*};
}

ranged! {
    String as String, query, prefix => query.begins_with(prefix);
    u64 as u64, query, prefix => panic!("{prefix} of a number");
    u32 as u32, query, prefix => panic!("{prefix} of a number");
    i64 as i64, query, prefix => panic!("{prefix} of a number");
    Option<i64> as i64, query, prefix => panic!("{prefix} of a number");
    Option<DateTime<Utc>> as i64, query, prefix => panic!("{prefix} of an instant");
    NaiveDate as NaiveDate, query, prefix => panic!("{prefix} of a day");
    jiff::civil::Date as jiff::civil::Date, query, prefix => panic!("{prefix} of a day");
    Option<NaiveDateTime> as NaiveDateTime, query, prefix => panic!("{prefix} of a time");
    Option<jiff::civil::DateTime> as jiff::civil::DateTime, query, prefix => panic!("{prefix} of a time");
    NonZeroI64 as NonZeroI64, query, prefix => panic!("{prefix} of a number");
    Option<ObjectId> as ObjectId, query, prefix => panic!("{prefix} of an ObjectId");
}

macro_rules! in_a_form {
    ($($at:literal)*) => {$(
        /// An instant that is stored in a form of its own.
        impl Ranged for Written<Job, $at> {
            fn within<M: Repository, K: IndexKind>(query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K> {
                match span {
                    Span::All => query,
                    Span::Prefix(prefix) => panic!("{prefix} of an instant"),
                    Span::Between(low, high) => {
                        let arg = |bound: &Bound<Json>| bound.as_ref().map(|millis| instant(held(millis)));
                        query.range((arg(low), arg(high)))
                    }
                }
            }
        }
    )*};
}

// The range key, and `due`.
in_a_form!(1 3);

/// The first of several range fields.
impl Ranged for Parts<u32, String> {
    fn within<M: Repository, K: IndexKind>(query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K> {
        match span {
            Span::All => query,
            Span::Prefix(prefix) => panic!("{prefix} of a number"),
            Span::Between(low, high) => query.range((low.as_ref().map(held::<u32>), high.as_ref().map(held::<u32>))),
        }
    }
}

/// The first of several range fields.
impl Ranged for Parts<time::Date, NonZeroI64> {
    fn within<M: Repository, K: IndexKind>(query: Query<M, Self, K>, span: &Span) -> Query<M, Self, K> {
        match span {
            Span::All => query,
            Span::Prefix(prefix) => panic!("{prefix} of a day"),
            Span::Between(low, high) => {
                query.range((low.as_ref().map(held::<time::Date>), high.as_ref().map(held::<time::Date>)))
            }
        }
    }
}

/// Whether a query can be consistent, by its type.
pub trait Consistency: IndexKind {
    fn consistent<M: Repository, R>(query: Query<M, R, Self>) -> Query<M, R, Self>
    where
        Self: Sized;
}

macro_rules! consistency {
    ([$($generics:tt)*] $ty:ty, $query:ident => $consistent:expr) => {
        impl<$($generics)*> Consistency for $ty {
            fn consistent<M: Repository, R>($query: Query<M, R, Self>) -> Query<M, R, Self> {
                $consistent
            }
        }
    };
}

consistency!([] Primary, query => query.consistent());
consistency!([const INDEX: usize] Local<INDEX>, query => query.consistent());
consistency!([const INDEX: usize] Secondary<INDEX>, query => query);
