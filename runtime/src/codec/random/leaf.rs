//! Values of the field types that are no more than a value: days, times, addresses, durations, numbers that are
//! never zero, JSON.

use std::net::IpAddr;
use std::num::{NonZeroI64, NonZeroU8};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::definition::Lowering;
use crate::field::FieldType;
use crate::fuzz::Dice;

/// Instants in another form, as fields with `#[stored(as = "...")]` have them.
#[cfg(feature = "chrono")]
mod formed {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Serialize};

    use crate::definition::Lowering;
    use crate::error::Result;
    use crate::field::{FieldType, InstantAs, Milliseconds, Rfc3339, Seconds, encode};
    use crate::fuzz::Dice;
    use crate::value::Value;

    macro_rules! formed {
        ($($name:ident $form:ident;)*) => {$(
            #[derive(Serialize, Deserialize)]
            #[serde(transparent)]
            pub(crate) struct $name(DateTime<Utc>);

            impl $name {
                /// One of a number of milliseconds that `of` divides.
                pub(crate) fn random(dice: &mut Dice<'_>, of: i64) -> Self {
                    let millis = i64::from(dice.word() as i32) * 20_001 / of * of;
                    Self(DateTime::from_timestamp_millis(millis).unwrap_or_default())
                }
            }

            impl FieldType for $name {
                type Arg<'a> = &'a Self;

                const LOWERING: Option<&'static Lowering> = InstantAs::<DateTime<Utc>, $form>::STORED.lowering();

                fn encode(value: &Self) -> Result<Value> {
                    encode(value)
                }

                fn with_value<R>(value: &Self, f: impl FnOnce(&Self) -> R) -> R {
                    f(value)
                }
            }
        )*};
    }

    formed! {
        OfSeconds Seconds;
        OfMilliseconds Milliseconds;
        OfText Rfc3339;
    }
}

macro_rules! leaves {
    ($($(#[$on:meta])* $name:ident $ty:ty, $dice:ident => $random:expr;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) enum Leaf {
            $($(#[$on])* $name,)*
        }

        impl Leaf {
            pub(crate) const ALL: &[Self] = &[$($(#[$on])* Self::$name,)*];

            /// The field type's own.
            pub(crate) fn lowering(self) -> Option<&'static Lowering> {
                match self {
                    $($(#[$on])* Self::$name => <$ty as FieldType>::LOWERING,)*
                }
            }

            /// Whether a set of the type is kept as one.
            pub(crate) fn is_member(&self) -> bool {
                match self {
                    $($(#[$on])* Self::$name => <$ty as FieldType>::IS_MEMBER,)*
                }
            }

            /// A random value, as JSON.
            pub(crate) fn value(self, dice: &mut Dice<'_>) -> String {
                match self {
                    $($(#[$on])* Self::$name => {
                        let $dice = dice;
                        let value: $ty = $random;
                        json(&value)
                    })*
                }
            }

            /// Writes a value as its type does.
            pub(crate) fn write<S: Serializer>(self, json: &str, s: S) -> Result<S::Ok, S::Error> {
                match self {
                    $($(#[$on])* Self::$name => serde_json::from_str::<$ty>(json).unwrap().serialize(s),)*
                }
            }

            /// Reads a value as its type does.
            pub(crate) fn read<'de, D: Deserializer<'de>>(self, d: D) -> Result<String, D::Error> {
                match self {
                    $($(#[$on])* Self::$name => <$ty>::deserialize(d).map(|value| json(&value)),)*
                }
            }
        }
    };
}

leaves! {
    Ip IpAddr, dice => match dice.flag() {
        true => IpAddr::from(u32::to_be_bytes(dice.word() as u32)),
        false => IpAddr::from((u128::from(dice.word()) << 64 | u128::from(dice.word())).to_be_bytes()),
    };
    Pause Duration, dice => Duration::new([0, 1, u64::MAX, dice.word()][dice.below(4)], dice.word() as u32 % 1_000_000_000);
    Small NonZeroU8, dice => NonZeroU8::new(dice.byte()).unwrap_or(NonZeroU8::MAX);
    Number NonZeroI64, dice => NonZeroI64::new(dice.word() as i64).unwrap_or(NonZeroI64::MIN);
    #[cfg(feature = "chrono")]
    Day chrono::NaiveDate, dice => day(dice);
    #[cfg(feature = "chrono")]
    LocalTime chrono::NaiveDateTime, dice => {
        let nanos = [0, 500_000_000, 1_000, 999_999_999][dice.below(4)];
        day(dice).and_hms_nano_opt(dice.byte().into(), 59, 7, nanos).unwrap_or_default()
    };
    #[cfg(feature = "chrono")]
    Instant chrono::DateTime<chrono::Utc>, dice => {
        chrono::DateTime::from_timestamp_millis(i64::from(dice.word() as i32) * 1_000_001).unwrap_or_default()
    };
    #[cfg(feature = "time")]
    TimeDay time::Date, dice => {
        time::Date::from_ordinal_date((dice.word() % 10_000) as i32, 1 + u16::from(dice.byte())).unwrap()
    };
    #[cfg(feature = "jiff")]
    CivilDay jiff::civil::Date, dice => civil_day(dice);
    #[cfg(feature = "jiff")]
    CivilTime jiff::civil::DateTime, dice => {
        civil_day(dice).at(23, 0, 7, [0, 500_000_000, 1, 999_999_999][dice.below(4)])
    };
    #[cfg(feature = "chrono")]
    OfSeconds formed::OfSeconds, dice => formed::OfSeconds::random(dice, 1000);
    #[cfg(feature = "chrono")]
    OfMilliseconds formed::OfMilliseconds, dice => formed::OfMilliseconds::random(dice, 1);
    #[cfg(feature = "chrono")]
    OfText formed::OfText, dice => formed::OfText::random(dice, 1);
    #[cfg(feature = "mongodb")]
    ObjectId mongodb::bson::oid::ObjectId, dice => {
        let mut id = [0; 12];
        id.iter_mut().for_each(|byte| *byte = dice.byte());
        id.into()
    };
    #[cfg(feature = "serde_json")]
    Json serde_json::Value, dice => something(dice, 3);
}

impl Leaf {
    /// Whether maps have keys of the type.
    pub(crate) fn is_map_key(&self) -> bool {
        match self {
            Self::Ip | Self::Small | Self::Number => true,
            #[cfg(feature = "chrono")]
            Self::Day | Self::LocalTime => true,
            #[cfg(feature = "jiff")]
            Self::CivilDay | Self::CivilTime => true,
            _ => false,
        }
    }
}

impl Leaf {
    /// The milliseconds of the text of an instant.
    #[cfg(feature = "chrono")]
    pub(crate) fn millis(text: &str) -> Option<i64> {
        text.parse::<chrono::DateTime<chrono::Utc>>().ok().map(|instant| instant.timestamp_millis())
    }

    #[cfg(not(feature = "chrono"))]
    pub(crate) fn millis(_: &str) -> Option<i64> {
        None
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

/// A day of the years whose text sorts.
#[cfg(feature = "chrono")]
fn day(dice: &mut Dice<'_>) -> chrono::NaiveDate {
    chrono::NaiveDate::from_yo_opt((dice.word() % 10_000) as i32, 1 + u32::from(dice.byte())).unwrap_or_default()
}

#[cfg(feature = "jiff")]
fn civil_day(dice: &mut Dice<'_>) -> jiff::civil::Date {
    jiff::civil::Date::constant(
        (dice.word() % 10_000) as i16,
        1 + (dice.byte() % 12) as i8,
        1 + (dice.byte() % 28) as i8,
    )
}

/// JSON that is no null: of a null at the top nothing is stored. No float is whole, which is read as the integer.
#[cfg(feature = "serde_json")]
fn something(dice: &mut Dice<'_>, depth: u32) -> serde_json::Value {
    let count = dice.below(4);
    let anything = |dice: &mut Dice<'_>| match dice.below(4) {
        0 => serde_json::Value::Null,
        _ => something(dice, depth - 1),
    };
    match dice.below(if depth == 0 { 5 } else { 7 }) {
        0 => dice.flag().into(),
        1 => (dice.word() as i64).into(),
        2 => dice.word().into(),
        3 => (f64::from(dice.word() as i16) + 0.5).into(),
        4 => (0..count).map(|_| dice.char()).collect::<String>().into(),
        5 => (0..count).map(|_| anything(dice)).collect::<Vec<_>>().into(),
        _ => {
            let entries = (0..count).map(|n| (format!("${n}.{}", dice.byte()), anything(dice)));
            serde_json::Value::Object(entries.collect())
        }
    }
}
