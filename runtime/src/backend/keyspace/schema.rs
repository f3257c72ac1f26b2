//! What of a definition the stored data depend on.

use crate::backend::Plan;
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};

/// A field that is part of a key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPart {
    pub(super) name: String,
    kind: KeyKind,
}

/// An index: the records in it, and their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexSchema {
    pub(super) name: String,
    pub(super) parts: Vec<KeyPart>,
    pub(super) unique: bool,
}

/// A repository.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) hash: KeyPart,
    pub(super) range: Option<KeyPart>,
    pub(super) expires: bool,
    pub(super) indexes: Vec<IndexSchema>,
}

impl Schema {
    pub(super) fn from_definition(definition: &Definition) -> Self {
        let part = |key: KeyDef| KeyPart::from_definition(definition, key);
        let index = |index: &IndexDef| IndexSchema::from_definition(definition, index);
        Self {
            hash: part(definition.hash()),
            range: definition.range().map(part),
            expires: definition.ttl().is_some(),
            indexes: definition.indexes().iter().map(index).collect(),
        }
    }

    /// What differs between this, which is stored, and what is wanted, in keys and in indexes that are in
    /// both.
    pub(super) fn compare(&self, wanted: &Self, plan: &mut Plan) {
        let mut compare = |what: &str, stored: String, wanted: String| {
            if stored != wanted {
                plan.mismatches.push(format!("{what} is {stored}, not {wanted}"));
            }
        };
        compare("the hash key", self.hash.describe(), wanted.hash.describe());
        compare("the range key", describe(self.range.as_ref()), describe(wanted.range.as_ref()));
        for wanted in &wanted.indexes {
            if let Some(stored) = self.indexes.iter().find(|stored| stored.name == wanted.name && *stored != wanted) {
                plan.refuse_index(&wanted.name, &stored.describe(), &wanted.describe());
            }
        }
    }

    /// What is stored and not wanted any more.
    pub(super) fn compare_leftovers(&self, wanted: &Self, plan: &mut Plan) {
        if self.expires && !wanted.expires {
            plan.refuse_expiry("open a new store: one in memory keeps its time to live");
        }
        for stored in self.indexes.iter().filter(|stored| wanted.named(&stored.name).is_none()) {
            match stored.unique {
                true if wanted.indexes.iter().any(|wanted| wanted.is_same(stored)) => {}
                true => plan.refuse_unknown_unique(&stored.name),
                false => plan.leave_index(&stored.name),
            }
        }
    }

    fn named(&self, name: &str) -> Option<&IndexSchema> {
        self.indexes.iter().find(|index| index.name == name)
    }
}

impl KeyPart {
    fn from_definition(definition: &Definition, key: KeyDef) -> Self {
        Self { name: definition.part_name(key).to_owned(), kind: key.kind }
    }

    fn describe(&self) -> String {
        format!("{} ({})", self.name, self.kind.as_str())
    }
}

fn describe(part: Option<&KeyPart>) -> String {
    part.map_or_else(|| "none".to_owned(), KeyPart::describe)
}

impl IndexSchema {
    pub(super) fn from_definition(definition: &Definition, index: &IndexDef) -> Self {
        Self {
            name: index.name.to_owned(),
            parts: index.parts().map(|part| KeyPart::from_definition(definition, part)).collect(),
            unique: index.unique,
        }
    }

    /// Whether it is the same index, under whatever name.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.unique == other.unique && self.parts == other.parts
    }

    pub(super) fn describe(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(KeyPart::describe).collect();
        format!("{}on {}", if self.unique { "unique " } else { "" }, parts.join(", "))
    }
}
