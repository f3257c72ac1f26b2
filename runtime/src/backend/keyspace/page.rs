//! The records of a page, as they are found one after another.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::request::{Query, RecordPage};
use crate::value::Record;

/// How many records there is room for at first: many pages have no more.
const ROOM: usize = 32;

/// The records of a page that were found.
pub(in crate::backend) struct PageRecords<'a> {
    query: &'a Query,
    found: Vec<Record>,
    /// Whether there is one more, so that the page is not the last.
    more: bool,
}

impl<'a> PageRecords<'a> {
    pub(in crate::backend) fn new(query: &'a Query) -> Self {
        Self { query, found: Vec::with_capacity(query.limit.min(ROOM)), more: false }
    }

    /// Takes the next record, which is made only if it is on the page; says whether to go on.
    pub(in crate::backend) fn take(&mut self, record: impl FnOnce() -> Record) -> ControlFlow<()> {
        // One record ahead shows whether the page is the last.
        self.more = self.found.len() == self.query.limit;
        if self.more {
            return ControlFlow::Break(());
        }
        self.found.push(record());
        let enough = !self.query.wants_next && self.found.len() == self.query.limit;
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    pub(in crate::backend) fn into_page(mut self) -> Result<RecordPage> {
        let last = self.found.last().filter(|_| self.more);
        let next = last.map(|record| self.query.position_of(record)).transpose()?;
        if let Some(names) = self.query.projection {
            // Who asks may want to know where a record stands.
            let place = self.query.place_names();
            self.found.iter_mut().for_each(|record| *record = projected(record, names.iter().chain(&place)));
        }
        Ok(RecordPage::new(self.found, next))
    }
}

fn projected<'a>(record: &Record, names: impl Iterator<Item = &'a &'a str>) -> Record {
    let value = |name: &&str| Some(((*name).to_owned(), record.get(name)?.to_value()));
    names.filter_map(value).collect()
}
