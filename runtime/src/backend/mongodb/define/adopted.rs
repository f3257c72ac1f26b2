//! Indexes that other programs made: which of them do for the model's, and what is said of the rest.

use mongodb::bson::Document;

use super::index_document::{before_id, every_field_exists, fields, is_set, name_of, number, shape_of, without_id};
use crate::backend::{Mismatch, Plan, Unused};

/// Whether an index as another program makes it does for the model's: it holds every record that a query of the
/// model's would find in it, and refuses just what the model's would refuse. Records may lack a field of it if
/// `may_lack`.
pub(super) fn serves(may_lack: bool, wanted: &Document, index: &Document) -> bool {
    let (there, own) = (fields(index), fields(wanted));
    let has = |name: &str| index.contains_key(name);
    let unique = is_set(wanted, "unique");
    let in_order = there.iter().all(|(_, direction)| matches!(direction, Some(1 | -1)));
    if is_set(index, "unique") != unique || is_set(index, "hidden") || has("collation") || !in_order {
        return false;
    }
    if has("expireAfterSeconds") || has("wildcardProjection") {
        return false;
    }
    let every_field = every_field_exists(without_id(&own).map(str::to_owned));
    let partial = index.get_document("partialFilterExpression").ok();
    if partial.is_some_and(|filter| *filter != every_field) {
        return false;
    }
    if !unique {
        // Without `_id` at its end the server sorts what it finds.
        return before_id(&there).eq(before_id(&own));
    }
    // One that holds records without its fields lets one of them in. To the model any number may lack them.
    let leaves_out = partial.is_some() || (is_set(index, "sparse") && own.len() == 1);
    there == own && (leaves_out || !may_lack)
}

/// Adds an index that the model does not have: one that every record of it would be in and every write of it meets.
pub(super) fn add_unknown(index: &Document, plan: &mut Plan) {
    let name = name_of(index);
    let every_field = every_field_exists(without_id(&fields(index)).map(str::to_owned));
    let is_own = index.get_document("partialFilterExpression").is_ok_and(|filter| *filter == every_field);
    match is_set(index, "unique") {
        // So the library makes them: another release has it in the model.
        true if is_own => plan.add_mismatch(Mismatch::UnknownUnique(name.to_owned())),
        true => {
            plan.add_left_alone(format!("the unique index {}, which refuses writes of this model too", shape_of(index)))
        }
        false => plan.add_unused(Unused::Index(name.to_owned())),
    }
    if let Some(seconds) = index.get("expireAfterSeconds").and_then(number) {
        let field = fields(index).into_iter().next().map(|(name, _)| name).unwrap_or_default();
        plan.add_left_alone(format!(
            "the time to live of the index {name}: the server deletes records {seconds} seconds after {field}"
        ));
    }
}
