//! The neutral form of what is stored: values, and maps of names to values.

mod record;

pub(crate) use record::RESERVED;
pub use record::{EXPIRES, Record, STAMP};

use std::cmp::Ordering;
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
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map, sorted by name so that equal maps are equal however they were written.
    Map(Map),
    /// What another program stored and no field of a model can hold: what it is, for messages. It is
    /// there, but equals no value and is never read or written as one.
    Foreign(&'static str),
}

impl Value {
    /// A word for the value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Instant(_) => "instant",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Foreign(what) => what,
        }
    }

    /// The type with its article, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Null => "a null",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Instant(_) => "an instant",
            Self::String(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Foreign(what) => what,
        }
    }

    /// The value, or as much of it as a message takes.
    pub(crate) fn brief(&self) -> String {
        const LONGEST: usize = 60;
        match self {
            Self::String(text) if text.len() > LONGEST => {
                let start: String = text.chars().take(LONGEST).collect();
                format!("{start:?}\u{2026} ({} bytes)", text.len())
            }
            Self::Bytes(bytes) if bytes.len() > LONGEST / 2 => {
                format!("{:?}\u{2026} ({} bytes)", Self::Bytes(bytes[..LONGEST / 2].to_vec()), bytes.len())
            }
            Self::List(_) | Self::Map(_) => self.noun().to_owned(),
            value => format!("{value:?}"),
        }
    }

    /// What it is, if it or something in it is foreign.
    pub(crate) fn foreign(&self) -> Option<&'static str> {
        match self {
            Self::Foreign(what) => Some(what),
            Self::List(items) => items.iter().find_map(Self::foreign),
            Self::Map(map) => map.values().find_map(Self::foreign),
            _ => None,
        }
    }

    /// The instant that an integer of milliseconds is; anything else as it is.
    pub(crate) fn into_instant(self) -> Self {
        match self.as_int().map(i64::try_from) {
            Some(Ok(millis)) => Self::Instant(millis),
            _ => self,
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Float(x) => whole(*x),
            _ => None,
        }
    }

    /// The number as the float that is nearest to it, if it is one.
    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// Orders two values of one type as every backend does: numbers and instants by value, text and
    /// bytes by their bytes. Values of different types, and types without an order, have none.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Float(b)) => compare_int_float(*a, *b),
            (Self::Float(a), Self::Int(b)) => compare_int_float(*b, *a).map(Ordering::reverse),
            (Self::Instant(a), Self::Instant(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// The integer that a float is exactly, within the range integers are kept in.
pub(crate) fn whole(x: f64) -> Option<i128> {
    const LOW: f64 = i64::MIN as f64;
    const HIGH: f64 = 18_446_744_073_709_551_616.0;
    (x.trunc() == x && (LOW..HIGH).contains(&x)).then_some(x as i128)
}

/// Whether a float is exactly this integer.
pub(crate) fn is_float(n: i128) -> bool {
    (n as f64) as i128 == n
}

/// What an integer in a field of floats is that is none.
pub(crate) const NO_FLOAT: &str = "stored as an integer that no float is exactly";

fn compare_int_float(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // 2^100 is beyond every integer kept, so the cast below is exact enough to decide.
    if b.abs() >= 1.267_650_600_228_229_4e30 {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let floor = b.floor();
    let ordering = a.cmp(&(floor as i128));
    Some(match ordering {
        Ordering::Equal if b > floor => Ordering::Less,
        other => other,
    })
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Foreign(_), _) | (_, Self::Foreign(_)) => false,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => fmt::Debug::fmt(b, f),
            Self::Int(n) => fmt::Debug::fmt(n, f),
            Self::Float(x) => fmt::Debug::fmt(x, f),
            Self::Instant(millis) => write!(f, "@{millis}"),
            Self::String(text) => fmt::Debug::fmt(text, f),
            Self::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => fmt::Debug::fmt(map, f),
            Self::Foreign(what) => write!(f, "<{what}>"),
        }
    }
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

    /// Stores a value under a name that has none yet; gives the name back if it has one.
    pub(crate) fn insert_new(&mut self, name: String, value: Value) -> Result<(), String> {
        match self.0.entry(name) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(value);
                Ok(())
            }
            btree_map::Entry::Occupied(entry) => Err(entry.key().clone()),
        }
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

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Int(n.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_without_losing_digits() {
        let big = Value::Int(i128::from(u64::MAX));
        let near = Value::Int(i128::from(u64::MAX) - 1);
        assert_eq!(near.compare(&big), Some(Ordering::Less));
        assert_eq!(Value::Int(2), Value::Float(2.0));
        assert_eq!(Value::Int(2).compare(&Value::Float(2.5)), Some(Ordering::Less));
        assert_eq!(Value::Int(-2).compare(&Value::Float(-2.5)), Some(Ordering::Greater));
        assert_eq!(Value::Int(3).compare(&Value::Float(1e300)), Some(Ordering::Less));
        assert_eq!(Value::Int(1 << 53).compare(&Value::Float(9_007_199_254_740_994.0)), Some(Ordering::Less));
    }

    #[test]
    fn types_do_not_mix() {
        assert_eq!(Value::from("1").compare(&Value::Int(1)), None);
        assert_ne!(Value::Bool(true), Value::Int(1));
    }
}
