//! The records that the operations are about, and their keys and unique values.

use super::models::{Entry, Line, Page, Person, Thing, page, person, thing};

/// How many records a batch is of.
pub(super) const BATCH: usize = 5;

pub(super) fn things(id: &str) -> Vec<Thing> {
    (0..BATCH).map(|n| Thing { text: "second".into(), ..thing(&item(id, n)) }).collect()
}

pub(super) fn pages(id: &str) -> Vec<Page> {
    (0..BATCH).map(|n| page(&item(id, n))).collect()
}

pub(super) fn people(id: &str) -> Vec<Person> {
    (0..BATCH).map(|n| person(&item(id, n), &format!("{n}.{}", new_email(id)))).collect()
}

pub(super) fn entries(id: &str) -> Vec<Entry> {
    (0..BATCH as u64).map(|n| Entry { id: id.into(), n, count: 10 }).collect()
}

pub(super) fn lines(id: &str) -> Vec<Line> {
    (0..BATCH as u64).map(|n| Line { id: id.into(), n }).collect()
}

/// The key of one record of a batch.
pub(super) fn item(id: &str, n: usize) -> String {
    format!("{id}-{n}")
}

/// The unique value that a record has before.
pub(super) fn old_email(id: &str) -> String {
    format!("old.{id}@example.com")
}

/// The unique value that an operation writes.
pub(super) fn new_email(id: &str) -> String {
    format!("new.{id}@example.com")
}
