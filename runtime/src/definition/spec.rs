//! The parts of a definition as the derive puts them together.

use super::field::FieldDef;
use super::names;
use super::parts::{IndexDef, KeyDef, TtlDef};

/// A definition on its way: made by the derive, step by step, while the model is compiled.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
#[must_use]
pub struct Spec {
    pub(super) model: &'static str,
    pub(super) name: &'static str,
    pub(super) read_capacity: Option<u64>,
    pub(super) write_capacity: Option<u64>,
    pub(super) fields: &'static [FieldDef],
    pub(super) hash: KeyDef,
    pub(super) range: Option<KeyDef>,
    pub(super) indexes: &'static [IndexDef],
    pub(super) ttl: Option<TtlDef>,
    pub(super) version: Option<VersionDef>,
    pub(super) auto_hash: bool,
    pub(super) auto_range: bool,
    pub(super) keep_unknown: bool,
    pub(super) stamp: bool,
    pub(super) created_at: Option<usize>,
    pub(super) updated_at: Option<usize>,
}

/// The field that counts a record's versions.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionDef {
    /// The field's position in [`Spec::fields`].
    pub(super) field: usize,
    /// The greatest number that the field's type holds.
    pub(super) most: u64,
}

impl Spec {
    pub const fn new(model: &'static str, name: &'static str, fields: &'static [FieldDef], hash: KeyDef) -> Self {
        Self {
            model,
            name,
            read_capacity: None,
            write_capacity: None,
            fields,
            hash,
            range: None,
            indexes: &[],
            ttl: None,
            version: None,
            auto_hash: false,
            auto_range: false,
            keep_unknown: false,
            stamp: true,
            created_at: None,
            updated_at: None,
        }
    }

    pub const fn range(mut self, range: KeyDef) -> Self {
        self.range = Some(range);
        self
    }

    pub const fn indexes(mut self, indexes: &'static [IndexDef]) -> Self {
        self.indexes = indexes;
        self
    }

    /// Refuses two indexes of one name, which the derive cannot see if a name is a constant.
    pub const fn distinct_indexes(self) -> Self {
        names::check_distinct(self.indexes);
        self
    }

    pub const fn ttl(mut self, ttl: TtlDef) -> Self {
        self.ttl = Some(ttl);
        self
    }

    pub const fn version(mut self, field: usize, most: u64) -> Self {
        self.version = Some(VersionDef { field, most });
        self
    }

    pub const fn capacity(mut self, read: Option<u64>, write: Option<u64>) -> Self {
        (self.read_capacity, self.write_capacity) = (read, write);
        self
    }

    pub const fn keep_unknown(mut self) -> Self {
        self.keep_unknown = true;
        self
    }

    pub const fn unstamped(mut self) -> Self {
        self.stamp = false;
        self
    }

    pub const fn auto_hash(mut self) -> Self {
        self.auto_hash = true;
        self
    }

    pub const fn auto_range(mut self) -> Self {
        self.auto_range = true;
        self
    }

    pub const fn created_at(mut self, field: usize) -> Self {
        self.created_at = Some(field);
        self
    }

    pub const fn updated_at(mut self, field: usize) -> Self {
        self.updated_at = Some(field);
        self
    }
}
