//! A condition as data, which each backend translates for its server.

use std::fmt;

use crate::limits::expression::Cost;
use crate::path::Path;
use crate::value::Value;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
    /// A set with this member.
    HasMember {
        /// Where.
        path: Path,
        /// What is looked for.
        value: Value,
    },
    /// The number of members of a set.
    SetSize {
        /// Where.
        path: Path,
        /// How.
        op: Op,
        /// With what.
        count: u64,
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
    /// Both, if there are two.
    pub fn both(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Self::And(vec![a, b])),
            (a, b) => a.or(b),
        }
    }

    /// What it costs on DynamoDB, which limits the operators and the text of an expression.
    pub(crate) fn cost(&self) -> Cost {
        match self {
            Self::Compare { path, op, value: Value::Set(_) } => Cost::set(path.text_size(), *op == Op::Ne),
            Self::HasMember { path, .. } => Cost::has_member(path.text_size()),
            Self::SetSize { path, op, .. } => Cost::set_size(path.text_size(), *op == Op::Ne),
            Self::Compare { path, op, value } => {
                Cost::comparison(path.text_size(), *op == Op::Ne, matches!(value, Value::Float(_)))
            }
            Self::In { path, values } => Cost::listed(path.text_size(), values.len()),
            Self::BeginsWith { path, .. } => Cost::prefix(path.text_size()),
            Self::Contains { path, value: Value::String(text) } => {
                Cost::contains_text(path.text_size(), text.is_empty())
            }
            Self::Contains { path, .. } => Cost::contains_item(path.text_size()),
            Self::Size { path, op, .. } => Cost::size(path.text_size(), *op == Op::Ne),
            Self::Exists(path) => Cost::exists(path.text_size()),
            Self::Missing(path) => Cost::missing(path.text_size()),
            Self::And(parts) | Self::Or(parts) => Cost::joined(parts.iter().map(Self::cost)),
            Self::Not(inner) => inner.cost().negated(),
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

    /// Calls `f` with every path in the expression.
    pub fn paths<'a>(&'a self, f: &mut impl FnMut(&'a Path)) {
        match self {
            Self::Compare { path, .. }
            | Self::In { path, .. }
            | Self::BeginsWith { path, .. }
            | Self::Contains { path, .. }
            | Self::HasMember { path, .. }
            | Self::SetSize { path, .. }
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
            Self::Contains { path, value } | Self::HasMember { path, value } => {
                write!(f, "{path} contains {value:?}")
            }
            Self::Size { path, op, count } | Self::SetSize { path, op, count } => {
                write!(f, "size of {path} {} {count}", op.as_str())
            }
            Self::Exists(path) => write!(f, "{path} exists"),
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::And(all) => write_joined(f, all, " and "),
            Self::Or(all) => write_joined(f, all, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str) -> fmt::Result {
    f.write_str("(")?;
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        write!(f, "{part}")?;
    }
    f.write_str(")")
}
