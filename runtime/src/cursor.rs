//! Cursors: where a page ended, as text that can travel in a URL.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::definition::KeyKind;
use crate::error::{Error, Result};
use crate::limits;
use crate::request::{Position, Query, RecordKey, SourceKind};
use crate::value::Value;

/// Where a page ended. Opaque text of URL-safe characters, bound to its model, index, hash value,
/// range, direction and filter: given to another query, or changed, it is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
///
/// It holds the range values and the primary key of the record at which the page ended, readable to
/// who decodes it; on DynamoDB that may be one which the filter left out. The hash value is not in
/// it: that comes from the query, so a cursor never widens what is read. To hand cursors to
/// strangers, set a cursor key in the [`Config`](crate::Config), and they cannot be forged.
///
/// ```
/// # use reposit::{Cursor, Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # for seq in 0..3 { Event::create(&Event { stream: "s".into(), seq }).exec(&db).await?; }
/// let page = Event::query("s").limit(2).exec(&db).await?;
/// let text = page.next.expect("there is another").to_string();
/// let page = Event::query("s").limit(2).after(text.as_str()).exec(&db).await?;
/// assert_eq!(page.items[0].seq, 2);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&String> for Cursor {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<&Cursor> for Cursor {
    fn from(cursor: &Cursor) -> Self {
        cursor.clone()
    }
}

impl FromStr for Cursor {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

const FORMAT: u8 = 2;
const TAG: usize = 16;

/// What the cursors of one query are sealed with, and what stands in them.
pub(crate) struct Binding {
    mac: Hmac<Sha256>,
    /// The range fields of the index that is read; none where the primary key is.
    ranges: Option<Vec<KeyKind>>,
    /// The hash key, where the query gives it: it never comes from a cursor then.
    given: Option<Value>,
    hash: KeyKind,
    range: Option<KeyKind>,
}

impl Binding {
    /// The binding of a query; without a key a cursor is protected from accidents only.
    pub(crate) fn new(query: &Query, key: &[u8]) -> Self {
        // HMAC takes keys of any length; there is nothing to refuse.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        let definition = query.definition;
        let (source, ranges, given) = match query.source.kind() {
            SourceKind::Primary { hash } => (format!("key {hash:?}"), None, Some(hash)),
            SourceKind::Index { index, hash } => {
                let ranges = index.ranges().iter().map(|part| part.kind).collect();
                let of_key = index.hash().field == definition.hash().field;
                let given = hash.first().filter(|_| of_key);
                (format!("index {:?} {hash:?}", index.name), Some(ranges), given)
            }
            SourceKind::Scan { .. } => ("scan".to_owned(), Some(Vec::new()), None),
        };
        let Query { range: span, descending, filter, .. } = query;
        let text = format!("{:?}\n{source}\n{span:?}\n{descending}\n{filter:?}", definition.name());
        mac.update(&(text.len() as u64).to_be_bytes());
        mac.update(text.as_bytes());
        let range = definition.range().map(|range| range.kind);
        Self { mac, ranges, given: given.cloned(), hash: definition.hash().kind, range }
    }

    pub(crate) fn seal(&self, position: &Position) -> Cursor {
        let mut body = vec![FORMAT];
        if self.ranges.is_some() {
            position.ranges().iter().for_each(|value| write(&mut body, value));
        }
        if self.given.is_none() {
            write(&mut body, position.key().hash());
        }
        position.key().range().into_iter().for_each(|value| write(&mut body, value));
        let tag = self.mac.clone().chain_update(&body).finalize().into_bytes();
        body.extend_from_slice(&tag[..TAG]);
        Cursor(URL_SAFE_NO_PAD.encode(body))
    }

    pub(crate) fn open(&self, cursor: &Cursor) -> Result<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| refused())?;
        let (body, tag) = bytes.len().checked_sub(TAG).and_then(|at| bytes.split_at_checked(at)).ok_or_else(refused)?;
        // In constant time: how much of a forged seal is right is not told.
        self.mac.clone().chain_update(body).verify_truncated_left(tag).map_err(|_| refused())?;
        self.read(body).ok_or_else(refused)
    }

    fn read(&self, body: &[u8]) -> Option<Position> {
        let (format, mut rest) = body.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let own = self.ranges.iter().flatten().map(|kind| read(&mut rest, *kind)).collect::<Option<Vec<_>>>()?;
        let hash = self.given.clone().map_or_else(|| read(&mut rest, self.hash), Some)?;
        let range = match self.range {
            Some(kind) => Some(read(&mut rest, kind)?),
            None => None,
        };
        let ranges = if self.ranges.is_some() { own } else { range.iter().cloned().collect() };
        let key = RecordKey::new(hash);
        let key = range.into_iter().fold(key, RecordKey::with_range);
        rest.is_empty().then_some(Position::new(ranges, key))
    }
}

fn refused() -> Error {
    Error::invalid("the cursor belongs to another query, or was changed")
}

fn write(out: &mut Vec<u8>, value: &Value) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        Value::Int(n) => (b'i', n.to_be_bytes().to_vec()),
        Value::Instant(millis) => (b't', millis.to_be_bytes().to_vec()),
        Value::Bytes(bytes) => (b'b', bytes.clone()),
        Value::String(text) => (b's', text.clone().into_bytes()),
        // Keys are of no other kind.
        _ => (b'n', Vec::new()),
    };
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(&bytes);
}

/// A value of this kind; a cursor that was forged without a key may hold anything.
fn read(input: &mut &[u8], wanted: KeyKind) -> Option<Value> {
    let (head, rest) = input.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?) as usize;
    let (bytes, rest) = rest.split_at_checked(length)?;
    *input = rest;
    match (head[0], wanted) {
        (b'i', KeyKind::Integer) => {
            let n = i128::from_be_bytes(bytes.try_into().ok()?);
            limits::integer(n).ok().map(Value::Int)
        }
        (b't', KeyKind::Instant) => Some(Value::Instant(i64::from_be_bytes(bytes.try_into().ok()?))),
        (b'b', KeyKind::Bytes) => Some(Value::Bytes(bytes.to_vec())),
        (b's', KeyKind::String) => Some(Value::String(String::from_utf8(bytes.to_vec()).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::condition::{Expr, Op};
    use crate::definition::{Definition, FieldDef, IndexDef, KeyDef, Spec};
    use crate::path::Path;
    use crate::request::{KeyRange, Source};

    const fn field(name: &'static str) -> FieldDef {
        FieldDef::new(name, name)
    }

    const fn part(field: usize, kind: KeyKind) -> KeyDef {
        KeyDef::new(field, kind)
    }

    const FIELDS: &[FieldDef] = &[field("stream"), field("seq"), field("kind"), field("blob")];

    static EVENTS: Definition = Spec::new("Event", "events", FIELDS, part(0, KeyKind::String))
        .range(part(1, KeyKind::Integer))
        .indexes(&[
            IndexDef::new("primary", part(2, KeyKind::String), &[part(1, KeyKind::Integer)]),
            IndexDef::new("scan", part(2, KeyKind::String), &[]),
            IndexDef::new("local", part(0, KeyKind::String), &[part(3, KeyKind::Bytes)]),
        ])
        .build();

    fn hash() -> Value {
        Value::from("h")
    }

    fn sources() -> Vec<Source> {
        let index = |at: usize| Source::index(&EVENTS.indexes()[at], [hash()]);
        vec![Source::primary(hash()), Source::scan(None), index(0), index(1), index(2)]
    }

    fn query(source: Source) -> Query {
        Query::new(&EVENTS, source, 10)
    }

    fn position(query: &Query, seq: i128, blob: &[u8]) -> Position {
        let mut record = crate::Record::new();
        record.set("stream", hash());
        record.set("seq", Value::Int(seq));
        record.set("kind", hash());
        record.set("blob", Value::Bytes(blob.to_vec()));
        query.position_of(&record).unwrap()
    }

    /// A cursor with this body, made by one who knows how.
    fn forged(binding: &Binding, body: &[u8]) -> Cursor {
        let tag = binding.mac.clone().chain_update(body).finalize().into_bytes();
        Cursor(URL_SAFE_NO_PAD.encode([body, &tag[..TAG]].concat()))
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        for source in sources() {
            let query = query(source);
            for seq in [i128::from(i64::MIN), -1, 0, i128::from(u64::MAX)] {
                for blob in [&[][..], &[0], &[255; 1024]] {
                    let (binding, position) = (Binding::new(&query, b"key"), position(&query, seq, blob));
                    assert_eq!(binding.open(&binding.seal(&position)).unwrap(), position, "{:?}", query.source);
                }
            }
        }
    }

    #[test]
    fn no_cursor_of_one_query_is_taken_by_another() {
        let mut queries: Vec<Query> = sources().into_iter().map(query).collect();
        let filter = |value: &str| Expr::Compare { path: Path::field("kind"), op: Op::Eq, value: Value::from(value) };
        queries.push(Query { descending: true, ..queries[0].clone() });
        queries.push(Query { range: KeyRange::Prefix("x".into()), ..queries[0].clone() });
        queries.push(Query { filter: Some(filter("x")), ..queries[0].clone() });
        queries.push(Query { filter: Some(filter("x\"\nfalse")), ..queries[0].clone() });
        queries.push(Query { source: Source::primary(Value::from("h2")), ..queries[0].clone() });
        for (at, one) in queries.iter().enumerate() {
            let cursor = Binding::new(one, b"").seal(&position(one, 1, b"b"));
            for (other, query) in queries.iter().enumerate() {
                assert_eq!(Binding::new(query, b"").open(&cursor).is_ok(), at == other, "{at} {other}");
            }
            assert!(Binding::new(one, b"key").open(&cursor).is_err());
        }
    }

    #[test]
    fn the_hash_key_is_in_no_cursor_of_a_query_by_it() {
        for source in [sources().swap_remove(0), sources().swap_remove(4)] {
            let query = query(source);
            let binding = Binding::new(&query, b"");
            let there = position(&query, 7, b"b");
            let key = RecordKey::new(Value::from("another"));
            let key = there.key().range().cloned().into_iter().fold(key, RecordKey::with_range);
            let elsewhere = Position::new(there.ranges().to_vec(), key);
            assert_eq!(*binding.open(&binding.seal(&elsewhere)).unwrap().key().hash(), hash());
        }
    }

    #[test]
    fn what_is_changed_anywhere_is_refused() {
        for source in sources() {
            let query = query(source);
            let binding = Binding::new(&query, b"");
            let cursor = binding.seal(&position(&query, 300, b"b"));
            for at in 0..cursor.0.len() {
                for byte in (0..=127).filter(|byte| *byte != cursor.0.as_bytes()[at]) {
                    let mut text = cursor.0.clone().into_bytes();
                    text[at] = byte;
                    assert!(binding.open(&Cursor(String::from_utf8(text).unwrap())).is_err(), "{at} {byte}");
                }
                assert!(binding.open(&Cursor(cursor.0[..at].to_owned())).is_err());
            }
        }
    }

    #[test]
    fn a_forged_value_of_another_kind_is_refused() {
        let query = query(sources().swap_remove(0));
        let binding = Binding::new(&query, b"");
        for value in [Value::from("7"), Value::Bytes(vec![7]), Value::Int(i128::MAX), Value::Null] {
            let mut body = vec![FORMAT];
            write(&mut body, &value);
            assert!(binding.open(&forged(&binding, &body)).is_err(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_forged_body_panics(text in ".{0,60}", mut body in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..5) {
            let query = query(sources().swap_remove(at));
            let binding = Binding::new(&query, b"");
            prop_assert!(binding.open(&Cursor(text)).is_err());
            let _ = binding.open(&forged(&binding, &body));
            body.splice(0..0, [FORMAT, b'i', 0, 0, 0, 16]);
            let _ = binding.open(&forged(&binding, &body));
        }
    }
}
