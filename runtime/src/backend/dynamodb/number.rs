//! DynamoDB's decimal numbers, as text, to integers and floats and back.

use crate::error::{Error, Result};
use crate::limits;
use crate::value::Value;

/// The shortest text that reads back as the same float: 17 digits at most, of the 38 that DynamoDB
/// keeps.
pub(super) fn write(x: f64) -> String {
    if (1e-6..1e17).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// An integer where the number is one that is kept as such, else the nearest float.
pub(super) fn read(text: &str) -> Result<Value> {
    if let Some(n) = integer(text).and_then(|n| limits::integer(n).ok()) {
        return Ok(Value::Int(n));
    }
    let x: f64 = text.parse().map_err(|_| Error::codec(format!("{text:?} is not a number")))?;
    limits::float(x).map_err(Error::codec)
}

/// The integer that a decimal text is exactly, however it is written: `12`, `1.2e1`, `120E-1`.
fn integer(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let kept = match usize::try_from(-i64::from(scale)) {
        Ok(dropped) => {
            let (kept, dropped) = digits.split_at_checked(digits.len().checked_sub(dropped)?)?;
            dropped.bytes().all(|digit| digit == b'0').then(|| kept.to_owned())?
        }
        // Beyond 39 digits there is no integer of ours, so nothing long is built.
        Err(_) => digits + &"0".repeat(usize::try_from(scale.min(40)).ok()?),
    };
    match kept.as_str() {
        "" | "-" => Some(0),
        kept => kept.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_however_they_are_written() {
        for (text, wanted) in [
            ("0", 0),
            ("18446744073709551615", i128::from(u64::MAX)),
            ("1.8446744073709551615E+19", i128::from(u64::MAX)),
            ("-9223372036854775808", i128::from(i64::MIN)),
            ("120e-1", 12),
            ("-1.50E1", -15),
            ("2.0", 2),
            ("0.0", 0),
            ("-0", 0),
        ] {
            assert_eq!(read(text).ok(), Some(Value::Int(wanted)), "{text}");
            assert!(matches!(read(text), Ok(Value::Int(_))), "{text}");
        }
    }

    #[test]
    fn floats_come_back_the_same() {
        for x in
            [0.1, -2.5, 1e125, -1.797_693_134_862_315_7e125, 1e-130, 5e-324_f64.max(1.5e-100), 1e300 / 1e200, 0.1 + 0.2]
        {
            let text = write(x);
            assert_eq!(read(&text).ok(), Some(Value::Float(x)), "{text}");
            assert!(text.trim_start_matches('-').split('e').next().unwrap_or("").len() <= 24, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "x", "NaN", "inf", "1e999", "--1", "1.2.3"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn foreign_numbers_beyond_integers_are_floats() {
        assert!(matches!(read("123456789012345678901234567890"), Ok(Value::Float(_))));
        assert!(matches!(read("0.12345678901234567890123456789"), Ok(Value::Float(_))));
    }
}
