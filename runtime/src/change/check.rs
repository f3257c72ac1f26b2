//! Which changes may be made together.

use super::Change;
use crate::error::{Error, Result};
use crate::limits::expression::MOST_CHANGE_TEXT;
use crate::limits::requests::EXPRESSION_TEXT;

/// Refuses more changes than DynamoDB takes at once, and those that overlap: which of two would win
/// differs from server to server.
pub(crate) fn check_changes(changes: &[Change]) -> Result<()> {
    let text: usize = changes.iter().map(Change::text_size).sum();
    if text > MOST_CHANGE_TEXT {
        return Err(Error::invalid(format!(
            "changes of {text} bytes as DynamoDB is given them; {MOST_CHANGE_TEXT} at most, since it takes {EXPRESSION_TEXT} in a request"
        )));
    }
    for (i, change) in changes.iter().enumerate() {
        if let Some(other) = changes[..i].iter().find(|other| other.path().overlaps(change.path())) {
            return Err(Error::invalid(format!(
                "the update changes {} and {}, which overlap",
                other.path(),
                change.path()
            )));
        }
    }
    Ok(())
}
