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

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn an_index_serves_if_it_means_the_same() {
        let exist = doc! { "a": { "$exists": true }, "b": { "$exists": true } };
        let wanted = doc! { "key": { "a": 1, "b": 1, "_id": 1 }, "name": "x", "partialFilterExpression": exist };
        for (index, does) in [
            (doc! { "key": { "a": 1, "b": -1 } }, true),
            (doc! { "key": { "a": -1, "b": -1, "_id": -1 }, "sparse": true }, true),
            (doc! { "key": { "a": 1 } }, false),
            (doc! { "key": { "a": 1, "b": 1, "c": 1 } }, false),
            (doc! { "key": { "b": 1, "a": 1 } }, false),
            (doc! { "key": { "a": 1, "b": "hashed" } }, false),
            (doc! { "key": { "a": 1, "b": 1 }, "unique": true }, false),
            (doc! { "key": { "a": 1, "b": 1 }, "hidden": true }, false),
            (doc! { "key": { "a": 1, "b": 1 }, "collation": { "locale": "fr" } }, false),
            (doc! { "key": { "a": 1, "b": 1 }, "expireAfterSeconds": 5 }, false),
            (doc! { "key": { "a": 1, "b": 1 }, "partialFilterExpression": { "c": 1 } }, false),
        ] {
            assert_eq!(serves(true, &wanted, &index), does, "{index}");
        }
    }

    #[test]
    fn a_unique_index_serves_if_it_refuses_the_same() {
        let exist = doc! { "a": { "$exists": true } };
        let wanted = doc! { "key": { "a": 1 }, "name": "x", "unique": true, "partialFilterExpression": exist.clone() };
        let key = || doc! { "key": { "a": 1.0 }, "unique": true };
        let with = |name: &str, value: mongodb::bson::Bson| {
            let mut index = key();
            index.insert(name, value);
            index
        };
        for (index, whole, lacking) in [
            (key(), true, false),
            (with("sparse", true.into()), true, true),
            (with("partialFilterExpression", exist.into()), true, true),
            (with("unique", false.into()), false, false),
            (doc! { "key": { "a": -1 }, "unique": true }, false, false),
        ] {
            assert_eq!((serves(false, &wanted, &index), serves(true, &wanted, &index)), (whole, lacking), "{index}");
        }
    }
}
