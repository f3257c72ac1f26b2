//! What stands under a key of the keyspace, and its form in a store of bytes.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | the form: 4 |
//! | 1 | `m`, a mark, or `r`, a record |
//! | rest | nothing of a mark; of a record, its bytes as `docs/record-format.md` draws them |
//!
//! Form 1 had names and values as parts of the canonical encoding; forms 2 and 3 had records of versions 1 and 2. All are
//! read, and no longer written.

use crate::error::{Error, Result};
use crate::request::canonical;
use crate::value::Record;

/// The form that [`Entry::to_bytes`] writes.
const FORM: u8 = 4;
/// The forms in which records were of versions 1 and 2, which version 3 only adds to.
const FIRST_RECORDS: u8 = 2;
const SECOND_RECORDS: u8 = 3;
/// The form before that.
const OLD_FORM: u8 = 1;

const MARK: u8 = b'm';
const RECORD: u8 = b'r';

/// What stands under a key. A store keeps it as it is, or as [bytes](Self::to_bytes).
///
/// ```
/// use reposit::keyspace::Entry;
///
/// let mark = Entry::from_bytes(&[4, b'm'])?;
/// assert_eq!(mark.to_bytes(), [4, b'm']);
/// assert!(Entry::from_bytes(b"something else").is_err());
/// # Ok::<(), reposit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Entry(Content);

#[derive(Debug, Clone)]
enum Content {
    Record(Record),
    /// Nothing but the key itself: an entry of an index.
    Mark,
}

impl Entry {
    /// The entry that is a key alone.
    pub(crate) const MARK: Self = Self(Content::Mark);

    /// The entry of a record. One that is shared is not copied by whoever keeps it and whoever reads it.
    pub(crate) fn of_record(record: Record) -> Self {
        Self(Content::Record(record))
    }

    /// The record; nothing of a mark.
    pub(crate) fn record(&self) -> Option<&Record> {
        match &self.0 {
            Content::Record(record) => Some(record),
            Content::Mark => None,
        }
    }

    /// The entry's record, without a copy.
    pub(super) fn into_record(self) -> Option<Record> {
        match self.0 {
            Content::Record(record) => Some(record),
            Content::Mark => None,
        }
    }

    /// The entry as bytes, from which [`from_bytes`](Self::from_bytes) makes it again.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Content::Mark => vec![FORM, MARK],
            Content::Record(record) => {
                let mut out = vec![FORM, RECORD];
                out.extend_from_slice(record.as_bytes());
                out
            }
        }
    }

    /// The entry that was written as these bytes.
    ///
    /// Errors: [`Codec`](crate::ErrorKind::Codec) if they are none that [`to_bytes`](Self::to_bytes) wrote,
    /// or if a later release of the library wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes {
            [OLD_FORM | FIRST_RECORDS | SECOND_RECORDS | FORM, MARK] => Ok(Self::MARK),
            [FIRST_RECORDS | SECOND_RECORDS | FORM, RECORD, record @ ..] => {
                let record = Record::from_bytes(record.to_vec()).map_err(|_| broken_entry())?;
                Ok(Self::of_record(record))
            }
            [OLD_FORM, RECORD, attributes @ ..] => {
                let map = canonical::read_attributes(attributes).ok_or_else(broken_entry)?;
                Ok(Self::of_record(map.into()))
            }
            [form, MARK | RECORD, ..] if *form > FORM => Err(Error::codec(format!(
                "an entry of the store is of form {form}, and this release of the library reads form {FORM}"
            ))),
            _ => Err(broken_entry()),
        }
    }
}

fn broken_entry() -> Error {
    Error::codec("an entry of the store is not what the library writes")
}
