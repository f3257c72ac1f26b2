//! Instants: SystemTime, and those of chrono, time and jiff. All keep milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::lowering::Of;
use super::traits::{Element, FieldType, Instant, Key, Member, Ordered, TtlField};
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
        impl FieldType for $ty {
            type Arg<'a> = $ty;
            const LOWERING: Option<&'static Lowering> = Some(Of::<$ty>::INSTANT);
            const IS_MEMBER: bool = true;
            const FORM: Form = Form::Instant(Of::<$ty>::INSTANT);
            fn encode(value: $ty) -> Result<Value> {
                value.to_millis().map(Value::Instant)
            }
            fn with_value<R>(value: $ty, f: impl FnOnce(&Self) -> R) -> R {
                f(&value)
            }
        }
        impl Key for $ty {
            const KIND: KeyKind = KeyKind::Instant;
            fn arg(&self) -> $ty {
                *self
            }
        }
        impl Ordered for $ty {}
        impl Member for $ty {}
        impl Element for $ty {}
        impl TtlField for $ty {
            const UNIT: TimeUnit = TimeUnit::Milliseconds;
        }
    )*};
}

instants!(SystemTime);

#[cfg(feature = "chrono")]
mod chrono {
    use ::chrono::{DateTime, FixedOffset, Utc};

    use super::*;

    instants!(DateTime<Utc>, DateTime<FixedOffset>);

    impl Instant for DateTime<Utc> {
        fn to_millis(&self) -> Result<i64> {
            Ok(self.timestamp_millis())
        }

        fn from_millis(millis: i64) -> Result<Self> {
            Self::from_timestamp_millis(millis).ok_or_else(outside)
        }
    }

    /// The instant is kept, the offset is not: it is read back as UTC.
    impl Instant for DateTime<FixedOffset> {
        fn to_millis(&self) -> Result<i64> {
            Ok(self.timestamp_millis())
        }

        fn from_millis(millis: i64) -> Result<Self> {
            <DateTime<Utc> as Instant>::from_millis(millis).map(|utc| utc.fixed_offset())
        }
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
