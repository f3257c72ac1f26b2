//! One request that a backend sent, as those that watch a call hear of it.

use crate::error::ErrorKind;

/// One request that a backend sent.
///
/// A backend tells what it knows; what it does not know is as [`new`](Self::new) leaves it.
///
/// ```
/// use reposit::ErrorKind;
/// use reposit::backend::Attempt;
///
/// let attempt = Attempt::new("PutItem").numbered(2).failed(ErrorKind::Timeout).lost();
/// assert_eq!((attempt.request, attempt.number, attempt.lost), ("PutItem", 2, true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The request, by the name that the server's documentation gives it: `GetItem`, `find`.
    pub request: &'a str,
    /// Why it failed; nothing if it did not.
    pub failure: Option<ErrorKind>,
    /// The how manieth it is for the same purpose: 1, or more if an earlier one failed or was done in part.
    pub number: u32,
    /// Whether it is a write that may have been applied although no answer says so.
    pub lost: bool,
    /// The server's own code for a failure: `ThrottlingException`, `112`.
    pub status: Option<&'a str>,
    /// The server's host and port.
    pub server: Option<(&'a str, u16)>,
    /// How many parts of a batch the server left undone.
    pub undone: u64,
    /// How many records the server looked at, before a filter; nothing if it does not tell.
    pub examined: Option<u64>,
    /// What it consumed, if the call [asked](super::Call::wants_capacity) and the server tells.
    pub consumed: &'a [Capacity],
}

impl<'a> Attempt<'a> {
    /// The first attempt of its request, which was answered.
    pub fn new(request: &'a str) -> Self {
        Self {
            request,
            failure: None,
            number: 1,
            lost: false,
            status: None,
            server: None,
            undone: 0,
            examined: None,
            consumed: &[],
        }
    }

    /// The same attempt, failed.
    #[must_use]
    pub fn failed(self, kind: ErrorKind) -> Self {
        Self { failure: Some(kind), ..self }
    }

    /// The same attempt, the how manieth for its purpose.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// The same attempt, of a write that may have been applied although no answer says so.
    #[must_use]
    pub fn lost(self) -> Self {
        Self { lost: true, ..self }
    }

    /// The same attempt, with the server's code for its failure.
    #[must_use]
    pub fn status(self, code: &'a str) -> Self {
        Self { status: Some(code), ..self }
    }

    /// The same attempt, to a server of this host and port.
    #[must_use]
    pub fn server(self, host: &'a str, port: u16) -> Self {
        Self { server: Some((host, port)), ..self }
    }

    /// The same attempt, of which so many parts were left undone.
    #[must_use]
    pub fn undone(self, parts: u64) -> Self {
        Self { undone: parts, ..self }
    }

    /// The same attempt, for which the server looked at so many records.
    #[must_use]
    pub fn examined(self, records: u64) -> Self {
        Self { examined: Some(records), ..self }
    }

    /// The same attempt, with what it consumed.
    #[must_use]
    pub fn consumed(self, capacity: &'a [Capacity]) -> Self {
        Self { consumed: capacity, ..self }
    }
}

/// The capacity that a request consumed of one table, or of one index of it.
///
/// Units are those of DynamoDB, which counts in halves.
///
/// ```
/// use reposit::backend::Capacity;
///
/// let capacity = Capacity::read("users", Some("by_team"), 0.5);
/// assert_eq!((capacity.read_units(), capacity.write_units()), (0.5, 0.0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capacity {
    /// The table.
    pub table: String,
    /// The index of the table, if it was that.
    pub index: Option<String>,
    read_halves: u64,
    write_halves: u64,
}

impl Capacity {
    /// Of a read, so many units.
    pub fn read(table: impl Into<String>, index: Option<&str>, units: f64) -> Self {
        Self::new(table.into(), index, halves(units), 0)
    }

    /// Of a write, so many units.
    pub fn write(table: impl Into<String>, index: Option<&str>, units: f64) -> Self {
        Self::new(table.into(), index, 0, halves(units))
    }

    fn new(table: String, index: Option<&str>, read_halves: u64, write_halves: u64) -> Self {
        Self { table, index: index.map(str::to_owned), read_halves, write_halves }
    }

    /// The read units.
    pub fn read_units(&self) -> f64 {
        self.read_halves as f64 / 2.0
    }

    /// The write units.
    pub fn write_units(&self) -> f64 {
        self.write_halves as f64 / 2.0
    }
}

/// Units in halves; none if it is no number of units.
fn halves(units: f64) -> u64 {
    // A cast saturates, and makes nothing of what is negative or no number.
    (units * 2.0).round() as u64
}
