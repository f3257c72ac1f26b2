//! The indexes of a collection: those that there should be, and how one differs from another.

use mongodb::bson::{Bson, Document, doc};

use super::shape::columns;
use crate::backend::Plan;
use crate::definition::{Definition, IndexDef};
use crate::value::EXPIRES;

/// The indexes that there should be, as "createIndexes" takes them.
pub(super) fn wanted(definition: &'static Definition) -> Vec<Document> {
    let mut wanted: Vec<_> = definition.indexes().iter().map(|index| wanted_index(definition, index)).collect();
    if definition.ttl().is_some() {
        wanted.push(doc! { "key": { EXPIRES: 1 }, "name": EXPIRES, "expireAfterSeconds": 0 });
    }
    wanted
}

fn wanted_index(definition: &Definition, index: &IndexDef) -> Document {
    let columns = columns(definition, index);
    let mut key: Document = columns.iter().map(|column| (column.path.clone(), Bson::Int32(1))).collect();
    // The order is total with `_id` at the end, and pages are read from the index.
    if !index.unique && !key.contains_key("_id") {
        key.insert("_id", 1);
    }
    let mut wanted = doc! { "key": key, "name": index.name };
    if index.unique {
        wanted.insert("unique", true);
    }
    // A record without one of the fields is not in the index.
    let fields = columns.iter().filter(|column| !column.path.starts_with("_id"));
    let exist: Document = fields.map(|column| (column.path.clone(), doc! { "$exists": true }.into())).collect();
    if !exist.is_empty() {
        wanted.insert("partialFilterExpression", exist);
    }
    wanted
}

/// An index's name.
pub(super) fn name_of(index: &Document) -> &str {
    index.get_str("name").unwrap_or_default()
}

/// How an index that there should be stands to those that there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing<'a> {
    Missing,
    /// There is this one, under whatever name.
    Right(&'a Document),
    /// There is this one in its place, and it is not the same.
    Different(&'a Document),
}

/// Compares an index that there should be with those that there are. One of another name that is the
/// same otherwise is the same: MongoDB takes no second one.
pub(super) fn compare<'a>(wanted: &Document, existing: &'a [Document]) -> Standing<'a> {
    let named = existing.iter().find(|index| name_of(index) == name_of(wanted));
    let same_key = || existing.iter().find(|index| fields(index) == fields(wanted) && name_of(index) != "_id_");
    match named.or_else(same_key) {
        None => Standing::Missing,
        Some(index) if shape(index) == shape(wanted) => Standing::Right(index),
        Some(index) => Standing::Different(index),
    }
}

/// Says in a plan what of the indexes that there are is none of the model's.
pub(super) fn compare_left(definition: &'static Definition, existing: &[Document], plan: &mut Plan) {
    let wanted = wanted(definition);
    let known = |index: &Document| {
        let right = |wanted: &Document| compare(wanted, existing) == Standing::Right(index);
        wanted.iter().any(|wanted| name_of(wanted) == name_of(index) || right(wanted))
    };
    for index in existing.iter().filter(|index| name_of(index) != "_id_" && !known(index)) {
        if name_of(index) == EXPIRES {
            plan.refuse_expiry(&format!("drop the index {EXPIRES} of the collection"));
        } else if index.get_bool("unique").unwrap_or(false) {
            plan.refuse_unknown_unique(name_of(index));
        } else {
            plan.leave_index(name_of(index));
        }
    }
}

/// The fields of an index as a hint names it, whatever it is called.
pub(super) fn key(definition: &Definition, index: &IndexDef) -> Document {
    wanted_index(definition, index).get_document("key").cloned().unwrap_or_default()
}

/// What makes an index what it is.
fn shape(index: &Document) -> impl PartialEq + use<> {
    let flag = |name: &str| index.get_bool(name).unwrap_or(false);
    let expiry = index.get("expireAfterSeconds").and_then(number);
    let partial = index.get_document("partialFilterExpression").ok().cloned();
    (fields(index), flag("unique"), flag("sparse"), flag("hidden"), expiry, partial, index.contains_key("collation"))
}

/// The fields of an index with their directions.
pub(super) fn fields(index: &Document) -> Vec<(String, Option<i64>)> {
    let key = index.get_document("key").into_iter().flatten();
    key.map(|(name, direction)| (name.clone(), number(direction))).collect()
}

fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(n) => Some((*n).into()),
        Bson::Int64(n) => Some(*n),
        Bson::Double(x) => crate::value::whole(*x).and_then(|n| i64::try_from(n).ok()),
        _ => None,
    }
}

/// An index in words.
pub(super) fn described(index: &Document) -> String {
    let names: Vec<_> = fields(index).into_iter().map(|(name, _)| name).collect();
    let unique = if index.get_bool("unique").unwrap_or(false) { "unique " } else { "" };
    let expiry = if index.contains_key("expireAfterSeconds") { ", which expires records" } else { "" };
    let partial = if index.contains_key("partialFilterExpression") { "" } else { ", over all records" };
    let partial = if expiry.is_empty() { partial } else { "" };
    format!("{unique}index {} on ({}){expiry}{partial}", name_of(index), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_the_same_whatever_number_type_the_server_gives() {
        let wanted = doc! { "key": { "a": 1, "_id": 1 }, "name": "by_a", "partialFilterExpression": { "a": { "$exists": true } } };
        let mut stored = wanted.clone();
        stored.insert("key", doc! { "a": 1.0, "_id": 1_i64 });
        stored.insert("v", 2);
        assert_eq!(compare(&wanted, std::slice::from_ref(&stored)), Standing::Right(&stored));
        stored.insert("name", "other");
        assert_eq!(compare(&wanted, std::slice::from_ref(&stored)), Standing::Right(&stored));
        stored.insert("unique", true);
        assert_eq!(compare(&wanted, std::slice::from_ref(&stored)), Standing::Different(&stored));
        stored.insert("name", "by_a");
        assert_eq!(compare(&wanted, std::slice::from_ref(&stored)), Standing::Different(&stored));
        assert_eq!(compare(&wanted, &[doc! { "key": { "_id": 1 }, "name": "_id_" }]), Standing::Missing);
    }

    #[test]
    fn the_order_of_fields_is_part_of_an_index() {
        let wanted = doc! { "key": { "a": 1, "b": 1 }, "name": "x" };
        let stored = doc! { "key": { "b": 1, "a": 1 }, "name": "x" };
        assert_eq!(compare(&wanted, std::slice::from_ref(&stored)), Standing::Different(&stored));
    }
}
