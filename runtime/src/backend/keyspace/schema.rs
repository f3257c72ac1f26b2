//! What of a definition the stored data depend on, and its form in the store.

use crate::backend::plan::{IndexShape, Mismatch, Plan, Unused};
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::value::{Items, Map, Record, Value, ValueRef};

/// A field that is part of a key or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend) struct KeyPart {
    pub(in crate::backend) name: String,
    kind: KeyKind,
}

/// An index: the records in it, and their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend) struct IndexSchema {
    pub(in crate::backend) name: String,
    pub(in crate::backend) parts: Vec<KeyPart>,
    pub(in crate::backend) unique: bool,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend) struct Schema {
    pub(in crate::backend) hash: KeyPart,
    pub(in crate::backend) range: Option<KeyPart>,
    pub(in crate::backend) expires: bool,
    pub(in crate::backend) indexes: Vec<IndexSchema>,
}

impl Schema {
    pub(in crate::backend) fn from_definition(definition: &Definition) -> Self {
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
    pub(in crate::backend) fn compare(&self, wanted: &Self, plan: &mut Plan) {
        plan.compare_part("the hash key", &self.hash.describe(), &wanted.hash.describe());
        plan.compare_part("the range key", &describe(self.range.as_ref()), &describe(wanted.range.as_ref()));
        for wanted in &wanted.indexes {
            if let Some(stored) = self.indexes.iter().find(|stored| stored.name == wanted.name && *stored != wanted) {
                plan.add_mismatch(Mismatch::Index { stored: stored.shape(), wanted: wanted.shape() });
            }
        }
    }

    /// What is stored and not wanted any more. `off` says how to turn a time to live off.
    pub(in crate::backend) fn compare_leftovers(&self, wanted: &Self, off: &str, plan: &mut Plan) {
        if self.expires && !wanted.expires {
            plan.add_mismatch(Mismatch::Expiry { off: off.to_owned() });
        }
        for stored in self.indexes.iter().filter(|stored| wanted.named(&stored.name).is_none()) {
            match stored.unique {
                true if wanted.indexes.iter().any(|wanted| wanted.is_same(stored)) => {}
                true => plan.add_mismatch(Mismatch::UnknownUnique(stored.name.clone())),
                false => plan.add_unused(Unused::Index(stored.name.clone())),
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
    pub(in crate::backend) fn from_definition(definition: &Definition, index: &IndexDef) -> Self {
        Self {
            name: index.name.to_owned(),
            parts: index.parts().map(|part| KeyPart::from_definition(definition, part)).collect(),
            unique: index.unique,
        }
    }

    /// Whether it is the same index, under whatever name.
    pub(in crate::backend) fn is_same(&self, other: &Self) -> bool {
        self.unique == other.unique && self.parts == other.parts
    }

    /// The index in words.
    pub(in crate::backend) fn shape(&self) -> IndexShape {
        let index = IndexShape::new(&self.name).with("unique", self.unique);
        self.parts.iter().map(KeyPart::describe).fold(index, IndexShape::field)
    }
}

impl Schema {
    /// The schema as the store keeps it, with the repository's number.
    ///
    /// | name | value |
    /// |---|---|
    /// | `id` | the number |
    /// | `hash` | a key field: `name`, and `kind` as a word |
    /// | `range` | another, if there is a range key |
    /// | `expires` | whether records expire |
    /// | `indexes` | for each index in the order of their numbers: `name`, `unique`, and `parts`, key fields |
    pub(in crate::backend) fn to_record(&self, id: u32) -> Record {
        let fixed = [
            ("id", Value::Int(id.into())),
            ("hash", self.hash.to_value()),
            ("expires", Value::Bool(self.expires)),
            ("indexes", Value::List(self.indexes.iter().map(IndexSchema::to_value).collect())),
        ];
        let range = self.range.iter().map(|range| ("range", range.to_value()));
        fixed.into_iter().chain(range).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The number and the schema in a record. Returns nothing if [`to_record`](Self::to_record) wrote
    /// something else.
    pub(in crate::backend) fn from_record(record: &Record) -> Option<(u32, Self)> {
        let id = u32::try_from(record.get("id")?.as_int()?).ok()?;
        let range = match record.get("range") {
            Some(range) => Some(KeyPart::from_value(range)?),
            None => None,
        };
        let schema = Self {
            hash: KeyPart::from_value(record.get("hash")?)?,
            range,
            expires: is_true(record.get("expires")?),
            indexes: items(record.get("indexes")?)?.map(IndexSchema::from_value).collect::<Option<_>>()?,
        };
        // Whatever else stands in the record may mean something: it is not ignored.
        (schema.to_record(id) == *record).then_some((id, schema))
    }
}

impl IndexSchema {
    fn to_value(&self) -> Value {
        to_map([
            ("name", Value::String(self.name.clone())),
            ("unique", Value::Bool(self.unique)),
            ("parts", Value::List(self.parts.iter().map(KeyPart::to_value).collect())),
        ])
    }

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Map(map) = value else { return None };
        Some(Self {
            name: map.get("name")?.as_str()?.to_owned(),
            parts: items(map.get("parts")?)?.map(KeyPart::from_value).collect::<Option<_>>()?,
            unique: is_true(map.get("unique")?),
        })
    }
}

impl KeyPart {
    fn to_value(&self) -> Value {
        to_map([("name", Value::String(self.name.clone())), ("kind", Value::from(self.kind.as_str()))])
    }

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Map(map) = value else { return None };
        let word = map.get("kind")?.as_str()?;
        let kinds = [KeyKind::String, KeyKind::Integer, KeyKind::Instant, KeyKind::Bytes, KeyKind::ObjectId];
        let kind = kinds.into_iter().find(|kind| kind.as_str() == word)?;
        Some(Self { name: map.get("name")?.as_str()?.to_owned(), kind })
    }
}

fn to_map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map>())
}

fn items(value: ValueRef<'_>) -> Option<Items<'_>> {
    match value {
        ValueRef::List(items) => Some(items.iter()),
        _ => None,
    }
}

fn is_true(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Bool(true))
}
