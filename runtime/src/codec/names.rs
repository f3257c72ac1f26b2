//! The names that what is stored under a record's own names may have.

use crate::definition::{Definition, find_next};
use crate::error::{Error, Result};
use crate::limits;
use crate::value::names;

/// MongoDB's name of the primary key.
const ID: &str = "_id";

/// Refuses names that a field of a record cannot have. Those of the model's fields were checked when it was
/// compiled: if a record is known to have no others, there is nothing to look at.
pub(super) fn check_names(definition: &'static Definition, entries: &[u8], only_fields: bool) -> Result<()> {
    let fields = definition.fields();
    if only_fields && fields.iter().all(|field| field.name != ID) {
        return Ok(());
    }
    let mut next = 0;
    for name in names(entries) {
        if find_next(fields, name, &mut next).is_none() || name == ID.as_bytes() {
            check_stored_name(definition, &String::from_utf8_lossy(name))?;
        }
    }
    Ok(())
}

/// Refuses a name that a field of the record cannot have.
pub(crate) fn check_stored_name(definition: &Definition, name: &str) -> Result<()> {
    if name == ID && (definition.range().is_some() || definition.hash_name() != name) {
        return Err(Error::invalid("a field cannot be stored as \"_id\", which is the primary key's name on MongoDB"));
    }
    limits::check_field_name(name)
}
