//! Conditions as DynamoDB's condition and filter expressions.
//!
//! DynamoDB compares as [`Expr`] means it: a comparison with a missing attribute or between types is
//! false, and `NOT` turns that round. What it does not say itself (a size has a type, `contains`
//! looks into bytes and sets too, numbers of 38 digits are read as one float) is written out.

use crate::backend::dynamodb::decimal;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::condition::{Expr, Op};
use crate::path::Path;
use crate::value::{Value, whole};

/// A condition as text, or what it is whatever the record.
///
/// The variants say how tightly the text binds: DynamoDB refuses parentheses that are not needed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    True,
    False,
    /// Binds tightly: a comparison or a function.
    One(String),
    /// A conjunction.
    All(String),
    /// A disjunction.
    Any(String),
}

impl Text {
    /// The expression, if it says anything. A condition that is never true is written as one.
    pub(crate) fn into_expression(self, placeholders: &mut Placeholders) -> Option<String> {
        match self {
            Self::True => None,
            Self::False => {
                // The stamp is no key attribute, which a filter may not name.
                let name = placeholders.name(crate::value::STAMP);
                placeholders.count_operators(3);
                Some(format!("attribute_exists({name}) AND attribute_not_exists({name})"))
            }
            Self::One(text) | Self::All(text) | Self::Any(text) => Some(text),
        }
    }

    pub(crate) fn not(self, placeholders: &mut Placeholders) -> Self {
        placeholders.count_operators(1);
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::One(text) | Self::All(text) | Self::Any(text) => Self::One(format!("NOT ({text})")),
        }
    }
}

/// All of these.
pub(crate) fn all(parts: impl IntoIterator<Item = Text>, placeholders: &mut Placeholders) -> Text {
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Text::True => {}
            Text::False => return Text::False,
            Text::Any(text) => texts.push((format!("({text})"), Text::Any(text))),
            Text::One(text) => texts.push((text.clone(), Text::One(text))),
            Text::All(text) => texts.push((text.clone(), Text::All(text))),
        }
    }
    match texts.len() {
        0 => Text::True,
        1 => texts.remove(0).1,
        count => {
            placeholders.count_operators(count - 1);
            Text::All(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" AND "))
        }
    }
}

/// Any of these.
pub(crate) fn any(parts: impl IntoIterator<Item = Text>, placeholders: &mut Placeholders) -> Text {
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Text::False => {}
            Text::True => return Text::True,
            Text::All(text) => texts.push((format!("({text})"), Text::All(text))),
            Text::One(text) => texts.push((text.clone(), Text::One(text))),
            Text::Any(text) => texts.push((text.clone(), Text::Any(text))),
        }
    }
    match texts.len() {
        0 => Text::False,
        1 => texts.remove(0).1,
        count => {
            placeholders.count_operators(count - 1);
            Text::Any(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" OR "))
        }
    }
}

/// A condition as text. A set may be stored as a list of its members, which DynamoDB takes for something else: the text is
/// false then, and whoever sees the record judges it.
pub(crate) fn write_expr(expr: &Expr, placeholders: &mut Placeholders) -> Text {
    write_within(expr, false, placeholders)
}

/// The same of a part of a condition, which may be within a negation.
fn write_within(expr: &Expr, is_negated: bool, placeholders: &mut Placeholders) -> Text {
    match expr {
        Expr::Compare { path, op, value: value @ Value::Set(_) } => {
            let is_ne = *op == Op::Ne;
            let same = compare_set(path, value, is_negated != is_ne, placeholders);
            if is_ne { same.not(placeholders) } else { same }
        }
        Expr::Compare { path, op: Op::Ne, value } => compare(path, Op::Eq, value, placeholders).not(placeholders),
        Expr::Compare { path, op, value } => compare(path, *op, value, placeholders),
        Expr::In { values, .. } if values.is_empty() => Text::False,
        Expr::In { path, values } => {
            let path = placeholders.path(path);
            let values: Vec<_> = values.iter().map(|value| placeholders.value(value)).collect();
            placeholders.count_operators(1);
            Text::One(format!("{path} IN ({})", values.join(", ")))
        }
        Expr::BeginsWith { path, prefix } if prefix.is_empty() => has_type(path, "S", placeholders),
        Expr::BeginsWith { path, prefix } => {
            let (path, prefix) = (placeholders.path(path), placeholders.value(&Value::from(prefix.as_str())));
            placeholders.count_operators(1);
            Text::One(format!("begins_with({path}, {prefix})"))
        }
        Expr::Contains { path, value } => contains(path, value, placeholders),
        Expr::HasMember { path, value } => has_member(path, value, placeholders),
        Expr::Size { path, op, count } => compare_size(path, &["L", "M", "B"], *op, *count, placeholders),
        Expr::SetSize { path, op, count } => compare_size(path, &["SS", "NS", "BS", "L"], *op, *count, placeholders),
        Expr::Exists(path) => {
            let exists = function("attribute_exists", path, placeholders);
            let null = has_type(path, "NULL", placeholders).not(placeholders);
            all([exists, null], placeholders)
        }
        Expr::Missing(path) => {
            let missing = function("attribute_not_exists", path, placeholders);
            let null = has_type(path, "NULL", placeholders);
            any([missing, null], placeholders)
        }
        Expr::And(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| write_within(part, is_negated, placeholders)).collect();
            all(parts, placeholders)
        }
        Expr::Or(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| write_within(part, is_negated, placeholders)).collect();
            any(parts, placeholders)
        }
        Expr::Not(inner) => match &**inner {
            Expr::Not(inner) => write_within(inner, is_negated, placeholders),
            inner => write_within(inner, !is_negated, placeholders).not(placeholders),
        },
    }
}

/// Whether DynamoDB's answer to a condition is what is found by reading the record. It compares numbers by
/// all their digits: one that is read as a float is found by that float alone as a field, not within a list
/// or a map, and not as one of several operands. A set is found only if it is stored as one.
pub(crate) fn is_judged_alike(expr: &Expr) -> bool {
    match expr {
        Expr::Compare { value: Value::Set(_), .. } => false,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(is_judged_alike),
        Expr::Not(inner) => is_judged_alike(inner),
        leaf => is_refused_alike(leaf),
    }
}

/// Whether DynamoDB lets nothing through that the condition forbids: what it refuses, it shows.
pub(crate) fn is_refused_alike(expr: &Expr) -> bool {
    match expr {
        Expr::Compare { value: Value::Float(_) | Value::Set(_), .. } => true,
        Expr::Compare { value, .. } | Expr::Contains { value, .. } => !is_found_otherwise(value),
        Expr::In { values, .. } => !values.iter().any(is_found_otherwise),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(is_refused_alike),
        Expr::Not(inner) => is_refused_alike(inner),
        _ => true,
    }
}

/// Whether there is a float or a set in an operand, of which DynamoDB finds one form only.
fn is_found_otherwise(value: &Value) -> bool {
    match value {
        Value::Float(_) | Value::Set(_) => true,
        Value::List(items) => items.iter().any(is_found_otherwise),
        Value::Map(map) => map.values().any(is_found_otherwise),
        _ => false,
    }
}

/// The attribute is stored exactly as it was read.
pub(crate) fn is_stored(name: &str, stored: &[u8], placeholders: &mut Placeholders) -> Text {
    let path = Path::field(name.to_owned());
    if is_json_null(stored) {
        return is_null(&path, placeholders);
    }
    let (path, value) = (placeholders.path(&path), placeholders.attribute(stored.to_vec()));
    placeholders.count_operators(1);
    Text::One(format!("{path} = {value}"))
}

/// Whether an attribute in DynamoDB's JSON is a null.
fn is_json_null(stored: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(stored).is_ok_and(|stored| stored.get("NULL").is_some())
}

/// All numbers that are read as a float are equal to it.
fn compare_float(path: &Path, op: Op, x: f64, placeholders: &mut Placeholders) -> Text {
    let (low, high) = decimal::float_bounds(x);
    let path = placeholders.path(path);
    let mut value = |text: String| placeholders.number(&text);
    let text = match op {
        Op::Eq | Op::Ne => format!("{path} BETWEEN {} AND {}", value(low), value(high)),
        Op::Lt | Op::Ge => format!("{path} {} {}", op.as_str(), value(low)),
        Op::Le | Op::Gt => format!("{path} {} {}", op.as_str(), value(high)),
    };
    placeholders.count_operators(1);
    Text::One(text)
}

fn compare(path: &Path, op: Op, value: &Value, placeholders: &mut Placeholders) -> Text {
    if let Value::Float(x) = value
        && whole(*x).is_none()
    {
        return compare_float(path, op, *x, placeholders);
    }
    // Values without an order have none here either; DynamoDB refuses the operands.
    let ordered = matches!(
        value,
        Value::Int(_) | Value::Float(_) | Value::Instant(_) | Value::ObjectId(_) | Value::String(_) | Value::Bytes(_)
    );
    if op != Op::Eq && !ordered {
        return Text::False;
    }
    let (path, value) = (placeholders.path(path), placeholders.value(value));
    placeholders.count_operators(1);
    Text::One(format!("{path} {} {value}", op.as_str()))
}

/// The same set; if that is to be false, also a list, which may have the same members.
fn compare_set(path: &Path, value: &Value, is_negated: bool, placeholders: &mut Placeholders) -> Text {
    let same = {
        let (path, value) = (placeholders.path(path), placeholders.value(value));
        placeholders.count_operators(1);
        Text::One(format!("{path} = {value}"))
    };
    if !is_negated {
        return same;
    }
    let list = has_type(path, "L", placeholders);
    any([same, list], placeholders)
}

/// A member of a set, or of the list that it is stored as. DynamoDB's `contains` also finds text in text and bytes in
/// bytes, which are shut out.
fn has_member(path: &Path, value: &Value, placeholders: &mut Placeholders) -> Text {
    let found = {
        let (path, value) = (placeholders.path(path), placeholders.value(value));
        placeholders.count_operators(1);
        Text::One(format!("contains({path}, {value})"))
    };
    let kind = match value {
        Value::String(_) => "S",
        Value::Bytes(_) => "B",
        _ => return found,
    };
    let other = has_type(path, kind, placeholders).not(placeholders);
    all([other, found], placeholders)
}

/// One attribute function of a path.
pub(crate) fn function(name: &str, path: &Path, placeholders: &mut Placeholders) -> Text {
    let path = placeholders.path(path);
    placeholders.count_operators(1);
    Text::One(format!("{name}({path})"))
}

/// A null is stored there.
pub(crate) fn is_null(path: &Path, placeholders: &mut Placeholders) -> Text {
    has_type(path, "NULL", placeholders)
}

fn has_type(path: &Path, kind: &str, placeholders: &mut Placeholders) -> Text {
    let (path, kind) = (placeholders.path(path), placeholders.value(&Value::from(kind)));
    placeholders.count_operators(1);
    Text::One(format!("attribute_type({path}, {kind})"))
}

/// Text in text, or an item in a list. DynamoDB's `contains` also finds bytes in bytes and members of
/// sets, which are shut out, and text that is empty in none.
fn contains(path: &Path, value: &Value, placeholders: &mut Placeholders) -> Text {
    let found = {
        let (path, value) = (placeholders.path(path), placeholders.value(value));
        placeholders.count_operators(1);
        Text::One(format!("contains({path}, {value})"))
    };
    match value {
        Value::String(text) if text.is_empty() => {
            let list = has_type(path, "L", placeholders);
            let found = all([list, found], placeholders);
            let text = has_type(path, "S", placeholders);
            any([text, found], placeholders)
        }
        Value::String(_) => {
            let set = has_type(path, "SS", placeholders).not(placeholders);
            all([set, found], placeholders)
        }
        Value::Bytes(_) | Value::Int(_) | Value::Float(_) | Value::Instant(_) | Value::ObjectId(_) => {
            let list = has_type(path, "L", placeholders);
            all([list, found], placeholders)
        }
        // Sets have none of these.
        _ => found,
    }
}

/// A comparison of the size of what has one here: DynamoDB gives others one too.
fn compare_size(path: &Path, kinds: &[&str], op: Op, count: u64, placeholders: &mut Placeholders) -> Text {
    match op {
        Op::Ne => size(path, kinds, Op::Eq, count, placeholders).not(placeholders),
        op => size(path, kinds, op, count, placeholders),
    }
}

fn size(path: &Path, kinds: &[&str], op: Op, count: u64, placeholders: &mut Placeholders) -> Text {
    let kinds: Vec<_> = kinds.iter().map(|kind| has_type(path, kind, placeholders)).collect();
    let counted = any(kinds, placeholders);
    let (path, count) = (placeholders.path(path), placeholders.value(&Value::from(count)));
    placeholders.count_operators(2);
    all([counted, Text::One(format!("size({path}) {} {count}", op.as_str()))], placeholders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eq(name: &'static str) -> Expr {
        Expr::Compare { path: Path::field(name), op: Op::Eq, value: Value::Int(1) }
    }

    fn text(expr: &Expr) -> Option<String> {
        let mut placeholders = Placeholders::default();
        write_expr(expr, &mut placeholders).into_expression(&mut placeholders)
    }

    #[test]
    fn parentheses_stand_where_they_are_needed() {
        let either = Expr::Or(vec![eq("a"), Expr::And(vec![eq("b"), eq("c")])]);
        assert_eq!(text(&either).as_deref(), Some("#n0 = :v0 OR (#n1 = :v0 AND #n2 = :v0)"));
        let both = Expr::And(vec![either.clone(), Expr::And(vec![either])]);
        assert_eq!(
            text(&both).as_deref(),
            Some("(#n0 = :v0 OR (#n1 = :v0 AND #n2 = :v0)) AND (#n0 = :v0 OR (#n1 = :v0 AND #n2 = :v0))")
        );
    }

    #[test]
    fn empty_conditions_are_what_they_are() {
        assert_eq!(text(&Expr::And(Vec::new())), None);
        assert_eq!(text(&Expr::And(vec![Expr::And(Vec::new()), eq("a")])).as_deref(), Some("#n0 = :v0"));
        let never = Expr::In { path: Path::field("a"), values: Vec::new() };
        assert!(text(&never).is_some_and(|text| text.starts_with("attribute_exists")));
        assert_eq!(text(&Expr::Not(Box::new(never))), None);
        assert_eq!(text(&Expr::Or(vec![Expr::Or(Vec::new()), eq("a")])).as_deref(), Some("#n0 = :v0"));
    }

    #[test]
    fn a_float_is_compared_with_all_that_is_read_as_it() {
        let compare = |op| {
            let mut placeholders = Placeholders::default();
            let expr = Expr::Compare { path: Path::field("a"), op, value: Value::Float(0.5) };
            let text = write_expr(&expr, &mut placeholders).into_expression(&mut placeholders).unwrap();
            let values = placeholders.used([text.as_str()]).values();
            let read = |value: &serde_json::Value| value.get("N")?.as_str()?.parse::<f64>().ok();
            assert!(values.values().all(|value| read(value) == Some(0.5)), "{values:?}");
            text
        };
        assert_eq!(compare(Op::Eq), "#n0 BETWEEN :v0 AND :v1");
        assert_eq!(compare(Op::Ne), "NOT (#n0 BETWEEN :v0 AND :v1)");
        assert_eq!(compare(Op::Lt), "#n0 < :v0");
        assert!(is_judged_alike(&Expr::Compare { path: Path::field("a"), op: Op::Eq, value: Value::Float(0.5) }));
        let within = Value::List(vec![Value::Float(0.5)]);
        let listed = Expr::Compare { path: Path::field("a"), op: Op::Eq, value: within };
        assert!(!is_judged_alike(&Expr::Not(Box::new(Expr::And(vec![eq("b"), listed])))));
    }

    #[test]
    fn operators_are_counted_as_they_are_written() {
        let path = || Path::field("a");
        let values = [
            Value::from(""),
            Value::from("x"),
            Value::Bytes(vec![1]),
            Value::Int(1),
            Value::Float(0.5),
            Value::Bool(true),
        ];
        let mut exprs: Vec<_> =
            values.iter().map(|value| Expr::Contains { path: path(), value: value.clone() }).collect();
        for op in [Op::Eq, Op::Ne, Op::Lt] {
            let ordered = values.iter().filter(|value| op != Op::Lt || !matches!(value, Value::Bool(_)));
            exprs.extend(ordered.map(|value| Expr::Compare { path: path(), op, value: value.clone() }));
            exprs.push(Expr::Size { path: path(), op, count: 3 });
            exprs.push(Expr::SetSize { path: path(), op, count: 3 });
        }
        let set = || Value::set([Value::Int(1)]);
        for op in [Op::Eq, Op::Ne] {
            exprs.push(Expr::Compare { path: path(), op, value: set() });
        }
        exprs.extend(values.iter().map(|value| Expr::HasMember { path: path(), value: value.clone() }));
        exprs.extend([
            Expr::Exists(path()),
            Expr::Missing(path()),
            Expr::BeginsWith { path: path(), prefix: "x".into() },
        ]);
        exprs.push(Expr::In { path: path(), values: values.to_vec() });
        exprs.push(Expr::Not(Box::new(Expr::And(vec![eq("a"), Expr::Or(vec![eq("b"), eq("c")])]))));
        for expr in exprs {
            let mut placeholders = Placeholders::default();
            let text = write_expr(&expr, &mut placeholders).into_expression(&mut placeholders).unwrap();
            let cost = expr.cost();
            assert!(placeholders.operators() <= cost.operators, "{text}: {}", cost.operators);
            assert!(text.len() <= cost.text, "{text}: {}", cost.text);
        }
    }

    #[test]
    fn not_equal_is_true_of_a_missing_field() {
        let expr = Expr::Compare { path: Path::field("a"), op: Op::Ne, value: Value::Int(1) };
        assert_eq!(text(&expr).as_deref(), Some("NOT (#n0 = :v0)"));
    }
}
