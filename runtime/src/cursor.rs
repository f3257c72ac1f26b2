//! Cursors: where a page ended, as text that can travel in a URL.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::{Error, Result};
use crate::request::{Position, Query, RecordKey, Source};
use crate::value::Value;

/// Where a page ended. Opaque text of URL-safe characters, bound to its model, index, hash value,
/// range, direction and filter: given to another query, or changed, it is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
///
/// It holds the range values and the primary key of the last record, readable to who decodes it.
/// It never widens what is read: the hash value comes from the query. To hand cursors to
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

const FORMAT: u8 = 1;
const TAG: usize = 16;

/// What the cursors of one query are sealed with.
pub(crate) struct Binding {
    mac: Hmac<Sha256>,
    ranges: usize,
    has_range_key: bool,
}

impl Binding {
    /// The binding of a query; without a key a cursor is protected from accidents only.
    pub(crate) fn new(query: &Query, key: &[u8]) -> Self {
        // HMAC takes keys of any length; there is nothing to refuse.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        let (index, hash) = match &query.source {
            Source::Primary { hash } => ("primary", Some(hash)),
            Source::Index { index, hash } => (index.name, Some(hash)),
            Source::Scan { .. } => ("scan", None),
        };
        let text = format!(
            "{:?}\n{index:?}\n{hash:?}\n{:?}\n{}\n{:?}",
            query.definition.name(),
            query.span,
            query.descending,
            query.filter,
        );
        mac.update(&(text.len() as u64).to_be_bytes());
        mac.update(text.as_bytes());
        Self { mac, ranges: query.range_names().len(), has_range_key: query.definition.range().is_some() }
    }

    pub(crate) fn seal(&self, position: &Position) -> Cursor {
        let mut body = vec![FORMAT];
        position.ranges.iter().for_each(|value| write(&mut body, value));
        write(&mut body, &position.key.hash);
        position.key.range.iter().for_each(|value| write(&mut body, value));
        let tag = self.mac.clone().chain_update(&body).finalize().into_bytes();
        body.extend_from_slice(&tag[..TAG]);
        Cursor(URL_SAFE_NO_PAD.encode(body))
    }

    pub(crate) fn open(&self, cursor: &Cursor) -> Result<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| refused())?;
        let (body, tag) = bytes.len().checked_sub(TAG).and_then(|at| bytes.split_at_checked(at)).ok_or_else(refused)?;
        self.mac.clone().chain_update(body).verify_truncated_left(tag).map_err(|_| refused())?;
        self.read(body).ok_or_else(refused)
    }

    fn read(&self, body: &[u8]) -> Option<Position> {
        let (format, mut rest) = body.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let ranges = (0..self.ranges).map(|_| read(&mut rest)).collect::<Option<_>>()?;
        let hash = read(&mut rest)?;
        let range = if self.has_range_key { Some(read(&mut rest)?) } else { None };
        rest.is_empty().then_some(Position { ranges, key: RecordKey { hash, range } })
    }
}

fn refused() -> Error {
    Error::invalid("the cursor belongs to another query, or was changed")
}

fn write(out: &mut Vec<u8>, value: &Value) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        Value::Int(n) => (b'i', n.to_be_bytes().to_vec()),
        Value::Bytes(bytes) => (b'b', bytes.clone()),
        Value::String(text) => (b's', text.clone().into_bytes()),
        // Keys are of no other kind.
        _ => (b'n', Vec::new()),
    };
    out.push(kind);
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(&bytes);
}

fn read(input: &mut &[u8]) -> Option<Value> {
    let (head, rest) = input.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?) as usize;
    let (bytes, rest) = rest.split_at_checked(length)?;
    *input = rest;
    match head[0] {
        b'i' => Some(Value::Int(i128::from_be_bytes(bytes.try_into().ok()?))),
        b'b' => Some(Value::Bytes(bytes.to_vec())),
        b's' => Some(Value::String(String::from_utf8(bytes.to_vec()).ok()?)),
        _ => None,
    }
}
