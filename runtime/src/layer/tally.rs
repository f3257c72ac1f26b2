//! What one operation comes to: its attempts, and the records that it moves.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::observed::{Asked, Given};
use crate::limits::value_size;
use crate::request::{Attempt, Call, Capacity, Request, Returning, Watch, Write};
use crate::value::{RESERVED, Record, ValueRef};

/// Adds up the attempts of one operation.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Tallied>);

/// What they come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallied {
    pub(super) requests: u64,
    /// How many of them were not the first for their purpose.
    pub(super) retries: u64,
    /// How many records the server looked at; nothing if it never told.
    pub(super) examined: Option<u64>,
    pub(super) consumed: Vec<Capacity>,
    /// The server of the last one.
    pub(super) server: Option<(String, u16)>,
    /// The server's code for the last failure.
    pub(super) status: Option<String>,
}

impl Tally {
    /// What they come to until now.
    pub(super) fn so_far(&self) -> Tallied {
        self.tallied().clone()
    }

    fn tallied(&self) -> MutexGuard<'_, Tallied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Tally {
    fn attempt(&self, _: &Call, attempt: &Attempt<'_>) {
        let mut tallied = self.tallied();
        tallied.requests += 1;
        tallied.retries += u64::from(attempt.number > 1);
        if let Some(examined) = attempt.examined {
            *tallied.examined.get_or_insert(0) += examined;
        }
        tallied.consumed.extend_from_slice(attempt.consumed);
        if let Some((host, port)) = attempt.server {
            tallied.server = Some((host.to_owned(), port));
        }
        if let Some(code) = attempt.status {
            tallied.status = Some(code.to_owned());
        }
    }

    fn wants_capacity(&self) -> bool {
        true
    }
}

/// The records that an operation sends to be stored, and is given.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) bytes: u64,
    pub(super) given: u64,
    /// Of a transaction: whether each write is to tell of a record. A backend may tell more than it is asked.
    told: Option<Vec<bool>>,
    /// Of a page: the fields that are asked for; nothing for all. A backend may give more.
    asked: Option<&'static [&'static str]>,
}

impl Moved {
    /// What is sent.
    pub(super) fn of(asked: Asked<'_>) -> Self {
        let bytes = |writes: &[Write]| writes.iter().map(|write| size_of(write.whole_record().as_deref())).sum();
        let tells = |write: &Write| matches!(write.returning, Returning::Before | Returning::After);
        let (bytes, told) = match asked {
            Asked::Data(Request::Write(write)) => (size_of(write.whole_record().as_deref()), None),
            Asked::Data(Request::WriteMany(writes)) => (bytes(writes), None),
            Asked::Data(Request::Transact(writes)) => (bytes(writes), Some(writes.iter().map(tells).collect())),
            _ => (0, None),
        };
        Self { bytes, given: 0, told, asked: asked.query().and_then(|query| query.projection) }
    }

    /// What is given.
    pub(super) fn give(&mut self, given: Given<'_>) {
        let told = self.told.take();
        let is_told = |at: usize| told.as_ref().is_none_or(|told| told.get(at).copied().unwrap_or_default());
        match given {
            Given::Nothing | Given::Count(_) => {}
            Given::Record(record) => self.add(record),
            Given::Records(records) => records.iter().for_each(|record| self.add(record.as_ref())),
            Given::Page(page) => page.records.iter().for_each(|record| self.add(Some(record))),
            Given::Written(written) => {
                let told = written.iter().enumerate().filter(|(at, _)| is_told(*at));
                told.for_each(|(_, written)| self.add(written.record.as_ref()));
            }
            Given::Each(each) => each.iter().flatten().for_each(|written| self.add(written.record.as_ref())),
        }
    }

    fn add(&mut self, record: Option<&Record>) {
        self.given += u64::from(record.is_some());
        self.bytes += match self.asked {
            None => size_of(record),
            Some(names) => {
                size_of_fields(record.into_iter().flat_map(Record::iter).filter(|(name, _)| names.contains(name)))
            }
        };
    }
}

/// The bytes of a record, without the library's own fields, some of which only some backends have.
fn size_of(record: Option<&Record>) -> u64 {
    size_of_fields(record.into_iter().flat_map(Record::iter).filter(|(name, _)| !name.starts_with(RESERVED)))
}

fn size_of_fields<'a>(fields: impl Iterator<Item = (&'a str, ValueRef<'a>)>) -> u64 {
    let bytes: usize = fields.map(|(name, value)| name.len() + value_size(value)).sum();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
