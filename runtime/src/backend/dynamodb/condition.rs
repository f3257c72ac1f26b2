//! Conditions as DynamoDB's condition and filter expressions.
//!
//! DynamoDB compares as [`Expr`] means it: a comparison with a missing attribute or between types is
//! false, and `NOT` turns that round. What it does not say itself (a size has a type, `contains`
//! looks into bytes too) is written out.

use super::placeholders::Placeholders;
use crate::condition::{Expr, Op};
use crate::field::Path;
use crate::value::Value;

/// A condition as text, or what it is whatever the record.
///
/// The variants say how tightly the text binds: DynamoDB refuses parentheses that are not needed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
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
    /// The expression, where it says anything. A condition that is never true is written as one.
    pub(super) fn into_expression(self, placeholders: &mut Placeholders) -> Option<String> {
        match self {
            Self::True => None,
            Self::False => {
                // The stamp is no key attribute, which a filter may not name.
                let name = placeholders.name(crate::value::STAMP);
                placeholders.count(3);
                Some(format!("attribute_exists({name}) AND attribute_not_exists({name})"))
            }
            Self::One(text) | Self::All(text) | Self::Any(text) => Some(text),
        }
    }

    pub(super) fn not(self, placeholders: &mut Placeholders) -> Self {
        placeholders.count(1);
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::One(text) | Self::All(text) | Self::Any(text) => Self::One(format!("NOT ({text})")),
        }
    }
}

/// All of these.
pub(super) fn all(parts: impl IntoIterator<Item = Text>, placeholders: &mut Placeholders) -> Text {
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
            placeholders.count(count - 1);
            Text::All(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" AND "))
        }
    }
}

/// Any of these.
pub(super) fn any(parts: impl IntoIterator<Item = Text>, placeholders: &mut Placeholders) -> Text {
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
            placeholders.count(count - 1);
            Text::Any(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(" OR "))
        }
    }
}

/// A condition as text.
pub(super) fn write(expr: &Expr, placeholders: &mut Placeholders) -> Text {
    match expr {
        Expr::Compare { path, op: Op::Ne, value } => compare(path, Op::Eq, value, placeholders).not(placeholders),
        Expr::Compare { path, op, value } => compare(path, *op, value, placeholders),
        Expr::In { values, .. } if values.is_empty() => Text::False,
        Expr::In { path, values } => {
            let path = placeholders.path(path);
            let values: Vec<_> = values.iter().map(|value| placeholders.value(value)).collect();
            placeholders.count(1);
            Text::One(format!("{path} IN ({})", values.join(", ")))
        }
        Expr::BeginsWith { path, prefix } if prefix.is_empty() => has_type(path, "S", placeholders),
        Expr::BeginsWith { path, prefix } => {
            let (path, prefix) = (placeholders.path(path), placeholders.value(&Value::from(prefix.as_str())));
            placeholders.count(1);
            Text::One(format!("begins_with({path}, {prefix})"))
        }
        Expr::Contains { path, value } => contains(path, value, placeholders),
        Expr::Size { path, op: Op::Ne, count } => size(path, Op::Eq, *count, placeholders).not(placeholders),
        Expr::Size { path, op, count } => size(path, *op, *count, placeholders),
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
            let parts: Vec<_> = parts.iter().map(|part| write(part, placeholders)).collect();
            all(parts, placeholders)
        }
        Expr::Or(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| write(part, placeholders)).collect();
            any(parts, placeholders)
        }
        Expr::Not(inner) => match &**inner {
            Expr::Not(inner) => write(inner, placeholders),
            inner => write(inner, placeholders).not(placeholders),
        },
    }
}

fn compare(path: &Path, op: Op, value: &Value, placeholders: &mut Placeholders) -> Text {
    // Values without an order have none here either; DynamoDB refuses the operands.
    let ordered =
        matches!(value, Value::Int(_) | Value::Float(_) | Value::Instant(_) | Value::String(_) | Value::Bytes(_));
    if op != Op::Eq && !ordered {
        return Text::False;
    }
    let (path, value) = (placeholders.path(path), placeholders.value(value));
    placeholders.count(1);
    Text::One(format!("{path} {} {value}", op.as_str()))
}

/// One attribute function of a path.
pub(super) fn function(name: &str, path: &Path, placeholders: &mut Placeholders) -> Text {
    let path = placeholders.path(path);
    placeholders.count(1);
    Text::One(format!("{name}({path})"))
}

/// A null is stored there.
pub(super) fn is_null(path: &Path, placeholders: &mut Placeholders) -> Text {
    has_type(path, "NULL", placeholders)
}

fn has_type(path: &Path, kind: &str, placeholders: &mut Placeholders) -> Text {
    let (path, kind) = (placeholders.path(path), placeholders.value(&Value::from(kind)));
    placeholders.count(1);
    Text::One(format!("attribute_type({path}, {kind})"))
}

/// Text in text, or an item in a list. DynamoDB's `contains` also finds bytes in bytes, which is
/// shut out, and text that is empty in none.
fn contains(path: &Path, value: &Value, placeholders: &mut Placeholders) -> Text {
    let found = {
        let (path, value) = (placeholders.path(path), placeholders.value(value));
        placeholders.count(1);
        Text::One(format!("contains({path}, {value})"))
    };
    match value {
        Value::String(text) if text.is_empty() => {
            let text = has_type(path, "S", placeholders);
            any([text, found], placeholders)
        }
        Value::Bytes(_) => {
            let bytes = has_type(path, "B", placeholders).not(placeholders);
            all([bytes, found], placeholders)
        }
        _ => found,
    }
}

/// The size of what has one here: DynamoDB gives text a size too.
fn size(path: &Path, op: Op, count: u64, placeholders: &mut Placeholders) -> Text {
    let kinds = ["L", "M", "B", "SS", "NS", "BS"].map(|kind| has_type(path, kind, placeholders));
    let counted = any(kinds, placeholders);
    let (path, count) = (placeholders.path(path), placeholders.value(&Value::from(count)));
    placeholders.count(2);
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
        write(expr, &mut placeholders).into_expression(&mut placeholders)
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
    fn not_equal_is_true_of_a_missing_field() {
        let expr = Expr::Compare { path: Path::field("a"), op: Op::Ne, value: Value::Int(1) };
        assert_eq!(text(&expr).as_deref(), Some("NOT (#n0 = :v0)"));
    }
}
