//! Where a value is: a path as steps into a `jsonb`, each of which goes into what it is meant for and nothing else.

use super::json::stored_name;
use super::operand::Operands;
use crate::backend::postgres::json::{BYTES, SET};
use crate::path::{Path, Step};

/// The value at a path, or null: a name leads into objects only, a position into arrays only.
pub(super) fn value_at(column: &str, path: &Path, operands: &mut Operands) -> String {
    steps_from(column, path.steps(), operands)
}

/// The same of the first steps of a path.
pub(super) fn steps_from(column: &str, steps: &[Step], operands: &mut Operands) -> String {
    let mut text = column.to_owned();
    for (at, step) in steps.iter().enumerate() {
        text = match step {
            Step::Name(name) if name.contains('\0') => return nothing(),
            Step::Name(name) if at == 0 => format!("({text} -> {})", operands.text(name.as_ref())),
            Step::Name(name) => format!("({text} -> {})", operands.text(stored_name(name))),
            // To PostgreSQL what is no array and no object is an array of itself.
            Step::Position(at) => match i32::try_from(*at) {
                Ok(at) => format!("(CASE WHEN jsonb_typeof({text}) = 'array' THEN {text} -> {at} END)"),
                Err(_) => return nothing(),
            },
        };
    }
    text
}

/// No value can be there: neither a name with a NUL nor so long a list can be stored.
fn nothing() -> String {
    "NULL::jsonb".to_owned()
}

/// The steps as `text[]`, for functions that take a path so; nothing if there can be no value.
pub(super) fn path_of(path: &Path, operands: &mut Operands) -> Option<String> {
    let mut texts = Vec::new();
    for (at, step) in path.steps().iter().enumerate() {
        texts.push(match step {
            Step::Name(name) if name.contains('\0') => return None,
            Step::Name(name) if at == 0 => name.to_string(),
            Step::Name(name) => stored_name(name),
            Step::Position(at) => i32::try_from(*at).ok()?.to_string(),
        });
    }
    Some(operands.texts(texts))
}

/// That there is a value.
pub(super) fn exists(j: &str) -> String {
    format!("((jsonb_typeof({j}) <> 'null') IS TRUE)")
}

/// That there is none.
pub(super) fn is_missing(j: &str) -> String {
    format!("((jsonb_typeof({j}) <> 'null') IS NOT TRUE)")
}

/// That it is a map, and neither bytes nor a set.
pub(super) fn is_map(j: &str) -> String {
    format!("((jsonb_typeof({j}) = 'object' AND NOT {j} ? '{BYTES}' AND NOT {j} ? '{SET}') IS TRUE)")
}

/// The members of a set, or the items of the list that it is kept as; else null, as far as it is known to be an array.
pub(super) fn members(j: &str) -> String {
    format!("(CASE WHEN jsonb_typeof({j}) = 'array' THEN {j} ELSE {j} -> '{SET}' END)")
}

/// The hex digits of bytes, or null.
pub(super) fn hex_of(j: &str) -> String {
    format!("({j} ->> '{BYTES}')")
}

/// The text that a `jsonb` is, compared by its bytes.
pub(super) fn text_of(j: &str) -> String {
    format!("({j} #>> '{{}}') COLLATE \"C\"")
}

/// The items of an array, and of what is none, none.
pub(super) fn items_of(j: &str) -> String {
    format!("jsonb_array_elements(CASE WHEN jsonb_typeof({j}) = 'array' THEN {j} ELSE '[]' END)")
}
