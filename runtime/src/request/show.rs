//! A request as `explain` shows it.

use super::read::{FindMany, FindUnique, Get, GetMany, Query};
use super::write::Write;

/// A request as it is shown to people: looked at, and not sent.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// A read of one record.
    Get(&'a Get),
    /// A read of many records of one repository.
    GetMany(&'a GetMany),
    /// A read by the values of a unique index.
    FindUnique(&'a FindUnique),
    /// A read by many values of a unique index.
    FindMany(&'a FindMany),
    /// A read of a page.
    Query(&'a Query),
    /// One write.
    Write(&'a Write),
    /// Puts and deletes, each for itself.
    WriteMany(&'a [Write]),
    /// Writes that happen all together.
    Transact(&'a [Write]),
    /// A read of records as they were at one moment.
    Snapshot(&'a [Get]),
}
