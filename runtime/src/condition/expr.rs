use std::fmt;

use crate::path::Path;
use crate::value::Value;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal; true of a missing field.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Op {
    /// The operator as it is commonly written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// A condition as data: what a backend translates for its server.
///
/// It is two-valued: a comparison with a missing field, or between two types, is false (`Ne`:
/// true), and `Not` turns that round.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// The value at a path against a value.
    Compare {
        /// Where.
        path: Path,
        /// How.
        op: Op,
        /// With what.
        value: Value,
    },
    /// Equal to one of the values.
    In {
        /// Where.
        path: Path,
        /// The values; none is true of nothing.
        values: Vec<Value>,
    },
    /// Text that begins so.
    BeginsWith {
        /// Where.
        path: Path,
        /// How it begins.
        prefix: String,
    },
    /// Text with this part, or a list with this item.
    Contains {
        /// Where.
        path: Path,
        /// What is looked for.
        value: Value,
    },
    /// The number of items of a list or map, or of bytes.
    Size {
        /// Where.
        path: Path,
        /// How.
        op: Op,
        /// With what.
        count: u64,
    },
    /// There is a value.
    Exists(Path),
    /// There is none.
    Missing(Path),
    /// All of these; none is true.
    And(Vec<Expr>),
    /// Any of these; none is false.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
}

impl Expr {
    /// Both, where there are two.
    pub fn both(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Self::And(vec![a, b])),
            (a, b) => a.or(b),
        }
    }

    /// How many operators and functions it is on DynamoDB, which takes a number of them.
    pub(crate) fn operators(&self) -> usize {
        let joined = |parts: &[Self]| parts.iter().map(Self::operators).sum::<usize>() + parts.len().saturating_sub(1);
        match self {
            Self::Compare { op: Op::Ne, .. } => 2,
            Self::Compare { .. } | Self::In { .. } | Self::BeginsWith { .. } => 1,
            Self::Contains { value: Value::String(text), .. } => 4 + usize::from(text.is_empty()),
            Self::Contains { .. } | Self::Missing(_) => 3,
            Self::Exists(_) => 4,
            Self::Size { op: Op::Ne, .. } => 9,
            Self::Size { .. } => 8,
            Self::And(parts) | Self::Or(parts) => joined(parts),
            Self::Not(inner) => 1 + inner.operators(),
        }
    }

    /// How many levels of it are within each other.
    pub(crate) fn levels(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => 1 + parts.iter().map(Self::levels).max().unwrap_or(0),
            Self::Not(inner) => 1 + inner.levels(),
            _ => 0,
        }
    }

    /// How many bytes of text it is on DynamoDB, at most: names and values are placeholders there.
    pub(crate) fn text(&self) -> usize {
        let joined = |parts: &[Self]| parts.iter().map(|part| part.text() + "() AND ".len()).sum::<usize>();
        match self {
            Self::Compare { path, value: Value::Float(_), .. } => path.text() + "NOT ( BETWEEN :v999 AND :v999)".len(),
            Self::Compare { path, .. } => path.text() + "NOT ( <= :v999)".len(),
            Self::In { path, values } => path.text() + " IN ()".len() + values.len() * ":v999, ".len(),
            Self::BeginsWith { path, .. } => path.text() + "attribute_type(, :v999)".len(),
            Self::Contains { path, value: Value::String(text) } if text.is_empty() => {
                3 * path.text() + 2 * "attribute_type(, :v999) OR ".len() + "( AND contains(, :v999))".len()
            }
            Self::Contains { path, .. } => {
                2 * path.text() + "NOT (attribute_type(, :v999)) AND contains(, :v999)".len()
            }
            Self::Size { path, .. } => {
                4 * path.text() + 3 * "attribute_type(, :v999) OR ".len() + "NOT (() AND size() <= :v999)".len()
            }
            Self::Exists(path) | Self::Missing(path) => {
                2 * path.text() + "attribute_not_exists() AND NOT (attribute_type(, :v999))".len()
            }
            Self::And(parts) | Self::Or(parts) => joined(parts),
            Self::Not(inner) => "NOT ()".len() + inner.text(),
        }
    }

    /// Calls `f` with every path in the expression.
    pub fn paths<'a>(&'a self, f: &mut impl FnMut(&'a Path)) {
        match self {
            Self::Compare { path, .. }
            | Self::In { path, .. }
            | Self::BeginsWith { path, .. }
            | Self::Contains { path, .. }
            | Self::Size { path, .. }
            | Self::Exists(path)
            | Self::Missing(path) => f(path),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|inner| inner.paths(f)),
            Self::Not(inner) => inner.paths(f),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { path, op, value } => write!(f, "{path} {} {value:?}", op.as_str()),
            Self::In { path, values } => write!(f, "{path} in {values:?}"),
            Self::BeginsWith { path, prefix } => write!(f, "{path} begins with {prefix:?}"),
            Self::Contains { path, value } => write!(f, "{path} contains {value:?}"),
            Self::Size { path, op, count } => write!(f, "size of {path} {} {count}", op.as_str()),
            Self::Exists(path) => write!(f, "{path} exists"),
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::And(all) => joined(f, all, " and "),
            Self::Or(all) => joined(f, all, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str) -> fmt::Result {
    f.write_str("(")?;
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        write!(f, "{part}")?;
    }
    f.write_str(")")
}
