//! What the server says of an index: its name, its fields, and all that makes it what it is.

use mongodb::bson::{Bson, Document, doc};

use crate::backend::IndexShape;

/// The index of the primary key, which every collection has.
pub(super) const PRIMARY: &str = "_id_";

/// An index's name.
pub(super) fn name_of(index: &Document) -> &str {
    index.get_str("name").unwrap_or_default()
}

/// Whether it is something that one word says.
pub(super) fn is_set(index: &Document, flag: &str) -> bool {
    index.get_bool(flag).unwrap_or(false)
}

/// The fields of an index with their directions.
pub(super) fn fields(index: &Document) -> Vec<(String, Option<i64>)> {
    let key = index.get_document("key").into_iter().flatten();
    key.map(|(name, direction)| (name.clone(), number(direction))).collect()
}

/// The names of the fields, but for an `_id` at the end.
pub(super) fn before_id(fields: &[(String, Option<i64>)]) -> impl Iterator<Item = &str> {
    let fields = match fields {
        [before @ .., (last, _)] if last == "_id" => before,
        all => all,
    };
    fields.iter().map(|(name, _)| &**name)
}

/// The names of the fields that are not part of the key.
pub(super) fn without_id(fields: &[(String, Option<i64>)]) -> impl Iterator<Item = &str> {
    fields.iter().map(|(name, _)| &**name).filter(|name| !name.starts_with("_id"))
}

/// The filter of the records that have all of these fields.
pub(super) fn every_field_exists(paths: impl Iterator<Item = String>) -> Document {
    paths.map(|path| (path, doc! { "$exists": true }.into())).collect()
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

pub(super) fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(n) => Some((*n).into()),
        Bson::Int64(n) => Some(*n),
        Bson::Double(x) => crate::value::whole(*x).and_then(|n| i64::try_from(n).ok()),
        _ => None,
    }
}
