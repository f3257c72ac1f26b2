//! Numbers: integers of all digits against decimals that are read as floats.

use super::operand::Operands;
use crate::condition::Op;
use crate::value::whole;

/// The first float that is beyond every integer that is kept.
const BEYOND: f64 = 18_446_744_073_709_551_616.0;

/// A comparison of the number that a `jsonb` is with an integer; false if it is none.
pub(super) fn compare_integer(j: &str, op: Op, n: i128, operands: &mut Operands) -> String {
    let n = operands.integer(n);
    if_number(j, &format!("({j})::numeric {} {n}", op.as_str()))
}

/// The same with a float. All decimals that are read as the float are equal to it: those between the middles to its
/// neighbours, which belong to the one whose last bit is even.
pub(super) fn compare_float(j: &str, op: Op, x: f64, operands: &mut Operands) -> String {
    if let Some(n) = whole(x) {
        return compare_integer(j, op, n, operands);
    }
    let is_even = x.to_bits() & 1 == 0;
    // Twice a middle is a sum of two floats, which decimals hold exactly.
    let mut twice_middle = |neighbour: f64| {
        let sum = |operands: &mut Operands| {
            format!("{} + {}", operands.decimal(exact_digits(x)), operands.decimal(exact_digits(neighbour)))
        };
        neighbour.is_finite().then(|| sum(operands))
    };
    // The numbers below the first float beyond all integers are integers of their own.
    let below = if x == BEYOND { x } else { x.next_down() };
    let (low, high) = (twice_middle(below), twice_middle(x.next_up()));
    let twice = format!("({j})::numeric * 2");
    let (above_low, below_high) = if is_even { (">=", "<=") } else { (">", "<") };
    let bound =
        |bound: Option<String>, op: &str| bound.map_or_else(|| "TRUE".to_owned(), |sum| format!("{twice} {op} {sum}"));
    let reaches = bound(low, above_low);
    let stays = bound(high, below_high);
    let text = match op {
        Op::Eq => format!("({reaches} AND {stays})"),
        Op::Ne => format!("NOT ({reaches} AND {stays})"),
        Op::Lt => format!("NOT ({reaches})"),
        Op::Ge => reaches,
        Op::Le => stays,
        Op::Gt => format!("NOT ({stays})"),
    };
    if_number(j, &text)
}

/// All digits of the value of a float.
fn exact_digits(x: f64) -> String {
    // The last bit of the smallest float is at this place behind the point.
    let digits = format!("{x:.1074}");
    let digits = digits.trim_end_matches('0');
    digits.trim_end_matches('.').to_owned()
}

pub(super) fn if_number(j: &str, then: &str) -> String {
    format!("CASE WHEN jsonb_typeof({j}) = 'number' THEN {then} ELSE FALSE END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_digits_are_those_of_the_value() {
        assert_eq!(exact_digits(0.5), "0.5");
        assert_eq!(exact_digits(0.1), "0.1000000000000000055511151231257827021181583404541015625");
        assert_eq!(exact_digits(-100.0), "-100");
        assert_eq!(exact_digits(f64::from_bits(1)).parse::<f64>().ok(), Some(f64::from_bits(1)));
    }
}
