//! A stored record: its attributes by name, in one run of bytes.

use std::fmt;
use std::sync::Arc;

use super::format::{self, Raw, take_entry};
use super::{Entries, Map, MapRef, Value, ValueRef, Writer};
use crate::error::{Error, Result};

/// A stored record: its attributes by name.
///
/// It is one run of bytes, in which each name is followed by its value. A backend writes it from the wire, and
/// the model is read from it where it lies. Names that start with `_reposit` are the library's own (the expiry
/// and the write stamp).
///
/// ```
/// use reposit::{Record, Value};
///
/// let mut record = Record::new();
/// record.set("id", Value::from("u1"));
/// record.set("nickname", Value::Null);
/// assert_eq!(record.get("id").and_then(|id| id.as_str()), Some("u1"));
/// assert_eq!(record.get("nickname"), None);
/// ```
#[derive(Clone, Default)]
pub struct Record(Content);

#[derive(Clone)]
enum Content {
    Owned(Vec<u8>),
    /// Kept by several, such as a store and the answers that it gives.
    #[cfg_attr(
        not(any(feature = "cache", feature = "keyspace")),
        allow(dead_code, reason = "the servers' records have one owner")
    )]
    Shared(Arc<[u8]>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

/// The beginning of the names that are the library's own.
pub(crate) const RESERVED: &str = "_reposit";

/// The attribute that holds the instant a record expires, in whole seconds since the epoch.
pub const EXPIRES: &str = "_reposit_expires";

/// The attribute that names the call that last wrote the record.
pub const STAMP: &str = "_reposit_stamp";

impl Record {
    /// The version of the format that [`as_bytes`](Self::as_bytes) gives. What keeps the bytes should keep it with
    /// them: they do not hold it.
    ///
    /// ```
    /// assert_eq!(reposit::Record::FORMAT_VERSION, 3);
    /// ```
    pub const FORMAT_VERSION: u8 = format::VERSION;

    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The record of entries that are known to be whole.
    pub(super) fn from_entries(entries: Vec<u8>) -> Self {
        Self(Content::Owned(entries))
    }

    /// The record that is these bytes, which [`as_bytes`](Self::as_bytes) gave.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) if they are no record.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        match format::is_entries(&bytes, None) {
            true => Ok(Self::from_entries(bytes)),
            false => Err(Error::codec("bytes are no record")),
        }
    }

    /// The record as bytes, in the format of `docs/record-format.md`.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Content::Owned(bytes) => bytes,
            Content::Shared(bytes) => bytes,
        }
    }

    /// The same record, of which a clone costs no copy.
    #[cfg(any(feature = "cache", feature = "keyspace"))]
    pub(crate) fn shared(self) -> Self {
        match self.0 {
            Content::Owned(bytes) => Self(Content::Shared(bytes.into())),
            shared => Self(shared),
        }
    }

    /// The bytes, to be changed and given back.
    fn take_bytes(&mut self) -> Vec<u8> {
        match std::mem::take(&mut self.0) {
            Content::Owned(bytes) => bytes,
            Content::Shared(bytes) => bytes.to_vec(),
        }
    }

    /// The value under a name; nothing if it is a null, which means the same as a missing name.
    pub fn get(&self, name: &str) -> Option<ValueRef<'_>> {
        self.stored(name).filter(|value| !value.is_null())
    }

    /// What is stored under a name, a null included.
    pub(crate) fn stored(&self, name: &str) -> Option<ValueRef<'_>> {
        format::find(self.as_bytes(), name.as_bytes()).map(ValueRef::from_raw)
    }

    /// Stores a value under a name, a null as well: it keeps a name whose absence the model would read
    /// as something else.
    pub fn insert(&mut self, name: impl AsRef<str>, value: Value) {
        self.insert_view(name.as_ref(), value.view());
    }

    /// The same of a value that is kept elsewhere.
    pub(crate) fn insert_view(&mut self, name: &str, value: ValueRef<'_>) {
        self.remove_entry(name);
        let mut writer = Writer::from_bytes(self.take_bytes());
        writer.name(name);
        writer.value(value);
        *self = writer.finish();
    }

    /// Stores a value under a name; a null removes it, since the two mean the same.
    pub fn set(&mut self, name: impl AsRef<str>, value: Value) {
        match value {
            Value::Null => self.remove_entry(name.as_ref()),
            value => self.insert(name, value),
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let value = self.stored(name)?.to_value();
        self.remove_entry(name);
        Some(value)
    }

    fn remove_entry(&mut self, name: &str) {
        let bytes = self.as_bytes();
        let mut rest = bytes;
        loop {
            let start = bytes.len() - rest.len();
            let Some((found, _)) = take_entry(&mut rest) else { return };
            if found == name.as_bytes() {
                let end = bytes.len() - rest.len();
                let mut changed = self.take_bytes();
                changed.drain(start..end);
                *self = Self::from_entries(changed);
                return;
            }
        }
    }

    /// The names and values in the order in which they are stored.
    pub fn iter(&self) -> Entries<'_> {
        self.entries().iter()
    }

    /// The first field whose value is nested in more levels, the innermost value included.
    pub(crate) fn find_deeper(&self, levels: usize) -> Option<&str> {
        // Each list or map that another value is in takes as many bytes.
        let least = format::HEAD * levels.saturating_sub(1);
        let mut rest = self.as_bytes();
        while rest.len() > least
            && let Some((name, value)) = take_entry(&mut rest)
        {
            if value.content().len() > least && format::levels(&value) > levels {
                return std::str::from_utf8(name).ok();
            }
        }
        None
    }

    /// How many attributes there are, nulls included.
    pub fn len(&self) -> usize {
        let (mut rest, mut count) = (self.as_bytes(), 0);
        while take_entry(&mut rest).is_some() {
            count += 1;
        }
        count
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The record as one map in its bytes, of which it is not known how many names it has.
    pub(crate) fn raw(&self) -> Raw<'_> {
        Raw { kind: format::MAP, content: self.as_bytes(), count: 0 }
    }

    /// The record as one map, of which it is not known how many names it has.
    pub(crate) fn entries(&self) -> MapRef<'_> {
        MapRef::of_entries(self.as_bytes(), 0)
    }

    /// The record as one map.
    pub(crate) fn view(&self) -> MapRef<'_> {
        MapRef::of_entries(self.as_bytes(), u32::try_from(self.len()).unwrap_or(u32::MAX))
    }
}

impl Writer {
    /// The record of the entries that were written.
    pub(crate) fn finish(self) -> Record {
        Record::from_entries(self.into_bytes())
    }

    /// The record of the one map that was written; nothing if it is no map.
    pub(crate) fn finish_map(self) -> Option<Record> {
        let mut bytes = self.into_bytes();
        (bytes.first() == Some(&format::MAP)).then(|| {
            bytes.drain(..format::HEAD.min(bytes.len()));
            Record::from_entries(bytes)
        })
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        ValueRef::Map(self.view()) == ValueRef::Map(other.view())
    }
}

impl From<Map> for Record {
    fn from(map: Map) -> Self {
        let mut writer = Writer::default();
        for (name, value) in map.iter() {
            writer.name(name);
            writer.value(value.view());
        }
        writer.finish()
    }
}

impl FromIterator<(String, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(items: I) -> Self {
        items.into_iter().collect::<Map>().into()
    }
}

impl IntoIterator for Record {
    type Item = (String, Value);
    type IntoIter = super::IntoIter;

    fn into_iter(self) -> super::IntoIter {
        let map: Map = self.iter().map(|(name, value)| (name.to_owned(), value.to_value())).collect();
        map.into_iter()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view(), f)
    }
}
