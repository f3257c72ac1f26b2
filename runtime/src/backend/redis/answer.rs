//! What the script that writes answers.

use redis::Value;

use super::read::record;
use super::script::WRITE;
use super::server::{bytes, list, unreadable};
use crate::error::Result;
use crate::value::Record;

/// What became of the writes.
pub(super) enum Answer {
    /// The result of each.
    Done(Vec<Outcome>),
    /// Nothing was done, for the reason of the write at this position.
    Refused(usize, Outcome),
    /// Nothing was done: a repository is not as it was when it was last read.
    Generation,
    /// Nothing was done: the server's clock says that it came too late.
    Late,
}

/// What became of one write.
pub(super) enum Outcome {
    /// It was done; whether a live record was there, and that one if it was asked for.
    Done { existed: bool, before: Option<Record> },
    /// A live record has the key.
    Exists,
    /// Another live record holds the value of this index.
    Taken(String),
    /// It is refused, as was known before.
    Known,
    /// Another record is there than the one that was read.
    Changed,
    /// Only the model can say whether this record is live.
    Look { about: Vec<u8>, record: Record },
}

impl Answer {
    pub(super) fn read(value: Value, count: usize) -> Result<Self> {
        let broken = || unreadable(WRITE.name);
        let mut parts = list(value, WRITE.name)?.into_iter();
        let word = parts.next().and_then(bytes).ok_or_else(broken)?;
        match word.as_slice() {
            b"done" => {
                let outcomes = parts.map(Outcome::read).collect::<Result<Vec<_>>>()?;
                if outcomes.len() == count { Ok(Self::Done(outcomes)) } else { Err(broken()) }
            }
            b"refused" => {
                let (at, outcome) = parts.next().zip(parts.next()).ok_or_else(broken)?;
                let Value::Int(at) = at else { return Err(broken()) };
                let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1)).filter(|at| *at < count);
                Ok(Self::Refused(at.ok_or_else(broken)?, Outcome::read(outcome)?))
            }
            b"generation" => Ok(Self::Generation),
            b"late" => Ok(Self::Late),
            _ => Err(broken()),
        }
    }
}

impl Outcome {
    fn read(value: Value) -> Result<Self> {
        let broken = || unreadable(WRITE.name);
        let mut parts = list(value, WRITE.name)?.into_iter();
        let word = parts.next().and_then(bytes).ok_or_else(broken)?;
        let mut next = || parts.next().unwrap_or_default();
        Ok(match word.as_slice() {
            b"ok" => {
                let existed = match next() {
                    Value::Int(existed @ (0 | 1)) => existed == 1,
                    _ => return Err(broken()),
                };
                Self::Done { existed, before: record(next())? }
            }
            b"exists" => Self::Exists,
            b"taken" => {
                let name = bytes(next()).and_then(|name| String::from_utf8(name).ok());
                Self::Taken(name.ok_or_else(broken)?)
            }
            b"known" => Self::Known,
            b"changed" => Self::Changed,
            b"look" => {
                let about = bytes(next()).ok_or_else(broken)?;
                Self::Look { about, record: record(next())?.ok_or_else(broken)? }
            }
            _ => return Err(broken()),
        })
    }
}
