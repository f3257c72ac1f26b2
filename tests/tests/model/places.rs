//! Where pages begin and end, and which records stand before and after that: where records have equal range
//! values, each page that is read shows more of their order, which is the backend's own.

use std::cmp::Ordering;

use crate::ops::{Query, Values, Way};
use crate::order::{Group, compare_ranges, ranges, shown, sorted};
use crate::rules::{Row, Rules};
use crate::semantics::all_equal;
use crate::stored::Stored;

/// A place in what a query gives: that of a record at an end of a page.
#[derive(Debug, Clone)]
pub struct Place {
    /// The range values of the record.
    ranges: Values,
    /// The keys of the records with these range values, and where each stands to the place.
    sides: Vec<(Values, Ordering)>,
    /// The step in which this was so. What was written later may stand anywhere.
    step: usize,
    /// In which way the page was read, if it ended here. A backend that reads beyond a page may go on from what it
    /// left out there.
    ended: Option<Way>,
}

/// The places of a page.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub first: Option<Place>,
    pub last: Option<Place>,
}

/// A page that was read: of which query, from where, in which way and step.
pub struct PageRead<'a> {
    pub rules: &'a Rules,
    pub query: &'a Query,
    pub from: Option<Place>,
    pub way: Way,
    pub step: usize,
    /// Whether the backend's pages end at their last records.
    pub exact: bool,
}

/// Whether a record has to come, or may.
enum Comes {
    Surely,
    Perhaps,
    Not,
}

impl Place {
    /// Where a record with the place's range values stands, if that is known.
    fn side(&self, rules: &Rules, stored: &Stored) -> Option<Ordering> {
        let key = rules.key_of(&stored.row);
        let known = self.sides.iter().find(|(other, _)| stored.written <= self.step && all_equal(other, &key));
        known.map(|(_, side)| *side)
    }

    /// Whether a record comes that stands `place` by its range values, read from here.
    fn comes(&self, rules: &Rules, stored: &Stored, place: Ordering, way: Way, exact: bool) -> Comes {
        let ended_here = |at: Way| !exact && self.ended == Some(at);
        let is_new = stored.written > self.step;
        match way.ordering(place) {
            Ordering::Greater if is_new && ended_here(way) => Comes::Perhaps,
            Ordering::Greater => Comes::Surely,
            Ordering::Less if is_new && ended_here(way.turned()) => Comes::Perhaps,
            Ordering::Less => Comes::Not,
            Ordering::Equal => match self.side(rules, stored).map(|side| way.ordering(side)) {
                Some(Ordering::Greater) => Comes::Surely,
                Some(Ordering::Equal) if ended_here(way.turned()) => Comes::Perhaps,
                Some(_) => Comes::Not,
                None => Comes::Perhaps,
            },
        }
    }
}

/// The groups that come from a place on, in the order in which they are read: nothing twice, and nothing skipped
/// that was there throughout.
pub fn groups_from(
    rules: &Rules,
    found: &[Stored],
    query: &Query,
    from: &Place,
    (way, exact): (Way, bool),
) -> Vec<Group> {
    let mut groups: Vec<(Values, Group)> = Vec::new();
    for (ranges, stored) in sorted(rules, found, query) {
        if groups.last().is_none_or(|(same, _)| !all_equal(same, &ranges)) {
            groups.push((ranges.clone(), Group::default()));
        }
        let Some((_, group)) = groups.last_mut() else { continue };
        let place = compare_ranges(query, &ranges, &from.ranges);
        let row = shown(rules, query, &stored.row);
        match from.comes(rules, stored, place, way, exact) {
            Comes::Surely => group.must.push(row),
            Comes::Perhaps => group.may.push(row),
            Comes::Not => {}
        }
    }
    if way == Way::Back {
        groups.reverse();
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

impl PageRead<'_> {
    /// The places of the page, which was as expected. `found` is all that the query gives.
    pub fn places(&self, found: &[Stored], items: &[Row]) -> Places {
        let place = |at: usize| {
            let ranges = ranges(self.rules, &self.query.source, items.get(at)?);
            let is_far = at == if self.way == Way::On { items.len() - 1 } else { 0 };
            let sides = self.sides(found, items, at, &ranges);
            Some(Place { ranges, sides, step: self.step, ended: is_far.then_some(self.way) })
        };
        Places { first: place(0), last: place(items.len().saturating_sub(1)) }
    }

    /// Where the records with these range values stand to the one at a position of the page.
    fn sides(&self, found: &[Stored], items: &[Row], at: usize, wanted: &Values) -> Vec<(Values, Ordering)> {
        let ties =
            found.iter().filter(|stored| all_equal(&ranges(self.rules, &self.query.source, &stored.row), wanted));
        let known = |stored: &Stored| {
            let key = self.rules.key_of(&stored.row);
            let given = items.iter().position(|row| all_equal(&self.rules.key_of(row), &key));
            let side = given.map(|given| given.cmp(&at)).or_else(|| self.side_of_page(stored, wanted))?;
            Some((key, side))
        };
        ties.filter_map(known).collect()
    }

    /// On which side of the page a record stands that is not in it, if that is known.
    fn side_of_page(&self, stored: &Stored, wanted: &Values) -> Option<Ordering> {
        let beyond = if self.way == Way::On { Ordering::Greater } else { Ordering::Less };
        match &self.from {
            Some(from) if all_equal(&from.ranges, wanted) => {
                let side = from.side(self.rules, stored)?;
                Some(if side == beyond { beyond } else { beyond.reverse() })
            }
            // The place may have been further on, at a record that was left out.
            Some(from) if !self.exact && from.ended.is_some() && stored.written > from.step => None,
            _ => Some(beyond),
        }
    }
}
