//! Guards: one item for each value of a unique index, in a table beside the repository's, that says
//! which record holds the value. They are written with the record, in the same transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::key::write;
use crate::backend::dynamodb::request::item::{Action, Op};
use crate::backend::dynamodb::value::{Item, restore_key, to_attribute};
use crate::condition::{Expr, Op as Compare};
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::path::Path;
use crate::request::{Call, RecordKey, index_values};
use crate::value::{EXPIRES, Record, Value};

/// The guard's own key.
pub(crate) const KEY: &str = "k";
/// The hash key of the record that holds the value.
const HASH: &str = "h";
/// Its range key.
const RANGE: &str = "r";
/// The fields of the index, for who looks at the table too.
const INDEX: &str = "index";

/// The longest hash key that DynamoDB takes.
const LONGEST: usize = 2048;

/// The table of a repository's guards.
pub(crate) fn table(definition: &Definition) -> String {
    format!("{}.unique", definition.name())
}

/// The key of the guard of a value.
pub(crate) type GuardKey = Vec<u8>;

/// What makes a unique index what it is: its fields. Under another name it holds the same values.
fn fields(definition: &Definition, index: &IndexDef) -> String {
    index.parts().map(|part| definition.part_name(part)).collect::<Vec<_>>().join(",")
}

/// The key of the guard of these values in an index.
pub(crate) fn key(definition: &Definition, index: &IndexDef, values: &[Value]) -> GuardKey {
    key_in(&fields(definition, index), values)
}

/// The same for the same fields and values only. Beyond what a key can be long, two values would have to
/// have one SHA-256.
fn key_in(fields: &str, values: &[Value]) -> GuardKey {
    let mut key = vec![0];
    write(&mut key, b'x', fields.as_bytes());
    for value in values {
        match value {
            Value::String(text) => write(&mut key, b's', text.as_bytes()),
            Value::Bytes(bytes) => write(&mut key, b'b', bytes),
            Value::Instant(millis) => write(&mut key, b't', millis.to_string().as_bytes()),
            // Index values are of no other kind than these.
            other => write(&mut key, b'n', other.as_int().unwrap_or_default().to_string().as_bytes()),
        }
    }
    if key.len() > LONGEST {
        let digest = Sha256::digest(&key);
        key = vec![1];
        key.extend_from_slice(&digest);
    }
    key
}

/// The values of a guard's key, unless they were too long for it.
pub(crate) fn values(key: &GuardKey) -> Option<Vec<Value>> {
    let (form, mut rest) = key.split_first()?;
    let mut values = Vec::new();
    while *form == 0 && !rest.is_empty() {
        let (kind, bytes, after) = read(rest)?;
        rest = after;
        match kind {
            b's' => values.push(Value::String(String::from_utf8(bytes.to_vec()).ok()?)),
            b'b' => values.push(Value::Bytes(bytes.to_vec())),
            b't' => values.push(Value::Instant(std::str::from_utf8(bytes).ok()?.parse().ok()?)),
            b'n' => values.push(Value::Int(std::str::from_utf8(bytes).ok()?.parse().ok()?)),
            _ => {}
        }
    }
    (*form == 0).then_some(values)
}

/// The next part of a key: its kind, its bytes, and what comes after it.
fn read(key: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = key.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((head[0], bytes, rest))
}

/// The key of a guard that was read.
pub(crate) fn own_key(guard: &Record) -> Option<GuardKey> {
    match guard.get(KEY)? {
        Value::Bytes(key) => Some(key.clone()),
        _ => None,
    }
}

/// The unique index that a guard is of.
pub(crate) fn index(definition: &'static Definition, guard: &Record) -> Option<&'static IndexDef> {
    let of = guard.get(INDEX)?.as_str()?;
    definition.unique_indexes().find(|index| fields(definition, index) == of)
}

/// The key attribute of a guard.
pub(crate) fn to_key(key: &GuardKey) -> Item {
    Item::from([(KEY.to_owned(), to_attribute(&Value::Bytes(key.clone())))])
}

/// The guards that a record has.
pub(crate) fn of(definition: &'static Definition, record: &Record) -> Vec<(&'static IndexDef, GuardKey)> {
    let guard = |index: &'static IndexDef| Some((index, key_of(definition, index, record)?));
    definition.unique_indexes().filter_map(guard).collect()
}

/// The key of the guard that a record has for its values in an index. One that another program stored as
/// what no key can be has none: no record of ours has such a value.
pub(crate) fn key_of(definition: &Definition, index: &IndexDef, record: &Record) -> Option<GuardKey> {
    let values = index_values(definition, index, record)?;
    let are_keys = index.parts().zip(&values).all(|(part, value)| part.kind.holds(value));
    are_keys.then(|| key(definition, index, &values))
}

/// The record that a guard is of.
pub(crate) fn owner(definition: &Definition, guard: &Record) -> Option<RecordKey> {
    let hash = restore_key(definition.hash().kind, guard.get(HASH)?.clone());
    let key = RecordKey::new(hash);
    Some(match definition.range() {
        Some(part) => key.with_range(restore_key(part.kind, guard.get(RANGE)?.clone())),
        None => key,
    })
}

/// Whether a guard that was read still holds its value. Its expiry means nothing to a model without a ttl:
/// there a record stays that another release had expire, and a guard without one is freed for its record.
pub(crate) fn is_live(definition: &Definition, guard: &Record, call: &Call) -> bool {
    definition.ttl().is_none() || call.is_before(guard.expires())
}

/// What a write does to a guard.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) definition: &'static Definition,
    pub(crate) index: &'static IndexDef,
    pub(crate) key: GuardKey,
    /// The position of the write.
    pub(crate) position: usize,
    /// The record that gives the value up.
    pub(crate) from: Option<RecordKey>,
    /// The record that takes it, and until when.
    pub(crate) to: Option<(RecordKey, Option<i64>)>,
    /// The record that took it before that, in the same transaction, and had expired then already.
    pub(crate) before: Option<RecordKey>,
}

impl Move {
    /// Whose the value may be already where it is taken.
    pub(crate) fn taker(&self) -> Option<&RecordKey> {
        self.before.as_ref().or(self.to.as_ref().map(|(owner, _)| owner))
    }

    /// The move as an operation. Whoever held the value must have given it up, or have expired.
    pub(crate) fn op(&self, call: &Call) -> Result<Op> {
        let mut placeholders = Placeholders::default();
        let path = |name: &'static str| Path::field(name);
        let mut free = vec![condition::function("attribute_not_exists", &path(KEY), &mut placeholders)];
        let mut holders: Vec<_> = self.from.iter().chain(self.taker()).collect();
        holders.dedup();
        for holder in holders {
            free.push(condition::write(&held_by(holder), &mut placeholders));
        }
        let action = match &self.to {
            Some((owner, expires)) => {
                if self.definition.ttl().is_some() {
                    free.push(expired(call, &mut placeholders));
                }
                Action::Put(guard(self.definition, self.index, &self.key, owner, *expires))
            }
            None => Action::Delete(to_key(&self.key)),
        };
        let condition = condition::any(free, &mut placeholders).into_expression(&mut placeholders);
        Op::new(&table(self.definition), action, condition, &placeholders)
    }
}

fn guard(definition: &Definition, index: &IndexDef, key: &GuardKey, owner: &RecordKey, expires: Option<i64>) -> Item {
    let mut item = to_key(key);
    item.insert(HASH.to_owned(), to_attribute(owner.hash()));
    if let Some(range) = owner.range() {
        item.insert(RANGE.to_owned(), to_attribute(range));
    }
    if let Some(at) = expires {
        item.insert(EXPIRES.to_owned(), to_attribute(&Value::Int(at.into())));
    }
    item.insert(INDEX.to_owned(), AttributeValue::S(fields(definition, index)));
    item
}

fn held_by(owner: &RecordKey) -> Expr {
    let equal = |name: &'static str, value: &Value| Expr::Compare {
        path: Path::field(name),
        op: Compare::Eq,
        value: value.clone(),
    };
    let mut parts = vec![equal(HASH, owner.hash())];
    parts.extend(owner.range().map(|range| equal(RANGE, range)));
    Expr::And(parts)
}

/// Whether an item has an expiry that has passed.
pub(crate) fn expired(call: &Call, placeholders: &mut Placeholders) -> Text {
    let now = Value::Int(call.now_seconds().into());
    let expired = Expr::Compare { path: Path::field(EXPIRES), op: Compare::Le, value: now };
    condition::write(&expired, placeholders)
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
            keys.push(key_in(INDEX, std::slice::from_ref(a)));
            for b in &texts {
                keys.push(key_in(INDEX, &[a.clone(), b.clone()]));
            }
        }
        keys.push(key_in(INDEX, &[Value::Int(1)]));
        keys.push(key_in(INDEX, &[Value::Bytes(b"1".to_vec())]));
        keys.push(key_in("emai", &[Value::from("l")]));
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn a_key_is_never_too_long() {
        let long = |end: &str| vec![Value::from("x".repeat(2048)), Value::from(end)];
        let (a, b) = (key_in(INDEX, &long("a")), key_in(INDEX, &long("b")));
        assert!(a.len() <= LONGEST && b.len() <= LONGEST);
        assert_ne!(a, b);
        assert_eq!(values(&a), None);
    }

    #[test]
    fn a_key_says_its_values() {
        let of = [Value::from("a\0b"), Value::Int(-7), Value::Instant(-7), Value::Bytes(vec![0, 1])];
        assert_eq!(values(&key_in(INDEX, &of)).as_deref(), Some(&of[..]));
    }
}
