//! Which records a query gives, and in what order: groups of records with equal range values,
//! within which the order is the backend's own.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::ops::{Query, Source, Span, Values};
use crate::oracle::Stored;
use crate::rules::{IndexRule, Row, Rules};
use crate::semantics::{all_equal, compare, equal, holds};
use std::ops::Bound;

/// Records that a query may give in any order.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// They have to come.
    pub must: Vec<Row>,
    /// They may come: they were written since the page before, and where they stand is not known.
    pub may: Vec<Row>,
}

/// Where a page ended.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The range values of the last record.
    ranges: Values,
    /// The keys of the records with these range values that were given, and in which step.
    given: Vec<(Values, usize)>,
    /// The step in which the first page was read that ended at these range values. A record with
    /// them that was written later may stand before the cursor or after it.
    since: usize,
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

fn ranges(rules: &Rules, source: &Source, row: &Row) -> Values {
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

fn compare_ranges(query: &Query, a: &[Json], b: &[Json]) -> Ordering {
    let orderings = a.iter().zip(b).map(|(a, b)| compare(a, b).unwrap_or(Ordering::Equal));
    let ordering = orderings.fold(Ordering::Equal, Ordering::then);
    if query.descending { ordering.reverse() } else { ordering }
}

/// A record as a query gives it: whole, or the fields of its projection.
fn shown(rules: &Rules, query: &Query, row: &Row) -> Row {
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

fn sorted<'a>(rules: &Rules, found: &'a [Stored], query: &Query) -> Vec<(Values, &'a Stored)> {
    let mut all: Vec<_> = found.iter().map(|stored| (ranges(rules, &query.source, &stored.row), stored)).collect();
    all.sort_by(|(a, _), (b, _)| compare_ranges(query, a, b));
    all
}

/// The groups that are left after a page: nothing twice, and nothing skipped that was there
/// throughout.
pub fn groups_after(rules: &Rules, found: &[Stored], query: &Query, cursor: &Cursor) -> Vec<Group> {
    let place = |stored: &Stored| compare_ranges(query, &ranges(rules, &query.source, &stored.row), &cursor.ranges);
    let mut boundary = Group::default();
    for stored in found.iter().filter(|stored| place(stored) == Ordering::Equal) {
        let key = rules.key_of(&stored.row);
        let row = shown(rules, query, &stored.row);
        let given = cursor.given.iter().filter(|(other, _)| all_equal(other, &key)).map(|(_, step)| *step).max();
        match given {
            Some(step) if stored.written <= step => {}
            None if stored.written <= cursor.since => boundary.must.push(row),
            _ => boundary.may.push(row),
        }
    }
    let beyond: Vec<_> = found.iter().filter(|stored| place(stored) == Ordering::Greater).cloned().collect();
    let mut all = vec![boundary];
    all.extend(groups(rules, &beyond, query));
    all
}

/// Where a page ended that was read in `step`, after another that ended at `before`.
pub fn cursor_after(
    rules: &Rules,
    query: &Query,
    items: &[Row],
    before: Option<Cursor>,
    step: usize,
) -> Option<Cursor> {
    let last = ranges(rules, &query.source, items.last()?);
    let stands_there = |row: &&Row| all_equal(&ranges(rules, &query.source, row), &last);
    let mut given: Vec<_> = items.iter().filter(stands_there).map(|row| (rules.key_of(row), step)).collect();
    let same = before.filter(|before| all_equal(&before.ranges, &last));
    let since = same.as_ref().map_or(step, |before| before.since);
    given.extend(same.into_iter().flat_map(|before| before.given));
    Some(Cursor { ranges: last, given, since })
}
