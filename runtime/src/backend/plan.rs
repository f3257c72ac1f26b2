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
    /// What the store has and the model does not, one line each. It is left as it is.
    pub unused: Vec<String>,
}

#[cfg_attr(
    not(any(feature = "keyspace", feature = "mongodb", feature = "dynamodb")),
    allow(dead_code, reason = "a backend outside the crate uses its own words")
)]
impl Plan {
    /// An empty plan for a repository.
    pub fn new(repository: &str) -> Self {
        Self { repository: repository.to_owned(), ..Self::default() }
    }

    /// Says that a repository's records are going to expire, those that are there too.
    pub(crate) fn begin_expiry(&mut self, field: &str) {
        self.create.push(format!("time to live by {field}, also of the records that are there"));
    }

    /// Refuses a model without the time to live that the store has: `off` says how to turn that off.
    pub(crate) fn refuse_expiry(&mut self, off: &str) {
        self.mismatches.push(format!(
            "the store deletes records when they have expired, and the model has no ttl: keep the ttl in the model, or first {off}"
        ));
    }

    /// Refuses an index of another shape than the model's.
    pub(crate) fn refuse_index(&mut self, name: &str, stored: &str, wanted: &str) {
        self.mismatches.push(format!(
            "the index {name} is {stored}, not {wanted}: an index that is there is never changed, so drop it there \
             first, or give the model's another name"
        ));
    }

    /// Refuses a model without a unique index that the store has.
    pub(crate) fn refuse_unknown_unique(&mut self, name: &str) {
        self.mismatches.push(format!(
            "the store holds the index {name} unique, and the model does not have it: keep it in the model, or drop it \
             there first"
        ));
    }

    /// Says that an index of the store is none of the model's.
    pub(crate) fn leave_index(&mut self, name: &str) {
        self.unused.push(format!("index {name}, which every write keeps up"));
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
            write!(f, "{}: nothing to do", self.repository)?;
        } else {
            write!(f, "{}:", self.repository)?;
        }
        for line in &self.create {
            write!(f, "\n  create {line}")?;
        }
        for line in &self.mismatches {
            write!(f, "\n  mismatch: {line}")?;
        }
        for line in &self.unused {
            write!(f, "\n  unused: {line}")?;
        }
        Ok(())
    }
}
