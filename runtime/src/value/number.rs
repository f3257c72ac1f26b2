//! Numbers of two kinds, integers and floats, that are compared as one.

use std::cmp::Ordering;

/// The integer that a float is exactly, within the range integers are kept in.
pub(crate) fn whole(x: f64) -> Option<i128> {
    const LOW: f64 = i64::MIN as f64;
    const HIGH: f64 = 18_446_744_073_709_551_616.0;
    (x.trunc() == x && (LOW..HIGH).contains(&x)).then_some(x as i128)
}

/// Whether a float is exactly this integer.
pub(crate) fn is_float(n: i128) -> bool {
    (n as f64) as i128 == n
}

/// What an integer in a field of floats is that is none.
pub(crate) const NO_FLOAT: &str = "stored as an integer that no float is exactly";

pub(super) fn compare_int_float(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // 2^100 is beyond every integer kept, so the cast below is exact enough to decide.
    if b.abs() >= 1.267_650_600_228_229_4e30 {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let floor = b.floor();
    let ordering = a.cmp(&(floor as i128));
    Some(match ordering {
        Ordering::Equal if b > floor => Ordering::Less,
        other => other,
    })
}
