//! What a transaction would be on DynamoDB, where each unique value that moves is an item of its own: the same count as
//! in memory, so that what passes here passes there.

use std::collections::HashSet;

use super::layout::Layout;
use crate::error::Result;
use crate::limits::{self, Limits};
use crate::request::{Action, Returning, Write};
use crate::value::Record;

/// What a transaction is made of.
#[derive(Default)]
pub(super) struct Items {
    records: usize,
    values: HashSet<(String, Vec<u8>)>,
}

/// Whether so many items may be in the transaction that they have to be counted.
pub(super) fn may_be_too_many(writes: &[Write], limits: &Limits) -> bool {
    let most = |write: &Write| 1 + 2 * write.definition.unique_indexes().count();
    writes.iter().map(most).sum::<usize>() > limits.transaction_operations
}

impl Items {
    /// Counts a write, from the live record before it to the one after it.
    pub(super) fn count(
        &mut self,
        layout: &Layout,
        write: &Write,
        live: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<()> {
        let is_check = matches!(write.action, Action::Check);
        let is_told = write.returning == Returning::After;
        let is_unique = layout.schema.indexes.iter().any(|index| index.unique);
        if is_check || is_told || live.is_some() || new.is_some() || !is_unique {
            self.records += 1;
        }
        if is_check {
            return Ok(());
        }
        let values = |record: Option<&Record>| match record {
            Some(record) => layout.unique_entries(record),
            None => Ok(Vec::new()),
        };
        let (old, new_values) = (values(live)?, values(new)?);
        let same_expiry = live.and_then(Record::expires) == new.and_then(Record::expires);
        let moved = |entry: &(String, Vec<u8>), others: &[(String, Vec<u8>)]| !same_expiry || !others.contains(entry);
        self.values.extend(old.iter().filter(|entry| moved(entry, &new_values)).cloned());
        self.values.extend(new_values.iter().filter(|entry| moved(entry, &old)).cloned());
        Ok(())
    }

    /// Refuses too many.
    pub(super) fn check(&self, limits: &Limits) -> Result<()> {
        limits::check_transaction_items(self.records + self.values.len(), limits)
    }
}
