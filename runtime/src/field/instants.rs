//! Instants: SystemTime, and those of chrono, time and jiff. All keep milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::by_value::{by_value, keys, mark};
use super::lowering::Of;
use super::times::{Instant, TtlField};
use super::traits::{Element, FieldType, Key, Member, Ordered};
use crate::definition::{Form, KeyKind, Lowering, TimeUnit};
use crate::error::{Error, Result};
use crate::value::Value;

fn outside() -> Error {
    Error::invalid("an instant is outside the range that can be kept")
}

impl Instant for SystemTime {
    fn to_millis(&self) -> Result<i64> {
        match self.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).map_err(|_| outside()),
            Err(before) => {
                let nanos = before.duration().as_nanos();
                i64::try_from(nanos.div_ceil(1_000_000)).map(|millis| -millis).map_err(|_| outside())
            }
        }
    }

    fn from_millis(millis: i64) -> Result<Self> {
        let distance = Duration::from_millis(millis.unsigned_abs());
        let instant = if millis < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        instant.ok_or_else(outside)
    }
}

macro_rules! instants {
    ($($ty:ty),*) => {$(
        by_value!(value => value.to_millis().map(Value::Instant), {
            const LOWERING: Option<&'static Lowering> = Some(Of::<$ty>::INSTANT);
            const IS_MEMBER: bool = true;
            const FORM: Form = Form::Instant(Of::<$ty>::INSTANT);
        }: $ty);
        keys!(Instant [Ordered, Member, Element]: $ty);
        impl TtlField for $ty {
            const UNIT: TimeUnit = TimeUnit::Milliseconds;
        }
    )*};
}

instants!(SystemTime);

#[cfg(feature = "chrono")]
mod chrono {
    use ::chrono::{DateTime, Offset, TimeZone, Utc};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::field::encode;

    impl<Tz: TimeZone + Clone> Instant for DateTime<Tz>
    where
        Self: Serialize + DeserializeOwned + From<DateTime<Utc>>,
    {
        fn to_millis(&self) -> Result<i64> {
            Ok(self.timestamp_millis())
        }

        fn from_millis(millis: i64) -> Result<Self> {
            DateTime::<Utc>::from_timestamp_millis(millis).map(Self::from).ok_or_else(outside)
        }
    }

    /// The instant is kept, the offset is not: it is read back in the type's own zone, or in UTC.
    impl<Tz: TimeZone + Clone> FieldType for DateTime<Tz>
    where
        Self: Serialize,
    {
        type Arg<'a>
            = Self
        where
            Self: 'a;

        // Through UTC: in another zone chrono writes an offset of hours, minutes and seconds to the minute, and an
        // instant would be moved whenever it is read and written.
        const LOWERING: Option<&'static Lowering> = Some(Of::<DateTime<Utc>>::INSTANT);
        const FORM: Form = Form::Instant(Of::<DateTime<Utc>>::INSTANT);
        const IS_MEMBER: bool = true;

        fn encode(value: Self) -> Result<Value> {
            match value.offset().fix().local_minus_utc() % 60 {
                0 => Ok(Value::Instant(value.timestamp_millis())),
                // As it is written in a record.
                _ => encode(&value),
            }
        }

        fn with_value<R>(value: Self, f: impl FnOnce(&Self) -> R) -> R {
            f(&value)
        }
    }

    impl<Tz: TimeZone + Clone> Key for DateTime<Tz>
    where
        Self: Serialize,
    {
        const KIND: KeyKind = KeyKind::Instant;

        fn arg(&self) -> Self {
            self.clone()
        }
    }

    impl<Tz: TimeZone + Clone> Ordered for DateTime<Tz> where Self: Serialize {}
    impl<Tz: TimeZone + Clone> Member for DateTime<Tz> where Self: Serialize {}
    impl<Tz: TimeZone + Clone> Element for DateTime<Tz> where Self: Serialize {}

    impl<Tz: TimeZone + Clone> TtlField for DateTime<Tz>
    where
        Self: Serialize,
    {
        const UNIT: TimeUnit = TimeUnit::Milliseconds;
    }
}

#[cfg(feature = "time")]
mod time {
    use ::time::OffsetDateTime;

    use super::*;

    instants!(OffsetDateTime);

    /// The instant is kept, the offset is not: it is read back as UTC.
    impl Instant for OffsetDateTime {
        fn to_millis(&self) -> Result<i64> {
            i64::try_from(self.unix_timestamp_nanos().div_euclid(1_000_000)).map_err(|_| outside())
        }

        fn from_millis(millis: i64) -> Result<Self> {
            Self::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).map_err(|_| outside())
        }
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use ::jiff::Timestamp;

    use super::*;

    instants!(Timestamp);

    impl Instant for Timestamp {
        fn to_millis(&self) -> Result<i64> {
            i64::try_from(self.as_nanosecond().div_euclid(1_000_000)).map_err(|_| outside())
        }

        fn from_millis(millis: i64) -> Result<Self> {
            Self::from_millisecond(millis).map_err(|_| outside())
        }
    }
}
