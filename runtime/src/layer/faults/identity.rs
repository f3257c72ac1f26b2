//! Which request it is, so that the same one meets the same faults in each run.

use crate::checksum::Checksum;
use crate::request::{Call, Query, RecordKey, Request, Write};
use crate::value::Value;

/// What a request is about: its operation, its repositories and its keys, as one number. Keys that are made up anew
/// in each run are left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity(Checksum);

impl Identity {
    /// Of a request that is about no record.
    pub(super) fn of_call(call: &Call) -> Self {
        Self(Checksum::new()).text(call.operation)
    }

    /// Of a request for records, or the count of a query.
    pub(super) fn of_request(call: &Call, request: Request<'_>) -> Self {
        let own = Self::of_call(call);
        match request {
            Request::Get(get) => own.text(get.definition.name()).key(&get.key),
            Request::GetMany(get) => own.text(get.definition.name()).keys(&get.keys),
            Request::FindUnique(find) => own.text(find.definition.name()).text(find.index.name).values(&find.values),
            Request::FindMany(find) => {
                let own = own.text(find.definition.name()).text(find.index.name);
                find.values.iter().fold(own, |own, values| own.values(values))
            }
            Request::Query(query) => own.query(query),
            Request::Write(write) => own.write(write),
            Request::WriteMany(writes) | Request::Transact(writes) => {
                writes.iter().fold(own, |own, write| own.write(write))
            }
            Request::Snapshot(gets) => gets.iter().fold(own, |own, get| own.text(get.definition.name()).key(&get.key)),
        }
    }

    /// Of one request of a batch of writes.
    pub(super) fn of_part<'a>(call: &Call, writes: impl IntoIterator<Item = &'a Write>) -> Self {
        writes.into_iter().fold(Self::of_call(call), |own, write| own.write(write))
    }

    /// Of one request of a read of many.
    pub(super) fn part(self, at: usize) -> Self {
        if at == 0 { self } else { self.bytes(b'p', &at.to_be_bytes()) }
    }

    /// As a number.
    pub(super) fn number(self) -> u64 {
        let sum = u128::from_be_bytes(self.0.to_bytes());
        ((sum >> 64) ^ (sum & u128::from(u64::MAX))) as u64
    }

    /// The number from which its lots are drawn when it comes for the how manieth time.
    pub(super) fn seed(self, seed: u64, time: u64) -> u64 {
        self.bytes(b'n', &time.to_be_bytes()).bytes(b's', &seed.to_be_bytes()).number()
    }

    fn write(self, write: &Write) -> Self {
        self.text(write.definition.name()).key(&write.key)
    }

    fn query(self, query: &Query) -> Self {
        let own = self.text(query.definition.name());
        let own = query.source.index_read().map_or(own, |index| own.text(index.name));
        query.source.hash_parts(query.definition).into_iter().fold(own, |own, (_, value)| own.value(value))
    }

    fn keys(self, keys: &[RecordKey]) -> Self {
        keys.iter().fold(self, Self::key)
    }

    fn key(self, key: &RecordKey) -> Self {
        key.parts().fold(self, Self::value)
    }

    fn values(self, values: &[Value]) -> Self {
        values.iter().fold(self, Self::value)
    }

    fn value(self, value: &Value) -> Self {
        match value {
            value if is_made_up(value) => self.bytes(b'?', b""),
            Value::String(text) => self.bytes(b't', text.as_bytes()),
            Value::Bytes(bytes) => self.bytes(b'b', bytes),
            Value::Instant(millis) => self.bytes(b'i', &millis.to_be_bytes()),
            // Keys are of no other kind than these.
            other => self.bytes(b'n', &other.as_int().unwrap_or_default().to_be_bytes()),
        }
    }

    fn text(self, text: &str) -> Self {
        self.bytes(b'w', text.as_bytes())
    }

    fn bytes(self, kind: u8, bytes: &[u8]) -> Self {
        Self(self.0.update(&[kind]).update(&bytes.len().to_be_bytes()).update(bytes))
    }
}

/// Whether a key looks as those do that are made up anew in each run: a UUID, a ULID, an ObjectId.
fn is_made_up(value: &Value) -> bool {
    match value {
        Value::ObjectId(_) => true,
        Value::Bytes(bytes) => bytes.len() == 16,
        Value::String(text) => is_uuid(text) || is_ulid(text),
        _ => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}

fn is_ulid(text: &str) -> bool {
    let is_right = |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte));
    text.len() == 26 && text.bytes().all(is_right) && text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_made_up_look_so() {
        assert!(is_made_up(&Value::from(crate::ulid())));
        assert!(is_made_up(&Value::from("67e55044-10b1-426f-9247-bb680e5fe0c8")));
        for text in ["u1", "ada@example.com", "67e55044-10b1-426f-9247-bb680e5fe0cx", "abcdefghijklmnopqrstuvwxyz"] {
            assert!(!is_made_up(&Value::from(text)), "{text}");
        }
        let of = |value: Value| Identity(Checksum::new()).value(&value).number();
        assert_eq!(of(Value::from(crate::ulid())), of(Value::from(crate::ulid())));
        assert_ne!(of(Value::from("u1")), of(Value::from("u2")));
        assert_ne!(of(Value::from(1_u64)), of(Value::from("1")));
    }
}
