//! DynamoDB's decimal numbers, as text, to integers and floats and back.
//!
//! DynamoDB keeps 38 digits and compares by all of them; a float has 17. Other programs store such
//! numbers, and many of them are read as the same float: [`float_bounds`] says which, so that a comparison finds
//! what is read as its operand.

use crate::error::{Error, Result};
use crate::limits;
use crate::value::Value;

/// The shortest text that reads back as the same float: 17 digits at most, of the 38 that DynamoDB
/// keeps.
pub(super) fn format_float(x: f64) -> String {
    if (1e-6..1e17).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// An integer, if the number is one that is kept as such, else the nearest float.
///
/// Where that float is a whole number, the stored one is beside it, and no operand could find it:
/// whole operands are compared exactly. So it is foreign.
pub(super) fn parse_number(text: &str) -> Result<Value> {
    if !is_fraction(text)
        && let Some(n) = integer(text).and_then(|n| limits::integer(n).ok())
    {
        return Ok(Value::Int(n));
    }
    let x: f64 = text.parse().map_err(|_| Error::codec("a number that cannot be read"))?;
    match limits::float(x).map_err(Error::codec)? {
        Value::Int(_) => Ok(Value::Foreign("a number that is nearly whole")),
        value => Ok(value),
    }
}

/// The least and the greatest number of DynamoDB's that are read as this float, as text. It is one that
/// [`limits::float`] takes, and not zero.
pub(super) fn float_bounds(x: f64) -> (String, String) {
    let (inner, outer) = (end(x.abs(), false), end(x.abs(), true));
    if x < 0.0 { (format!("-{outer}"), format!("-{inner}")) } else { (inner, outer) }
}

/// The number of DynamoDB's next to an integer that is kept as such, above or below it, as text.
pub(super) fn next_number(n: i128, above: bool) -> String {
    let sign = if n < 0 || (n == 0 && !above) { "-" } else { "" };
    if n == 0 {
        return format!("{sign}1e-130");
    }
    let (mut digits, mut exponent) = (n.unsigned_abs(), 0);
    while digits < LEAST {
        (digits, exponent) = (digits * 10, exponent - 1);
    }
    let outwards = above == (n > 0);
    (digits, exponent) = match outwards {
        true => (digits + 1, exponent),
        false if digits == LEAST => (BEYOND - 1, exponent - 1),
        false => (digits - 1, exponent),
    };
    format!("{sign}{digits}e{exponent}")
}

/// The most digits that DynamoDB keeps.
const DIGITS: i32 = 38;
/// The least number of 38 digits, and the least of 39, as digits alone.
const LEAST: u128 = 10_u128.pow(37);
const BEYOND: u128 = 10_u128.pow(38);
/// The least and the greatest exponent of ten that a number of 38 digits has in DynamoDB.
const EXPONENTS: std::ops::RangeInclusive<i32> = -130 - (DIGITS - 1)..=125 - (DIGITS - 1);

/// The number of 38 digits next to half the way from a float to the one above or below it, on this side
/// of it: there is where other floats begin.
fn end(x: f64, above: bool) -> String {
    let half = if above { x.next_up() - x } else { x - x.next_down() } / 2.0;
    let (digits, mut exponent) = decimal(x);
    let half = scaled(half, exponent);
    let mut end = if above { digits + half } else { digits - half };
    if end >= BEYOND {
        (end, exponent) = (end / 10, exponent + 1);
    } else if end < LEAST {
        (end, exponent) = (digits * 10 - half * 10, exponent - 1);
    }
    // The digits so far are rounded; what is read as the float decides the last ones, and a tie.
    let is_read = |digits: u128| format!("{digits}e{exponent}").parse() == Ok(x);
    let outwards = |digits: u128| if above { digits + 1 } else { digits - 1 };
    let inwards = |digits: u128| if above { digits - 1 } else { digits + 1 };
    while is_read(outwards(end)) {
        end = outwards(end);
    }
    while !is_read(end) {
        end = inwards(end);
    }
    if exponent > *EXPONENTS.end() {
        (end, exponent) = (BEYOND - 1, *EXPONENTS.end());
    } else if exponent < *EXPONENTS.start() {
        (end, exponent) = (LEAST, *EXPONENTS.start());
    }
    while end.is_multiple_of(10) {
        (end, exponent) = (end / 10, exponent + 1);
    }
    format!("{end}e{exponent}")
}

/// The first 38 digits of a float, rounded, and the exponent of the last of them.
fn decimal(x: f64) -> (u128, i32) {
    let text = format!("{x:.37e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "").parse().unwrap_or(LEAST);
    (digits, exponent.parse::<i32>().unwrap_or(0) - (DIGITS - 1))
}

/// A float as a number of units of ten to this exponent, which is more than that of its last digit.
fn scaled(x: f64, exponent: i32) -> u128 {
    let (digits, own) = decimal(x);
    u32::try_from(exponent - own).ok().and_then(|more| 10_u128.checked_pow(more)).map_or(0, |unit| digits / unit)
}

/// The integer of a few digits, as most numbers are.
#[inline]
pub(super) fn short_integer(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !(1..=18).contains(&digits.len()) {
        return None;
    }
    let mut n = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + i64::from(digit);
    }
    Some(if is_negative { -n } else { n })
}

/// Whether it is a number without an exponent that is no integer, as most floats are written.
fn is_fraction(text: &str) -> bool {
    let (mut points, mut is_whole) = (0, true);
    for byte in text.bytes() {
        match byte {
            b'.' => points += 1,
            b'0'..=b'9' => is_whole &= points == 0 || byte == b'0',
            b'-' => {}
            _ => return false,
        }
    }
    points == 1 && !is_whole
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
            ("007", 7),
            ("-999999999999999999", -999_999_999_999_999_999),
            ("1000000000000000000", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(parse_number(text).ok(), Some(Value::Int(wanted)), "{text}");
            assert!(short_integer(text).is_none_or(|n| i128::from(n) == wanted), "{text}");
            assert!(matches!(parse_number(text), Ok(Value::Int(_))), "{text}");
        }
    }

    #[test]
    fn floats_come_back_the_same() {
        for x in
            [0.1, -2.5, 1e125, -1.797_693_134_862_315_7e125, 1e-130, 5e-324_f64.max(1.5e-100), 1e300 / 1e200, 0.1 + 0.2]
        {
            let text = format_float(x);
            assert_eq!(parse_number(&text).ok(), Some(Value::Float(x)), "{text}");
            assert!(text.trim_start_matches('-').split('e').next().unwrap_or("").len() <= 24, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "x", "NaN", "inf", "1e999", "--1", "1.2.3"] {
            assert!(parse_number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn foreign_numbers_beyond_integers_are_floats() {
        assert!(matches!(parse_number("123456789012345678901234567890"), Ok(Value::Float(_))));
        assert!(matches!(parse_number("0.12345678901234567890123456789"), Ok(Value::Float(_))));
    }

    #[test]
    fn numbers_beside_whole_ones_are_none_of_ours() {
        for text in [
            "2.00000000000000000000000000000000000001",
            "1.9999999999999999999999999999999999999",
            "-9223372036854775809",
            "9007199254740992.5",
        ] {
            assert!(matches!(parse_number(text), Ok(Value::Foreign(_))), "{text}");
        }
    }

    /// The number one unit of the 38th digit further from zero, or nearer to it.
    fn neighbour(text: &str, further: bool) -> String {
        let (sign, size) = text.strip_prefix('-').map_or(("", text), |size| ("-", size));
        let (digits, exponent) = size.split_once('e').unwrap();
        let (mut digits, mut exponent): (u128, i32) = (digits.parse().unwrap(), exponent.parse().unwrap());
        while digits < LEAST {
            (digits, exponent) = (digits * 10, exponent - 1);
        }
        let digits = match further {
            true => digits + 1,
            false if digits == LEAST => BEYOND - 1,
            false => digits - 1,
        };
        let exponent = if digits == BEYOND - 1 && !further { exponent - 1 } else { exponent };
        format!("{sign}{digits}e{exponent}")
    }

    #[test]
    fn the_numbers_beside_an_integer_are_one_unit_of_the_last_digit_away() {
        for (n, below, above) in [
            (0, "-1e-130", "1e-130"),
            (1, "99999999999999999999999999999999999999e-38", "10000000000000000000000000000000000001e-37"),
            (-10, "-10000000000000000000000000000000000001e-36", "-99999999999999999999999999999999999999e-37"),
            (5, "49999999999999999999999999999999999999e-37", "50000000000000000000000000000000000001e-37"),
            (
                u64::MAX.into(),
                "18446744073709551614999999999999999999e-18",
                "18446744073709551615000000000000000001e-18",
            ),
        ] {
            assert_eq!((next_number(n, false).as_str(), next_number(n, true).as_str()), (below, above), "{n}");
        }
    }

    fn ends_are_the_outermost(x: f64) {
        let (low, high) = float_bounds(x);
        for (end, below) in [(&low, true), (&high, false)] {
            assert_eq!(end.parse(), Ok(x), "{x:e}: {end}");
            let beyond = neighbour(end, below == (x < 0.0));
            assert_ne!(beyond.parse(), Ok(x), "{x:e}: {end} is not the last, {beyond} is read as the same");
        }
    }

    #[test]
    fn the_ends_of_floats_where_digits_or_powers_change() {
        for x in [
            0.1,
            1.0 / 3.0,
            -2.5,
            0.5,
            f64::EPSILON,
            1e23,
            1.000_000_000_000_000_1e23,
            18_446_744_073_709_551_616.0,
            0.999_999_999_999_999_9,
            1e-129,
            -9.99e125,
            99.999_999_999_999_99,
        ] {
            ends_are_the_outermost(x);
        }
    }

    #[test]
    fn no_end_is_a_number_that_dynamodb_does_not_take() {
        for x in [1e126_f64.next_down(), 1e-130] {
            let (low, high) = float_bounds(x);
            for end in [low, high] {
                let (digits, exponent) = end.split_once('e').unwrap();
                let exponent = exponent.parse::<i32>().unwrap() + digits.len() as i32 - 1;
                assert!(digits.len() <= 38 && (-130..=125).contains(&exponent), "{end}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn the_ends_of_a_float_are_the_outermost_numbers_read_as_it(bits: u64, exponent in -430_i32..418) {
            let x = f64::from_bits((bits >> 12) | 0x3ff0_0000_0000_0000) * 2.0_f64.powi(exponent);
            ends_are_the_outermost(if bits % 2 == 0 { x } else { -x });
        }
    }
}
