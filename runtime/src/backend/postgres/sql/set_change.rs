//! What is put into sets and taken out of them.

use super::json::json_list;
use super::operand::Operands;
use super::place::{is_missing, items_of, members as members_of, text_of};
use crate::backend::postgres::json::{BYTES, SET};
use crate::value::Value;

/// The kinds of members that JSON tells apart.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Text,
    Bytes,
}

impl Kind {
    /// The kind that all members have.
    fn of(members: &[Value]) -> Option<Self> {
        let kind = |member: &Value| match member {
            Value::Int(_) | Value::Float(_) | Value::Instant(_) => Some(Self::Number),
            Value::String(_) | Value::ObjectId(_) => Some(Self::Text),
            Value::Bytes(_) => Some(Self::Bytes),
            _ => None,
        };
        let first = kind(members.first()?)?;
        members.iter().all(|member| kind(member) == Some(first)).then_some(first)
    }

    /// That a member is of this kind.
    fn is_of(self, member: &str) -> String {
        match self {
            Self::Number => format!("jsonb_typeof({member}) = 'number'"),
            Self::Text => format!("jsonb_typeof({member}) = 'string'"),
            Self::Bytes => format!("jsonb_typeof({member} -> '{BYTES}') = 'string'"),
        }
    }

    /// What the members of a set are sorted by.
    fn order(self, member: &str) -> String {
        match self {
            Self::Number => format!("CASE WHEN jsonb_typeof({member}) = 'number' THEN ({member})::numeric END"),
            Self::Text => text_of(member),
            Self::Bytes => {
                format!("length({member} ->> '{BYTES}'), ({member} ->> '{BYTES}') COLLATE \"C\"")
            }
        }
    }
}

/// That there is a set that members of this kind can be in, or nothing.
pub(super) fn is_set_of(j: &str, members: &[Value]) -> Option<String> {
    let is_of = Kind::of(members)?.is_of("item.v");
    let array = members_of(j);
    Some(format!(
        "({} OR (jsonb_typeof({array}) = 'array' \
         AND NOT EXISTS (SELECT FROM {} AS item(v) WHERE ({is_of}) IS NOT TRUE)) IS TRUE)",
        is_missing(j),
        items_of(&array)
    ))
}

/// The set with these members too.
pub(super) fn insert(j: &str, members: &[Value], operands: &mut Operands) -> Option<String> {
    let kind = Kind::of(members)?;
    let given = operands.json(json_list(members)?);
    let array = members_of(j);
    let all = format!("(CASE WHEN jsonb_typeof({array}) = 'array' THEN {array} ELSE '[]' END || {given})");
    Some(set_of(&all, "", kind))
}

/// The set without these members; null if none is left.
pub(super) fn discard(j: &str, members: &[Value], operands: &mut Operands) -> Option<String> {
    let kind = Kind::of(members)?;
    let given = operands.json(json_list(members)?);
    let is_left = format!("WHERE NOT EXISTS (SELECT FROM jsonb_array_elements({given}) AS b(v) WHERE b.v = a.v) ");
    Some(set_of(&members_of(j), &is_left, kind))
}

/// The set of the items of an array, sorted as sets are kept, each once: of two that are equal the first.
fn set_of(array: &str, which: &str, kind: Kind) -> String {
    format!(
        "(SELECT jsonb_build_object('{SET}', jsonb_agg(item.v ORDER BY {})) FROM (SELECT DISTINCT ON (a.v) a.v \
         FROM {} WITH ORDINALITY AS a(v, at) {which}ORDER BY a.v, a.at) AS item HAVING count(*) > 0)",
        kind.order("item.v"),
        items_of(array)
    )
}
