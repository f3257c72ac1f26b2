//! Where a value stands in a record: names in maps, positions in lists.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Error, Result};
use crate::limits::{self, expression};

/// One step of a path into a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// A name in a record or map.
    Name(Cow<'static, str>),
    /// A position in a list.
    Position(usize),
}

/// A path from the record's top to a value in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(Cow<'static, [Step]>);

impl Path {
    /// A path of these steps.
    pub fn new(steps: impl Into<Cow<'static, [Step]>>) -> Self {
        Self(steps.into())
    }

    /// The path to a field of the record.
    pub fn field(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Cow::Owned(vec![Step::Name(name.into())]))
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The field of the record that the path starts with.
    pub fn root(&self) -> &str {
        match self.0.first() {
            Some(Step::Name(name)) => name,
            _ => "",
        }
    }

    /// Whether the path is a field of the record itself.
    pub fn is_field(&self) -> bool {
        self.0.len() == 1
    }

    /// How many bytes of text it is in an expression of DynamoDB, at most.
    pub(crate) fn text_size(&self) -> usize {
        let step = |step: &Step| match step {
            Step::Name(_) => expression::NAME_TEXT,
            Step::Position(at) => expression::position_text(*at),
        };
        self.0.iter().map(step).sum()
    }

    /// Refuses a path at which nothing can be stored.
    pub(crate) fn check_storable(&self) -> Result<()> {
        if self.0.is_empty() {
            let message = "a flattened field is stored as the fields in it; reach them with .at(..) or .entry(..)";
            return Err(Error::invalid(message));
        }
        let mut names = self.0.iter().filter_map(|step| match step {
            Step::Name(name) => Some(name),
            Step::Position(_) => None,
        });
        names.try_for_each(|name| limits::check_map_key(name))
    }

    /// Whether one path is the other, or leads to it.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0.iter()).all(|(a, b)| a == b)
    }

    /// The path that goes on with `rest` from where this one leads.
    pub(crate) fn join(self, rest: Self) -> Self {
        let mut steps = self.0.into_owned();
        steps.extend(rest.0.into_owned());
        Self(Cow::Owned(steps))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if i == 0 => f.write_str(name)?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Position(n) => write!(f, "[{n}]")?,
            }
        }
        Ok(())
    }
}
