//! What an index holds: the keys, its own parts, the expiry, and what its projection names.

use super::{Definition, IndexDef, KeyDef, Projection};
#[cfg(feature = "dynamodb")]
use crate::value::EXPIRES;

impl Definition {
    /// The attributes that an index holds; none for all. The mark of the expiry is always among them, so that a server
    /// can leave expired records out.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn projected(&self, index: &IndexDef) -> Option<Vec<&'static str>> {
        let included: &[&str] = match index.projection {
            Projection::All => return None,
            Projection::KeysOnly => &[],
            Projection::Include(names) => names,
        };
        let mut names: Vec<_> = self.key_attributes(index).collect();
        names.extend(self.ttl().filter(|_| !self.expires_by_seconds()).map(|_| EXPIRES));
        names.extend(included);
        Some(names)
    }

    /// The attributes of an index's own key and of the record's.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn key_attributes(&self, index: &IndexDef) -> impl Iterator<Item = &'static str> {
        index.parts().chain([self.hash()]).chain(self.range()).map(|part| self.part_name(part))
    }

    /// Whether an index holds all of these fields: always the keys, its own parts and the expiry.
    pub(crate) const fn holds(&self, index: usize, fields: &[&str]) -> bool {
        let index = &self.indexes()[index];
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
        let in_range_key = match self.range() {
            Some(range) => self.is_part(range, name),
            None => false,
        };
        let in_index = self.is_part(index.hash(), name)
            || self.is_among_parts(index.more_hash(), name)
            || self.is_among_parts(index.ranges(), name);
        included || in_range_key || self.is_part(self.hash(), name) || in_index
    }

    const fn is_among_parts(&self, parts: &[KeyDef], name: &str) -> bool {
        let mut at = 0;
        while at < parts.len() {
            if self.is_part(parts[at], name) {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn is_part(&self, part: KeyDef, name: &str) -> bool {
        same(self.fields()[part.field].name, name)
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
