//! Which records a query gives, and in what order: groups of records with equal range values,
//! within which the order is the backend's own.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::ops::{Query, Source, Span, Values};
use crate::rules::{IndexRule, Row, Rules};
use crate::semantics::{all_equal, compare, equal, holds};
use crate::stored::Stored;
use std::ops::Bound;

/// Records that a query may give in any order.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// They have to come.
    pub must: Vec<Row>,
    /// They may come: they were written since another page was read, and where they stand is not known.
    pub may: Vec<Row>,
}

/// A record's values in an index; nothing where it is not in it.
pub fn values(index: &IndexRule, row: &Row) -> Option<Values> {
    index.fields.iter().map(|name| row.get(*name).cloned()).collect()
}

/// The fields that order what is read, and before them those that have a value.
fn range_fields(rules: &Rules, source: &Source) -> Vec<&'static str> {
    match source {
        Source::Primary { .. } => rules.range.into_iter().collect(),
        Source::Index { name, .. } => rules.index(name).fields[1..].to_vec(),
        Source::Scan { .. } => Vec::new(),
    }
}

/// How many of the fields after the first have their value.
fn given(source: &Source) -> usize {
    usize::from(matches!(source, Source::Index { also: Some(_), .. }))
}

/// A record's values of the fields that order what a query reads.
pub fn ranges(rules: &Rules, source: &Source, row: &Row) -> Values {
    range_fields(rules, source).into_iter().map(|name| row[name].clone()).collect()
}

/// Whether a live record is among what a query gives.
pub fn selects(rules: &Rules, query: &Query, row: &Row) -> bool {
    let in_source = match &query.source {
        Source::Primary { hash } => equal(&row[rules.hash], hash),
        Source::Index { name, hash, also } => values(rules.index(name), row)
            .is_some_and(|values| equal(&values[0], hash) && also.as_ref().is_none_or(|also| equal(&values[1], also))),
        Source::Scan { .. } => true,
    };
    in_source
        && range_fields(rules, &query.source)
            .get(given(&query.source))
            .is_none_or(|name| in_span(&query.span, &row[*name]))
        && query.filter.as_ref().is_none_or(|filter| holds(filter, row))
}

pub fn in_span(span: &Span, value: &Json) -> bool {
    let is = |bound: &Json, allowed: [Ordering; 2]| compare(value, bound).is_some_and(|o| allowed.contains(&o));
    match span {
        Span::All => true,
        Span::Prefix(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
        Span::Between(low, high) => {
            let above = match low {
                Bound::Included(low) => is(low, [Ordering::Greater, Ordering::Equal]),
                Bound::Excluded(low) => is(low, [Ordering::Greater; 2]),
                Bound::Unbounded => true,
            };
            let below = match high {
                Bound::Included(high) => is(high, [Ordering::Less, Ordering::Equal]),
                Bound::Excluded(high) => is(high, [Ordering::Less; 2]),
                Bound::Unbounded => true,
            };
            above && below
        }
    }
}

/// The order of a query.
pub fn compare_ranges(query: &Query, a: &[Json], b: &[Json]) -> Ordering {
    let orderings = a.iter().zip(b).map(|(a, b)| compare(a, b).unwrap_or(Ordering::Equal));
    let ordering = orderings.fold(Ordering::Equal, Ordering::then);
    if query.descending { ordering.reverse() } else { ordering }
}

/// A record as a query gives it: whole, or the fields of its projection.
pub fn shown(rules: &Rules, query: &Query, row: &Row) -> Row {
    let selected = |name: &String| !query.select || rules.part.contains(&name.as_str());
    row.iter().filter(|(name, _)| selected(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The groups of what a query gives, in its order.
pub fn groups(rules: &Rules, found: &[Stored], query: &Query) -> Vec<Group> {
    let sorted = sorted(rules, found, query);
    let mut groups: Vec<(Values, Group)> = Vec::new();
    for (ranges, stored) in sorted {
        match groups.last_mut() {
            Some((same, group)) if all_equal(same, &ranges) => group.must.push(shown(rules, query, &stored.row)),
            _ => groups.push((ranges, Group { must: vec![shown(rules, query, &stored.row)], may: Vec::new() })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What a query gives, in its order.
pub fn sorted<'a>(rules: &Rules, found: &'a [Stored], query: &Query) -> Vec<(Values, &'a Stored)> {
    let mut all: Vec<_> = found.iter().map(|stored| (ranges(rules, &query.source, &stored.row), stored)).collect();
    all.sort_by(|(a, _), (b, _)| compare_ranges(query, a, b));
    all
}
