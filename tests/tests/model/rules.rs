//! What the test knows of a model, written by hand and not read from the definition: the oracle
//! lives by it, and the generator takes its values from it.

use serde_json::{Map, Value as Json};

/// A record as JSON; what is `None` is not in it.
pub type Row = Map<String, Json>;

/// What a field can be asked and told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    /// Text of a type of its own, a day, a number that is never zero: it has an order, and no parts.
    Word,
    /// An enum without data, an address: compared for equality only.
    Name,
    /// From, to.
    Int(i128, i128),
    Float,
    /// In milliseconds since the epoch.
    Instant,
    Bool,
    Bytes,
    /// Of text.
    List,
    /// Of keys; an empty one is as good as none.
    Set,
    /// An array of text: its items are looked for, and it is set whole.
    Fixed,
    /// A map, or a list of structs: it has a size.
    Counted,
    /// A struct, a tuple, a duration, JSON: compared and set whole.
    Struct,
}

#[derive(Debug)]
pub struct FieldRule {
    /// Its name, or a way into it: `address/city`.
    pub path: &'static str,
    pub kind: Kind,
    /// Whether it can be missing.
    pub optional: bool,
    /// A JSON array of the values it takes. The first is the simplest; one that stands twice is
    /// taken more often.
    pool: &'static str,
}

impl FieldRule {
    pub const fn new(path: &'static str, kind: Kind, pool: &'static str) -> Self {
        Self { path, kind, optional: false, pool }
    }

    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Whether it is an entry of a map, which can be taken away whatever its type.
    pub fn is_entry(&self) -> bool {
        ["labels/", "counts/", "tally/", "legs/"].iter().any(|map| self.path.starts_with(map))
    }

    pub fn pool(&self) -> Vec<Json> {
        serde_json::from_str(self.pool).expect("a pool is a JSON array")
    }

    /// The values that are no null; of a set also the empty one.
    pub fn values(&self) -> Vec<Json> {
        let empty = (self.kind == Kind::Set).then(|| Json::Array(Vec::new()));
        self.pool().into_iter().filter(|value| !value.is_null()).chain(empty).collect()
    }
}

impl FieldRule {
    /// The members that sets of the field have, and one more where it is of text.
    pub fn members(&self) -> Vec<Json> {
        let pool = self.pool();
        let mut members: Vec<_> = pool.iter().filter_map(Json::as_array).flatten().cloned().collect();
        members.extend(self.path.ends_with("roles").then(|| "z".into()));
        members
    }
}

#[derive(Debug)]
pub struct IndexRule {
    pub name: &'static str,
    /// The hash field, then the range fields.
    pub fields: &'static [&'static str],
    pub unique: bool,
    pub local: bool,
    /// Whether the second field is part of the hash.
    pub by_two: bool,
}

#[derive(Debug)]
pub struct Rules {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: Option<&'static str>,
    pub fields: &'static [FieldRule],
    /// Ways into fields.
    pub nested: &'static [FieldRule],
    pub indexes: &'static [IndexRule],
    /// The field, and how many seconds after it a record expires.
    pub ttl: Option<(&'static str, i128)>,
    pub version: Option<&'static str>,
    /// The fields that hold the time of the first and of the last write, in seconds.
    pub times: Option<(&'static str, &'static str)>,
    /// Where the model has an older release: the fields that it stores under other names, and those names.
    pub older: Option<&'static [(&'static str, &'static str)]>,
    /// The fields of the model's projection.
    pub part: &'static [&'static str],
}

impl Rules {
    pub fn field(&self, path: &str) -> &'static FieldRule {
        let mut all = self.fields.iter().chain(self.nested);
        all.find(|field| field.path == path).unwrap_or_else(|| panic!("{} has no field {path}", self.name))
    }

    pub fn index(&self, name: &str) -> &'static IndexRule {
        let found = self.indexes.iter().find(|index| index.name == name);
        found.unwrap_or_else(|| panic!("{} has no index {name}", self.name))
    }

    /// The fields of the primary key.
    pub fn key_fields(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.hash), self.range].into_iter().flatten()
    }

    pub fn key_of(&self, row: &Row) -> Vec<Json> {
        self.key_fields().map(|name| row[name].clone()).collect()
    }

    /// Whether a field is part of the primary key or of an index, where nothing may be empty.
    pub fn is_indexed(&self, name: &str) -> bool {
        self.key_fields().any(|key| key == name) || self.indexes.iter().any(|index| index.fields.contains(&name))
    }

    /// The greatest version that the field can hold.
    pub fn last_version(&self) -> u64 {
        match self.version.map(|name| self.field(name).kind) {
            Some(Kind::Int(_, last)) => u64::try_from(last).unwrap_or(u64::MAX),
            _ => u64::MAX,
        }
    }

    /// Whether updates may change a field.
    pub fn is_settable(&self, path: &str) -> bool {
        self.key_fields().all(|key| key != path) && self.version != Some(path)
    }
}
