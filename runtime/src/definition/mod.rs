//! What a model is: its name, fields, keys, indexes and lifetimes, as the derive wrote them down.

#[cfg(feature = "microkubes")]
mod microkubes;

use crate::error::{Error, Result};
use crate::field::Lowering;
use crate::value::{Record, Value};

/// What kind of value a key is, on every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Text, ordered by its UTF-8 bytes.
    String,
    /// An integer, ordered by value.
    Integer,
    /// A point in time, ordered by value: a date on MongoDB, an integer of milliseconds on DynamoDB.
    Instant,
    /// Bytes, ordered as bytes.
    Bytes,
}

impl KeyKind {
    /// The kind as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Instant => "instant",
            Self::Bytes => "bytes",
        }
    }

    /// Whether a value is of this kind.
    pub(crate) fn holds(self, value: &Value) -> bool {
        match self {
            Self::String => matches!(value, Value::String(_)),
            Self::Integer => value.as_int().is_some(),
            Self::Instant => matches!(value, Value::Instant(_)),
            Self::Bytes => matches!(value, Value::Bytes(_)),
        }
    }

    /// Refuses a stored value of another kind: no key or range would find it.
    pub(crate) fn check_stored(self, field: &str, value: &Value) -> Result<()> {
        let noun = match self {
            Self::String => "text",
            Self::Integer => "an integer",
            Self::Instant => "an instant",
            Self::Bytes => "bytes",
        };
        match self.holds(value) {
            true => Ok(()),
            false => Err(Error::codec(format!("{field} is stored as {}, not as {noun}", value.noun()))),
        }
    }
}

/// A stored field.
#[derive(Debug, Clone, Copy)]
pub struct FieldDef {
    /// The name it is stored under, as serde writes it.
    pub name: &'static str,
    /// The name of the struct's field.
    pub rust_name: &'static str,
    #[doc(hidden)]
    pub lowering: Option<Lowering>,
    #[doc(hidden)]
    pub default: Option<WrittenDefault>,
}

/// What serde reads a missing field as, as it would be written.
pub type WrittenDefault = fn() -> Result<Value>;

impl FieldDef {
    /// Whether nothing in this field is stored as a null, since a missing field would be read as
    /// something else.
    pub(crate) fn keeps_null(&self) -> Result<bool> {
        self.default.map_or(Ok(false), |default| Ok(!matches!(default()?, Value::Null)))
    }
}

/// A field that is part of a key or an index.
#[derive(Debug, Clone, Copy)]
pub struct KeyDef {
    /// The field's position in [`Definition::fields`].
    pub field: usize,
    /// Its kind.
    pub kind: KeyKind,
}

/// Which fields an index holds apart from the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// All of them.
    All,
    /// None: a query fetches the rest of each record by its key.
    KeysOnly,
    /// These, by their stored names.
    Include(&'static [&'static str]),
}

/// A secondary index.
#[derive(Debug, Clone, Copy)]
pub struct IndexDef {
    /// Its name.
    pub name: &'static str,
    /// The field it is looked up by.
    pub hash: KeyDef,
    /// The fields its entries are ordered by.
    pub ranges: &'static [KeyDef],
    /// Whether no two live records may share its values.
    pub unique: bool,
    /// Whether it shares the table's hash key (DynamoDB's local secondary index).
    pub local: bool,
    /// Whether records without one of its fields are left out of it.
    pub sparse: bool,
    /// What it holds.
    pub projection: Projection,
    /// Provisioned read capacity; none is on-demand.
    pub read_capacity: Option<u64>,
    /// Provisioned write capacity; none is on-demand.
    pub write_capacity: Option<u64>,
}

impl IndexDef {
    /// The fields in the order of the index: the hash field, then the range fields.
    pub fn parts(&self) -> impl Iterator<Item = KeyDef> {
        std::iter::once(self.hash).chain(self.ranges.iter().copied())
    }
}

/// What the number in a field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds since the epoch: an integer field.
    Seconds,
    /// Milliseconds since the epoch: an instant.
    Milliseconds,
}

/// The field that says when a record expires.
#[derive(Debug, Clone, Copy)]
pub struct TtlDef {
    /// The field's position in [`Definition::fields`].
    pub field: usize,
    /// Seconds from the field's instant to the expiry.
    pub seconds: u64,
    /// What the field counts.
    pub unit: TimeUnit,
}

/// The field that counts a record's versions.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct VersionDef {
    pub field: usize,
    /// The greatest number that the field's type holds.
    pub most: u64,
}

/// The version of a record that was stored without one.
pub(crate) const FIRST_VERSION: u8 = 1;

/// Another name under which a field may be stored: one it had before.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct AliasDef {
    /// The field's position in [`Definition::fields`].
    pub field: usize,
    pub name: &'static str,
}

/// The parts of a definition, as the derive fills them in.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct Spec {
    pub model: &'static str,
    pub name: &'static str,
    pub read_capacity: Option<u64>,
    pub write_capacity: Option<u64>,
    pub fields: &'static [FieldDef],
    pub hash: KeyDef,
    pub range: Option<KeyDef>,
    pub indexes: &'static [IndexDef],
    pub ttl: Option<TtlDef>,
    pub version: Option<VersionDef>,
    pub aliases: &'static [AliasDef],
    pub auto_hash: bool,
    pub created_at: Option<usize>,
    pub updated_at: Option<usize>,
}

impl Spec {
    pub const fn build(self) -> Definition {
        Definition { spec: self }
    }
}

/// A repository's definition: data that can be looked at, printed and handed to a backend. What
/// [`Repository::definition`](crate::Repository::definition) gives.
///
/// `Display` writes the definition map of the Microkubes services (`name`, `indexes`, `hashKey`,
/// `rangeKey`, `readCapacity`, `writeCapacity`, `GSI`, `enableTtl`, `ttlAttribute`, `ttl`) as JSON.
///
/// ```
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] #[repository(name = "tokens")]
/// # struct Token { #[hash_key] token: String, #[index] user_id: String, #[ttl(seconds = 86400)] created_at: i64 }
/// let definition = Token::definition();
/// assert_eq!((definition.name(), definition.hash_name(), definition.ttl_name()), ("tokens", "token", Some("created_at")));
/// assert_eq!(definition.index("by_user_id").map(|index| index.unique), Some(false));
/// assert!(definition.to_string().contains(r#""enableTtl":true"#));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    spec: Spec,
}

impl Definition {
    /// The table's or collection's name.
    pub const fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The struct's name.
    pub const fn model(&self) -> &'static str {
        self.spec.model
    }

    /// The stored fields in the struct's order. Flattened fields are not among them.
    pub const fn fields(&self) -> &'static [FieldDef] {
        self.spec.fields
    }

    /// The hash key.
    pub const fn hash(&self) -> KeyDef {
        self.spec.hash
    }

    /// The range key.
    pub const fn range(&self) -> Option<KeyDef> {
        self.spec.range
    }

    /// The secondary indexes.
    pub const fn indexes(&self) -> &'static [IndexDef] {
        self.spec.indexes
    }

    /// The unique indexes.
    pub fn unique_indexes(&self) -> impl Iterator<Item = &'static IndexDef> + use<> {
        self.spec.indexes.iter().filter(|index| index.unique)
    }

    /// The field that says when a record expires.
    pub const fn ttl(&self) -> Option<TtlDef> {
        self.spec.ttl
    }

    /// The stored name of the version field.
    pub fn version(&self) -> Option<&'static str> {
        self.spec.version.and_then(|version| self.field_name(version.field))
    }

    /// The other names under which a field may be stored, in the order in which they are looked for.
    pub(crate) fn aliases_of<'a>(&self, name: &'a str) -> impl Iterator<Item = &'static str> + use<'a> {
        let spec = self.spec;
        let of_field = move |alias: &&AliasDef| spec.fields.get(alias.field).is_some_and(|field| field.name == name);
        spec.aliases.iter().filter(of_field).map(|alias| alias.name)
    }

    /// Fields with other names under which they may be stored.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.spec.aliases.iter().filter_map(|alias| Some((self.field_name(alias.field)?, alias.name)))
    }

    /// The last version that the version field can hold.
    pub(crate) fn last_version(&self) -> u64 {
        self.spec.version.map_or(u64::MAX, |version| version.most)
    }

    /// Provisioned read capacity; none is on-demand.
    pub const fn read_capacity(&self) -> Option<u64> {
        self.spec.read_capacity
    }

    /// Provisioned write capacity; none is on-demand.
    pub const fn write_capacity(&self) -> Option<u64> {
        self.spec.write_capacity
    }

    /// The stored name of the hash key.
    pub fn hash_name(&self) -> &'static str {
        self.part_name(self.spec.hash)
    }

    /// The stored name of the range key.
    pub fn range_name(&self) -> Option<&'static str> {
        self.spec.range.map(|key| self.part_name(key))
    }

    /// The stored name of a key's or index's field.
    pub fn part_name(&self, part: KeyDef) -> &'static str {
        self.field_name(part.field).unwrap_or_default()
    }

    /// The stored name of the field that says when a record expires.
    pub fn ttl_name(&self) -> Option<&'static str> {
        self.spec.ttl.and_then(|ttl| self.field_name(ttl.field))
    }

    /// The secondary index of a name.
    pub fn index(&self, name: &str) -> Option<&'static IndexDef> {
        self.spec.indexes.iter().find(|index| index.name == name)
    }

    /// Whether an index holds all of these fields: always the keys, its own parts and the expiry.
    pub(crate) const fn holds(&self, index: usize, fields: &[&str]) -> bool {
        let index = &self.spec.indexes[index];
        let mut at = 0;
        while at < fields.len() {
            if !self.holds_field(index, fields[at]) {
                return false;
            }
            at += 1;
        }
        true
    }

    const fn holds_field(&self, index: &IndexDef, name: &str) -> bool {
        let included = match index.projection {
            Projection::All => return true,
            Projection::KeysOnly => false,
            Projection::Include(names) => is_among(names, name),
        };
        let in_range_key = match self.spec.range {
            Some(range) => self.is_part(range, name),
            None => false,
        };
        let mut at = 0;
        while at < index.ranges.len() {
            if self.is_part(index.ranges[at], name) {
                return true;
            }
            at += 1;
        }
        included || in_range_key || self.is_part(self.spec.hash, name) || self.is_part(index.hash, name)
    }

    /// Whether a field's `None` is stored as a null. One of an index cannot be, as an index is of what
    /// has a value.
    pub(crate) fn keeps_null(&self, field: &FieldDef) -> Result<bool> {
        if !field.keeps_null()? {
            return Ok(false);
        }
        let holds = |index: &&IndexDef| index.parts().any(|part| self.part_name(part) == field.name);
        match self.spec.indexes.iter().find(holds) {
            None => Ok(true),
            Some(index) => {
                let message = format!(
                    "{} is None, and a record without it would be read as another value, which serde's default \
                     gives: nothing can be stored for a None in an index, so make None the default",
                    field.name
                );
                Err(Error::invalid(message).on_index(index.name))
            }
        }
    }

    const fn is_part(&self, part: KeyDef, name: &str) -> bool {
        same(self.spec.fields[part.field].name, name)
    }

    pub(crate) fn auto_hash(&self) -> bool {
        self.spec.auto_hash
    }

    pub(crate) fn created_at(&self) -> Option<&'static str> {
        self.spec.created_at.and_then(|at| self.field_name(at))
    }

    pub(crate) fn updated_at(&self) -> Option<&'static str> {
        self.spec.updated_at.and_then(|at| self.field_name(at))
    }

    /// Whether the runtime fills in fields of a record.
    pub(crate) fn is_filled(&self) -> bool {
        self.spec.auto_hash || self.spec.created_at.is_some() || self.spec.updated_at.is_some()
    }

    fn field_name(&self, at: usize) -> Option<&'static str> {
        self.spec.fields.get(at).map(|field| field.name)
    }

    /// When a record expires, in whole seconds since the epoch, rounded up; nothing where the
    /// model or the record has no time to live.
    pub fn expiry_of(&self, record: &Record) -> Option<i64> {
        let ttl = self.spec.ttl?;
        let field = self.spec.fields.get(ttl.field)?;
        self.expiry_at(record.get(field.name)?)
    }

    /// The expiry that a value of the ttl field stands for.
    pub(crate) fn expiry_at(&self, value: &Value) -> Option<i64> {
        let ttl = self.spec.ttl?;
        let seconds = match (ttl.unit, value) {
            (TimeUnit::Seconds, value) => value.as_int()?,
            (TimeUnit::Milliseconds, Value::Instant(millis)) => -(-i128::from(*millis)).div_euclid(1000),
            (TimeUnit::Milliseconds, _) => return None,
        };
        let expiry = seconds.saturating_add(i128::from(ttl.seconds));
        Some(i64::try_from(expiry).unwrap_or(if expiry < 0 { i64::MIN } else { i64::MAX }))
    }
}

const fn is_among(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// `==` of texts, which is not const.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
