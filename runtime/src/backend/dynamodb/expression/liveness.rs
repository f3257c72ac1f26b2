//! Whether a record is there, and has not expired, as the server judges it.

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::definition::Definition;
use crate::path::Path;
use crate::request::{Call, liveness};
use crate::value::EXPIRES;

/// An item is there, whether or not it has expired.
pub(crate) fn stored(definition: &Definition, placeholders: &mut Placeholders) -> Text {
    condition::function("attribute_exists", &Path::field(definition.hash_name()), placeholders)
}

/// No item is there.
pub(crate) fn not_stored(definition: &Definition, placeholders: &mut Placeholders) -> Text {
    condition::function("attribute_not_exists", &Path::field(definition.hash_name()), placeholders)
}

/// No live record is there.
pub(crate) fn absent(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    let missing = not_stored(definition, placeholders);
    let expired = expired(definition, call, placeholders);
    condition::any([missing, expired], placeholders)
}

/// What is there has not expired.
pub(crate) fn live(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    match expired(definition, call, placeholders) {
        Text::False => Text::True,
        expired => expired.not(placeholders),
    }
}

/// What is there has expired: by its field if the server expires it by that, else by the mark, or by its field if it
/// has no mark.
fn expired(definition: &Definition, call: &Call, placeholders: &mut Placeholders) -> Text {
    let Some(by_field) = liveness::expired_by_field(definition, call) else { return Text::False };
    if definition.expires_by_seconds() {
        return condition::write_expr(&by_field, placeholders);
    }
    let by_mark = expired_by_mark(call, placeholders);
    let unmarked = condition::function("attribute_not_exists", &Path::field(EXPIRES), placeholders);
    let by_field = condition::write_expr(&by_field, placeholders);
    let by_field = condition::all([unmarked, by_field], placeholders);
    condition::any([by_mark, by_field], placeholders)
}

/// What is there has a mark that has passed.
pub(crate) fn expired_by_mark(call: &Call, placeholders: &mut Placeholders) -> Text {
    condition::write_expr(&liveness::expired_by_mark(call), placeholders)
}
