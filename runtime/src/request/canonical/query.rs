//! What a query reads, as parts: its source, its range, its direction and its filter.

use std::ops::Bound;

use super::part::{push_part, push_parts};
use super::value::push_value;
use crate::condition::{Expr, Op};
use crate::path::{Path, Step};
use crate::request::read::{KeyRange, Query, Source, SourceKind};
use crate::value::Value;

/// Appends what a query reads: all of it that decides which records come, and in which order. How many come
/// and after which is left out, as that differs from page to page.
pub(crate) fn push_query(out: &mut Vec<u8>, query: &Query) {
    push_parts(out, b'q', |out| {
        push_part(out, b's', query.definition.name().as_bytes());
        push_source(out, &query.source);
        push_range(out, &query.range);
        push_part(out, b'o', &[u8::from(query.descending)]);
        match &query.filter {
            Some(filter) => push_condition(out, filter),
            None => push_part(out, b'n', &[]),
        }
    });
}

fn push_source(out: &mut Vec<u8>, source: &Source) {
    match source.kind() {
        SourceKind::Primary { hash } => push_parts(out, b'1', |out| push_value(out, hash)),
        SourceKind::Index { index, hash } => push_parts(out, b'2', |out| {
            push_part(out, b's', index.name.as_bytes());
            push_values(out, hash);
        }),
        SourceKind::Scan { segment } => push_parts(out, b'3', |out| {
            if let Some((segment, total)) = segment {
                push_count(out, segment.into());
                push_count(out, total.into());
            }
        }),
    }
}

fn push_range(out: &mut Vec<u8>, range: &KeyRange) {
    match range {
        KeyRange::All => push_part(out, b'A', &[]),
        KeyRange::Prefix(text) => push_parts(out, b'P', |out| push_part(out, b's', text.as_bytes())),
        KeyRange::Between(low, high) => push_parts(out, b'B', |out| {
            push_bound(out, low);
            push_bound(out, high);
        }),
    }
}

fn push_bound(out: &mut Vec<u8>, bound: &Bound<Value>) {
    match bound {
        Bound::Included(value) => push_parts(out, b'I', |out| push_value(out, value)),
        Bound::Excluded(value) => push_parts(out, b'E', |out| push_value(out, value)),
        Bound::Unbounded => push_part(out, b'U', &[]),
    }
}

/// Appends a condition.
pub(super) fn push_condition(out: &mut Vec<u8>, condition: &Expr) {
    match condition {
        Expr::Compare { path, op, value } => push_on(out, b'C', path, |out| {
            push_operator(out, *op);
            push_value(out, value);
        }),
        Expr::In { path, values } => push_on(out, b'N', path, |out| push_values(out, values)),
        Expr::BeginsWith { path, prefix } => push_on(out, b'G', path, |out| push_part(out, b's', prefix.as_bytes())),
        Expr::Contains { path, value } => push_on(out, b'H', path, |out| push_value(out, value)),
        Expr::Size { path, op, count } => push_on(out, b'Z', path, |out| {
            push_operator(out, *op);
            push_count(out, *count);
        }),
        Expr::Exists(path) => push_on(out, b'Y', path, |_| ()),
        Expr::Missing(path) => push_on(out, b'M', path, |_| ()),
        Expr::And(all) => push_parts(out, b'&', |out| push_conditions(out, all)),
        Expr::Or(any) => push_parts(out, b'|', |out| push_conditions(out, any)),
        Expr::Not(inner) => push_parts(out, b'!', |out| push_condition(out, inner)),
    }
}

fn push_conditions(out: &mut Vec<u8>, conditions: &[Expr]) {
    conditions.iter().for_each(|condition| push_condition(out, condition));
}

/// Appends a condition on what is at a path.
fn push_on(out: &mut Vec<u8>, kind: u8, path: &Path, rest: impl FnOnce(&mut Vec<u8>)) {
    push_parts(out, kind, |out| {
        push_parts(out, b'p', |out| path.steps().iter().for_each(|step| push_step(out, step)));
        rest(out);
    });
}

fn push_step(out: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Name(name) => push_part(out, b's', name.as_bytes()),
        Step::Position(at) => push_count(out, *at as u64),
    }
}

fn push_operator(out: &mut Vec<u8>, op: Op) {
    push_part(out, b'O', op.as_str().as_bytes());
}

fn push_count(out: &mut Vec<u8>, count: u64) {
    push_part(out, b'a', &count.to_be_bytes());
}

fn push_values(out: &mut Vec<u8>, values: &[Value]) {
    values.iter().for_each(|value| push_value(out, value));
}
