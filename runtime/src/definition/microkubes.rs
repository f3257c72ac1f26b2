//! A definition as the map that the Microkubes services write by hand.

use std::fmt;

use serde_json::{Map, Value as Json, json};

use super::{Definition, IndexDef, KeyKind};

impl Definition {
    /// The definition as the JSON map that the Microkubes services write by hand. A key that is not text has
    /// its `hashKeyType` or `rangeKeyType` as well, as they have. Under `GSI` an index stands by its hash
    /// field, or the first of several, so several with one hash field are one entry, with the greatest of
    /// their capacities.
    ///
    /// ```
    /// # use reposit::Repository; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct Note { #[hash_key] id: String }
    /// assert!(Note::definition().to_microkubes_json().contains(r#""hashKey":"id""#));
    /// ```
    pub fn to_microkubes_json(&self) -> String {
        self.microkubes_map().to_string()
    }

    fn microkubes_map(&self) -> Json {
        let mut map = Map::new();
        map.insert("name".into(), self.name().into());
        map.insert("indexes".into(), self.spec.indexes.iter().map(|index| self.index_map(index)).collect());
        map.insert("hashKey".into(), self.hash_name().into());
        // A service that reads the map takes a key for text if no type is given.
        if let Some(word) = type_word(self.hash().kind) {
            map.insert("hashKeyType".into(), word.into());
        }
        if let Some(range) = self.range() {
            map.insert("rangeKey".into(), self.part_name(range).into());
            if let Some(word) = type_word(range.kind) {
                map.insert("rangeKeyType".into(), word.into());
            }
        }
        if let Some(capacity) = self.read_capacity() {
            map.insert("readCapacity".into(), capacity.into());
        }
        if let Some(capacity) = self.write_capacity() {
            map.insert("writeCapacity".into(), capacity.into());
        }
        let mut global = Map::new();
        for index in self.spec.indexes.iter().filter(|index| !index.local) {
            let entry = global.entry(self.part_name(index.hash())).or_insert_with(|| Map::new().into());
            for (word, capacity) in [
                ("readCapacity", index.read_capacity.or(self.read_capacity())),
                ("writeCapacity", index.write_capacity.or(self.write_capacity())),
            ] {
                if let Some(capacity) = capacity {
                    entry[word] = capacity.max(entry[word].as_u64().unwrap_or(0)).into();
                }
            }
        }
        if !global.is_empty() {
            map.insert("GSI".into(), global.into());
        }
        map.insert("enableTtl".into(), self.spec.ttl.is_some().into());
        if let Some(ttl) = self.spec.ttl {
            map.insert("ttlAttribute".into(), self.field_name(ttl.field).into());
            map.insert("ttl".into(), ttl.seconds.into());
        }
        map.into()
    }

    fn index_map(&self, index: &IndexDef) -> Json {
        let fields: Vec<_> = index.parts().map(|part| self.part_name(part)).collect();
        json!({ "name": index.name, "fields": fields, "unique": index.unique })
    }
}

/// The services' word for a kind of key, which is DynamoDB's; none is text.
const fn type_word(kind: KeyKind) -> Option<&'static str> {
    match kind {
        KeyKind::String | KeyKind::ObjectId => None,
        KeyKind::Integer | KeyKind::Instant => Some("N"),
        KeyKind::Bytes => Some("B"),
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The flags of the formatter are those of the JSON: `{:#}` writes it over several lines.
        fmt::Display::fmt(&self.microkubes_map(), f)
    }
}
