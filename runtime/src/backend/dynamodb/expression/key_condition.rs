//! Key ranges as DynamoDB's key conditions, which can say less than Rust's ranges.

use std::ops::Bound;

use crate::backend::dynamodb::decimal;
use crate::backend::dynamodb::expression::condition::Text;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::condition::{Expr, Op};
use crate::limits::Limits;
use crate::path::Path;
use crate::request::KeyRange;
use crate::value::Value;

/// The longest range key that DynamoDB takes, also in a condition.
const LONGEST_KEY: usize = Limits::DYNAMODB.range_key;

/// What a key range asks of a range field.
#[derive(Debug, PartialEq)]
pub(crate) enum KeyCondition {
    /// Nothing.
    All,
    /// What cannot be.
    Nothing,
    /// This, which takes in no more than is wanted.
    Exactly(Comparison),
    /// This, which takes in too much: the condition is true of what is wanted.
    Within(Comparison, Expr),
}

/// What a key condition compares the range field with.
#[derive(Debug, PartialEq)]
pub(crate) enum Comparison {
    /// Any value.
    Any,
    /// A comparison with one value.
    Compare(Op, Value),
    /// From one to the other, both included.
    Between(Value, Value),
    /// From one number to the other, both included, as DynamoDB writes them.
    Numbers(String, String),
    /// Text that begins with this.
    Prefix(String),
}

impl Comparison {
    /// All that it is true of; nothing if no range says it.
    fn range(self) -> Option<KeyRange> {
        let (low, high) = match self {
            Self::Any => return Some(KeyRange::All),
            Self::Prefix(prefix) => return Some(KeyRange::Prefix(prefix)),
            Self::Between(low, high) => (Bound::Included(low), Bound::Included(high)),
            Self::Compare(Op::Eq, value) => (Bound::Included(value.clone()), Bound::Included(value)),
            Self::Compare(Op::Ge, value) => (Bound::Included(value), Bound::Unbounded),
            Self::Compare(Op::Gt, value) => (Bound::Excluded(value), Bound::Unbounded),
            Self::Compare(Op::Le, value) => (Bound::Unbounded, Bound::Included(value)),
            Self::Compare(Op::Lt, value) => (Bound::Unbounded, Bound::Excluded(value)),
            Self::Compare(..) | Self::Numbers(..) => return None,
        };
        Some(KeyRange::Between(low, high))
    }

    /// The condition as text.
    pub(crate) fn to_text(&self, field: &str, placeholders: &mut Placeholders) -> Text {
        let name = placeholders.name(field);
        Text::One(match self {
            Self::Any => return Text::True,
            Self::Compare(op, value) => format!("{name} {} {}", op.as_str(), placeholders.value(value)),
            Self::Between(low, high) => {
                format!("{name} BETWEEN {} AND {}", placeholders.value(low), placeholders.value(high))
            }
            Self::Numbers(low, high) => {
                let mut number = |text: &String| placeholders.number(text);
                format!("{name} BETWEEN {} AND {}", number(low), number(high))
            }
            Self::Prefix(prefix) => {
                format!("begins_with({name}, {})", placeholders.value(&Value::from(prefix.as_str())))
            }
        })
    }
}

/// The range that DynamoDB reads for a key range of the range field `name`: it may take in more.
pub(crate) fn covering_range(range: &KeyRange, name: &'static str) -> KeyRange {
    match key_condition(range, name) {
        KeyCondition::Within(key, _) => key.range().unwrap_or_else(|| range.clone()),
        _ => range.clone(),
    }
}

/// What a key range asks of the range field `name`.
pub(crate) fn key_condition(range: &KeyRange, name: &'static str) -> KeyCondition {
    match range {
        KeyRange::All => KeyCondition::All,
        KeyRange::Prefix(prefix) if prefix.is_empty() => KeyCondition::All,
        KeyRange::Prefix(prefix) if prefix.len() > LONGEST_KEY => KeyCondition::Nothing,
        KeyRange::Prefix(prefix) => KeyCondition::Exactly(Comparison::Prefix(prefix.clone())),
        KeyRange::Between(low, high) => between(low, high, name),
    }
}

fn between(low: &Bound<Value>, high: &Bound<Value>, name: &'static str) -> KeyCondition {
    if is_empty_range(low, high) {
        return KeyCondition::Nothing;
    }
    if let Some(numbers) = numbers(low, high) {
        return KeyCondition::Exactly(numbers);
    }
    let exact = exact_condition(low, high, name);
    // An empty key cannot be stored: what is at least that is anything, and DynamoDB refuses it.
    let low = storable(low.clone(), lower_bound).filter(|(value, _)| !is_empty_value(value));
    let high = storable(high.clone(), upper_bound);
    let key = match (low, high) {
        (None, None) => Comparison::Any,
        (Some((low, excluded)), None) => Comparison::Compare(if excluded { Op::Gt } else { Op::Ge }, low),
        (None, Some((high, excluded))) => Comparison::Compare(if excluded { Op::Lt } else { Op::Le }, high),
        (Some((low, false)), Some((high, false))) if low == high => Comparison::Compare(Op::Eq, low),
        (Some((low, false)), Some((high, false))) => {
            return with_residual(Comparison::Between(low, high), exact, false);
        }
        (Some((low, _)), Some((high, _))) => return with_residual(Comparison::Between(low, high), exact, true),
    };
    with_residual(key, exact, false)
}

/// Adds the exact condition, if the key condition takes in more.
fn with_residual(key: Comparison, exact: (Expr, bool), ends_excluded: bool) -> KeyCondition {
    let (exact, shortened) = exact;
    if shortened || ends_excluded { KeyCondition::Within(key, exact) } else { KeyCondition::Exactly(key) }
}

/// The bounds as a condition, and whether a value in them is longer than DynamoDB takes.
fn exact_condition(low: &Bound<Value>, high: &Bound<Value>, name: &'static str) -> (Expr, bool) {
    let mut parts = Vec::new();
    let mut compare = |op, value: &Value| {
        parts.push(Expr::Compare { path: Path::field(name), op, value: value.clone() });
        length(value) > LONGEST_KEY
    };
    let low = match low {
        Bound::Included(value) => compare(Op::Ge, value),
        Bound::Excluded(value) => compare(Op::Gt, value),
        Bound::Unbounded => false,
    };
    let high = match high {
        Bound::Included(value) => compare(Op::Le, value),
        Bound::Excluded(value) => compare(Op::Lt, value),
        Bound::Unbounded => false,
    };
    (Expr::And(parts), low || high)
}

/// The numbers between two of which one is excluded. They end at the last number that DynamoDB keeps and not at
/// the last integer: what others stored between the two is to be found, and reported as no integer.
fn numbers(low: &Bound<Value>, high: &Bound<Value>) -> Option<Comparison> {
    if matches!((low, high), (Bound::Included(_), Bound::Included(_))) {
        return None;
    }
    Some(Comparison::Numbers(number_end(low, true)?, number_end(high, false)?))
}

fn number_end(bound: &Bound<Value>, above: bool) -> Option<String> {
    let number = |value: &Value| match value {
        Value::Int(n) => Some(*n),
        Value::Instant(millis) => Some((*millis).into()),
        _ => None,
    };
    match bound {
        Bound::Included(value) => number(value).map(|n| n.to_string()),
        Bound::Excluded(value) => number(value).map(|n| decimal::next_number(n, above)),
        Bound::Unbounded => None,
    }
}

fn is_empty_range(low: &Bound<Value>, high: &Bound<Value>) -> bool {
    use Bound::{Excluded, Included, Unbounded};
    match (low, high) {
        (Unbounded, Unbounded) | (_, Unbounded) => false,
        (Unbounded, Included(high) | Excluded(high)) => is_empty_value(high),
        (Included(low), Included(high)) => is_empty_value(high) || is_above(low, high),
        (Included(low) | Excluded(low), Included(high) | Excluded(high)) => {
            is_empty_value(high) || is_above(low, high) || low == high
        }
    }
}

fn is_above(low: &Value, high: &Value) -> bool {
    !is_empty_value(low) && low.compare(high).is_some_and(std::cmp::Ordering::is_gt)
}

// Empty bytes are encoded as an empty list.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::List(items) => items.is_empty(),
        Value::String(_) | Value::Bytes(_) => length(value) == 0,
        _ => false,
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// A bound as a value that DynamoDB takes, and whether it is excluded; one that is too long is made
/// shorter and included, so that nothing wanted is left out.
fn storable(bound: Bound<Value>, shorter: fn(&Value) -> Value) -> Option<(Value, bool)> {
    match bound {
        Bound::Unbounded => None,
        Bound::Included(value) | Bound::Excluded(value) if length(&value) > LONGEST_KEY => {
            Some((shorter(&value), false))
        }
        Bound::Included(value) => Some((value, false)),
        Bound::Excluded(value) => Some((value, true)),
    }
}

/// The longest beginning that DynamoDB takes: it is below the value.
fn lower_bound(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(whole_characters(text).to_owned()),
        Value::Bytes(bytes) => Value::Bytes(bytes.iter().take(LONGEST_KEY).copied().collect()),
        other => other.clone(),
    }
}

/// The longest beginning, filled up with the last character that has room: no key below the value is
/// above it.
fn upper_bound(value: &Value) -> Value {
    let Value::String(text) = value else { return lower_bound(value) };
    let mut text = whole_characters(text).to_owned();
    match LONGEST_KEY - text.len() {
        1 => text.push('\u{7f}'),
        2 => text.push('\u{7ff}'),
        3 => text.push('\u{ffff}'),
        _ => {}
    }
    Value::String(text)
}

fn whole_characters(text: &str) -> &str {
    let end = (0..=LONGEST_KEY).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::from(text)
    }

    fn of(low: Bound<Value>, high: Bound<Value>) -> KeyCondition {
        key_condition(&KeyRange::Between(low, high), "r")
    }

    fn numbers(low: &str, high: &str) -> KeyCondition {
        KeyCondition::Exactly(Comparison::Numbers(low.to_owned(), high.to_owned()))
    }

    #[test]
    fn integers_need_no_cutting() {
        let low = Bound::Excluded(Value::Int(i64::MAX.into()));
        assert_eq!(
            of(low, Bound::Excluded(Value::Int(u64::MAX.into()))),
            numbers("92233720368547758070000000000000000001e-19", "18446744073709551614999999999999999999e-18")
        );
        assert_eq!(
            of(Bound::Unbounded, Bound::Excluded(Value::Int(5))),
            KeyCondition::Exactly(Comparison::Compare(Op::Lt, Value::Int(5)))
        );
        assert_eq!(
            of(Bound::Excluded(Value::Int(5)), Bound::Unbounded),
            KeyCondition::Exactly(Comparison::Compare(Op::Gt, Value::Int(5)))
        );
        assert_eq!(
            of(Bound::Included(Value::Int(2)), Bound::Included(Value::Int(3))),
            KeyCondition::Exactly(Comparison::Between(Value::Int(2), Value::Int(3)))
        );
        assert_eq!(of(Bound::Included(Value::Int(2)), Bound::Excluded(Value::Int(2))), KeyCondition::Nothing);
    }

    #[test]
    fn an_excluded_integer_takes_no_number_beside_it_away() {
        assert_eq!(
            of(Bound::Included(Value::Int(2)), Bound::Excluded(Value::Int(3))),
            numbers("2", "29999999999999999999999999999999999999e-37")
        );
        assert_eq!(
            of(Bound::Excluded(Value::Int(-1)), Bound::Included(Value::Int(0))),
            numbers("-99999999999999999999999999999999999999e-38", "0")
        );
    }

    #[test]
    fn instants_need_no_cutting() {
        let at = Value::Instant;
        assert_eq!(
            of(Bound::Excluded(at(-3)), Bound::Excluded(at(2))),
            numbers("-29999999999999999999999999999999999999e-37", "19999999999999999999999999999999999999e-37")
        );
        assert_eq!(
            of(Bound::Excluded(at(i64::MAX)), Bound::Unbounded),
            KeyCondition::Exactly(Comparison::Compare(Op::Gt, at(i64::MAX)))
        );
        assert_eq!(of(Bound::Excluded(at(2)), Bound::Excluded(at(2))), KeyCondition::Nothing);
    }

    #[test]
    fn an_excluded_end_of_text_is_cut_off_afterwards() {
        let KeyCondition::Within(key, exact) = of(Bound::Included(text("a")), Bound::Excluded(text("c"))) else {
            panic!("the end is left out");
        };
        assert_eq!(key, Comparison::Between(text("a"), text("c")));
        let record = |value: &str| [("r".to_owned(), text(value))].into_iter().collect::<crate::Record>();
        assert!(record("b").satisfies(&exact) && record("a").satisfies(&exact) && !record("c").satisfies(&exact));
        assert_eq!(
            of(Bound::Excluded(text("a")), Bound::Unbounded),
            KeyCondition::Exactly(Comparison::Compare(Op::Gt, text("a")))
        );
    }

    #[test]
    fn ranges_that_hold_nothing_are_known() {
        assert_eq!(of(Bound::Included(text("b")), Bound::Included(text("a"))), KeyCondition::Nothing);
        assert_eq!(of(Bound::Included(text("a")), Bound::Excluded(text("a"))), KeyCondition::Nothing);
        assert_eq!(of(Bound::Excluded(text("a")), Bound::Included(text("a"))), KeyCondition::Nothing);
        assert_eq!(of(Bound::Unbounded, Bound::Excluded(text(""))), KeyCondition::Nothing);
        assert_eq!(
            of(Bound::Included(text("a")), Bound::Included(text("a"))),
            KeyCondition::Exactly(Comparison::Compare(Op::Eq, text("a")))
        );
    }

    #[test]
    fn an_empty_low_end_is_none() {
        assert_eq!(of(Bound::Included(text("")), Bound::Unbounded), KeyCondition::Exactly(Comparison::Any));
        let empty = Bound::Included(Value::List(Vec::new()));
        assert_eq!(
            of(empty, Bound::Included(Value::Bytes(vec![1]))),
            KeyCondition::Exactly(Comparison::Compare(Op::Le, Value::Bytes(vec![1])))
        );
    }

    #[test]
    fn ends_that_are_too_long_take_in_more_and_are_cut() {
        let long = "x".repeat(2000);
        let KeyCondition::Within(Comparison::Compare(Op::Ge, Value::String(low)), _) =
            of(Bound::Excluded(text(&long)), Bound::Unbounded)
        else {
            panic!("the low end is cut");
        };
        assert_eq!(low.len(), LONGEST_KEY);
        let cut = format!("{}é", "x".repeat(LONGEST_KEY - 1));
        assert_eq!(upper_bound(&text(&cut)), text(&format!("{}\u{7f}", "x".repeat(LONGEST_KEY - 1))));
        assert_eq!(key_condition(&KeyRange::Prefix(long), "r"), KeyCondition::Nothing);
    }
}
