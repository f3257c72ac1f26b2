//! A stored record: its attributes by name.

use std::fmt;

use super::{IntoIter, Iter, Map, Value};

/// A stored record: its attributes by name.
///
/// Names that start with `_reposit` are the library's own (the expiry and the write stamp).
///
/// ```
/// use reposit::{Record, Value};
///
/// let mut record = Record::new();
/// record.set("id", Value::from("u1"));
/// record.set("nickname", Value::Null);
/// assert_eq!(record.get("id").and_then(Value::as_str), Some("u1"));
/// assert_eq!(record.get("nickname"), None);
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct Record(Map);

/// The beginning of the names that are the library's own.
pub(crate) const RESERVED: &str = "_reposit";

/// The attribute that holds the instant a record expires, in whole seconds since the epoch.
pub const EXPIRES: &str = "_reposit_expires";

/// The attribute that names the call that last wrote the record.
pub const STAMP: &str = "_reposit_stamp";

impl Record {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a name; nothing if it is a null, which means the same as a missing name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.stored(name).filter(|value| !matches!(value, Value::Null))
    }

    /// What is stored under a name, a null included.
    pub(crate) fn stored(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Stores a value under a name, a null as well: it keeps a name whose absence the model would read
    /// as something else.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// Stores a value under a name; a null removes it, since the two mean the same.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        match value {
            Value::Null => drop(self.0.remove(&name)),
            value => drop(self.0.insert(name, value)),
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The names and values in the order of the names.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter()
    }

    /// How many attributes there are, nulls included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// The record as one value.
    pub(crate) fn into_value(self) -> Value {
        Value::Map(self.0)
    }

    pub(crate) fn map_mut(&mut self) -> &mut Map {
        &mut self.0
    }
}

impl From<Map> for Record {
    fn from(map: Map) -> Self {
        Self(map)
    }
}

impl FromIterator<(String, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl IntoIterator for Record {
    type Item = (String, Value);
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
