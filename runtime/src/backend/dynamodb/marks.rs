//! What the library writes into a record's item beside the model's fields: the stamp of the write, and the expiry where
//! the model's own field cannot serve DynamoDB for it.

use std::borrow::Cow;

use crate::backend::dynamodb::wire::item::{Item, item_with};
use crate::change::Change;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::path::Path;
use crate::request::Write;
use crate::value::{EXPIRES, Record, STAMP, Value};

/// Refuses a model that no mark may be written of, and whose records DynamoDB could not expire without one.
///
/// Errors: [`Unsupported`](crate::ErrorKind::Unsupported).
pub(super) fn check_marks(definition: &Definition) -> Result<()> {
    let Some(field) = definition.ttl_name().filter(|_| !definition.stamps() && !definition.expires_by_seconds()) else {
        return Ok(());
    };
    Err(Error::unsupported(format!(
        "DynamoDB cannot expire records by {field}, and `stamp = false` leaves no room for `{EXPIRES}` beside it: have \
         {field} hold the expiry itself in whole seconds, as an integer or an instant with \
         `#[stored(as = \"seconds\")]`, under `#[ttl]` without `seconds` and without other names, or leave \
         `stamp = false` out"
    )))
}

/// The same of all of a transaction's writes. The error has the position of the first.
pub(super) fn check_all_marks(writes: &[Write]) -> Result<()> {
    let mut each = writes.iter().enumerate();
    each.try_for_each(|(at, write)| check_marks(write.definition).map_err(|e| e.at_position(at)))
}

/// The stamp that a write leaves in records of a model; nothing if it leaves none.
pub(super) fn stamp_of<'a>(definition: &Definition, stamp: &'a Value) -> Option<&'a Value> {
    Some(stamp).filter(|_| definition.stamps())
}

/// Whether a record has this stamp.
pub(super) fn is_stamped(record: &Record, stamp: &Value) -> bool {
    record.get(STAMP).is_some_and(|found| found == *stamp)
}

/// The item of a record that a write with this stamp stores.
pub(super) fn marked_item(definition: &Definition, record: &Record, stamp: &Value) -> Item {
    let by_field = definition.expires_by_seconds();
    let is_kept = |name: &str| name != STAMP && !(by_field && name == EXPIRES);
    item_with(record, is_kept, stamp_of(definition, stamp).map(|stamp| (STAMP, stamp)))
}

/// The changes that are made to a record's item. Where its field says when it expires, a mark that another release
/// left is taken away, since it would not follow the field.
pub(super) fn marked_changes<'a>(definition: &Definition, changes: &'a [Change]) -> Cow<'a, [Change]> {
    let is_of_mark = |change: &Change| change.path().root() == EXPIRES;
    if !(definition.expires_by_seconds() && changes.iter().any(is_of_mark)) {
        return Cow::Borrowed(changes);
    }
    let unmark = |change: &Change| match is_of_mark(change) {
        true => Change::Remove(Path::field(EXPIRES)),
        false => change.clone(),
    };
    Cow::Owned(changes.iter().map(unmark).collect())
}
