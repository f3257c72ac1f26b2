//! The forms in which an instant is stored where another program decides it: seconds, milliseconds or text.

use super::parts::{KeyKind, TimeUnit};
use crate::calendar;
use crate::error::{Error, Result};
use crate::value::{Value, ValueRef};

/// The form in which `#[stored(as = "...")]` has an instant stored, on every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeForm {
    /// An integer of seconds since the epoch. What is finer is cut off.
    Seconds,
    /// An integer of milliseconds since the epoch.
    Milliseconds,
    /// Text of RFC 3339 in UTC with milliseconds, which sorts as instants do: `2024-02-29T12:00:00.000Z`.
    Rfc3339,
}

impl TimeForm {
    /// What it is as a part of an index.
    pub const fn kind(self) -> KeyKind {
        match self {
            Self::Seconds | Self::Milliseconds => KeyKind::Integer,
            Self::Rfc3339 => KeyKind::String,
        }
    }

    /// What it counts as the field that says when a record expires.
    pub const fn unit(self) -> TimeUnit {
        match self {
            Self::Seconds => TimeUnit::Seconds,
            // Of text there is no expiry: the derive refuses it.
            Self::Milliseconds | Self::Rfc3339 => TimeUnit::WholeMilliseconds,
        }
    }

    /// What is stored, in words.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Seconds => "an integer of seconds",
            Self::Milliseconds => "an integer of milliseconds",
            Self::Rfc3339 => "text such as 2024-02-29T12:00:00.000Z",
        }
    }

    /// An instant as it is stored.
    pub(crate) fn store(self, millis: i64) -> Result<Value> {
        match self {
            Self::Seconds => Ok(Value::from(millis.div_euclid(1000))),
            Self::Milliseconds => Ok(Value::from(millis)),
            Self::Rfc3339 => text(millis).map(Value::String).ok_or_else(|| {
                Error::invalid("an instant outside the years 0 to 9999 has no text that sorts as instants do")
            }),
        }
    }

    /// The instant that is stored, if it is one in this form.
    pub(crate) fn read(self, stored: ValueRef<'_>) -> Option<i64> {
        match (self, stored) {
            (Self::Seconds, ValueRef::Int(n)) => i64::try_from(n).ok()?.checked_mul(1000),
            (Self::Milliseconds, ValueRef::Int(n)) => i64::try_from(n).ok(),
            (Self::Rfc3339, ValueRef::String(stored)) => {
                // No filter finds an instant by another text than its own.
                parse(stored).filter(|millis| text(*millis).is_some_and(|own| own == stored))
            }
            _ => None,
        }
    }
}

const DAY: i64 = 86_400_000;

/// The text of an instant in the years 0 to 9999.
fn text(millis: i64) -> Option<String> {
    let (days, time) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = calendar::date_of(days);
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", time % 1000))
}

/// The instant of a text whose digits stand where [`text`] writes them.
fn parse(text: &str) -> Option<i64> {
    let digits = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let time = digits(11, 13)? * 3_600_000 + digits(14, 16)? * 60_000 + digits(17, 19)? * 1000 + digits(20, 23)?;
    Some(calendar::days_of(year, month, day) * DAY + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instant_has_one_text_which_sorts_as_it_does() {
        let known = [
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_208_000_001, "2024-02-29T12:00:00.001Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ];
        assert!(known.is_sorted_by_key(|(_, text)| text));
        for (millis, text) in known {
            assert_eq!(TimeForm::Rfc3339.store(millis).unwrap(), Value::from(text));
            assert_eq!(TimeForm::Rfc3339.read(ValueRef::String(text)), Some(millis));
        }
        // A step of a day and a bit through all the years.
        let (mut millis, mut last) = (-62_167_219_200_000, String::new());
        while millis < 253_402_300_799_999 {
            let own = text(millis).unwrap();
            assert!(own > last && TimeForm::Rfc3339.read(ValueRef::String(&own)) == Some(millis), "{own}");
            (millis, last) = (millis + 97 * DAY / 3 + 1, own);
        }
    }

    #[test]
    fn another_text_is_none() {
        for other in [
            "",
            "2024-02-29",
            "2024-02-29T12:00:00Z",
            "2024-02-29T12:00:00.0Z",
            "2024-02-29T12:00:00.000000Z",
            "2024-02-29T12:00:00.000+00:00",
            "2024-02-29t12:00:00.000z",
            "2024-02-29 12:00:00.000Z",
            "2023-02-29T12:00:00.000Z",
            "2024-13-01T12:00:00.000Z",
            "2024-02-29T24:00:00.000Z",
            "2024-02-29T12:60:00.000Z",
            "+024-02-29T12:00:00.000Z",
            "2024-02-29T12:00:00.000Zé",
        ] {
            assert_eq!(TimeForm::Rfc3339.read(ValueRef::String(other)), None, "{other}");
        }
        for outside in [-62_167_219_200_001, 253_402_300_800_000, i64::MIN, i64::MAX] {
            assert_eq!(TimeForm::Rfc3339.store(outside).unwrap_err().kind(), crate::ErrorKind::InvalidInput);
        }
    }
}
