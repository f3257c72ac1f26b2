//! Days and local times, of chrono, time and jiff: text that sorts as they do.
//!
//! That is so for the years 0 to 9999. In any other, and in any other form than the one in which it is written, a
//! value is neither written nor read.

#[cfg(any(feature = "chrono", feature = "jiff"))]
use std::str::FromStr;

use super::by_value::{by_value, keys, mark};
use super::encode;
use super::traits::{Element, FieldType, Key, Member, Ordered};
#[cfg(any(feature = "chrono", feature = "jiff"))]
use crate::definition::StrictForm;
use crate::definition::{Form, KeyKind, Lowering, Spelling};
use crate::error::Result;
use crate::value::{Value, ValueRef};

const UNWRITABLE: &str = "is in a year outside of 0 to 9999, whose text would not sort";
const NO_DAY: &str = "is stored as text that is no day in its one form, such as 2024-02-29";

macro_rules! dates {
    ($($ty:ty, $lowering:expr, $spelling:expr;)*) => {$(
        by_value!({
            const LOWERING: Option<&'static Lowering> = Some($lowering);
            const FORM: Form = Form::Spelled(const { &$spelling });
            const IS_MEMBER: bool = true;
        }: $ty);
        keys!(String [Ordered, Member, Element]: $ty);
    )*};
}

/// A day has no other spelling than the one that is stored.
const fn days(respell: fn(&str) -> Option<Value>) -> Spelling {
    Spelling { noun: "a day", example: "2024-02-29", is_ordered: true, respell }
}

/// A local time may be given with more digits of a second, or fewer, than the ones that are stored.
#[cfg(any(feature = "chrono", feature = "jiff"))]
const fn local_times(respell: fn(&str) -> Option<Value>) -> Spelling {
    Spelling { noun: "a local time", example: "2024-02-29T12:00:00", is_ordered: true, respell }
}

/// What is stored of the value that a text is, if its form is this one. A type may read a text in other forms too, of
/// which it leaves out what is no part of it.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn respell<T: FromStr + FieldType>(text: &str, is_one: fn(&str) -> bool) -> Option<Value> {
    let value: T = text.parse().ok().filter(|_| is_one(text))?;
    encode(&value).ok()
}

#[cfg(any(feature = "chrono", feature = "jiff"))]
fn is_given_time(text: &str) -> bool {
    is_local_time(text, |digits| (1..=9).contains(&digits.len()))
}

/// The lowering of text that has one form.
#[cfg(any(feature = "chrono", feature = "jiff"))]
const fn strict(is_stored: fn(ValueRef<'_>) -> bool, unreadable: &'static str) -> Lowering {
    Lowering::Strict(StrictForm { is_stored, unwritable: Some(UNWRITABLE), unreadable })
}

/// Whether text, byte by byte, is of the same digits and signs as a pattern, in which a 0 is any digit.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let fits = |(byte, sign): (&u8, &u8)| if *sign == b'0' { byte.is_ascii_digit() } else { byte == sign };
    text.len() == pattern.len() && text.iter().zip(pattern).all(fits)
}

fn is_day(text: &str) -> bool {
    matches(text.as_bytes(), b"0000-00-00")
}

/// What is not text is refused by the type itself.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn is_stored_day(value: ValueRef<'_>) -> bool {
    value.as_str().is_none_or(is_day)
}

/// Whether text is a day and a time, its fraction of a second in digits that `is_fraction` takes.
#[cfg(any(feature = "chrono", feature = "jiff"))]
fn is_local_time(text: &str, is_fraction: fn(&[u8]) -> bool) -> bool {
    let (seconds, fraction) = text.as_bytes().split_at(text.len().min(19));
    matches(seconds, b"0000-00-00T00:00:00")
        && match fraction.split_first() {
            None => true,
            Some((b'.', digits)) => digits.iter().all(u8::is_ascii_digit) && is_fraction(digits),
            Some(_) => false,
        }
}

#[cfg(feature = "chrono")]
mod chrono {
    use ::chrono::{NaiveDate, NaiveDateTime};

    use super::*;

    dates! {
        NaiveDate, const { &strict(is_stored_day, NO_DAY) }, days(|text| respell::<NaiveDate>(text, is_day));
        NaiveDateTime, const { &strict(is_stored_time, NO_TIME) },
            local_times(|text| respell::<NaiveDateTime>(text, is_given_time));
    }

    const NO_TIME: &str = "is stored as text that is no local time in its one form, such as 2024-02-29T12:00:00 or 2024-02-29T12:00:00.500";

    fn is_stored_time(value: ValueRef<'_>) -> bool {
        value.as_str().is_none_or(|text| is_local_time(text, is_fraction))
    }

    /// Milliseconds, microseconds or nanoseconds, the first that is exact.
    fn is_fraction(digits: &[u8]) -> bool {
        matches!(digits.len(), 3 | 6 | 9) && !digits.ends_with(b"000")
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use ::jiff::civil::{Date, DateTime};

    use super::*;

    dates! {
        Date, const { &strict(is_stored_day, NO_DAY) }, days(|text| respell::<Date>(text, is_day));
        DateTime, const { &strict(is_stored_time, NO_TIME) },
            local_times(|text| respell::<DateTime>(text, is_given_time));
    }

    const NO_TIME: &str =
        "is stored as text that is no local time in its one form, such as 2024-02-29T12:00:00 or 2024-02-29T12:00:00.5";

    fn is_stored_time(value: ValueRef<'_>) -> bool {
        value.as_str().is_none_or(|text| is_local_time(text, is_fraction))
    }

    /// As many digits as are exact.
    fn is_fraction(digits: &[u8]) -> bool {
        (1..=9).contains(&digits.len()) && !digits.ends_with(b"0")
    }
}

/// What serde writes of a `Date` depends on a feature of the crate that any dependency may set, and without it is
/// a list that does not sort: so it is stored as the others are.
#[cfg(feature = "time")]
mod time {
    use ::time::{Date, Month};

    use super::*;
    use crate::codec::{from_value, write_plain};
    use crate::definition::TextForm;
    use crate::error::Error;
    use crate::value::Writer;

    dates! {
        Date, const { &Lowering::Text(TextForm { noun: "text", lower, raise }) },
            days(|text| parse(text).map(|_| Value::String(text.to_owned())));
    }

    fn lower(written: ValueRef<'_>) -> Result<String> {
        let date: Date = from_value(written)?;
        let (year, month, day) = date.to_calendar_date();
        match year {
            0..=9999 => Ok(format!("{year:04}-{:02}-{day:02}", u8::from(month))),
            _ => Err(Error::invalid(UNWRITABLE)),
        }
    }

    fn raise(text: &str, out: &mut Writer) -> Result<()> {
        write_plain(&parse(text).ok_or_else(|| Error::codec(NO_DAY))?, out)
    }

    fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-').filter(|_| is_day(text));
        let (year, month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?);
        Date::from_calendar_date(year, Month::try_from(month).ok()?, day.parse().ok()?).ok()
    }
}
