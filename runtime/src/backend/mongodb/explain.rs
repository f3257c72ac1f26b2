//! Commands as text.

use mongodb::bson::Document;

use crate::error::{Error, Result};

/// A command as MongoDB's extended JSON.
pub(super) fn text(command: &Document) -> Result<String> {
    serde_json::to_string_pretty(command).map_err(|error| Error::codec("the command has no text").with_source(error))
}
