//! As much of MongoDB's wire protocol as it takes to know a command by its name and to answer one.

use mongodb::bson::{Bson, Document};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

const HEADER: usize = 16;
const OP_MSG: i32 = 2013;
const CHECKSUM_PRESENT: u32 = 1;
const LARGEST: usize = 64 * 1024 * 1024;

/// One message, as it came.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    /// Where the first section of an OP_MSG begins.
    pub(super) const BODY: usize = HEADER + 4;

    /// Reads one frame; `None` where the other side has closed between two.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = vec![0; 4];
        match stream.read_exact(&mut bytes).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        let length = usize::try_from(int(&bytes, 0)).unwrap_or_default();
        if !(HEADER..=LARGEST).contains(&length) {
            return Err(io::Error::other("not a message of MongoDB's wire protocol"));
        }
        bytes.resize(length, 0);
        stream.read_exact(&mut bytes[4..]).await?;
        Ok(Some(Self { bytes }))
    }

    pub(super) fn id(&self) -> i32 {
        int(&self.bytes, 4)
    }

    pub(super) fn answers_to(&self) -> i32 {
        int(&self.bytes, 8)
    }

    /// The command with its document sequences put into it; `None` where this is not an OP_MSG.
    pub(super) fn command(&self) -> Option<Document> {
        if int(&self.bytes, 12) != OP_MSG {
            return None;
        }
        let flags = u32::from_le_bytes(self.bytes.get(HEADER..HEADER + 4)?.try_into().ok()?);
        let checksum = if flags & CHECKSUM_PRESENT == 0 { 0 } else { 4 };
        let mut rest = self.bytes.get(HEADER + 4..self.bytes.len() - checksum)?;
        let mut command = None;
        let mut sequences = Document::new();
        while let Some((kind, section)) = rest.split_first() {
            let (this, next) = section.split_at_checked(usize::try_from(int(section, 0)).ok()?)?;
            match kind {
                0 => command = Document::from_reader(this).ok(),
                1 => sequences.extend([sequence(this)?]),
                _ => return None,
            }
            rest = next;
        }
        let mut command = command?;
        command.extend(sequences);
        Some(command)
    }

    /// An answer made here to the message of this id.
    pub(super) fn answer(to: i32, document: &Document) -> io::Result<Self> {
        let document = document.to_vec().map_err(io::Error::other)?;
        let length = i32::try_from(HEADER + 5 + document.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        for number in [length, 0, to, OP_MSG, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.push(0);
        bytes.extend_from_slice(&document);
        Ok(Self { bytes })
    }
}

/// A document sequence: its length, its name, its documents.
fn sequence(section: &[u8]) -> Option<(String, Bson)> {
    let rest = section.get(4..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let name = String::from_utf8_lossy(&rest[..end]).into_owned();
    let mut rest = &rest[end + 1..];
    let mut documents = Vec::new();
    while !rest.is_empty() {
        documents.push(Bson::Document(Document::from_reader(&mut rest).ok()?));
    }
    Some((name, Bson::Array(documents)))
}

/// The little-endian number at a place; 0 where the bytes end before it.
fn int(bytes: &[u8], at: usize) -> i32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes)
}
