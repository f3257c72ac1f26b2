//! Fields whose type is read from more numbers than it has values: an `f32` may be stored as any `f64`, by
//! another program or as the sum that `add` left, and is rounded as it is read.

use crate::limits;
use crate::value::Value;

/// The least and the greatest stored number that are read as the same value as this one.
#[doc(hidden)]
pub type Interval = fn(&Value) -> Option<(Value, Value)>;

/// The first number too large for an `f32`.
const BEYOND: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;

pub(super) fn of_f32(value: &Value) -> Option<(Value, Value)> {
    let x = match value {
        Value::Int(n) => *n as f32,
        Value::Float(x) => *x as f32,
        _ => return None,
    };
    Some((limits::float(-outermost(-x)).ok()?, limits::float(outermost(x)).ok()?))
}

/// The greatest `f64` that is rounded to this `f32`: half the way to the next one, if it is a tie, which goes
/// to the even one.
fn outermost(x: f32) -> f64 {
    let next = match x.next_up() {
        next if next.is_finite() => f64::from(next),
        _ => BEYOND,
    };
    let half = f64::midpoint(f64::from(x), next);
    if x.to_bits().is_multiple_of(2) { half } else { half.next_down() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends_are_the_outermost(x: f32) {
        let (low, high) = of_f32(&limits::float(x.into()).unwrap()).unwrap();
        let (low, high) = (low.as_float().unwrap(), high.as_float().unwrap());
        assert!(low as f32 == x && high as f32 == x, "{x:e}: {low:e} to {high:e}");
        assert!(low.next_down() as f32 != x && high.next_up() as f32 != x, "{x:e}: {low:e} to {high:e}");
    }

    #[test]
    fn the_ends_where_powers_change_or_end() {
        for x in [0.0, 0.1, 1.0, 2.0, 16_777_216.0, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), 1e30] {
            ends_are_the_outermost(x);
            ends_are_the_outermost(-x);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_ends_are_the_outermost_numbers_read_as_an_f32(bits: u32) {
            let x = f32::from_bits(bits);
            if x.is_finite() {
                ends_are_the_outermost(x);
            }
        }
    }
}
