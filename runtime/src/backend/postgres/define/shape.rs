//! What of a definition the table depends on, and its form in the catalogue.

use crate::backend::plan::{IndexShape, Mismatch, Plan, Unused};
use crate::definition::{Definition, IndexDef, KeyDef, TimeUnit};
use crate::value::{Map, Record, Value, ValueRef};

/// A repository as it was defined.
#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    hash: String,
    range: Option<String>,
    /// What the column of expiries is computed from, if there is one.
    pub(super) expires: Option<String>,
    indexes: Vec<StoredIndex>,
}

#[derive(Debug, PartialEq)]
struct StoredIndex {
    name: String,
    fields: Vec<String>,
    unique: bool,
}

fn part(definition: &Definition, key: KeyDef) -> String {
    format!("{} ({})", definition.part_name(key), key.kind.as_str())
}

/// What the expiry of a record without a mark is computed from.
fn expiry(definition: &Definition) -> Option<String> {
    let (field, ttl) = definition.ttl_name().zip(definition.ttl())?;
    let unit = match ttl.unit {
        TimeUnit::Seconds => "seconds",
        TimeUnit::Milliseconds | TimeUnit::WholeMilliseconds => "milliseconds",
    };
    Some(format!("{field} ({unit}) + {} seconds", ttl.seconds))
}

/// An index of a model in words.
pub(super) fn index(definition: &Definition, index: &IndexDef) -> IndexShape {
    StoredIndex::of(definition, index).shape()
}

impl StoredIndex {
    fn of(definition: &Definition, index: &IndexDef) -> Self {
        let fields = index.parts().map(|key| part(definition, key)).collect();
        Self { name: index.name.to_owned(), fields, unique: index.unique }
    }

    fn shape(&self) -> IndexShape {
        let shape = IndexShape::new(&self.name).with("unique", self.unique);
        self.fields.iter().fold(shape, |shape, field| shape.field(field.as_str()))
    }
}

impl Shape {
    pub(super) fn of(definition: &Definition) -> Self {
        Self {
            hash: part(definition, definition.hash()),
            range: definition.range().map(|range| part(definition, range)),
            expires: expiry(definition),
            indexes: definition.indexes().iter().map(|index| StoredIndex::of(definition, index)).collect(),
        }
    }

    /// Unique indexes that are stored under names which are not wanted, each with the wanted one of the same fields.
    pub(super) fn renamed<'a>(&'a self, wanted: &'a Self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_other = |stored: &&StoredIndex| stored.unique && !wanted.indexes.iter().any(|it| it.name == stored.name);
        self.indexes.iter().filter(is_other).filter_map(|stored| {
            let own = wanted.indexes.iter().find(|own| own.unique && own.fields == stored.fields)?;
            Some((&*stored.name, &*own.name))
        })
    }

    /// The index of a name, in words.
    pub(super) fn index(&self, name: &str) -> Option<IndexShape> {
        self.indexes.iter().find(|index| index.name == name).map(StoredIndex::shape)
    }

    /// What differs between this, which is stored, and what is wanted, in keys and in indexes that are in both.
    pub(super) fn compare(&self, wanted: &Self, plan: &mut Plan) {
        let none = || "none".to_owned();
        plan.compare_part("the hash key", &self.hash, &wanted.hash);
        let range = |shape: &Self| shape.range.clone().unwrap_or_else(none);
        plan.compare_part("the range key", &range(self), &range(wanted));
        for wanted in &wanted.indexes {
            if let Some(stored) = self.indexes.iter().find(|stored| stored.name == wanted.name && *stored != wanted) {
                plan.add_mismatch(Mismatch::Index { stored: stored.shape(), wanted: wanted.shape() });
            }
        }
    }

    /// What is stored and not wanted any more.
    pub(super) fn compare_leftovers(&self, wanted: &Self, plan: &mut Plan) {
        if self.expires.is_some() && wanted.expires.is_none() {
            let off = "drop the column `expires`, and its `expires` in the table _reposit".to_owned();
            plan.add_mismatch(Mismatch::Expiry { off });
        }
        let is_wanted = |stored: &&StoredIndex| wanted.indexes.iter().any(|wanted| wanted.name == stored.name);
        for stored in self.indexes.iter().filter(|stored| !is_wanted(stored)) {
            let is_same = |wanted: &StoredIndex| wanted.unique && wanted.fields == stored.fields;
            match stored.unique {
                true if wanted.indexes.iter().any(is_same) => {}
                true => plan.add_mismatch(Mismatch::UnknownUnique(stored.name.clone())),
                false => plan.add_unused(Unused::Index(stored.name.clone())),
            }
        }
    }

    /// This, with what another has and this has not: indexes are never taken away.
    pub(super) fn with_leftovers(mut self, stored: Self) -> Self {
        for index in stored.indexes {
            if !self.indexes.iter().any(|own| own.name == index.name) {
                self.indexes.push(index);
            }
        }
        self
    }

    pub(super) fn to_record(&self) -> Record {
        let text = |text: &String| Value::String(text.clone());
        let index = |index: &StoredIndex| {
            let fields = Value::List(index.fields.iter().map(text).collect());
            let map = [("fields".to_owned(), fields), ("unique".to_owned(), Value::Bool(index.unique))];
            (index.name.clone(), Value::Map(Map::from_iter(map)))
        };
        let fixed = [
            ("hash".to_owned(), text(&self.hash)),
            ("indexes".to_owned(), Value::Map(self.indexes.iter().map(index).collect())),
        ];
        let optional = [("range", &self.range), ("expires", &self.expires)];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value.as_ref()?))));
        fixed.into_iter().chain(optional).collect()
    }

    pub(super) fn from_record(record: &Record) -> Option<Self> {
        let ValueRef::Map(indexes) = record.get("indexes")? else { return None };
        let index = |(name, value): (&str, ValueRef<'_>)| {
            let ValueRef::Map(map) = value else { return None };
            let ValueRef::List(fields) = map.get("fields")? else { return None };
            let fields = fields.iter().map(|field| field.as_str().map(str::to_owned)).collect::<Option<_>>()?;
            Some(StoredIndex { name: name.to_owned(), fields, unique: map.get("unique")? == ValueRef::Bool(true) })
        };
        Some(Self {
            hash: record.get("hash")?.as_str()?.to_owned(),
            range: record.get("range").and_then(|range| range.as_str()).map(str::to_owned),
            expires: record.get("expires").and_then(|expires| expires.as_str()).map(str::to_owned),
            indexes: indexes.iter().map(index).collect::<Option<_>>()?,
        })
    }
}
