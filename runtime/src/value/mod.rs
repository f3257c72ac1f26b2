//! The neutral form of what is stored: values, and maps of names to values.

mod compare;
mod copy;
mod format;
mod number;
mod object_id;
mod raw;
mod record;
mod set;
mod sort;
#[cfg(test)]
mod tests;
mod text;
mod view;
mod writer;

pub(crate) use format::{Raw, find, names, take_entry, take_value};
pub(crate) use number::{NO_FLOAT, is_float, whole};
#[cfg(any(feature = "dynamodb", feature = "postgres"))]
pub(crate) use object_id::stored_object_id;
pub(crate) use object_id::{object_id_text, parse_object_id};
pub(crate) use record::RESERVED;
pub use record::{EXPIRES, Record, STAMP};
pub(crate) use set::{are_of_one_kind, compare_members};
pub(crate) use text::{as_text, is_same};
pub use view::{Entries, Items, ListRef, MapRef, ValueRef};
pub(crate) use writer::{Begun, Writer};

use std::collections::{BTreeMap, btree_map};
use std::fmt;

/// A stored value, independent of any backend.
///
/// A whole [`Float`](Value::Float) and an [`Int`](Value::Int) are the same number: they compare
/// equal, as they do on the servers.
///
/// ```
/// use reposit::Value;
///
/// assert_eq!(Value::from(2_u64), Value::Float(2.0));
/// assert_ne!(Value::from(2_u64), Value::from("2"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// A null. In a record it reads as a missing name; it is stored where the model would read a missing
    /// name as something else.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer between `i64::MIN` and `u64::MAX`.
    Int(i128),
    /// A finite number that is not an integer, or is too large for one.
    Float(f64),
    /// A point in time, in milliseconds since the epoch. No number: it equals instants alone.
    Instant(i64),
    /// MongoDB's ObjectId, ordered by its bytes. It equals ObjectIds alone, not their text.
    ObjectId([u8; 12]),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A set, made by [`Value::set`]: sorted, each member once. A list of the same members is equal to it, as that is
    /// how MongoDB and older releases keep one.
    Set(Vec<Value>),
    /// A map, sorted by name so that equal maps are equal however they were written.
    Map(Map),
    /// What another program stored and no field of a model can hold: what it is, for messages. It is
    /// there, but equals no value and is never read or written as one.
    Foreign(&'static str),
}

/// Values by name, sorted so that equal maps are equal however they were written.
///
/// ```
/// use reposit::value::Map;
/// use reposit::Value;
///
/// let mut map = Map::new();
/// map.insert("city", Value::from("London"));
/// assert_eq!(map.get("city").and_then(Value::as_str), Some("London"));
/// assert_eq!(map.iter().count(), 1);
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct Map(BTreeMap<String, Value>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The value under a name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Stores a value under a name, and returns the one before.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) -> Option<Value> {
        self.0.insert(name.into(), value)
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The names and values in the order of the names.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// The same, with values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// The values in the order of the names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.values()
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the names for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain(|name, value| keep(name, value));
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(self.0.into_iter())
    }
}

/// The names and values of a [`Map`], in the order of the names.
#[derive(Debug, Clone)]
pub struct Iter<'a>(btree_map::Iter<'a, String, Value>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The names and values of a [`Map`] or a [`Record`], in the order of the names.
#[derive(Debug)]
pub struct IntoIter(btree_map::IntoIter<String, Value>);

impl Iterator for IntoIter {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for IntoIter {}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n.into())
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::Int(n.into())
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(n.into())
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Int(n.into())
    }
}
