//! The indexes of a collection: those that there should be, and how those that there are differ.

use mongodb::bson::{Document, doc};

use super::super::document::{columns, index_key};
use super::super::hints::Hints;
use super::adopted;
use super::index_document::{PRIMARY, every_field_exists, fields, is_set, name_of, shape_of};
use super::ttl_index;
use crate::backend::Plan;
use crate::definition::{Definition, IndexDef};

/// The indexes that there should be, as "createIndexes" takes them. Two of the same fields, of which one has more
/// of them in its hash, are one here.
pub(super) fn wanted_indexes(definition: &'static Definition) -> Vec<Document> {
    let mut wanted: Vec<Document> = Vec::new();
    for index in definition.indexes().iter().map(|index| wanted_index(definition, index)) {
        if !wanted.iter().any(|other| shape_of(other).is_same(&shape_of(&index))) {
            wanted.push(index);
        }
    }
    wanted.extend(ttl_index::wanted_ttl_index(definition));
    wanted
}

fn wanted_index(definition: &Definition, index: &IndexDef) -> Document {
    let mut wanted = doc! { "key": index_key(definition, index), "name": index.name };
    if index.unique {
        wanted.insert("unique", true);
    }
    // A record without one of the fields is not in the index.
    let columns = columns(definition, index).into_iter();
    let exist = every_field_exists(columns.map(|column| column.path).filter(|path| !path.starts_with("_id")));
    if !exist.is_empty() {
        wanted.insert("partialFilterExpression", exist);
    }
    wanted
}

/// What there is of an index that there should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found<'a> {
    /// Nothing.
    Nothing,
    /// The same index, under whatever name.
    Same(&'a Document),
    /// Another index, in its place.
    Other(&'a Document),
}

/// Finds an index that there should be among those that there are. One that is the same but for its name
/// serves, since MongoDB takes no second one.
pub(super) fn find<'a>(definition: &Definition, wanted: &Document, existing: &'a [Document]) -> Found<'a> {
    if ttl_index::is_of_own_date(wanted) {
        return match ttl_index::find_own(wanted, existing) {
            None => Found::Nothing,
            Some(index) if ttl_index::is_the_same(wanted, index) => Found::Same(index),
            Some(index) => Found::Other(index),
        };
    }
    let named = existing.iter().find(|index| name_of(index) == name_of(wanted));
    let same_key = || existing.iter().find(|index| fields(index) == fields(wanted) && name_of(index) != PRIMARY);
    match named.or_else(same_key) {
        None => Found::Nothing,
        Some(index) if shape_of(index).is_same(&shape_of(wanted)) => Found::Same(index),
        Some(index) if adopted::serves(may_lack(definition, wanted), wanted, index) => Found::Same(index),
        Some(index) => Found::Other(index),
    }
}

/// Whether records may lack a field of the model's index.
fn may_lack(definition: &Definition, wanted: &Document) -> bool {
    definition.index(name_of(wanted)).is_some_and(|index| index.sparse)
}

/// Adds to a plan what an index costs that another program made.
fn compare_adopted(wanted: &Document, index: &Document, plan: &mut Plan) {
    if !ttl_index::is_ttl_index(wanted) && fields(wanted) != fields(index) && adopted::serves(false, wanted, index) {
        plan.add_left_alone(format!(
            "the index {} is in another order than the library's would be: the server sorts what a query of it finds",
            name_of(index)
        ));
    }
}

/// The keys of the indexes that another program made in another form than the model's, each after the model's.
pub(super) fn hints(definition: &'static Definition, existing: &[Document]) -> Hints {
    let key = |index: &Document| index.get_document("key").cloned().unwrap_or_default();
    let wanted = wanted_indexes(definition).into_iter().filter(|wanted| !ttl_index::is_ttl_index(wanted));
    let adopted = wanted.filter_map(|wanted| match find(definition, &wanted, existing) {
        Found::Same(index) if fields(index) != fields(&wanted) => Some((key(&wanted), key(index))),
        _ => None,
    });
    Hints::new(adopted.collect())
}

/// Adds to a plan what the indexes that there are have and the model does not.
pub(super) fn compare_unused(definition: &'static Definition, existing: &[Document], plan: &mut Plan) {
    let wanted = wanted_indexes(definition);
    let known = |index: &Document| {
        let is_same = |wanted: &Document| find(definition, wanted, existing) == Found::Same(index);
        wanted.iter().find(|wanted| name_of(wanted) == name_of(index) || is_same(wanted))
    };
    for index in existing.iter().filter(|index| name_of(index) != PRIMARY && !is_set(index, "clustered")) {
        match known(index) {
            Some(wanted) => compare_adopted(wanted, index, plan),
            None => match ttl_index::unwanted(definition, name_of(index)) {
                Some(mismatch) => plan.add_mismatch(mismatch),
                None => adopted::add_unknown(index, plan),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::test_definition::test_definition;
    use super::*;

    #[test]
    fn an_index_is_the_same_whatever_number_type_the_server_gives() {
        let wanted = doc! { "key": { "a": 1, "_id": 1 }, "name": "by_a", "partialFilterExpression": { "a": { "$exists": true } } };
        let mut stored = wanted.clone();
        stored.insert("key", doc! { "a": 1.0, "_id": 1_i64 });
        stored.insert("v", 2);
        assert_eq!(find(test_definition(), &wanted, std::slice::from_ref(&stored)), Found::Same(&stored));
        stored.insert("name", "other");
        assert_eq!(find(test_definition(), &wanted, std::slice::from_ref(&stored)), Found::Same(&stored));
        stored.insert("unique", true);
        assert_eq!(find(test_definition(), &wanted, std::slice::from_ref(&stored)), Found::Other(&stored));
        stored.insert("name", "by_a");
        assert_eq!(find(test_definition(), &wanted, std::slice::from_ref(&stored)), Found::Other(&stored));
        assert_eq!(find(test_definition(), &wanted, &[doc! { "key": { "_id": 1 }, "name": "_id_" }]), Found::Nothing);
    }

    #[test]
    fn an_index_is_told_in_words() {
        let partial = doc! { "a": { "$exists": true } };
        let index =
            doc! { "key": { "a": 1, "_id": -1 }, "name": "by_a", "unique": true, "partialFilterExpression": partial };
        assert_eq!(shape_of(&index).to_string(), "by_a unique on a, _id descending");
        let expiry = doc! { "key": { "e": 1 }, "name": "e", "expireAfterSeconds": 0 };
        assert_eq!(shape_of(&expiry).to_string(), "e on e, expiring records after 0 seconds, of all records");
    }

    #[test]
    fn the_order_of_fields_is_part_of_an_index() {
        let wanted = doc! { "key": { "a": 1, "b": 1 }, "name": "x" };
        let stored = doc! { "key": { "b": 1, "a": 1 }, "name": "x" };
        assert_eq!(find(test_definition(), &wanted, std::slice::from_ref(&stored)), Found::Other(&stored));
    }
}
