//! What of a definition the stored data depend on.

use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};

/// A field that is part of a key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    kind: KeyKind,
}

/// An index: the records in it, and their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexSchema {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    pub(super) unique: bool,
}

/// A repository.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) hash: Part,
    pub(super) range: Option<Part>,
    pub(super) expires: bool,
    pub(super) indexes: Vec<IndexSchema>,
}

impl Schema {
    pub(super) fn of(definition: &Definition) -> Self {
        let part = |key: KeyDef| Part { name: definition.part_name(key).to_owned(), kind: key.kind };
        let index = |index: &IndexDef| IndexSchema {
            name: index.name.to_owned(),
            parts: index.parts().map(part).collect(),
            unique: index.unique,
        };
        Self {
            hash: part(definition.hash()),
            range: definition.range().map(part),
            expires: definition.ttl().is_some(),
            indexes: definition.indexes().iter().map(index).collect(),
        }
    }

    /// What differs between this, which is stored, and what is wanted; an index that is only in one
    /// of them is no difference.
    pub(super) fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, stored: String, wanted: String| {
            if stored != wanted {
                found.push(format!("{what} is {stored}, not {wanted}"));
            }
        };
        compare("the hash key", self.hash.describe(), wanted.hash.describe());
        compare("the range key", describe(self.range.as_ref()), describe(wanted.range.as_ref()));
        let lifetime = |expires| if expires { "on" } else { "off" }.to_owned();
        compare("the time to live", lifetime(self.expires), lifetime(wanted.expires));
        for wanted in &wanted.indexes {
            if let Some(stored) = self.indexes.iter().find(|stored| stored.name == wanted.name) {
                compare(&format!("the index {}", wanted.name), stored.describe(), wanted.describe());
            }
        }
        found
    }
}

impl Part {
    fn describe(&self) -> String {
        format!("{} ({})", self.name, self.kind.as_str())
    }
}

fn describe(part: Option<&Part>) -> String {
    part.map_or_else(|| "none".to_owned(), Part::describe)
}

impl IndexSchema {
    pub(super) fn describe(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(Part::describe).collect();
        format!("{}on {}", if self.unique { "unique " } else { "" }, parts.join(", "))
    }
}
