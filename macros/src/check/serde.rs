//! What serde's attributes may say about fields that a backend must find.

use crate::ast::{Field, Input, Mark};
use crate::ctxt::Ctxt;

/// Checks every field, and returns which must be stored in a place of their own.
pub(super) fn check_attributes(cx: &Ctxt, input: &Input) -> Vec<bool> {
    let mut ranges: Vec<String> = Vec::new();
    for index in input.container.indexes.iter().chain(input.fields.iter().flat_map(|field| &field.indexes)) {
        ranges.extend(index.hash.iter().chain(&index.ranges).map(syn::LitStr::value));
    }
    let check_field = |field: &Field| {
        let indexed = !field.indexes.is_empty() || ranges.contains(&field.bare_name());
        let special = special(field, indexed);
        if let Some(what) = special {
            check_stays(cx, field, what, indexed);
        }
        check_plain(cx, field, indexed);
        check_one_sided(cx, field, special.is_some());
        check_readable(cx, field);
        special.is_some()
    };
    input.fields.iter().map(check_field).collect()
}

/// The word for what a field is, where that needs it to be stored in its own place.
fn special(field: &Field, indexed: bool) -> Option<&'static str> {
    let marks: [(bool, &'static str); 7] = [
        (field.hash_key.is_some(), "a hash key"),
        (field.range_key.is_some(), "a range key"),
        (field.version.is_some(), "a version"),
        (field.ttl.is_some(), "a ttl field"),
        (field.created_at.is_some(), "a created_at field"),
        (field.updated_at.is_some(), "an updated_at field"),
        (indexed, "an index field"),
    ];
    marks.into_iter().find(|(is, _)| *is).map(|(_, word)| word)
}

/// What is unknown is what no field is stored under, so the names of all fields must be known.
pub(super) fn check_keep_unknown(cx: &Ctxt, input: &Input) -> bool {
    if input.container.keep_unknown.is_none() {
        return false;
    }
    for flatten in input.fields.iter().filter_map(|field| field.serde.flatten.as_ref()) {
        cx.error(
            flatten,
            "a flattened field is stored under names of its own, which `keep_unknown` could not tell from those that \
             the model does not know: give the field a name, or leave `keep_unknown` out",
        );
    }
    true
}

/// Keys and their like are always stored, under a name of their own.
fn check_stays(cx: &Ctxt, field: &Field, what: &str, indexed: bool) {
    let serde = &field.serde;
    if let Some(flatten) = &serde.flatten {
        cx.error(flatten, format!("{what} cannot be flattened: it must be stored under one name"));
    }
    if let Some(skip) = serde.skip_serializing.as_ref().or(serde.skip_deserializing.as_ref()) {
        cx.error(skip, format!("{what} cannot be skipped: it must be stored and read back"));
    }
    if let Some(alias) = serde.aliases.first() {
        cx.error(
            alias,
            format!(
                "{what} is looked up under one name, so that a record that has it as `{0}` would not be found: \
                 keep the stored name with `#[serde(rename = \"{0}\")]`, whatever the field is called here",
                alias.value()
            ),
        );
    }
    let optional = indexed || field.ttl.is_some();
    let always = field.hash_key.is_some() || field.range_key.is_some() || field.version.is_some();
    if let Some(skip) = &serde.skip_serializing_if
        && (always || !optional)
    {
        cx.error(skip, format!("{what} cannot be left out: every record must have it"));
    }
}

/// Below a field of a record only its own name is looked at.
pub(super) fn refuse_aliases(cx: &Ctxt, input: &Input) {
    for alias in input.fields.iter().flat_map(|field| &field.serde.aliases) {
        cx.error(
            alias,
            "a field of an embedded struct is found and changed under one name: a value that is stored as this \
             could be read and not found. Keep the stored name with `#[serde(rename = \"...\")]`, or derive no \
             `Embedded` for this struct, so that it is only ever stored whole",
        );
    }
}

/// What reposit reads and writes by itself has its plain form.
fn check_plain(cx: &Ctxt, field: &Field, indexed: bool) {
    let Some(with) = &field.serde.with else {
        return;
    };
    if field.stored_as.is_some() {
        cx.error(with, "`#[stored(as = \"...\")]` says already how this field is stored: remove one of the two");
    }
    let key = field.hash_key.is_some() || field.range_key.is_some();
    let what = if key { "a key" } else { "an index field" };
    if (key || indexed) && field.ttl.is_none() && field.auto.is_none() {
        cx.error(
            with,
            format!(
                "{what} is stored and ordered as its type says, and this may write another kind of value: \
                 remove it, or declare the field as what is to be stored, \
                 such as a newtype over that with `#[derive(Key)]`"
            ),
        );
        return;
    }
    let refused: [(&Option<Mark>, &str, &str); 3] = [
        (&field.version, "the version is counted up on the server", "an unsigned integer as it is"),
        (&field.created_at, "the time of creation is filled in by reposit", "the instant as it is"),
        (&field.updated_at, "the time of the last write is filled in by reposit", "the instant as it is"),
    ];
    for (mark, reason, form) in refused {
        if mark.is_some() {
            cx.error(with, format!("{reason}, so it is stored as {form}: remove this"));
        }
    }
    if field.ttl.is_some() {
        cx.error(
            with,
            "the expiry is reckoned from this field's stored value, so the instant is stored as it is: remove this",
        );
    }
    if field.auto.is_some() {
        cx.error(with, "a key that is filled in is stored as it is: remove this, or `auto`");
    }
}

/// What is written must be read, and what is read must be written.
fn check_one_sided(cx: &Ctxt, field: &Field, special: bool) {
    let serde = &field.serde;
    let (mark, reason) = match (&serde.skip_serializing, &serde.skip_deserializing) {
        (Some(mark), None) => (mark, "never be written, so that a `put` would lose what is stored"),
        (None, Some(mark)) => (mark, "be written and never read back"),
        _ => return,
    };
    // A field that cannot be skipped at all was reported on already.
    if !special {
        let message =
            format!("this field would {reason}: write `#[serde(skip)]` for a field that is not stored, or remove this");
        cx.error(mark, message);
    }
}

/// A field that may be absent from a record needs a value when the record is read.
fn check_readable(cx: &Ctxt, field: &Field) {
    let serde = &field.serde;
    // serde reads a missing Option as None, but not where a function of the user's own reads it.
    let has_default = serde.default.is_some() || (is_option(&field.ty) && serde.deserialize_with.is_none());
    if let Some(mark) = &serde.skip_serializing_if
        && serde.skip_deserializing.is_none()
        && !has_default
    {
        cx.error(mark, "a record without this field could not be read back: add `#[serde(default)]`");
    }
}

/// Whether a type is written `Option<…>`, as serde's derive has to guess as well.
pub(super) fn is_option(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Group(group) => is_option(&group.elem),
        syn::Type::Paren(paren) => is_option(&paren.elem),
        syn::Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "Option" && !last.arguments.is_none())
        }
        _ => false,
    }
}
