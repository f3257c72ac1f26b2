//! Names: of the table, of the stored fields, of the constants.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::ast::{Field as Written, Input, Mark, Name};
use crate::case;
use crate::ctxt::Ctxt;
use crate::model::{Field, Storage};

/// The end of the name of the table that DynamoDB keeps a repository's unique values in.
const GUARDS: &str = ".unique";

/// The name of the table, given or made from the struct's. A constant is checked when the model is compiled.
pub(super) fn table_name(cx: &Ctxt, input: &Input, unique: bool) -> Name {
    if let Some(name) = &input.container.name {
        if let Name::Text(text) = name
            && let Some(reason) = refused_table(&text.value(), unique)
        {
            cx.error(text, reason);
        }
        return name.clone().of_model(&input.ident);
    }
    let name = case::snake(&input.ident.unraw().to_string());
    if let Some(reason) = refused_table(&name, unique) {
        cx.error(&input.ident, format!("{reason}; name the table with `#[repository(name = \"...\")]`"));
    }
    Name::Text(LitStr::new(&name, Span::call_site()))
}

/// Why a table cannot have this name: DynamoDB's rule, which MongoDB's collections keep as well.
fn refused_table(name: &str, unique: bool) -> Option<String> {
    let fits = (3..=255).contains(&name.chars().count());
    if unique && name.len() > 255 - GUARDS.len() {
        return Some(format!(
            "`{name}` cannot be a table's name: DynamoDB keeps the unique values in a table `<name>{GUARDS}`, \
             whose name takes at most 255 characters as well"
        ));
    }
    if name.ends_with(GUARDS) || name.starts_with("_reposit") {
        return Some(format!(
            "`{name}` cannot be a table's name: `<name>{GUARDS}` and `_reposit...` are kept for what reposit stores itself"
        ));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !fits || !name.chars().all(allowed) {
        return Some(format!(
            "`{name}` cannot be a table's name: it takes 3 to 255 characters out of a-z, A-Z, 0-9, `_`, `-` and `.`"
        ));
    }
    if name.starts_with("system.") {
        return Some(format!(
            "`{name}` cannot be a table's name: MongoDB keeps names that start with `system.` for itself"
        ));
    }
    None
}

/// Checks stored names and the names of constants. Those at the top of a record share it with the key.
pub(super) fn check_names(cx: &Ctxt, input: &Input, fields: &[Field], top: bool) {
    check_aliases(cx, input, fields);
    let mut stored: HashMap<&str, &Written> = HashMap::new();
    let mut constants: HashMap<String, &Written> = HashMap::new();
    for (written, field) in input.fields.iter().zip(fields) {
        if matches!(field.storage, Storage::Skipped) {
            continue;
        }
        if let Some(first) = constants.insert(field.constant.to_string(), written) {
            cx.error(
                &written.ident,
                format!(
                    "the fields `{}` and `{}` would both have the constant `{}`: rename one, \
                     and keep what it is stored under with `#[serde(rename = \"...\")]`",
                    first.written_name(),
                    written.written_name(),
                    field.constant
                ),
            );
        }
        if matches!(field.storage, Storage::Flattened) {
            continue;
        }
        if let Some(reason) = refused_field(&field.stored) {
            cx.error(at_name(written), reason);
        }
        let alone = written.hash_key.is_some() && !input.fields.iter().any(|field| field.range_key.is_some());
        if top && field.stored == "_id" && !alone {
            cx.error(
                at_name(written),
                "`_id` is where MongoDB keeps the primary key: only a hash key without a range key can be stored under it",
            );
        }
        if let Some(first) = stored.insert(&field.stored, written) {
            cx.error(
                at_name(written),
                format!(
                    "the fields `{}` and `{}` are both stored as `{}`",
                    first.written_name(),
                    written.written_name(),
                    field.stored
                ),
            );
        }
    }
}

/// The other names of a field, each once.
pub(super) fn aliases(field: &Written) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in field.serde.aliases.iter().map(syn::LitStr::value) {
        if name != field.serde.written && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Checks the names that fields had before.
fn check_aliases(cx: &Ctxt, input: &Input, fields: &[Field]) {
    let stored = |field: &Field| !matches!(field.storage, Storage::Skipped | Storage::Flattened);
    let mut seen: HashMap<String, &Written> = HashMap::new();
    for (written, _) in input.fields.iter().zip(fields).filter(|(_, field)| stored(field)) {
        for alias in &written.serde.aliases {
            let name = alias.value();
            if let Some(reason) = refused_field(&name) {
                cx.error(alias, reason);
            }
            let taken = input.fields.iter().zip(fields).find(|(_, field)| stored(field) && field.stored == name);
            let taken = taken.map(|(other, _)| other).or(seen.insert(name.clone(), written));
            if let Some(other) = taken.filter(|other| other.ident != written.ident) {
                cx.error(
                    alias,
                    format!(
                        "`{name}` would be read into both `{}` and `{}`: remove one of them",
                        other.written_name(),
                        written.written_name()
                    ),
                );
            }
        }
    }
}

/// Why a field cannot be stored under this name.
fn refused_field(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a field cannot be stored under an empty name".to_owned());
    }
    if name.starts_with("_reposit") {
        return Some(format!(
            "`{name}` is kept for what reposit stores beside a record: a name cannot start with `_reposit`"
        ));
    }
    if name.starts_with('$') {
        return Some(format!(
            "a field cannot be stored as `{name}`: MongoDB reads a name that starts with `$` as an operator"
        ));
    }
    if name.contains('.') {
        return Some(format!(
            "a field cannot be stored as `{name}`: a `.` in a name reads as a path into a nested field"
        ));
    }
    if name.contains('\0') {
        return Some("a field's name cannot contain a NUL character".to_owned());
    }
    if name.len() > 255 {
        return Some("a field's name takes at most 255 bytes".to_owned());
    }
    None
}

/// Where the stored name comes from.
fn at_name(field: &Written) -> Mark {
    field.serde.rename.clone().unwrap_or_else(|| field.ident.to_token_stream())
}
