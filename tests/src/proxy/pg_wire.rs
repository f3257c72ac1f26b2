//! As much of PostgreSQL's wire protocol as it takes to know what is asked and where an answer ends.

use std::collections::HashMap;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

const LARGEST: usize = 64 * 1024 * 1024;
const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// What a connection begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A session.
    Session,
    /// The end of what another connection does, which needs no session.
    Cancel,
    /// The question whether the connection may be encrypted, which a byte answers.
    Encryption,
}

/// The first message, which has no type.
pub(super) async fn read_opening(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(Opening, Vec<u8>)> {
    let bytes = read_rest(stream, Vec::new()).await?;
    let opening = match bytes.get(4..8).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes) {
        Some(CANCEL) => Opening::Cancel,
        Some(SSL | GSS) => Opening::Encryption,
        _ => Opening::Session,
    };
    Ok((opening, bytes))
}

/// One message, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// Reads one message; `None` where the other side has closed between two.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let kind = match stream.read_u8().await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        Ok(Some(Self { bytes: read_rest(stream, vec![kind]).await? }))
    }

    pub(super) fn new(kind: u8, body: &[u8]) -> Self {
        let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        Self { bytes: [&[kind], &length[..], body].concat() }
    }

    /// A statement without values.
    pub(super) fn query(sql: &str) -> Self {
        Self::new(b'Q', format!("{sql}\0").as_bytes())
    }

    /// An error of a code; a fatal one ends the session.
    pub(super) fn error(severity: &str, code: &str) -> Self {
        let fields = format!("S{severity}\0V{severity}\0C{code}\0Ma fault of the proxy\0\0");
        Self::new(b'E', fields.as_bytes())
    }

    pub(super) fn kind(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }

    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(5..).unwrap_or_default()
    }

    /// The texts that the body begins with, each up to its zero.
    fn texts(&self) -> impl Iterator<Item = String> {
        self.body().split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The last of an answer.
    pub(super) fn ends_answer(&self) -> bool {
        self.kind() == b'Z'
    }
}

/// Reads a length, which counts itself, and what it is the length of.
async fn read_rest(stream: &mut (impl AsyncRead + Unpin), mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let rest = usize::try_from(length).unwrap_or(usize::MAX);
    if !(4..=LARGEST).contains(&rest) {
        return Err(io::Error::other("not a message of PostgreSQL's wire protocol"));
    }
    bytes.extend_from_slice(&length.to_be_bytes());
    let start = bytes.len();
    bytes.resize(start + rest - 4, 0);
    stream.read_exact(&mut bytes[start..]).await?;
    Ok(bytes)
}

/// What is sent up to the place where the server answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) bytes: Vec<u8>,
    /// The statement that is executed; none if one is only prepared or forgotten.
    pub(super) sql: Option<String>,
}

/// The messages of a client, put together.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The statements that the session has under a name.
    prepared: HashMap<String, String>,
    bound: String,
    exchange: Exchange,
}

impl Reader {
    /// Takes a message in; gives the exchange that it ends.
    pub(super) fn take(&mut self, message: &Message) -> Option<Exchange> {
        let mut texts = message.texts();
        let mut next = || texts.next().unwrap_or_default();
        match message.kind() {
            b'P' => {
                let (name, sql) = (next(), next());
                self.prepared.insert(name, sql);
            }
            b'B' => {
                next();
                self.bound = next();
            }
            b'E' => {
                let sql = self.prepared.get(&self.bound).cloned();
                self.exchange.sql = self.exchange.sql.take().or(sql);
            }
            b'Q' => self.exchange.sql = Some(next()),
            _ => {}
        }
        self.exchange.bytes.extend_from_slice(&message.bytes);
        matches!(message.kind(), b'Q' | b'S').then(|| std::mem::take(&mut self.exchange))
    }
}

/// What a statement does, as its first word says; of one that begins with `WITH`, the word that writes.
pub(super) fn verb(sql: &str) -> String {
    let mut words = sql.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    if first != "WITH" {
        return first;
    }
    let writes = words.find(|word| ["INSERT", "UPDATE", "DELETE"].contains(word));
    writes.unwrap_or("SELECT").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_what_it_does() {
        assert_eq!(verb("BEGIN ISOLATION LEVEL READ COMMITTED"), "BEGIN");
        assert_eq!(verb(" select 1"), "SELECT");
        assert_eq!(verb("WITH old AS (SELECT 1) INSERT INTO t VALUES (1)"), "INSERT");
        assert_eq!(verb("WITH old AS (SELECT 1) SELECT * FROM old"), "SELECT");
        assert_eq!(verb(""), "");
    }

    #[test]
    fn a_prepared_statement_is_known_when_it_is_executed() {
        let mut reader = Reader::default();
        assert_eq!(reader.take(&Message::new(b'P', b"s1\0SELECT 1\0\0\0")), None);
        let prepared = reader.take(&Message::new(b'S', b"")).expect("an exchange");
        assert_eq!(prepared.sql, None);
        assert_eq!(reader.take(&Message::new(b'B', b"\0s1\0\0\0\0\0\0\0")), None);
        assert_eq!(reader.take(&Message::new(b'E', b"\0\0\0\0\0")), None);
        let executed = reader.take(&Message::new(b'S', b"")).expect("an exchange");
        assert_eq!(executed.sql.as_deref(), Some("SELECT 1"));
    }
}
