//! What an entry is found by: a record by its primary key, or the values of a unique index.

use std::sync::Arc;

use crate::definition::IndexDef;
use crate::request::RecordKey;
use crate::request::canonical::append_value;
use crate::value::Value;

/// The key of an entry: the repository, and a primary key or an index and its values, as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(Arc<[u8]>);

impl Key {
    /// Of a record.
    pub(super) fn of_record(repository: &str, key: &RecordKey) -> Self {
        Self::new(repository, None, key.parts())
    }

    /// Of the values of a unique index.
    pub(super) fn of_values(repository: &str, index: &IndexDef, values: &[Value]) -> Self {
        Self::new(repository, Some(index.name), values.iter())
    }

    fn new<'v>(repository: &str, index: Option<&str>, values: impl Iterator<Item = &'v Value>) -> Self {
        let mut bytes = prefix(repository);
        // An index has a name, so that no index is taken for the primary key.
        append_text(&mut bytes, index.unwrap_or_default());
        values.for_each(|value| append_value(&mut bytes, value));
        Self(bytes.into())
    }

    /// Whether it is of a repository, given its [`prefix`].
    pub(super) fn begins_with(&self, prefix: &[u8]) -> bool {
        self.0.starts_with(prefix)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What all keys of a repository begin with.
pub(super) fn prefix(repository: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    append_text(&mut bytes, repository);
    bytes
}

/// Its length first, so that no text runs into what follows.
fn append_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&text.len().to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
