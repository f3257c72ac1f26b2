//! Values as they are looked at, wherever they are kept: in the bytes of a record, or by themselves.

use std::fmt;
use std::slice;

use super::format::{self, Raw, take_entry, take_value};
use super::text::as_text;
use super::{Iter, Map, Value, object_id_text, whole};

/// A stored value that is looked at where it is: in a [`Record`](super::Record), or in a [`Value`] by
/// [`Value::view`].
///
/// ```
/// use reposit::{Record, Value};
///
/// let record = Record::from_iter([("age".to_owned(), Value::from(36_u64))]);
/// let age = record.get("age");
/// assert_eq!(age.and_then(|age| age.as_int()), Some(36));
/// assert!(age.is_some_and(|age| age == Value::Float(36.0)));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// A null.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer between `i64::MIN` and `u64::MAX`.
    Int(i128),
    /// A finite number that is not an integer, or is too large for one.
    Float(f64),
    /// A point in time, in milliseconds since the epoch.
    Instant(i64),
    /// MongoDB's ObjectId.
    ObjectId([u8; 12]),
    /// Text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list.
    List(ListRef<'a>),
    /// A set.
    Set(ListRef<'a>),
    /// A map.
    Map(MapRef<'a>),
    /// What another program stored and no field of a model can hold: what it is, for messages.
    Foreign(&'a str),
}

impl<'a> ValueRef<'a> {
    /// Whether it is a null.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// A word for the value's type, for messages.
    pub fn type_name(self) -> &'a str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Instant(_) => "instant",
            Self::ObjectId(_) => "ObjectId",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::Foreign(what) => what,
        }
    }

    /// The type with its article, for messages.
    pub(crate) fn noun(self) -> &'a str {
        match self {
            Self::Null => "a null",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Instant(_) => "an instant",
            Self::ObjectId(_) => "an ObjectId",
            Self::String(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Set(members) => match members.get(0) {
                Some(ValueRef::String(_)) => "a set of strings",
                Some(ValueRef::Bytes(_)) => "a set of bytes",
                Some(_) => "a set of numbers",
                None => "an empty set",
            },
            Self::Map(_) => "a map",
            Self::Foreign(what) => what,
        }
    }

    /// The value, or as much of it as a message takes.
    pub(crate) fn brief(self) -> String {
        const LONGEST: usize = 60;
        match self {
            Self::String(text) if text.len() > LONGEST => {
                let start: String = text.chars().take(LONGEST).collect();
                format!("{start:?}\u{2026} ({} bytes)", text.len())
            }
            Self::Bytes(bytes) if bytes.len() > LONGEST / 2 => {
                format!("{:?}\u{2026} ({} bytes)", Self::Bytes(&bytes[..LONGEST / 2]), bytes.len())
            }
            Self::List(_) | Self::Map(_) | Self::Set(_) => self.noun().to_owned(),
            value => format!("{value:?}"),
        }
    }

    /// What it is, if it or something in it is foreign.
    pub(crate) fn foreign(self) -> Option<&'a str> {
        match self {
            Self::Foreign(what) => Some(what),
            Self::List(items) => items.iter().find_map(Self::foreign),
            Self::Map(map) => map.iter().find_map(|(_, value)| value.foreign()),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(self) -> Option<i128> {
        match self {
            Self::Int(n) => Some(n),
            Self::Float(x) => whole(x),
            _ => None,
        }
    }

    /// The number as the float that is nearest to it, if it is one.
    pub(crate) fn as_float(self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(n as f64),
            Self::Float(x) => Some(x),
            _ => None,
        }
    }

    /// The value that lies in these bytes.
    #[inline]
    pub(crate) fn from_raw(raw: Raw<'a>) -> Self {
        match raw.kind {
            format::INT_1 | format::INT_2 | format::INT_4 | format::INT_8 | format::INT_16 | format::BYTE => {
                Self::Int(raw.integer().unwrap_or_default())
            }
            format::FALSE => Self::Bool(false),
            format::TRUE => Self::Bool(true),
            format::FLOAT => Self::Float(raw.float().unwrap_or_default()),
            format::INSTANT => Self::Instant(raw.instant().unwrap_or_default()),
            format::OBJECT_ID => Self::ObjectId(raw.object_id().unwrap_or_default()),
            format::TEXT_SHORT | format::TEXT => Self::String(raw.text().unwrap_or_default()),
            format::BYTES_SHORT | format::BYTES => Self::Bytes(raw.content),
            format::LIST => Self::List(ListRef(Place::Flat(raw.content, raw.count))),
            format::SET => Self::Set(ListRef(Place::Flat(raw.content, raw.count))),
            format::MAP => Self::Map(MapRef(Place::Flat(raw.content, raw.count))),
            format::FOREIGN => Self::Foreign(as_text(raw.content).unwrap_or_default()),
            _ => Self::Null,
        }
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => fmt::Debug::fmt(b, f),
            Self::Int(n) => fmt::Debug::fmt(n, f),
            Self::Float(x) => fmt::Debug::fmt(x, f),
            Self::Instant(millis) => write!(f, "@{millis}"),
            Self::ObjectId(id) => write!(f, "ObjectId({})", object_id_text(*id)),
            Self::String(text) => fmt::Debug::fmt(text, f),
            Self::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::List(items) => fmt::Debug::fmt(items, f),
            Self::Set(members) => f.debug_set().entries(members.iter()).finish(),
            Self::Map(map) => fmt::Debug::fmt(map, f),
            Self::Foreign(what) => write!(f, "<{what}>"),
        }
    }
}

/// Where a list or map is kept.
#[derive(Clone, Copy)]
enum Place<'a, T> {
    /// In the bytes of a record, with the number of items.
    Flat(&'a [u8], u32),
    Owned(T),
}

/// A list that is looked at where it is.
///
/// ```
/// use reposit::{Value, value::ValueRef};
///
/// let tags = Value::List(vec![Value::from("a"), Value::from("b")]);
/// let ValueRef::List(items) = tags.view() else { unreachable!() };
/// assert_eq!((items.len(), items.get(1)), (2, Some(Value::from("b").view())));
/// ```
#[derive(Clone, Copy)]
pub struct ListRef<'a>(Place<'a, &'a [Value]>);

impl<'a> ListRef<'a> {
    /// How many items it has.
    pub fn len(self) -> usize {
        match self.0 {
            Place::Flat(_, count) => count as usize,
            Place::Owned(items) => items.len(),
        }
    }

    /// Whether it has no item.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The items in their order.
    pub fn iter(self) -> Items<'a> {
        Items(match self.0 {
            Place::Flat(bytes, count) => ItemsIn::Flat(bytes, count),
            Place::Owned(items) => ItemsIn::Owned(items.iter()),
        })
    }

    /// The item at a position.
    pub fn get(self, at: usize) -> Option<ValueRef<'a>> {
        self.iter().nth(at)
    }
}

impl fmt::Debug for ListRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The items of a [`ListRef`].
#[derive(Clone)]
pub struct Items<'a>(ItemsIn<'a>);

#[derive(Clone)]
enum ItemsIn<'a> {
    Flat(&'a [u8], u32),
    Owned(slice::Iter<'a, Value>),
}

impl<'a> Iterator for Items<'a> {
    type Item = ValueRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<ValueRef<'a>> {
        match &mut self.0 {
            ItemsIn::Flat(rest, left) => {
                let raw = take_value(rest)?;
                *left = left.saturating_sub(1);
                Some(ValueRef::from_raw(raw))
            }
            ItemsIn::Owned(items) => items.next().map(Value::view),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.0 {
            ItemsIn::Flat(_, left) => *left as usize,
            ItemsIn::Owned(items) => items.len(),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Items<'_> {}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// A map that is looked at where it is.
///
/// ```
/// use reposit::{Value, value::{Map, ValueRef}};
///
/// let address = Value::Map(Map::from_iter([("city".to_owned(), Value::from("London"))]));
/// let ValueRef::Map(address) = address.view() else { unreachable!() };
/// assert_eq!(address.get("city").and_then(|city| city.as_str()), Some("London"));
/// ```
#[derive(Clone, Copy)]
pub struct MapRef<'a>(Place<'a, &'a Map>);

impl<'a> MapRef<'a> {
    /// The map that these entries are.
    pub(super) fn of_entries(entries: &'a [u8], count: u32) -> Self {
        Self(Place::Flat(entries, count))
    }

    /// How many names it has.
    pub fn len(self) -> usize {
        match self.0 {
            Place::Flat(_, count) => count as usize,
            Place::Owned(map) => map.len(),
        }
    }

    /// Whether it has no name.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The names and values, in the order in which they are kept.
    pub fn iter(self) -> Entries<'a> {
        Entries(match self.0 {
            Place::Flat(bytes, count) => EntriesIn::Flat(bytes, count),
            Place::Owned(map) => EntriesIn::Owned(map.iter()),
        })
    }

    /// The value under a name.
    pub fn get(self, name: &str) -> Option<ValueRef<'a>> {
        match self.0 {
            Place::Flat(bytes, _) => format::find(bytes, name.as_bytes()).map(ValueRef::from_raw),
            Place::Owned(map) => map.get(name).map(Value::view),
        }
    }
}

impl fmt::Debug for MapRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(name, _)| *name);
        f.debug_map().entries(entries).finish()
    }
}

/// The names and values of a [`MapRef`] or a [`Record`](super::Record).
#[derive(Clone)]
pub struct Entries<'a>(EntriesIn<'a>);

#[derive(Clone)]
enum EntriesIn<'a> {
    Flat(&'a [u8], u32),
    Owned(Iter<'a>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, ValueRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            EntriesIn::Flat(rest, left) => {
                let (name, raw) = take_entry(rest)?;
                *left = left.saturating_sub(1);
                Some((as_text(name).unwrap_or_default(), ValueRef::from_raw(raw)))
            }
            EntriesIn::Owned(entries) => entries.next().map(|(name, value)| (name, value.view())),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            EntriesIn::Flat(_, left) => (*left as usize, None),
            EntriesIn::Owned(entries) => entries.size_hint(),
        }
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        value.view()
    }
}

impl Value {
    /// The value, looked at where it is.
    pub fn view(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(b) => ValueRef::Bool(*b),
            Self::Int(n) => ValueRef::Int(*n),
            Self::Float(x) => ValueRef::Float(*x),
            Self::Instant(millis) => ValueRef::Instant(*millis),
            Self::ObjectId(id) => ValueRef::ObjectId(*id),
            Self::String(text) => ValueRef::String(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
            Self::List(items) => ValueRef::List(ListRef(Place::Owned(items))),
            Self::Set(members) => ValueRef::Set(ListRef(Place::Owned(members))),
            Self::Map(map) => ValueRef::Map(MapRef(Place::Owned(map))),
            Self::Foreign(what) => ValueRef::Foreign(what),
        }
    }
}
