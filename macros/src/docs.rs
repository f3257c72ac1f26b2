//! The docs of generated items: one or two lines that name the fields and the index they use.

use crate::model::{Field, Index, Model, Role, Storage};

/// A field as it is called in text.
fn code(field: &Field) -> String {
    use syn::ext::IdentExt;
    format!("`{}`", field.ident.unraw())
}

/// `` `a`, `b` and `c` ``.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// The primary key in words: `` hash key `id` and range key `at` ``.
fn key(model: &Model) -> String {
    let words = ["hash key", "range key"];
    let parts: Vec<String> = model.keys().zip(words).map(|(field, word)| format!("{word} {}", code(field))).collect();
    if parts.is_empty() { "key".to_owned() } else { listed(&parts) }
}

/// A constant of a nested struct.
pub(crate) fn nested_constant(field: &Field) -> String {
    format!("The field {}, reached with `.at(...)`.{}", code(field), stored(field))
}

/// A constant of a model.
pub(crate) fn constant(field: &Field) -> String {
    let (name, stored) = (code(field), stored(field));
    match field.role {
        Role::Plain => format!("The field {name}.{stored}"),
        Role::Key => format!("The field {name}, part of the primary key: it can be compared, not changed.{stored}"),
        Role::Version => format!("The field {name}, the version: it can be compared; every write moves it.{stored}"),
    }
}

/// The stored name, where it is another.
fn stored(field: &Field) -> String {
    use syn::ext::IdentExt;
    match &field.storage {
        Storage::Flattened => " Its own fields are stored beside the others.".to_owned(),
        _ if field.ident.unraw() != field.stored => format!(" Stored as `{}`.", field.stored),
        _ => String::new(),
    }
}

/// A method on one record by its key.
pub(crate) fn by_key(model: &Model, what: &str) -> String {
    format!("{what} by its {}.", key(model))
}

/// A method on many records by their keys.
pub(crate) fn by_keys(model: &Model, what: &str) -> String {
    format!("{what} by their {}.", key(model))
}

/// `create`, `put`, `save` and the like.
pub(crate) fn of_record(model: &Model, what: &str) -> String {
    let mut unique: Vec<String> = Vec::new();
    for index in model.indexes.iter().filter(|index| index.unique) {
        unique.push(format!("`{}`", index.name.shown()));
    }
    match unique.as_slice() {
        [] => what.to_owned(),
        [_] => format!("{what} Unique index: {}.", listed(&unique)),
        _ => format!("{what} Unique indexes: {}.", listed(&unique)),
    }
}

/// The finder of many by a unique index.
pub(crate) fn many_finder(model: &Model, index: &Index) -> String {
    let parts: Vec<String> = index.parts().map(|at| code(&model.fields[at])).collect();
    format!("Finds the records with these {}, through the unique index `{}`.", listed(&parts), index.name.shown())
}

/// `query`.
pub(crate) fn query(model: &Model) -> String {
    let names: Vec<String> = model.keys().map(code).collect();
    match names.as_slice() {
        [hash, range] => {
            format!("Finds records by their hash key {hash}, in the order of {range}.")
        }
        _ => String::new(),
    }
}

/// A finder.
pub(crate) fn finder(model: &Model, index: &Index) -> String {
    let codes = |parts: &[usize]| parts.iter().map(|&at| code(&model.fields[at])).collect::<Vec<_>>();
    let (hash, ranges) = (codes(&index.hash), codes(&index.ranges));
    let name = index.name.shown();
    if index.unique {
        let parts = [hash, ranges].concat();
        return format!("Finds the record with this {}, through the unique index `{name}`.", listed(&parts));
    }
    let hash = listed(&hash);
    let kind = if index.local { "local index" } else { "index" };
    match ranges.as_slice() {
        [] => format!("Finds records by {hash}, through the {kind} `{name}`."),
        _ => format!("Finds records by {hash}, in the order of {}, through the {kind} `{name}`.", listed(&ranges)),
    }
}
