//! What a query reads, as parts: its source, its range, its direction and its filter.

use std::ops::Bound;

use super::part::{append_part, append_parts};
use super::value::append_value;
use crate::condition::{Expr, Op};
use crate::path::{Path, Step};
use crate::request::read::{KeyRange, Query, Source, SourceKind};
use crate::value::Value;

/// Appends what a query reads: all of it that decides which records come, and in which order. How many come
/// and after which is left out, as that differs from page to page.
pub(crate) fn append_query(out: &mut Vec<u8>, query: &Query) {
    append_parts(out, b'q', |out| {
        append_part(out, b's', query.definition.name().as_bytes());
        append_source(out, &query.source);
        // Only if there are any, so that the cursors of other queries stay what they are.
        if !query.leading.is_empty() {
            append_parts(out, b'L', |out| append_values(out, &query.leading));
        }
        append_range(out, &query.range);
        append_part(out, b'o', &[u8::from(query.descending != query.backwards)]);
        match &query.filter {
            Some(filter) => append_condition(out, filter),
            None => append_part(out, b'n', &[]),
        }
    });
}

fn append_source(out: &mut Vec<u8>, source: &Source) {
    match source.kind() {
        SourceKind::Primary { hash } => append_parts(out, b'1', |out| append_value(out, hash)),
        SourceKind::Index { index, hash } => append_parts(out, b'2', |out| {
            append_part(out, b's', index.name.as_bytes());
            append_values(out, hash);
        }),
        SourceKind::Scan { segment } => append_parts(out, b'3', |out| {
            if let Some((segment, total)) = segment {
                append_count(out, segment.into());
                append_count(out, total.into());
            }
        }),
    }
}

fn append_range(out: &mut Vec<u8>, range: &KeyRange) {
    match range {
        KeyRange::All => append_part(out, b'A', &[]),
        KeyRange::Prefix(text) => append_parts(out, b'P', |out| append_part(out, b's', text.as_bytes())),
        KeyRange::Between(low, high) => append_parts(out, b'B', |out| {
            append_bound(out, low);
            append_bound(out, high);
        }),
    }
}

fn append_bound(out: &mut Vec<u8>, bound: &Bound<Value>) {
    match bound {
        Bound::Included(value) => append_parts(out, b'I', |out| append_value(out, value)),
        Bound::Excluded(value) => append_parts(out, b'E', |out| append_value(out, value)),
        Bound::Unbounded => append_part(out, b'U', &[]),
    }
}

/// Appends a condition.
pub(super) fn append_condition(out: &mut Vec<u8>, condition: &Expr) {
    match condition {
        Expr::Compare { path, op, value } => append_on(out, b'C', path, |out| {
            append_operator(out, *op);
            append_value(out, value);
        }),
        Expr::In { path, values } => append_on(out, b'N', path, |out| append_values(out, values)),
        Expr::BeginsWith { path, prefix } => {
            append_on(out, b'G', path, |out| append_part(out, b's', prefix.as_bytes()))
        }
        Expr::Contains { path, value } => append_on(out, b'H', path, |out| append_value(out, value)),
        Expr::Size { path, op, count } => append_on(out, b'Z', path, |out| {
            append_operator(out, *op);
            append_count(out, *count);
        }),
        Expr::HasMember { path, value } => append_on(out, b'h', path, |out| append_value(out, value)),
        Expr::SetSize { path, op, count } => append_on(out, b'z', path, |out| {
            append_operator(out, *op);
            append_count(out, *count);
        }),
        Expr::Exists(path) => append_on(out, b'Y', path, |_| ()),
        Expr::Missing(path) => append_on(out, b'M', path, |_| ()),
        Expr::And(all) => append_parts(out, b'&', |out| append_conditions(out, all)),
        Expr::Or(any) => append_parts(out, b'|', |out| append_conditions(out, any)),
        Expr::Not(inner) => append_parts(out, b'!', |out| append_condition(out, inner)),
    }
}

fn append_conditions(out: &mut Vec<u8>, conditions: &[Expr]) {
    conditions.iter().for_each(|condition| append_condition(out, condition));
}

/// Appends a condition on what is at a path.
fn append_on(out: &mut Vec<u8>, kind: u8, path: &Path, rest: impl FnOnce(&mut Vec<u8>)) {
    append_parts(out, kind, |out| {
        append_parts(out, b'p', |out| path.steps().iter().for_each(|step| append_step(out, step)));
        rest(out);
    });
}

fn append_step(out: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Name(name) => append_part(out, b's', name.as_bytes()),
        Step::Position(at) => append_count(out, *at as u64),
    }
}

fn append_operator(out: &mut Vec<u8>, op: Op) {
    append_part(out, b'O', op.as_str().as_bytes());
}

fn append_count(out: &mut Vec<u8>, count: u64) {
    append_part(out, b'a', &count.to_be_bytes());
}

fn append_values(out: &mut Vec<u8>, values: &[Value]) {
    values.iter().for_each(|value| append_value(out, value));
}
