//! The indexes of a collection: those that there should be, and how those that there are differ.

use mongodb::bson::{Bson, Document, doc};

use super::super::document::{columns, index_key};
use super::super::hints::Hints;
use crate::backend::{IndexShape, Mismatch, Plan, Unused};
use crate::definition::{Definition, IndexDef};
use crate::value::EXPIRES;

/// The index of the primary key, which every collection has.
const PRIMARY: &str = "_id_";

/// The indexes that there should be, as "createIndexes" takes them. Two of the same fields, of which one has more
/// of them in its hash, are one here.
pub(super) fn wanted_indexes(definition: &'static Definition) -> Vec<Document> {
    let mut wanted: Vec<Document> = Vec::new();
    for index in definition.indexes().iter().map(|index| wanted_index(definition, index)) {
        if !wanted.iter().any(|other| shape_of(other).is_same(&shape_of(&index))) {
            wanted.push(index);
        }
    }
    if definition.ttl().is_some() {
        wanted.push(doc! { "key": { EXPIRES: 1 }, "name": EXPIRES, "expireAfterSeconds": 0 });
    }
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

fn every_field_exists(paths: impl Iterator<Item = String>) -> Document {
    paths.map(|path| (path, doc! { "$exists": true }.into())).collect()
}

/// An index's name.
pub(super) fn name_of(index: &Document) -> &str {
    index.get_str("name").unwrap_or_default()
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
    let named = existing.iter().find(|index| name_of(index) == name_of(wanted));
    let same_key = || existing.iter().find(|index| fields(index) == fields(wanted) && name_of(index) != PRIMARY);
    match named.or_else(same_key) {
        None => Found::Nothing,
        Some(index) if shape_of(index).is_same(&shape_of(wanted)) => Found::Same(index),
        Some(index) if serves(definition, wanted, index) => Found::Same(index),
        Some(index) => Found::Other(index),
    }
}

/// Whether an index as another program makes it does for the model's: it holds every record that a query of the
/// model's would find in it, and refuses just what the model's would refuse.
fn serves(definition: &Definition, wanted: &Document, index: &Document) -> bool {
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
    let may_lack = definition.index(name_of(wanted)).is_some_and(|index| index.sparse);
    let leaves_out = partial.is_some() || (is_set(index, "sparse") && own.len() == 1);
    there == own && (leaves_out || !may_lack)
}

fn is_set(index: &Document, flag: &str) -> bool {
    index.get_bool(flag).unwrap_or(false)
}

/// The names of the fields, but for an `_id` at the end.
fn before_id(fields: &[(String, Option<i64>)]) -> impl Iterator<Item = &str> {
    let fields = match fields {
        [before @ .., (last, _)] if last == "_id" => before,
        all => all,
    };
    fields.iter().map(|(name, _)| &**name)
}

/// The names of the fields that are not part of the key.
fn without_id(fields: &[(String, Option<i64>)]) -> impl Iterator<Item = &str> {
    fields.iter().map(|(name, _)| &**name).filter(|name| !name.starts_with("_id"))
}

/// The keys of the indexes that another program made in another form than the model's, each after the model's.
pub(super) fn hints(definition: &'static Definition, existing: &[Document]) -> Hints {
    let key = |index: &Document| index.get_document("key").cloned().unwrap_or_default();
    let wanted = wanted_indexes(definition).into_iter();
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
        let name = name_of(index);
        match known(index) {
            Some(wanted)
                if fields(wanted) != fields(index) && find(definition, wanted, existing) == Found::Same(index) =>
            {
                plan.add_left_alone(format!(
                    "the index {name} does not end in _id as the library's do: the server sorts what a query of it finds"
                ));
            }
            Some(_) => {}
            None if name == EXPIRES => {
                plan.add_mismatch(Mismatch::Expiry { off: format!("drop the index {EXPIRES} of the collection") });
            }
            None => add_unknown(index, plan),
        }
    }
}

/// Adds an index that the model does not have: one that every record of it would be in and every write of it meets.
fn add_unknown(index: &Document, plan: &mut Plan) {
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

/// An index in words: all that makes it what it is.
pub(super) fn shape_of(index: &Document) -> IndexShape {
    let flag = |name: &str| is_set(index, name);
    let field = |(name, direction): (String, Option<i64>)| match direction {
        Some(1) => name,
        Some(-1) => format!("{name} descending"),
        // A text index, a hashed one, and others that order nothing.
        _ => format!("{name} by another order"),
    };
    let fields = fields(index);
    let every_field = every_field_exists(without_id(&fields).map(str::to_owned));
    let mut shape = IndexShape::new(name_of(index))
        .with("unique", flag("unique"))
        .with("sparse", flag("sparse"))
        .with("hidden", flag("hidden"));
    if index.contains_key("collation") {
        shape = shape.with_note("with a collation");
    }
    if let Some(seconds) = index.get("expireAfterSeconds").and_then(number) {
        shape = shape.with_note(format!("expiring records after {seconds} seconds"));
    }
    shape = match index.get_document("partialFilterExpression") {
        Ok(filter) if *filter == every_field => shape,
        Ok(filter) => shape.with_note(format!("only of records that match {filter}")),
        Err(_) => shape.with_note("of all records"),
    };
    fields.into_iter().map(field).fold(shape, IndexShape::field)
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
