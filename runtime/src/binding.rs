//! How a cursor is bound to its query: what stands in its text, and the seal over it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
#[cfg(feature = "cursor-key")]
use hmac::{Hmac, KeyInit, Mac};
#[cfg(feature = "cursor-key")]
use sha2::Sha256;

use crate::checksum::Checksum;
use crate::cursor::Cursor;
use crate::definition::{KeyDef, KeyKind};
use crate::error::{Error, Result};
use crate::request::{Position, Query, RecordKey, SourceKind, canonical};
use crate::value::Value;

/// The format of what [`Binding`] writes. Format 2 was sealed over text that changed with the library.
const FORMAT: u8 = 3;

/// The bytes of the seal.
const SEAL: usize = Checksum::LENGTH;

/// What the cursors of one query are sealed with, and what stands in them.
///
/// A cursor is, before it is written in base64:
///
/// | bytes | content |
/// |---|---|
/// | 1 | the format |
/// | parts | the range values in the index that is read, but for those that the query gives; none if the primary key is read |
/// | part | the hash key; none if the query gives it |
/// | part | the range key; none if the model has none |
/// | 16 | the seal over the query and all that stands before |
///
/// The parts, and the query in the seal, are written by [`canonical`].
pub(crate) struct Binding {
    seal: Seal,
    /// The range fields of the index that is read; none if the primary key is.
    ranges: Option<Vec<KeyKind>>,
    /// The hash key, if the query gives it: it never comes from a cursor then.
    given: Option<Value>,
    /// The first range values, if the query gives them.
    leading: Vec<Value>,
    hash: KeyKind,
    range: Option<KeyKind>,
}

/// What a cursor is sealed with, once it has taken in the query.
#[derive(Clone)]
enum Seal {
    /// Without a key, a checksum: it finds accidents.
    Sum(Checksum),
    #[cfg(feature = "cursor-key")]
    Mac(Hmac<Sha256>),
}

impl Seal {
    /// The seal over `bytes`, with this key if there is one.
    fn new(key: &[u8], bytes: &[u8]) -> Self {
        #[cfg(feature = "cursor-key")]
        if !key.is_empty() {
            // HMAC takes keys of any length; there is nothing to refuse.
            let mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
            return Self::Mac(mac.chain_update(bytes));
        }
        // Without the feature no configuration takes a key.
        let _ = key;
        Self::Sum(Checksum::new().update(bytes))
    }

    fn finish(&self, body: &[u8]) -> [u8; SEAL] {
        match self {
            Self::Sum(sum) => sum.update(body).to_bytes(),
            #[cfg(feature = "cursor-key")]
            Self::Mac(mac) => {
                let mut seal = [0; SEAL];
                seal.iter_mut()
                    .zip(mac.clone().chain_update(body).finalize().into_bytes())
                    .for_each(|(to, byte)| *to = byte);
                seal
            }
        }
    }

    fn verify(&self, body: &[u8], seal: &[u8]) -> bool {
        match self {
            Self::Sum(_) => self.finish(body) == seal,
            // In constant time, so that it does not show how much of a forged seal is right.
            #[cfg(feature = "cursor-key")]
            Self::Mac(mac) => mac.clone().chain_update(body).verify_truncated_left(seal).is_ok(),
        }
    }
}

impl Binding {
    /// The binding of a query; with an empty key a cursor is protected from accidents only.
    pub(crate) fn new(query: &Query, key: &[u8]) -> Self {
        let definition = query.definition;
        let (ranges, given) = match query.source.kind() {
            SourceKind::Primary { hash } => (None, Some(hash)),
            SourceKind::Index { index, hash } => {
                let ranges = index.ranges().iter().map(|part| part.kind).collect();
                let is_key = |part: &KeyDef| part.field == definition.hash().field;
                let given = index.hash_parts().zip(hash).find(|(part, _)| is_key(part)).map(|(_, value)| value);
                (Some(ranges), given)
            }
            SourceKind::Scan { .. } => (Some(Vec::new()), None),
        };
        let mut bytes = Vec::new();
        canonical::append_query(&mut bytes, query);
        let range = definition.range().map(|range| range.kind);
        let (seal, leading, hash) = (Seal::new(key, &bytes), query.leading.clone(), definition.hash().kind);
        Self { seal, ranges, given: given.cloned(), leading, hash, range }
    }

    pub(crate) fn seal(&self, position: &Position) -> Cursor {
        let mut body = vec![FORMAT];
        if self.ranges.is_some() {
            let own = position.ranges().iter().skip(self.leading.len());
            own.for_each(|value| canonical::append_value(&mut body, value));
        }
        if self.given.is_none() {
            canonical::append_value(&mut body, position.key().hash());
        }
        position.key().range().into_iter().for_each(|value| canonical::append_value(&mut body, value));
        let seal = self.seal.finish(&body);
        body.extend_from_slice(&seal);
        Cursor::from(URL_SAFE_NO_PAD.encode(body))
    }

    pub(crate) fn open(&self, cursor: &Cursor) -> Result<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor.as_str()).map_err(|_| refused())?;
        // A cursor of another format has another seal, so its format comes first.
        if bytes.first().is_some_and(|format| *format != FORMAT) {
            return Err(of_another_release());
        }
        let (body, seal) =
            bytes.len().checked_sub(SEAL).and_then(|at| bytes.split_at_checked(at)).ok_or_else(refused)?;
        match self.seal.verify(body, seal) {
            true => self.read(body).ok_or_else(refused),
            false => Err(refused()),
        }
    }

    fn read(&self, body: &[u8]) -> Option<Position> {
        let (_, mut rest) = body.split_first()?;
        let mut own = self.leading.clone();
        for kind in self.ranges.iter().flatten().skip(own.len()) {
            own.push(read_key(&mut rest, *kind)?);
        }
        let hash = self.given.clone().map_or_else(|| read_key(&mut rest, self.hash), Some)?;
        let range = match self.range {
            Some(kind) => Some(read_key(&mut rest, kind)?),
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

fn of_another_release() -> Error {
    Error::invalid("the cursor is of another release of the library, or was changed: begin again at the first page")
}

/// A value of this kind; a cursor that was forged without a key may hold anything.
fn read_key(input: &mut &[u8], wanted: KeyKind) -> Option<Value> {
    let value = canonical::read_value(input)?;
    let fits = matches!(
        (&value, wanted),
        (Value::Int(_), KeyKind::Integer)
            | (Value::Instant(_), KeyKind::Instant)
            | (Value::ObjectId(_), KeyKind::ObjectId)
            | (Value::Bytes(_), KeyKind::Bytes)
            | (Value::String(_), KeyKind::String)
    );
    fits.then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::condition::{Expr, Op};
    use crate::definition::{Definition, FieldDef, IndexDef, Spec};
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
        Cursor::from(URL_SAFE_NO_PAD.encode([body, &binding.seal.finish(body)].concat()))
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
            #[cfg(feature = "cursor-key")]
            assert!(Binding::new(one, b"key").open(&cursor).is_err());
        }
    }

    #[cfg(feature = "cursor-key")]
    #[test]
    fn a_key_opens_its_own_cursors_only() {
        let query = query(sources().swap_remove(0));
        let cursor = Binding::new(&query, b"key").seal(&position(&query, 1, b"b"));
        for (key, opens) in [(&b"key"[..], true), (b"kez", false), (b"", false)] {
            assert_eq!(Binding::new(&query, key).open(&cursor).is_ok(), opens, "{key:?}");
        }
    }

    /// What a cursor is must not change within a format: cursors outlive releases.
    #[test]
    fn a_cursor_of_this_format_stays_what_it_is() {
        let query = query(sources().swap_remove(0));
        let position = position(&query, 300, b"b");
        for (key, golden) in [
            (&b""[..], GOLDEN),
            #[cfg(feature = "cursor-key")]
            (b"key", GOLDEN_KEYED),
        ] {
            let (binding, cursor) = (Binding::new(&query, key), Cursor::from(golden));
            assert_eq!(binding.open(&cursor).unwrap(), position);
            assert_eq!(binding.seal(&position), cursor);
        }
    }

    // Worked out by another program: a checksum, and HMAC-SHA256 with the key "key".
    const GOLDEN: &str = "A2kAAAAQAAAAAAAAAAAAAAAAAAABLOfPF2Mz28XwSQBQw3Kr9pc";
    #[cfg(feature = "cursor-key")]
    const GOLDEN_KEYED: &str = "A2kAAAAQAAAAAAAAAAAAAAAAAAABLIsPntSAiBeOGkdNfs6S3tc";

    #[test]
    fn a_cursor_of_another_release_is_refused_as_that() {
        let query = query(sources().swap_remove(0));
        for format in [0, 1, 2, FORMAT + 1, u8::MAX] {
            for body in [vec![format], [&[format, b'i', 0, 0, 0, 16][..], &[0; 40]].concat()] {
                let error = Binding::new(&query, b"").open(&Cursor::from(URL_SAFE_NO_PAD.encode(body))).unwrap_err();
                assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
                assert!(error.message().contains("another release"), "{error}");
            }
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
            for key in [&b""[..], b"key"] {
                change_everywhere(&query, &Binding::new(&query, key));
            }
        }
    }

    fn change_everywhere(query: &Query, binding: &Binding) {
        let cursor = binding.seal(&position(query, 300, b"b"));
        for at in 0..cursor.as_str().len() {
            for byte in (0..=127).filter(|byte| *byte != cursor.as_str().as_bytes()[at]) {
                let mut text = cursor.as_str().as_bytes().to_vec();
                text[at] = byte;
                assert!(binding.open(&Cursor::from(String::from_utf8(text).unwrap())).is_err(), "{at} {byte}");
            }
            assert!(binding.open(&Cursor::from(cursor.as_str()[..at].to_owned())).is_err());
        }
    }

    #[test]
    fn a_forged_value_of_another_kind_is_refused() {
        let query = query(sources().swap_remove(0));
        let binding = Binding::new(&query, b"");
        for value in [Value::from("7"), Value::Bytes(vec![7]), Value::Int(i128::MAX), Value::Float(7.0), Value::Null] {
            let mut body = vec![FORMAT];
            canonical::append_value(&mut body, &value);
            assert!(binding.open(&forged(&binding, &body)).is_err(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_forged_body_panics(text in ".{0,60}", mut body in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..5) {
            let query = query(sources().swap_remove(at));
            let binding = Binding::new(&query, b"");
            prop_assert!(binding.open(&Cursor::from(text)).is_err());
            let _ = binding.open(&forged(&binding, &body));
            body.splice(0..0, [FORMAT, b'i', 0, 0, 0, 16]);
            let _ = binding.open(&forged(&binding, &body));
        }
    }
}
