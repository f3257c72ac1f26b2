//! Writes of whole records that keep what is stored beside the model's fields.

use crate::change::Change;
use crate::definition::Definition;
use crate::path::Path;
use crate::request::{Action, Returning, Write};
use crate::value::{EXPIRES, Record};

/// The same write, as changes of the record that is there: of all fields, and of nothing else.
pub(super) fn keep_unknown(write: Write) -> Write {
    let definition = write.definition;
    let action = match write.action {
        Action::Put(record) => Action::Upsert { changes: changes_to(definition, &record), insert: record },
        Action::Replace(record) => Action::Update(changes_to(definition, &record)),
        action => return Write { action, ..write },
    };
    Write { action, returning: Returning::Nothing, ..write }
}

/// What makes the fields of a stored record those of another.
fn changes_to(definition: &'static Definition, record: &Record) -> Vec<Change> {
    let is_key = |name: &str| name == definition.hash_name() || Some(name) == definition.range_name();
    let fields = definition.fields().iter().map(|field| field.name).filter(|name| !is_key(name));
    let expiry = definition.ttl().map(|_| EXPIRES);
    fields
        .chain(expiry)
        .map(|name| match record.stored(name) {
            Some(value) => Change::Set(Path::field(name), value.to_value()),
            None => Change::Remove(Path::field(name)),
        })
        .collect()
}
