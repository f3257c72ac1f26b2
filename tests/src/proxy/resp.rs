//! As much of Redis's protocol as it takes to know a command by its name, and an answer by its end.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// Longer than any head of a value, and than any error.
const LONGEST_LINE: usize = 64 * 1024;
const LARGEST: usize = 512 * 1024 * 1024;
const DEEPEST: usize = 32;

/// A value of the protocol's second or third version, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resp {
    /// One line, with the byte that says its kind: a status, an error, a number, nothing.
    Line(Vec<u8>),
    /// Bytes of a length, behind the byte that says their kind.
    Bulk(u8, Vec<u8>),
    /// Values of a number, behind the byte that says their kind: a list, a map's keys and values by turns. Attributes
    /// have at their end the value that they are of.
    Many(u8, Vec<Resp>),
}

impl Resp {
    /// Reads one value; `None` where the other side has closed between two.
    pub(super) async fn read(stream: &mut BufReader<impl tokio::io::AsyncRead + Unpin>) -> io::Result<Option<Self>> {
        read(stream, 0).await
    }

    /// An error as the server answers it: its code and its words.
    pub(super) fn error(text: &str) -> Self {
        Self::Line(format!("-{text}").into_bytes())
    }

    /// Whether this comes by itself, and answers nothing.
    pub(super) fn is_push(&self) -> bool {
        matches!(self, Self::Many(b'>', _))
    }

    /// The strings that a command is made of.
    pub(super) fn command(&self) -> Option<Vec<&[u8]>> {
        let Self::Many(b'*', parts) = self else { return None };
        let part = |part| match part {
            &Self::Bulk(b'$', ref bytes) => Some(bytes.as_slice()),
            _ => None,
        };
        parts.iter().map(part).collect()
    }

    /// The value as it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Line(line) => to.extend_from_slice(line),
            Self::Bulk(kind, bytes) => {
                to.push(*kind);
                to.extend_from_slice(bytes.len().to_string().as_bytes());
                to.extend_from_slice(b"\r\n");
                to.extend_from_slice(bytes);
            }
            Self::Many(kind, values) => {
                to.push(*kind);
                to.extend_from_slice((values.len() / per_count(*kind)).to_string().as_bytes());
                to.extend_from_slice(b"\r\n");
                values.iter().for_each(|value| value.write(to));
                return;
            }
        }
        to.extend_from_slice(b"\r\n");
    }
}

/// How many values one of the count stands for.
fn per_count(kind: u8) -> usize {
    if matches!(kind, b'%' | b'|') { 2 } else { 1 }
}

async fn read(stream: &mut BufReader<impl tokio::io::AsyncRead + Unpin>, depth: usize) -> io::Result<Option<Resp>> {
    let Some(line) = read_line(stream).await? else { return Ok(None) };
    let odd = || io::Error::other("not of Redis's protocol");
    let (kind, rest) = line.split_first().ok_or_else(odd)?;
    let count = || std::str::from_utf8(rest).ok().and_then(|text| text.parse::<usize>().ok());
    match kind {
        b'$' | b'=' | b'!' => {
            let Some(length) = count() else { return Ok(Some(Resp::Line(line))) };
            if length > LARGEST {
                return Err(odd());
            }
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes).await?;
            bytes.truncate(length);
            Ok(Some(Resp::Bulk(*kind, bytes)))
        }
        b'*' | b'~' | b'>' | b'%' | b'|' => {
            let Some(count) = count() else { return Ok(Some(Resp::Line(line))) };
            if depth == DEEPEST {
                return Err(odd());
            }
            let mut values = Vec::new();
            for _ in 0..count * per_count(*kind) + usize::from(*kind == b'|') {
                let value = Box::pin(read(stream, depth + 1)).await?;
                values.push(value.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            Ok(Some(Resp::Many(*kind, values)))
        }
        b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => Ok(Some(Resp::Line(line))),
        _ => Err(odd()),
    }
}

/// One line without its end.
async fn read_line(stream: &mut BufReader<impl tokio::io::AsyncRead + Unpin>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return if line.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if line.len() > LONGEST_LINE {
            return Err(io::Error::other("the line is too long for Redis's protocol"));
        }
    }
    line.truncate(line.len() - 2);
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_are_written_as_they_were_read() {
        let values: [&[u8]; 12] = [
            b"+OK\r\n",
            b"-ERR no\r\n",
            b":-5\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"_\r\n",
            b"$5\r\na\r\nb\r\r\n",
            b"*0\r\n",
            b"*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
            b"%1\r\n+a\r\n~1\r\n#t\r\n",
            b"|1\r\n+ttl\r\n:3\r\n$1\r\nx\r\n",
            b">2\r\n+invalidate\r\n_\r\n",
        ];
        let mut all = BufReader::new(std::io::Cursor::new(values.concat()));
        for value in values {
            assert_eq!(Resp::read(&mut all).await.unwrap().map(|read| read.bytes()).as_deref(), Some(value));
        }
        assert_eq!(Resp::read(&mut all).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_of_no_such_protocol_is_told() {
        for odd in [&b"GET / HTTP/1.1\r\n"[..], b"\r\n", b"$5\r\nab", b"*2\r\n:1\r\n", b"+OK"] {
            Resp::read(&mut BufReader::new(std::io::Cursor::new(odd))).await.expect_err("no value");
        }
        let deep = b"*1\r\n".repeat(DEEPEST + 1);
        Resp::read(&mut BufReader::new(std::io::Cursor::new(deep))).await.expect_err("too deep");
    }
}
