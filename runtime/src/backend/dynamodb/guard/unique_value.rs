//! A value of a unique index, and the record that has it.

use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::definition::{Definition, IndexDef};
use crate::request::Call;
use crate::value::Record;

/// A value of a unique index, by the key of its guard.
#[derive(Debug, Clone)]
pub(crate) struct UniqueValue {
    pub(crate) definition: &'static Definition,
    pub(crate) index: &'static IndexDef,
    pub(crate) key: GuardKey,
}

impl UniqueValue {
    /// The value that a record has in an index; none if it is not in the index.
    pub(crate) fn of_record(
        definition: &'static Definition,
        index: &'static IndexDef,
        record: &Record,
    ) -> Option<Self> {
        Some(Self { definition, index, key: guard::key_of_record(definition, index, record)? })
    }

    /// Whether a record is live and has the value.
    pub(crate) fn is_had_by(&self, record: Option<&Record>, call: &Call) -> bool {
        let live = record.filter(|record| record.is_live(self.definition, call));
        let own = live.and_then(|record| guard::key_of_record(self.definition, self.index, record));
        own.as_ref() == Some(&self.key)
    }
}
