//! What the runtime fills in: the hash key of `#[hash_key(auto)]`, `#[created_at]`, `#[updated_at]`.

use crate::change::Change;
use crate::definition::Definition;
use crate::path::Path;
use crate::value::{Record, Value, ValueRef};

const NIL_UUID: &str = "00000000-0000-0000-0000-000000000000";
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Fills in a record that is about to be stored. What the caller set stays, but for the time of
/// the update.
pub(super) fn fill_record(definition: &Definition, record: &mut Record, now: i64) {
    if definition.auto_hash() {
        let id = match record.get(definition.hash_name()).and_then(ValueRef::as_str) {
            Some("") => Some(ulid(now, fastrand::u128(..))),
            Some(NIL_UUID) => Some(uuid_v7(now, fastrand::u128(..))),
            _ => None,
        };
        if let Some(id) = id {
            record.set(definition.hash_name(), Value::String(id));
        }
    }
    if let Some(name) = definition.created_at()
        && is_unset(record.get(name))
    {
        record.set(name, time_value(definition, name, now));
    }
    if let Some(name) = definition.updated_at() {
        record.set(name, time_value(definition, name, now));
    }
}

/// Adds to an update what it has to fill in, unless the caller changes it.
pub(super) fn stamp_update(definition: &Definition, changes: &mut Vec<Change>, now: i64) {
    let Some(name) = definition.updated_at() else { return };
    if changes.iter().all(|change| change.path().root() != name) {
        changes.push(Change::Set(Path::field(name), time_value(definition, name, now)));
    }
}

/// Adds to an upsert the creation time of a record that it may make.
pub(super) fn stamp_creation(definition: &Definition, changes: &mut Vec<Change>, now: i64) {
    let Some(name) = definition.created_at() else { return };
    if changes.iter().all(|change| change.path().root() != name) {
        changes.push(Change::SetIfMissing(Path::field(name), time_value(definition, name, now)));
    }
}

/// A creation time that nobody set: missing, or the epoch.
fn is_unset(value: Option<ValueRef<'_>>) -> bool {
    value.is_none_or(|value| value == Value::Int(0) || value == Value::Instant(0))
}

/// The time as the field holds it: an instant, or an integer of seconds.
fn time_value(definition: &Definition, name: &str, now: i64) -> Value {
    let is_instant = definition.field(name).is_some_and(|field| field.lowering().is_some());
    if is_instant { Value::Instant(now) } else { Value::from(now.div_euclid(1000)) }
}

/// The 48 bits of the time, then 80 random ones, as both kinds of id begin.
fn time_then_random(now: i64, random: u128) -> u128 {
    let millis = u128::try_from(now).unwrap_or(0) & 0xffff_ffff_ffff;
    (millis << 80) | (random >> 48)
}

fn ulid(now: i64, random: u128) -> String {
    let bits = time_then_random(now, random);
    let digit = |at: u32| char::from(CROCKFORD[((bits >> (at * 5)) & 31) as usize]);
    (0..26).rev().map(digit).collect()
}

fn uuid_v7(now: i64, random: u128) -> String {
    let bits = time_then_random(now, random);
    let bits = (bits & !(0xf << 76)) | (0x7 << 76);
    let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_begin_with_the_time_and_sort_by_it() {
        assert_eq!(&ulid(1_469_918_176_385, 0)[..10], "01ARYZ6S41");
        assert!(ulid(1_000, u128::MAX) < ulid(1_001, 0));
        let id = uuid_v7(0x0192_0000_0001, u128::MAX);
        assert_eq!(&id[..15], "01920000-0001-7");
        assert_eq!(id.len(), 36);
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
