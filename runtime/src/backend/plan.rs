use std::fmt;

use crate::error::{Error, ErrorKind};

/// What `define` would do to a repository: what it would create, and what does not match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The repository.
    pub repository: String,
    /// What would be created, one line each.
    pub create: Vec<String>,
    /// What exists with another shape, one line each. Any of these, and `define` refuses.
    pub mismatches: Vec<String>,
}

impl Plan {
    /// An empty plan for a repository.
    pub fn new(repository: &str) -> Self {
        Self { repository: repository.to_owned(), ..Self::default() }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.mismatches.is_empty()
    }

    /// The refusal, where something does not match.
    pub fn refusal(&self) -> Option<Error> {
        (!self.mismatches.is_empty())
            .then(|| Error::new(ErrorKind::SchemaMismatch, self.mismatches.join("; ")).in_repository(&self.repository))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "{}: nothing to do", self.repository);
        }
        write!(f, "{}:", self.repository)?;
        for line in &self.create {
            write!(f, "\n  create {line}")?;
        }
        for line in &self.mismatches {
            write!(f, "\n  mismatch: {line}")?;
        }
        Ok(())
    }
}
