//! What `define` would do to a repository and what it would leave alone, as data that prints as text.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// What `define` would do to a repository: what it would create, what does not match, and what it would leave alone.
///
/// ```
/// use reposit::backend::{Creation, IndexShape, Mismatch, Plan};
///
/// let wanted = IndexShape::new("by_email").field("email (string)");
/// let mut plan = Plan::new("users");
/// plan.add_creation(Creation::Index(wanted.clone()));
/// assert_eq!(plan.to_string(), "users:\n  create index by_email on email (string)");
/// assert!(plan.refusal().is_none());
///
/// plan.add_left_alone("a stream of NEW_IMAGE");
/// assert_eq!(plan.left_alone(), ["a stream of NEW_IMAGE"]);
/// assert!(plan.refusal().is_none());
///
/// plan.add_mismatch(Mismatch::Index { stored: wanted.clone().with("unique", true), wanted });
/// let refusal = plan.refusal().unwrap();
/// assert!(refusal.message().starts_with("the index by_email is unique, which the model's is not"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    repository: String,
    creations: Vec<Creation>,
    mismatches: Vec<Mismatch>,
    unused: Vec<Unused>,
    left_alone: Vec<String>,
}

/// Something that `define` would create. It prints as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Creation {
    /// The repository, by its name.
    Repository(String),
    /// An index.
    Index(IndexShape),
    /// The uniqueness of an index that is there without it, by its name.
    UniqueValues(String),
    /// The time to live by this field, also of the records that are there.
    Expiry(String),
    /// What only one backend has.
    Other(String),
}

/// Something that exists with another shape than the model's. It prints as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A part of the repository, such as `the hash key`, in words.
    Part {
        /// Which part.
        part: String,
        /// What is stored.
        stored: String,
        /// What the model says.
        wanted: String,
    },
    /// An index that is there, but not as the model has it.
    Index {
        /// The index that is there.
        stored: IndexShape,
        /// The model's.
        wanted: IndexShape,
    },
    /// An index that the model has and the store does not, by its name.
    MissingIndex(String),
    /// A unique index that the store has and the model does not, by its name.
    UnknownUnique(String),
    /// The store deletes expired records, and the model has no ttl.
    Expiry {
        /// How to turn that off.
        off: String,
    },
    /// What only one backend has.
    Other(String),
}

/// Something that the store has and the model does not, and that is left as it is. It prints as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unused {
    /// An index, by its name.
    Index(String),
}

/// An index in words, to be compared with another and printed.
///
/// ```
/// use reposit::backend::IndexShape;
///
/// let index = IndexShape::new("by_team").with("local", true).field("team (string)").field("score (integer)");
/// assert_eq!(index.to_string(), "by_team local on team (string), score (integer)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexShape {
    name: String,
    fields: Vec<String>,
    traits: Vec<String>,
    notes: Vec<String>,
}

#[cfg_attr(
    not(any(feature = "keyspace", feature = "mongodb", feature = "dynamodb", feature = "postgres")),
    allow(dead_code, reason = "a backend outside the crate uses its own words")
)]
impl Plan {
    /// An empty plan for a repository.
    pub fn new(repository: &str) -> Self {
        Self { repository: repository.to_owned(), ..Self::default() }
    }

    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// What would be created.
    pub fn creations(&self) -> &[Creation] {
        &self.creations
    }

    /// What exists with another shape. If there is any of it, `define` refuses.
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// What the store has and the model does not. It is left as it is.
    pub fn unused(&self) -> &[Unused] {
        &self.unused
    }

    /// What is set there beside the model, in words: another field's time to live, streams, encryption, capacity,
    /// validators. `define` leaves it as it is, whoever set it. It is as much as the requests that compare tell of.
    pub fn left_alone(&self) -> &[String] {
        &self.left_alone
    }

    /// Adds something that would be created.
    pub fn add_creation(&mut self, creation: Creation) {
        self.creations.push(creation);
    }

    /// Adds something that exists with another shape.
    pub fn add_mismatch(&mut self, mismatch: Mismatch) {
        self.mismatches.push(mismatch);
    }

    /// Adds something that the model does not have.
    pub fn add_unused(&mut self, unused: Unused) {
        self.unused.push(unused);
    }

    /// Adds something that is set there beside the model, in words.
    pub fn add_left_alone(&mut self, what: impl Into<String>) {
        self.left_alone.push(what.into());
    }

    /// Adds a mismatch of a part of the repository, if it differs from the model's.
    pub fn compare_part(&mut self, part: &str, stored: &str, wanted: &str) {
        if stored != wanted {
            self.add_mismatch(Mismatch::Part {
                part: part.to_owned(),
                stored: stored.to_owned(),
                wanted: wanted.to_owned(),
            });
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.creations.is_empty() && self.mismatches.is_empty()
    }

    /// The refusal, if something does not match.
    pub fn refusal(&self) -> Option<Error> {
        let lines: Vec<_> = self.mismatches.iter().map(Mismatch::to_string).collect();
        (!lines.is_empty())
            .then(|| Error::new(ErrorKind::SchemaMismatch, lines.join("; ")).in_repository(&self.repository))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            write!(f, "{}: nothing to do", self.repository)?;
        } else {
            write!(f, "{}:", self.repository)?;
        }
        for creation in &self.creations {
            write!(f, "\n  create {creation}")?;
        }
        for mismatch in &self.mismatches {
            write!(f, "\n  mismatch: {mismatch}")?;
        }
        for unused in &self.unused {
            write!(f, "\n  unused: {unused}")?;
        }
        for what in &self.left_alone {
            write!(f, "\n  left alone: {what}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(name) => write!(f, "repository {name}"),
            Self::Index(index) => write!(f, "index {index}"),
            Self::UniqueValues(index) => write!(f, "unique values of index {index}"),
            Self::Expiry(field) => write!(f, "time to live by {field}, also of the records that are there"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part { part, stored, wanted } => write!(f, "{part} is {stored}, not {wanted}"),
            Self::Index { stored, wanted } => {
                write!(f, "the index {} ", wanted.name)?;
                if stored.name != wanted.name {
                    write!(f, "is there under the name {}, and ", stored.name)?;
                }
                f.write_str(&stored.differences(wanted))?;
                f.write_str(
                    ": an index that is there is never changed, so drop it there first, or give the model's another name",
                )
            }
            Self::MissingIndex(name) => f.write_str(&super::support::outcome::missing_index_text(name)),
            Self::UnknownUnique(name) => write!(
                f,
                "the store holds the index {name} unique, and the model does not have it: keep it in the model, or drop \
                 it there first"
            ),
            Self::Expiry { off } => write!(
                f,
                "the store deletes records when they have expired, and the model has no ttl: keep the ttl in the \
                 model, or first {off}"
            ),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(name) => write!(f, "index {name}, which every write keeps up"),
        }
    }
}

impl IndexShape {
    /// An index of this name, with no fields yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), fields: Vec::new(), traits: Vec::new(), notes: Vec::new() }
    }

    /// The same index with one more field: its name, and whatever of it makes the index what it is.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.fields.push(field.into());
        self
    }

    /// The same index, which `is` or is not something that one word says: `unique`, `local`.
    #[must_use]
    pub fn with(mut self, word: &str, is: bool) -> Self {
        self.traits.extend(is.then(|| word.to_owned()));
        self
    }

    /// The same index, which is something that takes more words: `over all records`.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The index's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the same index under whatever name.
    pub fn is_same(&self, other: &Self) -> bool {
        self.fields == other.fields && self.traits == other.traits && self.notes == other.notes
    }

    /// In what this, which is stored, differs from the model's.
    fn differences(&self, wanted: &Self) -> String {
        let fields = (self.fields != wanted.fields)
            .then(|| format!("is on {}, not on {}", self.fields.join(", "), wanted.fields.join(", ")));
        let all = |index: &Self| index.traits.iter().chain(&index.notes).cloned().collect::<Vec<_>>();
        let (own, others) = (all(self), all(wanted));
        let more = own.iter().filter(|word| !others.contains(word));
        let less = others.iter().filter(|word| !own.contains(word));
        let more = more.map(|word| format!("is {word}, which the model's is not"));
        let less = less.map(|word| format!("is not {word}, which the model's is"));
        fields.into_iter().chain(more).chain(less).collect::<Vec<_>>().join(", and ")
    }
}

impl fmt::Display for IndexShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        for word in &self.traits {
            write!(f, "{word} ")?;
        }
        write!(f, "on {}", self.fields.join(", "))?;
        self.notes.iter().try_for_each(|note| write!(f, ", {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_index_says_what_differs() {
        let index = || IndexShape::new("by_a").field("a (string)");
        let line = |stored, wanted| Mismatch::Index { stored, wanted }.to_string();
        let text = line(index().with("unique", true), index());
        assert!(text.starts_with("the index by_a is unique, which the model's is not: an index"), "{text}");
        let text = line(IndexShape::new("x").field("b (bytes)"), index().with_note("over all records"));
        let expected = "the index by_a is there under the name x, and is on b (bytes), not on a (string), and is not over all records, which the model's is";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("drop it there first, or give the model's another name"), "{text}");
    }

    #[test]
    fn a_plan_prints_a_line_each() {
        let mut plan = Plan::new("users");
        assert_eq!(plan.to_string(), "users: nothing to do");
        plan.add_creation(Creation::Expiry("until".to_owned()));
        plan.compare_part("the hash key", "id (string)", "id (bytes)");
        plan.compare_part("the range key", "none", "none");
        plan.add_unused(Unused::Index("old".to_owned()));
        plan.add_left_alone("a stream");
        let text = "users:\n  create time to live by until, also of the records that are there\n  mismatch: the hash \
                    key is id (string), not id (bytes)\n  unused: index old, which every write keeps up\n  left alone: a stream";
        assert_eq!(plan.to_string(), text);
    }
}
