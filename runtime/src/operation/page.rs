use crate::codec;
use crate::cursor::Cursor;
use crate::error::Result;
use crate::repository::Repository;
use crate::value::Record;

/// How many records a page has where no limit is set.
pub(super) const PAGE: usize = 1000;

/// A page of records, and where the next one begins. Only the last page may be short.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<M> {
    /// The records.
    pub items: Vec<M>,
    /// For `.after(..)` of the same query; nothing at the end.
    pub next: Option<Cursor>,
}

impl<M> Page<M> {
    pub(super) fn new(items: Vec<M>, next: Option<Cursor>) -> Self {
        Self { items, next }
    }
}

pub(super) fn decode_all<M: Repository>(records: Vec<Record>) -> Result<Vec<M>> {
    records.into_iter().map(|record| codec::decode(record, M::definition())).collect()
}
