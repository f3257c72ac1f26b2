//! The guard item: one for each value of a unique index, in a table beside the repository's. It says which
//! record holds the value, and is written with that record, in the same transaction.

pub(crate) mod moves;
pub(crate) mod unique_value;

use ring::digest::{SHA256, digest};

use crate::backend::dynamodb::value::restore_key;
use crate::backend::dynamodb::wire::item::Item;
use crate::backend::support::dedup::append_part;
use crate::condition::{Expr, Op};
use crate::definition::{Definition, IndexDef};
use crate::limits::Limits;
use crate::path::Path;
use crate::request::{Call, RecordKey, index_values};
use crate::value::{EXPIRES, Record, Value, ValueRef};

/// The guard's own key.
pub(crate) const KEY: &str = "k";
/// The hash key of the record that holds the value.
const HASH: &str = "h";
/// Its range key.
const RANGE: &str = "r";
/// The fields of the index, also for a person who looks at the table.
const INDEX: &str = "index";

/// The longest hash key that DynamoDB takes.
const LONGEST_KEY: usize = Limits::DYNAMODB.hash_key;

/// What the name of a repository's table is followed by in that of its guards'. No repository's name ends so.
pub(crate) const AFTER_NAME: &str = ".unique";

/// The table of a repository's guards.
pub(crate) fn table(definition: &Definition) -> String {
    format!("{}{AFTER_NAME}", definition.name())
}

/// The key of the guard of a value.
pub(crate) type GuardKey = Vec<u8>;

/// What makes a unique index what it is: its fields. Under another name it holds the same values.
fn fields(definition: &Definition, index: &IndexDef) -> String {
    index.parts().map(|part| definition.part_name(part)).collect::<Vec<_>>().join(",")
}

/// The key of the guard of these values in an index.
pub(crate) fn key_of_values(definition: &Definition, index: &IndexDef, values: &[Value]) -> GuardKey {
    key_of_fields(&fields(definition, index), values)
}

/// The same for the same fields and values only. Beyond what a key can be long, two values would have to
/// have one SHA-256.
fn key_of_fields(fields: &str, values: &[Value]) -> GuardKey {
    let mut key = vec![0];
    append_part(&mut key, b'x', fields.as_bytes());
    for value in values {
        match value {
            Value::String(text) => append_part(&mut key, b's', text.as_bytes()),
            Value::Bytes(bytes) => append_part(&mut key, b'b', bytes),
            Value::Instant(millis) => append_part(&mut key, b't', millis.to_string().as_bytes()),
            Value::ObjectId(id) => append_part(&mut key, b'h', id),
            // Index values are of no other kind than these.
            other => append_part(&mut key, b'n', other.as_int().unwrap_or_default().to_string().as_bytes()),
        }
    }
    if key.len() > LONGEST_KEY {
        let hash = digest(&SHA256, &key);
        key = vec![1];
        key.extend_from_slice(hash.as_ref());
    }
    key
}

/// The values of a guard's key, unless they were too long for it.
pub(crate) fn values_of_key(key: &GuardKey) -> Option<Vec<Value>> {
    let (form, mut rest) = key.split_first()?;
    let mut values = Vec::new();
    while *form == 0 && !rest.is_empty() {
        let (kind, bytes, after) = split_part(rest)?;
        rest = after;
        match kind {
            b's' => values.push(Value::String(String::from_utf8(bytes.to_vec()).ok()?)),
            b'b' => values.push(Value::Bytes(bytes.to_vec())),
            b'h' => values.push(Value::ObjectId(bytes.try_into().ok()?)),
            b't' => values.push(Value::Instant(std::str::from_utf8(bytes).ok()?.parse().ok()?)),
            b'n' => values.push(Value::Int(std::str::from_utf8(bytes).ok()?.parse().ok()?)),
            _ => {}
        }
    }
    (*form == 0).then_some(values)
}

/// The next part of a key: its kind, its bytes, and what comes after it.
fn split_part(key: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = key.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((head[0], bytes, rest))
}

/// The key of a guard that was read.
pub(crate) fn key_of_guard(guard: &Record) -> Option<GuardKey> {
    match guard.get(KEY)? {
        ValueRef::Bytes(key) => Some(key.to_vec()),
        _ => None,
    }
}

/// The unique index that a guard is of.
pub(crate) fn index_of_guard(definition: &'static Definition, guard: &Record) -> Option<&'static IndexDef> {
    let of = guard.get(INDEX)?.as_str()?;
    definition.unique_indexes().find(|index| fields(definition, index) == of)
}

/// The key attribute of a guard.
pub(crate) fn to_key(key: &GuardKey) -> Item {
    Item::of_entries([(KEY, &Value::Bytes(key.clone()))])
}

/// The guards that a record has.
pub(crate) fn guards_of(definition: &'static Definition, record: &Record) -> Vec<(&'static IndexDef, GuardKey)> {
    let guard = |index: &'static IndexDef| Some((index, key_of_record(definition, index, record)?));
    definition.unique_indexes().filter_map(guard).collect()
}

/// The key of the guard that a record has for its values in an index. One that another program stored as
/// what no key can be has none: no record of ours has such a value.
pub(crate) fn key_of_record(definition: &Definition, index: &IndexDef, record: &Record) -> Option<GuardKey> {
    let values = index_values(definition, index, record)?;
    let are_keys = index.parts().zip(&values).all(|(part, value)| part.kind.holds(value.view()));
    are_keys.then(|| key_of_values(definition, index, &values))
}

/// The record that a guard is of.
pub(crate) fn owner(definition: &Definition, guard: &Record) -> Option<RecordKey> {
    let hash = restore_key(definition.hash().kind, guard.get(HASH)?.to_value());
    let key = RecordKey::new(hash);
    Some(match definition.range() {
        Some(part) => key.with_range(restore_key(part.kind, guard.get(RANGE)?.to_value())),
        None => key,
    })
}

/// Whether a guard that was read still holds its value. Its expiry means nothing to a model without a ttl:
/// there a record stays that another release had expire, and a guard without one is freed for its record.
pub(crate) fn is_live(definition: &Definition, guard: &Record, call: &Call) -> bool {
    definition.ttl().is_none() || call.is_before(guard.expires())
}

/// The guard of a record for a value.
pub(crate) fn to_item(
    definition: &Definition,
    index: &IndexDef,
    key: &GuardKey,
    owner: &RecordKey,
    expires: Option<i64>,
) -> Item {
    let key = Value::Bytes(key.clone());
    let expires = expires.map(|at| Value::Int(at.into()));
    let index = Value::String(fields(definition, index));
    let mut entries = vec![(KEY, &key), (HASH, owner.hash())];
    entries.extend(owner.range().map(|range| (RANGE, range)));
    entries.extend(expires.as_ref().map(|at| (EXPIRES, at)));
    entries.push((INDEX, &index));
    Item::of_entries(entries)
}

/// True of the guards of a record.
pub(crate) fn held_by(owner: &RecordKey) -> Expr {
    let equal =
        |name: &'static str, value: &Value| Expr::Compare { path: Path::field(name), op: Op::Eq, value: value.clone() };
    let mut parts = vec![equal(HASH, owner.hash())];
    parts.extend(owner.range().map(|range| equal(RANGE, range)));
    Expr::And(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "email";

    #[test]
    fn no_two_values_have_one_key() {
        let texts = ["", "a", "b", "ab", "a\0", "1"].map(Value::from);
        let mut keys = Vec::new();
        for a in &texts {
            keys.push(key_of_fields(INDEX, std::slice::from_ref(a)));
            for b in &texts {
                keys.push(key_of_fields(INDEX, &[a.clone(), b.clone()]));
            }
        }
        keys.push(key_of_fields(INDEX, &[Value::Int(1)]));
        keys.push(key_of_fields(INDEX, &[Value::Bytes(b"1".to_vec())]));
        keys.push(key_of_fields("emai", &[Value::from("l")]));
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn a_key_is_never_too_long() {
        let long = |end: &str| vec![Value::from("x".repeat(2048)), Value::from(end)];
        let (a, b) = (key_of_fields(INDEX, &long("a")), key_of_fields(INDEX, &long("b")));
        assert!(a.len() <= LONGEST_KEY && b.len() <= LONGEST_KEY);
        assert_ne!(a, b);
        assert_eq!(values_of_key(&a), None);
    }

    #[test]
    fn a_key_says_its_values() {
        let of = [
            Value::from("a\0b"),
            Value::Int(-7),
            Value::Instant(-7),
            Value::ObjectId([7; 12]),
            Value::Bytes(vec![0, 1]),
        ];
        assert_eq!(values_of_key(&key_of_fields(INDEX, &of)).as_deref(), Some(&of[..]));
    }
}
