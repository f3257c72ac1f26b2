//! As much of Redis's protocol as it takes to know where a message ends, and a command by its name.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

const LARGEST: usize = 64 * 1024 * 1024;

/// One message, as it came: a command, or an answer.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// Reads one message; `None` where the other side has closed between two.
    pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut values: usize = 1;
        while values > 0 {
            let start = bytes.len();
            if stream.read_until(b'\n', &mut bytes).await? == 0 {
                return if bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
            values -= 1;
            let line = &bytes[start..];
            let number = || std::str::from_utf8(&line[1..]).ok().and_then(|text| text.trim_end().parse::<i64>().ok());
            let count = |most: usize| match number() {
                Some(count) if usize::try_from(count).is_ok_and(|count| count <= most) => {
                    Ok(usize::try_from(count).ok())
                }
                Some(-1) => Ok(None),
                _ => Err(io::Error::other("not a message of Redis's protocol")),
            };
            match line[0] {
                b'$' | b'!' | b'=' => {
                    if let Some(length) = count(LARGEST)? {
                        let end = bytes.len() + length + 2;
                        let mut content = vec![0; length + 2];
                        stream.read_exact(&mut content).await?;
                        bytes.extend_from_slice(&content);
                        debug_assert_eq!(bytes.len(), end);
                    }
                }
                b'*' | b'~' | b'>' => values += count(LARGEST)?.unwrap_or(0),
                // The attribute's value comes after it.
                b'%' => values += 2 * count(LARGEST)?.unwrap_or(0),
                b'|' => values += 2 * count(LARGEST)?.unwrap_or(0) + 1,
                _ => {}
            }
        }
        Ok(Some(Self { bytes }))
    }

    /// The parts of a command.
    pub(super) fn parts(&self) -> Vec<&[u8]> {
        let mut parts = Vec::new();
        let mut rest = self.bytes.as_slice();
        take_line(&mut rest);
        while let Some(length) = take_line(&mut rest).and_then(|line| line.strip_prefix(b"$")) {
            let length = std::str::from_utf8(length).ok().and_then(|text| text.parse::<usize>().ok());
            let Some((part, after)) = length.and_then(|length| rest.split_at_checked(length)) else { break };
            parts.push(part);
            rest = after.get(2..).unwrap_or_default();
        }
        parts
    }

    /// Whether the server sends it unasked: it answers nothing.
    pub(super) fn is_push(&self) -> bool {
        self.bytes.first() == Some(&b'>')
    }

    /// An answer that is an error.
    pub(super) fn error(text: &str) -> Self {
        Self { bytes: format!("-{text}\r\n").into_bytes() }
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, after) = rest.split_at(end);
    *rest = &after[2..];
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut text: &[u8]) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        while let Some(message) = Message::read(&mut text).await.unwrap() {
            messages.push(message.bytes);
        }
        messages
    }

    #[tokio::test]
    async fn messages_end_where_they_end() {
        let whole: [&[u8]; 7] = [
            b"+OK\r\n",
            b":1\r\n",
            b"$3\r\na\r\n\r\n",
            b"$-1\r\n",
            b"*2\r\n$1\r\na\r\n*1\r\n_\r\n",
            b"%1\r\n+a\r\n:1\r\n",
            b"-ERR no\r\n",
        ];
        assert_eq!(read(&whole.concat()).await, whole);
        let command = Message { bytes: b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n".to_vec() };
        assert_eq!(command.parts(), [&b"GET"[..], b"a"]);
    }
}
