//! What a model is: its name, fields, keys, indexes and lifetimes, as the derive wrote them down.

mod field;
#[cfg(feature = "microkubes")]
mod microkubes;
mod names;
mod parts;
mod prefix;
mod projected;
#[cfg(any(feature = "dynamodb", feature = "mongodb"))]
mod server_expiry;
mod spec;
mod time_form;

pub use field::FieldDef;
#[cfg(feature = "time")]
pub(crate) use field::TextForm;
#[doc(hidden)]
pub use field::{Form, Stored};
pub(crate) use field::{InstantForm, Spelling, StrictForm, find_next, has_set};
#[doc(hidden)]
pub use field::{Lowering, has_instant};
#[doc(hidden)]
pub use names::{index_name, table_name};
pub use parts::{IndexDef, KeyDef, KeyKind, Projection, TimeUnit, TtlDef};
pub(crate) use prefix::{LOCKS, TablePrefix};
pub(crate) use projected::same;
#[doc(hidden)]
pub use spec::Spec;
pub use time_form::TimeForm;

use crate::error::{Error, Result};
use crate::value::{Record, ValueRef};

/// The version of a record that was stored without one.
pub(crate) const FIRST_VERSION: u8 = 1;

impl Spec {
    pub const fn build(self) -> Definition {
        let (mut at, mut has_aliases, mut has_instants, mut has_sets) = (0, false, false, false);
        while at < self.fields.len() {
            has_aliases |= !self.fields[at].aliases().is_empty();
            has_instants |= matches!(self.fields[at].lowering(), Some(lowering) if lowering.has_instant());
            has_sets |= matches!(self.fields[at].lowering(), Some(Lowering::Set(_)));
            at += 1;
        }
        let definition = Definition {
            spec: self,
            prefix: "",
            has_aliases,
            has_instants,
            has_sets,
            #[cfg(feature = "dynamodb")]
            expires_by_seconds: false,
        };
        #[cfg(feature = "dynamodb")]
        let definition = Definition { expires_by_seconds: definition.can_expire_by_seconds(), ..definition };
        definition
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
    /// What the name begins with.
    prefix: &'static str,
    /// Asked for each record that is read, as are the next.
    has_aliases: bool,
    has_instants: bool,
    has_sets: bool,
    #[cfg(feature = "dynamodb")]
    expires_by_seconds: bool,
}

impl Definition {
    /// The table's or collection's name. A backend that is asked under a table prefix is handed a definition whose
    /// name begins with it.
    pub const fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The name that the model has, without a table prefix: what errors and plans name.
    pub fn repository(&self) -> &'static str {
        self.spec.name.get(self.prefix.len()..).unwrap_or_default()
    }

    /// The table prefix that the name begins with, for the names that a backend makes itself. It is empty but in a
    /// definition that a backend is handed.
    pub const fn prefix(&self) -> &'static str {
        self.prefix
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

    /// The field stored under a name of its own.
    pub(crate) fn field(&self, name: &str) -> Option<&'static FieldDef> {
        self.spec.fields.iter().find(|field| field.name == name)
    }

    /// The other names under which a field may be stored, in the order in which they are looked for.
    pub(crate) fn aliases_of(&self, name: &str) -> impl Iterator<Item = &'static str> + use<> {
        self.field(name).into_iter().flat_map(|field| field.aliases().iter().copied())
    }

    /// Whether any field may be stored under another name than its own.
    pub(crate) const fn has_aliases(&self) -> bool {
        self.has_aliases
    }

    /// Whether any field holds an instant.
    pub(crate) const fn has_instants(&self) -> bool {
        self.has_instants
    }

    /// Fields that are sets and have no default: nothing is stored of one without members.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &'static FieldDef> + use<> {
        let fields = if self.has_sets { self.spec.fields } else { &[] };
        let is_set =
            |field: &&FieldDef| matches!(field.lowering(), Some(Lowering::Set(_))) && field.default().is_none();
        fields.iter().filter(is_set)
    }

    /// Fields with other names under which they may be stored.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.spec.fields.iter().flat_map(|field| field.aliases().iter().map(|alias| (field.name, *alias)))
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

    /// The parts of the primary key that are filled in.
    pub(crate) fn auto_keys(&self) -> impl Iterator<Item = &'static str> {
        let hash = self.spec.auto_hash.then(|| self.hash_name());
        let range = self.range_name().filter(|_| self.spec.auto_range);
        hash.into_iter().chain(range)
    }

    /// Whether writes of whole records keep what is stored beside the model's fields.
    pub(crate) const fn keeps_unknown(&self) -> bool {
        self.spec.keep_unknown
    }

    /// Whether records hold attributes of the library's own, by which a write is told after its answer was lost.
    /// `#[repository(stamp = false)]` says no.
    pub const fn stamps(&self) -> bool {
        self.spec.stamp
    }

    pub(crate) fn created_at(&self) -> Option<&'static str> {
        self.spec.created_at.and_then(|at| self.field_name(at))
    }

    pub(crate) fn updated_at(&self) -> Option<&'static str> {
        self.spec.updated_at.and_then(|at| self.field_name(at))
    }

    /// Whether the runtime fills in fields of a record.
    pub(crate) fn is_filled(&self) -> bool {
        self.spec.auto_hash || self.spec.auto_range || self.spec.created_at.is_some() || self.spec.updated_at.is_some()
    }

    fn field_name(&self, at: usize) -> Option<&'static str> {
        self.spec.fields.get(at).map(|field| field.name)
    }

    /// When a record expires, in whole seconds since the epoch, rounded up; nothing if the
    /// model or the record has no time to live.
    pub fn expiry_of(&self, record: &Record) -> Option<i64> {
        let ttl = self.spec.ttl?;
        let field = self.spec.fields.get(ttl.field)?;
        self.expiry_at(record.get(field.name)?)
    }

    /// The expiry that a value of the ttl field stands for.
    pub(crate) fn expiry_at<'a>(&self, value: impl Into<ValueRef<'a>>) -> Option<i64> {
        let ttl = self.spec.ttl?;
        let seconds = match (ttl.unit, value.into()) {
            (TimeUnit::Seconds, value) => value.as_int()?,
            (TimeUnit::Milliseconds, ValueRef::Instant(millis)) => -(-i128::from(millis)).div_euclid(1000),
            (TimeUnit::Milliseconds, _) => return None,
            (TimeUnit::WholeMilliseconds, value) => -(-value.as_int()?).div_euclid(1000),
        };
        let expiry = seconds.saturating_add(i128::from(ttl.seconds));
        Some(i64::try_from(expiry).unwrap_or(if expiry < 0 { i64::MIN } else { i64::MAX }))
    }
}
