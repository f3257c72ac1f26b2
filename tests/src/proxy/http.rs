//! As much of HTTP/1.1 as DynamoDB's clients and servers speak.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request or an answer, read to its end.
#[derive(Debug, Clone)]
pub(super) struct Message {
    start: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

const LARGEST_HEAD: usize = 256 * 1024;

impl Message {
    /// An answer made here.
    pub(super) fn answer(status: &str, body: Vec<u8>) -> Self {
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amzn-requestid", "A0FAULT0OF0THE0PROXY00000000000000000000000000000000"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { start: format!("HTTP/1.1 {status}"), headers, body }
    }

    /// The same message with another body; what was said about the old body goes.
    pub(super) fn with_body(mut self, body: Vec<u8>) -> Self {
        self.headers.retain(|(name, _)| name != "x-amz-crc32");
        Self { body, ..self }
    }

    /// The same message with one header more.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether its sender means to close the connection after it.
    pub(super) fn is_last(&self) -> bool {
        self.header("connection").is_some_and(|option| option.eq_ignore_ascii_case("close"))
    }

    pub(super) fn is_ok(&self) -> bool {
        self.start.split(' ').nth(1) == Some("200")
    }

    /// Reads one message; `None` where the other side has closed between two.
    pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(head) = read_head(stream).await? else {
            return Ok(None);
        };
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut message = Self { start, headers, body: Vec::new() };
        message.read_body(stream).await?;
        Ok(Some(message))
    }

    async fn read_body(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<()> {
        if self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            self.body = read_chunks(stream).await?;
        } else if let Some(length) = self.header("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            self.body = vec![0; length];
            stream.read_exact(&mut self.body).await?;
        } else if self.start.starts_with("HTTP/") {
            stream.read_to_end(&mut self.body).await?;
        }
        Ok(())
    }

    /// Another status than the server's.
    pub(super) fn set_status(&mut self, status: &str) {
        self.start = format!("HTTP/1.1 {status}");
    }

    /// Writes the message, always with a length.
    pub(super) async fn write(&self, stream: &mut BufReader<TcpStream>) -> io::Result<()> {
        stream.write_all(&self.bytes(None)).await?;
        stream.flush().await
    }

    /// The message as it is sent: with its own length, or with what is said to be it.
    pub(super) fn bytes(&self, length: Option<&str>) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.start).into_bytes();
        for (name, value) in &self.headers {
            if name != "content-length" && name != "transfer-encoding" {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        let own = self.body.len().to_string();
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", length.unwrap_or(&own)).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head).await? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.len() > LARGEST_HEAD {
            return Err(io::Error::other("the head of the message is too long"));
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).trim_end().to_owned()))
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..]).await?;
        let mut end = String::new();
        stream.read_line(&mut end).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}
